package kiosk

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

// Defaults of the time without a touch after which a session is wiped, and of
// that time while the shopper is busy with the phone.
const (
	DefaultIdle = 90 * time.Second
	DefaultHold = 5 * time.Minute
)

type catalogue interface {
	Release(ctx context.Context) (*edge.Release, error)
}

type carts interface {
	Cart(ctx context.Context, id edge.CartID) (*edge.Cart, error)
}

// Config is what a kiosk is made of. Trusted, Brand and Language may be empty, Photos, Courier,
// Office and Model missing, and Idle and Hold have defaults; everything else is needed.
type Config struct {
	Mirror    mirror // the try-on pipeline; New pauses it
	Catalogue catalogue
	Carts     carts
	WebSocket http.Handler   // the mirror's pictures; must end with its request's context
	MJPEG     http.Handler   // the same for an <img>
	Photos    photos         // keeps sealed photos; nil where none can be taken
	Courier   courier        // brings photos to phones; nil where there is no line to do so
	Consents  consents       // remembers what shoppers agreed to; nil where nobody does
	Place     string         // the kiosk's name in what they agreed to; empty for the only one
	Office    office         // what headquarters has told; nil where there is none
	Model     model          // wears looks where there is no camera; nil where nobody does
	Pages     fs.FS          // index.html, staff.html and assets/, or none of them
	Brand     Brand          // the shop's colours and logo
	Language  string         // in which the shopper's pages begin; empty for the browser's
	Trusted   []netip.Prefix // screens beside this machine's own
	// Technician reports whether somebody has come to set this machine up; nil where
	// nobody does.
	Technician func() bool
	Idle       time.Duration
	Hold       time.Duration
	// Gone is the time after which a session is wiped whose shopper has left the
	// mirror; 0 where that alone wipes nothing.
	Gone  time.Duration
	NewID func() string // names a session; not guessable
	// Fail answers a request with an error.
	Fail func(c *gin.Context, err error)
	// Refuse does so too, and records what was tried.
	Refuse func(c *gin.Context, what api.Refusal, err error)
	Log    *slog.Logger
}

// Kiosk is one kiosk: its session and its pages.
type Kiosk struct {
	cfg     Config
	session *session
	run     string // names this run: a page tells by it that its session went with the run before
	codes   *codeReader
	worn    pictures // the model's, drawn last
	tablet  bool     // a tablet is the camera
}

// New makes a kiosk that nobody stands before: the mirror is paused and bare.
func New(cfg Config) (*Kiosk, error) {
	if cfg.Mirror == nil || cfg.Catalogue == nil || cfg.Carts == nil || cfg.WebSocket == nil ||
		cfg.MJPEG == nil || cfg.Pages == nil || cfg.NewID == nil || cfg.Fail == nil || cfg.Refuse == nil || cfg.Log == nil {
		return nil, errors.New("kiosk.New: something is missing from the config")
	}
	if cfg.Idle <= 0 {
		cfg.Idle = DefaultIdle
	}
	if cfg.Hold < cfg.Idle {
		cfg.Hold = max(DefaultHold, cfg.Idle)
	}
	return &Kiosk{cfg: cfg, session: newSession(cfg), run: cfg.NewID(), codes: newCodeReader()}, nil
}

// Close wipes the session and cuts off all viewers.
func (k *Kiosk) Close() { k.session.finish("") }

// InUse reports whether somebody is at the kiosk.
func (k *Kiosk) InUse() bool { return k.session.snapshot().State != Attract }

// Register adds the kiosk's routes and pages to e.
func (k *Kiosk) Register(e *gin.Engine) {
	k.registerPages(e)
	g := e.Group("/kiosk/v1", k.requireScreen)
	g.GET("/session", k.getSession)
	g.POST("/session", k.postSession)
	g.POST("/session/consent", k.postConsent)
	g.GET("/session/preview", k.getPreview)
	g.PUT("/session/look", k.putLook)
	g.GET("/model", k.getModel)
	g.PUT("/session/compare", k.putCompare)
	g.POST("/session/replay", k.postReplay)
	g.DELETE("/session/replay", k.deleteReplay)
	g.POST("/session/photos", k.postPhoto)
	g.GET("/session/photos/:photo", k.getPhoto)
	g.PUT("/session/photos/:photo", k.putPhoto)
	g.DELETE("/session/photos/:photo", k.deletePhoto)
	g.GET("/session/scan", k.getScan)
	g.POST("/scan", k.postScan)
	g.PUT("/session/cart", k.putCart)
	g.POST("/session/touch", k.postTouch)
	g.POST("/session/finish", k.postFinish)
	g.GET("/mirror", k.live(k.cfg.WebSocket))
	g.GET("/mirror.mjpeg", k.live(k.cfg.MJPEG))
}

// requireScreen lets only screens of this kiosk past: whoever else is in the
// shop's network must neither consent for a shopper nor see them. It looks at
// the connection alone; what a header says anybody can write.
func (k *Kiosk) requireScreen(c *gin.Context) {
	screen, own := k.screen(c.Request.RemoteAddr)
	if own {
		return
	}
	k.cfg.Refuse(c, api.RefusedScreen, edge.Errorf("kiosk", edge.Forbidden, "the mirror is run from its own screens only: if %s is one, add it to http.kiosks in the gateway's configuration", screen))
}

// screen is the address of a connection, and whether it is one of this kiosk's own
// screens.
func (k *Kiosk) screen(remote string) (screen netip.Addr, own bool) {
	at, err := netip.ParseAddrPort(remote)
	screen = at.Addr().Unmap().WithZone("")
	return screen, err == nil && (screen.IsLoopback() || slices.ContainsFunc(k.cfg.Trusted, func(p netip.Prefix) bool { return p.Contains(screen) }))
}

// screenKey is where a request's context keeps the kiosk from whose screen it comes.
type screenKey struct{}

// KnowScreens lets h tell, by the context of a request, that it comes from a screen
// of this kiosk's own.
func (k *Kiosk) KnowScreens(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, own := k.screen(r.RemoteAddr); own {
			r = r.WithContext(context.WithValue(r.Context(), screenKey{}, k))
		}
		h.ServeHTTP(w, r)
	})
}

// loopback reports whether a connection comes from this machine.
func loopback(remote string) bool {
	at, err := netip.ParseAddrPort(remote)
	return err == nil && at.Addr().Unmap().WithZone("").IsLoopback()
}
