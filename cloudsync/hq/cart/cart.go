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
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Headquarters is what the page needs of HQ.
type Headquarters interface {
	KeysByPrefix(ctx context.Context, prefix [3]byte) ([]hq.Node, error)
	Release(ctx context.Context) (*edge.Release, error)
	Cart(ctx context.Context, id edge.CartID) (*edge.Cart, string, error)
	OpenCart(ctx context.Context, opened *edge.Cart, node string, onPhone bool) (*edge.Cart, error)
	SaleOfCart(ctx context.Context, cart edge.CartID) (*edge.Sale, error)
	NodeUp(ctx context.Context, node string) (bool, error)
	ChangeCart(ctx context.Context, id edge.CartID, w edge.Writer, change func(*edge.Cart) error) (*edge.Cart, error)
	Watch() (changed <-chan struct{}, cancel func())
	WatchCart(id edge.CartID) (changed <-chan struct{}, cancel func())
}

// Options are what the pages are made with. All are needed.
type Options struct {
	HQ       Headquarters
	Brand    string         // the chain's name, over the cart
	Pictures fs.FS          // the products' pictures
	Zone     *time.Location // of the times on the page
	Now      func() time.Time
	Log      *slog.Logger
}

// Pages answers the phone.
type Pages struct {
	Options
	templates *template.Template
	limit     limiter
	streams   streams
	zip       sync.Pool // of *gzip.Writer
}

// New makes the pages.
func New(o Options) (*Pages, error) {
	if o.HQ == nil || o.Brand == "" || o.Pictures == nil || o.Zone == nil || o.Now == nil || o.Log == nil {
		return nil, edge.Errorf("cart.New", edge.Invalid, "HQ, brand, pictures, zone, clock and log are all needed")
	}
	t, err := parse()
	if err != nil {
		return nil, fmt.Errorf("cart.New: %w", err)
	}
	p := &Pages{Options: o, templates: t}
	p.limit.visits = map[edge.CartID]visits{}
	p.streams.open = map[edge.CartID]int{}
	p.zip.New = func() any {
		z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestCompression) // fails for levels that do not exist
		return z
	}
	return p, nil
}

// Register adds the pages' routes. A live stream ends with its request's
// context: a server that shuts down cancels its base context first.
func (p *Pages) Register(r gin.IRouter) {
	r.GET("/c/:token", p.page)
	r.GET("/c/:token/events", p.events)
	r.POST("/c/:token/lines/:line", p.setQuantity)
	r.GET("/pictures/:file", p.picture)
}
