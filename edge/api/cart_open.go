package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	openCarts = 50      // bounds the list of open carts
	typed     = 40      // bytes of a cart's code at most that a hand has typed, slips included
	kioskKey  = "kiosk" // whose pages a request comes from
)

// openCartView is a cart as staff see it.
type openCartView struct {
	cartView
	Code   string        `json:"code"` // as the shopper's phone and slip have it
	Made   time.Time     `json:"made"`
	Place  string        `json:"place"` // till, a kiosk's id, or empty: a phone's
	Parked *edge.Parking `json:"parked"`
	Deal   edge.Deal     `json:"deal"`
}

func viewOpen(c *edge.OpenCart, r *edge.Release) openCartView {
	return openCartView{viewCart(c.Cart, r), c.Code(), c.Made, c.Place, c.Parked, c.Deal}
}

func (s *Server) getOpenCarts(c *gin.Context) {
	carts, err := s.cfg.Carts.OpenCarts(c.Request.Context(), openCarts)
	if err != nil {
		s.Fail(c, err)
		return
	}
	r, err := s.cfg.Catalogue.Release(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	views := []openCartView{}
	for i := range carts {
		views = append(views, viewOpen(&carts[i], r))
	}
	c.JSON(http.StatusOK, gin.H{"carts": views})
}

// postFindCart opens the cart that a shopper shows: by the code that is typed, or
// the link that is scanned from the phone or the slip.
func (s *Server) postFindCart(c *gin.Context) {
	var in struct {
		Text string `json:"text"`
	}
	if err := Bind(c, &in); err != nil {
		s.Fail(c, err)
		return
	}
	name, err := s.cfg.Handoff.Read(in.Text)
	if err != nil && len(in.Text) > typed { // scanned: another shop's, or changed
		s.Refuse(c, RefusedCode, err)
		return
	}
	var cart *edge.Cart
	if err == nil {
		cart, err = s.named(c.Request.Context(), name)
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.answerOpen(c, cart.ID)
}

// getOpenCart is a cart as another till, or this one before a reload, left it.
func (s *Server) getOpenCart(c *gin.Context) {
	id, err := cartID(c)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.answerOpen(c, id)
}

func (s *Server) answerOpen(c *gin.Context, id edge.CartID) {
	cart, err := s.cfg.Carts.OpenCart(c.Request.Context(), id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	r, err := s.cfg.Catalogue.Release(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, viewOpen(cart, r))
}

func (s *Server) named(ctx context.Context, name *edge.CartName) (*edge.Cart, error) {
	if name.ID == nil {
		return s.cfg.Carts.CartByCode(ctx, name.Code)
	}
	cart, err := s.cfg.Carts.Cart(ctx, *name.ID)
	if err != nil {
		return nil, err
	}
	return cart, cart.Admits(name.Links)
}

// putParked puts a cart aside.
func (s *Server) putParked(c *gin.Context) {
	var in struct {
		Name string `json:"name"`
		Note string `json:"note"`
	}
	if err := Bind(c, &in); err != nil {
		s.Fail(c, err)
		return
	}
	s.label(c, func(o *edge.OpenCart) error {
		return o.Park(edge.Parking{Name: in.Name, Staff: signedIn(c).Name, At: s.cfg.Now().UTC().Truncate(time.Millisecond)}, in.Note)
	})
}

// deleteParked takes a cart up again.
func (s *Server) deleteParked(c *gin.Context) {
	s.label(c, func(o *edge.OpenCart) error {
		o.Parked = nil
		return nil
	})
}

func (s *Server) label(c *gin.Context, change func(*edge.OpenCart) error) {
	id, err := cartID(c)
	if err != nil {
		s.Fail(c, err)
		return
	}
	cart, err := s.cfg.Carts.LabelCart(c.Request.Context(), id, change)
	if err != nil {
		s.Fail(c, err)
		return
	}
	r, err := s.cfg.Catalogue.Release(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.CartChanged(id) // the tills hear of it
	c.JSON(http.StatusOK, viewOpen(cart, r))
}
