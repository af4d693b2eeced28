package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

type cartView struct {
	ID     edge.CartID               `json:"id"`
	Lines  []lineView                `json:"lines"` // those with a quantity
	Total  edge.Money                `json:"total"`
	Count  int                       `json:"count"` // pieces
	Closed *edge.Closing             `json:"closed"`
	Opened *time.Time                `json:"opened"` // by a phone, first
	Claim  edge.Claim                `json:"claim"`
	Fields map[edge.FieldName]string `json:"fields"` // note and options
	// Changes tells a later view from an earlier one, in whatever order they come.
	Changes uint64 `json:"changes"`
}

type lineView struct {
	ID       edge.LineID `json:"id"`
	SKU      edge.SKU    `json:"sku"`
	Name     edge.Text   `json:"name"`
	Shade    edge.Text   `json:"shade"`
	Color    string      `json:"color,omitempty"`
	Picture  string      `json:"picture,omitempty"`
	Quantity int         `json:"quantity"`
	Price    edge.Money  `json:"price"`
	Total    edge.Money  `json:"total"`
	// Unknown says that the catalogue no longer has the product: the line has
	// no price, and the cart cannot be sold with it.
	Unknown bool                      `json:"unknown,omitempty"`
	Fields  map[edge.FieldName]string `json:"fields"` // note and options
}

func viewCart(c *edge.Cart, r *edge.Release) cartView {
	v := cartView{ID: c.ID, Lines: []lineView{}, Total: edge.Money{Currency: r.Currency}, Closed: c.Closed, Opened: c.Opened, Claim: c.Claim, Fields: texts(c.Fields), Changes: c.Changes()}
	for i := range c.Lines {
		l := &c.Lines[i]
		n := l.Quantity()
		if n == 0 {
			continue
		}
		lv := lineView{ID: l.ID, SKU: l.SKU, Quantity: n, Price: edge.Money{Currency: r.Currency}, Fields: texts(l.Fields)}
		if p, ok := r.Variant(l.SKU); ok {
			lv.Name, lv.Shade, lv.Color, lv.Picture, lv.Price = p.Name, p.Shade, p.Color, pictureURL(p.Picture), p.Price
		} else {
			sku := string(l.SKU)
			lv.Name, lv.Unknown = edge.Text{VI: sku, EN: sku, ZH: sku}, true
		}
		lv.Total = edge.Money{Amount: lv.Price.Amount * int64(n), Currency: r.Currency}
		v.Total.Amount += lv.Total.Amount
		v.Count += n
		v.Lines = append(v.Lines, lv)
	}
	return v
}

// cartID is the cart that the path names.
func cartID(c *gin.Context) (id edge.CartID, err error) {
	err = id.UnmarshalText([]byte(c.Param("id")))
	return id, err
}

// cart loads the cart that the path names.
func (s *Server) cart(c *gin.Context) (*edge.Cart, error) {
	id, err := cartID(c)
	if err != nil {
		return nil, err
	}
	return s.cfg.Carts.Cart(c.Request.Context(), id)
}

// view loads a cart as pages see it.
func (s *Server) view(ctx context.Context, id edge.CartID) (cartView, error) {
	cart, err := s.cfg.Carts.Cart(ctx, id)
	if err != nil {
		return cartView{}, err
	}
	r, err := s.cfg.Catalogue.Release(ctx)
	if err != nil {
		return cartView{}, err
	}
	return viewCart(cart, r), nil
}

// answerCart answers the cart, or the error of getting it.
func (s *Server) answerCart(c *gin.Context, status int, cart *edge.Cart, err error) {
	if err != nil {
		s.Fail(c, err)
		return
	}
	r, err := s.cfg.Catalogue.Release(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(status, viewCart(cart, r))
}

func (s *Server) postCart(c *gin.Context) {
	if !s.creating.Allow(ClientOf(c.ClientIP())) {
		c.Header("Retry-After", "1")
		s.Fail(c, edge.Errorf("api", edge.TooMany, "too many new carts at once: wait a second"))
		return
	}
	place := c.GetString(kioskKey)
	if at, ok := c.GetQuery("at"); ok && at != edge.PlaceTill {
		s.Fail(c, edge.Errorf("api.postCart", edge.Invalid, "at=%.20q: want %s, or leave it out", at, edge.PlaceTill))
		return
	} else if ok {
		place = at
	}
	ctx := c.Request.Context()
	cart, err := s.cfg.Carts.CreateCart(ctx)
	if err == nil {
		_, err = s.cfg.Carts.LabelCart(ctx, cart.ID, func(o *edge.OpenCart) error {
			o.Place = place
			return nil
		})
	}
	if err == nil {
		c.Header("Location", base+"/carts/"+cart.ID.String())
	}
	s.answerCart(c, http.StatusCreated, cart, err)
}

func (s *Server) getCart(c *gin.Context) {
	cart, err := s.cart(c)
	s.answerCart(c, http.StatusOK, cart, err)
}

// postLine adds pieces of a product to the cart.
func (s *Server) postLine(c *gin.Context) {
	var in struct {
		SKU      edge.SKU `json:"sku"`
		Quantity int      `json:"quantity"`
	}
	s.change(c, &in, func(cart *edge.Cart, w edge.Writer) error {
		_, err := cart.Add(w, in.SKU, in.Quantity)
		return err
	}, func(ctx context.Context) error {
		r, err := s.cfg.Catalogue.Release(ctx)
		if err != nil {
			return err
		}
		if _, ok := r.Variant(in.SKU); !ok {
			return edge.Errorf("api", edge.NotFound, "the catalogue has no product %.64q", in.SKU)
		}
		return nil
	})
}

// putLine sets the quantity of a line; zero removes it.
func (s *Server) putLine(c *gin.Context) {
	var line edge.LineID
	if err := line.UnmarshalText([]byte(c.Param("line"))); err != nil {
		s.Fail(c, err)
		return
	}
	var in struct {
		Quantity *int `json:"quantity"`
	}
	s.change(c, &in, func(cart *edge.Cart, w edge.Writer) error {
		return cart.SetQuantity(w, line, *in.Quantity)
	}, func(context.Context) error {
		if in.Quantity == nil {
			return edge.Errorf("api", edge.Invalid, "quantity is missing: 0 removes the line")
		}
		return nil
	})
}

// change binds the body to in, checks it, changes the cart, and tells those
// who watch it.
func (s *Server) change(c *gin.Context, in any, change func(*edge.Cart, edge.Writer) error, check func(context.Context) error) {
	id, err := cartID(c)
	if err == nil {
		err = Bind(c, in)
	}
	if err == nil {
		err = check(c.Request.Context())
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	cart, err := s.cfg.Carts.ChangeCart(c.Request.Context(), id, change)
	if err == nil {
		s.CartChanged(id)
	}
	s.answerCart(c, http.StatusOK, cart, err)
}
