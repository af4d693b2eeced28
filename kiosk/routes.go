package kiosk

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

const (
	// defaultIntensity is subtle, so that the first look is an honest one.
	defaultIntensity = 0.6
	// faceFresh is how long ago a face may have been seen to be called there.
	faceFresh = time.Second
	// previewWait is how long the camera may take for a preview.
	previewWait = time.Second
)

// sessionView is a session as the page sees it.
type sessionView struct {
	Run      string     `json:"run"` // of the gateway: sessions do not outlive it
	N        uint64     `json:"n"`   // of two views of a run the one with more is the later, in whatever order they come
	ID       string     `json:"id"`
	State    State      `json:"state"`
	Language string     `json:"language"`
	Home     string     `json:"shop_language"` // in which the next session begins; empty for the browser's
	Camera   cameraView `json:"camera"`
	Look     ar.Look    `json:"look"`
	SKUs     []edge.SKU `json:"skus"`
	// Intensity is the shopper's, LookID the complete look that the SKUs are
	// of, if any.
	Intensity float64      `json:"intensity"`
	LookID    string       `json:"look_id"`
	Compare   compareView  `json:"compare"`
	Replay    replayView   `json:"replay"`
	Photos    []photoView  `json:"photos"`
	Vote      *voteView    `json:"vote,omitempty"` // of the shopper's friends
	Cart      *edge.CartID `json:"cart"`
	Model     bool         `json:"model"` // somebody wears looks where there is no camera
	Mirror    mirrorView   `json:"mirror"`
	Idle      idleView     `json:"idle"`
	// Technician says that somebody waits to set this machine up, at /setup.
	Technician bool `json:"technician,omitempty"`
}

type replayView struct {
	State ar.ReplayState `json:"state"`
	Left  float64        `json:"left_s"` // seconds until the state ends by itself
}

type cameraView struct {
	Consent bool   `json:"consent"`
	OK      bool   `json:"ok"`
	Message string `json:"message"` // why it is not ok
	// Fault is what the mirror shows a card of; Tablet says that the camera is
	// that of an enrolled tablet, which shows this page.
	Fault  ar.Fault `json:"fault,omitempty"`
	Tablet bool     `json:"tablet,omitempty"`
}

type mirrorView struct {
	FPS   float64 `json:"fps"`
	Faces uint64  `json:"faces"` // found since the pipeline's start
	Face  bool    `json:"face"`  // one is there now
	// WearsGlasses says that the shopper wears glasses of their own.
	WearsGlasses bool `json:"wears_glasses"`
	Far          bool `json:"far"` // too far away for make-up to be seen well
}

type idleView struct {
	After float64 `json:"after_s"` // seconds without a touch until the wipe
	Left  float64 `json:"left_s"`  // of them now
}

func (k *Kiosk) view(s snapshot) sessionView {
	st := k.cfg.Mirror.Stats()
	v := sessionView{
		Run: k.run, N: s.N, ID: s.ID, State: s.State, Language: s.Language, Home: k.cfg.Language, Cart: s.Cart,
		Camera: cameraView{Consent: s.Camera, OK: st.Camera, Message: st.CameraError, Fault: st.CameraFault, Tablet: k.tablet},
		Look:   s.Worn.layers, SKUs: s.Worn.skus, Intensity: s.Worn.intensity, LookID: s.Worn.look,
		Compare: s.Compare.view(k.cfg.Mirror.Compare().Freeze),
		Photos:  []photoView{}, Model: k.cfg.Model != nil,
		Mirror: mirrorView{
			FPS: st.FPS, Faces: st.Faces, Face: time.Since(st.LastFace) < faceFresh,
			WearsGlasses: st.WearsGlasses, Far: st.Far,
		},
		Idle: idleView{After: k.cfg.Idle.Seconds(), Left: s.IdleLeft.Seconds()},
	}
	v.Technician = k.cfg.Technician != nil && s.State == Attract && k.cfg.Technician()
	replay := k.cfg.Mirror.Replay()
	v.Replay = replayView{State: replay.State, Left: replay.Left.Seconds()}
	for _, p := range s.Photos {
		v.Photos = append(v.Photos, k.photoView(p))
	}
	if v.Look.Layers == nil {
		v.Look.Layers = []ar.Layer{}
	}
	if v.SKUs == nil {
		v.SKUs = []edge.SKU{}
	}
	return v
}

// meant is the session that a request is meant for, if it says so: a page's may be
// late.
func meant(c *gin.Context) string { return c.GetHeader("Kiosk-Session") }

// answer sends the session, or the error.
func (k *Kiosk) answer(c *gin.Context, s snapshot, err error) {
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	v := k.view(s)
	v.Vote = k.vote(c.Request.Context(), s.Cart)
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, v)
}

func (k *Kiosk) getSession(c *gin.Context) { k.answer(c, k.session.snapshot(), nil) }

func (k *Kiosk) postSession(c *gin.Context) {
	var in struct {
		Language string `json:"language"`
	}
	if err := api.Bind(c, &in); err != nil {
		k.cfg.Fail(c, err)
		return
	}
	if err := checkLanguage("kiosk.session", in.Language); err != nil {
		k.cfg.Fail(c, err)
		return
	}
	s := k.session.start(k.cfg.NewID(), in.Language)
	c.JSON(http.StatusOK, gin.H{"run": k.run, "id": s.ID, "state": s.State, "camera": k.cfg.Mirror.Stats().Camera})
}

func checkLanguage(op, language string) error {
	if !slices.Contains([]string{"vi", "en", "zh"}, language) {
		return edge.Errorf(op, edge.Invalid, "language %.10q: want vi, en or zh", language)
	}
	return nil
}

func (k *Kiosk) postConsent(c *gin.Context) {
	var in struct {
		Camera   *bool  `json:"camera"`   // left out where only the language changes
		Language string `json:"language"` // the session's own where it is left out
	}
	const op = "kiosk.consent"
	err := api.Bind(c, &in)
	if err == nil && in.Camera == nil && in.Language == "" {
		err = edge.Errorf(op, edge.Invalid, "camera is missing: want true or false")
	}
	if err == nil && in.Language != "" {
		err = checkLanguage(op, in.Language)
	}
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	if in.Camera == nil {
		s, err := k.session.speak(meant(c), in.Language)
		k.answer(c, s, err)
		return
	}
	s, fresh, err := k.session.consent(meant(c), *in.Camera, in.Language)
	if fresh {
		k.agreed(c.Request.Context(), edge.ForMirror, mirrorConsent)
	}
	k.answer(c, s, err)
}

// getPreview shows a shopper who is asked for consent what the camera would see,
// too blurred to know anybody by; nothing where the camera gives no picture now.
func (k *Kiosk) getPreview(c *gin.Context) {
	id, err := k.session.asked()
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), previewWait)
	defer cancel()
	b, failed := k.cfg.Mirror.Preview(ctx)
	switch now, err := k.session.asked(); {
	case err != nil:
		k.cfg.Fail(c, err)
	case failed != nil || now != id:
		c.Status(http.StatusNoContent)
	default:
		c.Header("Cache-Control", "no-store")
		c.Data(http.StatusOK, "image/jpeg", b)
	}
}

func (k *Kiosk) putLook(c *gin.Context) {
	var in struct {
		SKUs      []edge.SKU `json:"skus"`
		Intensity *float64   `json:"intensity"`
		LookID    string     `json:"look_id"` // a complete look that some of the SKUs are of
	}
	if err := api.Bind(c, &in); err != nil {
		k.cfg.Fail(c, err)
		return
	}
	w := worn{outfit: outfit{skus: in.SKUs, intensity: defaultIntensity, look: in.LookID}}
	if in.Intensity != nil {
		w.intensity = *in.Intensity
	}
	r, err := k.cfg.Catalogue.Release(c.Request.Context())
	if err == nil {
		w.layers, err = lookOf(r, w.outfit)
	}
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	s, err := k.session.wear(meant(c), w)
	k.answer(c, s, err)
}

func (k *Kiosk) putCart(c *gin.Context) {
	var in struct {
		Cart edge.CartID `json:"cart"`
	}
	err := api.Bind(c, &in)
	if err == nil {
		_, err = k.cfg.Carts.Cart(c.Request.Context(), in.Cart)
	}
	if err != nil {
		k.cfg.Fail(c, err)
		return
	}
	s, err := k.session.bind(meant(c), in.Cart)
	k.answer(c, s, err)
}

// postTouch says that somebody is there; with ?hold, that they are busy with
// the phone and will not touch the screen for a while.
func (k *Kiosk) postTouch(c *gin.Context) {
	_, hold := c.GetQuery("hold")
	s, err := k.session.touch(meant(c), hold)
	k.answer(c, s, err)
}

func (k *Kiosk) postFinish(c *gin.Context) {
	k.session.finish(meant(c))
	c.Status(http.StatusNoContent)
}

// live lets h show the mirror for as long as the shopper's session and consent
// last.
func (k *Kiosk) live(h http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		ended, err := k.session.watch()
		if err != nil {
			k.cfg.Fail(c, err)
			return
		}
		ctx, cancel := context.WithCancel(c.Request.Context())
		defer cancel()
		go func() {
			select {
			case <-ended:
				cancel()
			case <-ctx.Done():
			}
		}()
		h.ServeHTTP(c.Writer, c.Request.WithContext(ctx))
	}
}
