// Package cart is the shopper's cart on the phone: the page behind the code
// that a kiosk shows, live while it is open. A code opens although HQ has never
// heard of its cart, and what the phone changes goes down to the shop.
//
// The page is one answer: no script, style or font is loaded beside it, only
// pictures, lazily. Without JavaScript it is a form.
package cart

import (
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/address"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

// Headquarters is what the page needs of HQ.
type Headquarters interface {
	Looks
	KeysByPrefix(ctx context.Context, prefix [3]byte) ([]hq.Node, error)
	Release(ctx context.Context) (*edge.Release, error)
	Place(shop string) edge.Place
	Cart(ctx context.Context, id edge.CartID) (*edge.Cart, string, error)
	OpenCart(ctx context.Context, opened *edge.Cart, node string, onPhone bool) (*edge.Cart, error)
	SaleOfCart(ctx context.Context, cart edge.CartID) (*edge.Sale, error)
	CartNode(ctx context.Context, node string) (hq.CartNode, error)
	ChangeCart(ctx context.Context, id edge.CartID, w edge.Writer, change func(*edge.Cart) error) (*edge.Cart, error)
	Watch() (changed <-chan struct{}, cancel func())
	WatchCart(id edge.CartID) (changed <-chan struct{}, cancel func())
	CartByCode(ctx context.Context, code string, since time.Time) (*edge.Cart, string, error)
	NodeKey(ctx context.Context, node string) (ed25519.PublicKey, error)

	Phones(ctx context.Context, cart edge.CartID, links uint32, phone hq.PhoneKey) (hq.Phones, error)
	BindPhone(ctx context.Context, cart edge.CartID, links uint32, phone hq.PhoneKey) (hq.Phones, error)
	AskOwner(ctx context.Context, cart edge.CartID, links uint32, phone hq.PhoneKey) (hq.Phones, error)
	AnswerPhone(ctx context.Context, cart edge.CartID, links uint32, owner hq.PhoneKey, code string, in bool) error

	Contact(ctx context.Context, cart edge.CartID, phone hq.PhoneKey) (*edge.Contact, error)
	PutContact(ctx context.Context, cart edge.CartID, phone hq.PhoneKey, c *edge.Contact, agreed hq.Consent) error
	DeleteContact(ctx context.Context, cart edge.CartID, phone hq.PhoneKey) error
	PlaceOrder(ctx context.Context, r hq.OrderRequest) (*edge.Order, error)
	MoveOrder(ctx context.Context, id string, by edge.OrderParty, to edge.OrderState, reason string) (*edge.Order, error)
	OrderOfCart(ctx context.Context, cart edge.CartID) (*edge.Order, error)
	OrderByKey(ctx context.Context, cart edge.CartID, key string) (*edge.Order, error)
	OrderDue(ctx context.Context, o *edge.Order) (due int64, err error)
	PickUpPass(ctx context.Context, o *edge.Order) (string, error)
}

// Options are what the pages are made with. All are needed but those
// after the log.
type Options struct {
	HQ       Headquarters
	Key      ed25519.PrivateKey // HQ's own: it opens short links
	Brand    string             // the chain's name, over the cart
	Pictures fs.FS              // the products' pictures
	Zone     *time.Location     // of the times on the page
	Now      func() time.Time
	Log      *slog.Logger

	// DeliverTo are the countries that orders are brought to, by their two letters.
	DeliverTo []string
	// Places are Vietnam's provinces and wards; without them people write theirs,
	// and nobody checks it.
	Places *address.Directory
	// Transfers is how carts are paid on the phone; nil where they are not.
	Transfers *Transfers
}

// Pages answers the phone.
type Pages struct {
	Options
	templates *template.Template
	ofLooks   *template.Template // photos and votes
	ofPay     *template.Template
	limit     limiter
	typing    *api.Limiter // by address: codes that are typed
	streams   streams
	zip       sync.Pool // of *gzip.Writer
}

// New makes the pages.
func New(o Options) (*Pages, error) {
	if o.HQ == nil || len(o.Key) != ed25519.PrivateKeySize || o.Brand == "" || o.Pictures == nil || o.Zone == nil || o.Now == nil || o.Log == nil {
		return nil, edge.Errorf("cart.New", edge.Invalid, "HQ, its key, brand, pictures, zone, clock and log are all needed")
	}
	t, err := parse("page.js", "page.css")
	if err != nil {
		return nil, fmt.Errorf("cart.New: %w", err)
	}
	looks, err := parse("looks.js", "page.css", "looks.css")
	if err != nil {
		return nil, fmt.Errorf("cart.New: %w", err)
	}
	pay, err := parse("pay.js", "page.css", "pay.css")
	if err != nil {
		return nil, fmt.Errorf("cart.New: %w", err)
	}
	p := &Pages{Options: o, templates: t, ofLooks: looks, ofPay: pay, typing: api.NewLimiter(o.Now, codesPerSecond, codesAtOnce)}
	p.limit.visits = map[edge.CartID]visits{}
	p.streams.open = map[edge.CartID]int{}
	p.zip.New = func() any {
		z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestCompression) // fails for levels that do not exist
		return z
	}
	return p, nil
}

// route is one thing that a phone asks for.
type route struct {
	method, path string
	handle       gin.HandlerFunc
}

// routes are those of one cart, seen from its own address.
func (p *Pages) routes() []route {
	return []route{
		{http.MethodGet, "", p.page},
		{http.MethodGet, "/cart.json", p.cartJSON},
		{http.MethodGet, "/events", p.events},
		{http.MethodPut, "/lines/:line", p.setLine},
		{http.MethodPost, "/lines/:line", p.setLine},
		{http.MethodPut, "/note", p.setNote},
		{http.MethodPost, "/note", p.setNote},
		{http.MethodPost, "/phone", p.lend},
		{http.MethodPut, "/fulfilment", p.setFulfilment},
		{http.MethodPost, "/order", p.placeOrder},
		{http.MethodGet, "/order/pickup.png", p.pickUpQR},
		{http.MethodPost, "/order/cancel", p.wish(edge.OrderCancelled)},
		{http.MethodPost, "/order/return", p.wish(edge.OrderReturnRequested)},
		{http.MethodDelete, "/contact", p.forget},
		{http.MethodPost, "/contact/delete", p.forget},
		{http.MethodPost, "/phones", p.askIn},
		{http.MethodPost, "/phones/:code", p.letIn},
		{http.MethodGet, "/pay", p.payPage},
		{http.MethodPost, "/pay", p.askToPay},
		{http.MethodPost, "/pay/till", p.payAtTill},
		{http.MethodGet, "/pay/qr.png", p.payQR},
		{http.MethodGet, "/looks", p.looksPage},
		{http.MethodGet, "/looks/events", p.looksEvents},
		{http.MethodGet, "/looks/photos/:photo", p.sealedPhoto},
		{http.MethodPost, "/looks/photos/:photo/delete", p.deletePhoto},
		{http.MethodPost, "/looks/vote", p.askFriends},
		{http.MethodPost, "/looks/vote/end", p.endVote},
	}
}

// Register adds the pages' routes. A live stream ends with its request's
// context: a server that shuts down cancels its base context first.
func (p *Pages) Register(r gin.IRouter) {
	for _, root := range []string{"/c/:token", "/s/:token"} {
		carts := r.Group(root, forPrograms)
		for _, route := range p.routes() {
			carts.Handle(route.method, route.path, route.handle)
		}
		carts.OPTIONS("/*path", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	}
	r.GET("/k", p.typed)
	r.GET("/liff", p.fromLINE)
	r.GET("/to/viber", p.toViber)
	r.GET("/v/:token", p.votePage)
	r.POST("/v/:token", p.castVote)
	r.GET("/v/:token/photos/:photo", p.votePhoto)
	r.GET("/pictures/:file", p.picture)
	r.GET("/places/:file", p.places)
	r.GET("/openapi/cart.yaml", p.openAPI)
}

// forPrograms lets a mini program that runs in a browser ask from an address of
// its own. It shows itself by its header; cookies stay out.
func forPrograms(c *gin.Context) {
	h := c.Writer.Header()
	forOthers(h)
	if c.GetHeader("Origin") == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", "*")
	if c.Request.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, PUT, POST, DELETE")
		h.Set("Access-Control-Allow-Headers", "Content-Type, Idempotency-Key, If-None-Match, "+PhoneHeader)
		h.Set("Access-Control-Max-Age", "86400")
	}
}

// forOthers lets pages of other addresses show what is answered, as such a
// program shows pictures and codes.
func forOthers(h http.Header) { h.Set("Cross-Origin-Resource-Policy", "cross-origin") }
