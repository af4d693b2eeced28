package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// askedOrder is an order as it is asked for.
type askedOrder struct {
	Cart     *edge.CartID     `json:"cart"`
	Lines    []edge.AskedLine `json:"lines"`
	Way      edge.OrderWay    `json:"way"`
	Shop     string           `json:"shop"`
	Province string           `json:"province"`
	Terms    edge.OrderTerms  `json:"terms"`
}

// ask makes of it what the book takes.
func (s *Server) ask(c *gin.Context, d *Orders, in askedOrder) (edge.OrderAsk, error) {
	a := edge.OrderAsk{
		Cart: in.Cart, Lines: in.Lines, Way: in.Way, Shop: in.Shop, Province: in.Province, Terms: in.Terms,
		Home: s.cfg.Shop.ID, Staff: signedIn(c).Name, Offline: s.offline(), Rules: d.Rules, Stock: map[edge.SKU]int64{},
	}
	skus := map[edge.SKU]bool{}
	for _, l := range in.Lines {
		skus[l.SKU] = true
	}
	if in.Cart != nil {
		cart, err := s.cfg.Carts.Cart(c.Request.Context(), *in.Cart)
		if err != nil {
			return a, err
		}
		for i := range cart.Lines {
			skus[cart.Lines[i].SKU] = true
		}
	}
	for sku := range skus {
		shops, err := d.Elsewhere(c.Request.Context(), sku)
		if err != nil {
			return a, err
		}
		for _, l := range shops {
			a.Stock[sku] += max(l.Quantity, 0)
		}
	}
	return a, nil
}

// postOrderQuote says what an order would come to. It records nothing.
func (s *Server) postOrderQuote(c *gin.Context) {
	var in askedOrder
	d, err := s.desk()
	if err == nil {
		err = Bind(c, &in)
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	o, err := s.quote(c, d, in)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"quote": gin.H{
		"lines": o.Lines, "total": o.Total, "fee": o.Taken.Fee, "deposit": o.Taken.Deposit, "promise": o.Taken.Promise,
		"release": o.Release, "offline": o.Taken.Offline, "subject_to_stock": o.Short(),
	}})
}

func (s *Server) quote(c *gin.Context, d *Orders, in askedOrder) (*edge.Order, error) {
	a, err := s.ask(c, d, in)
	if err != nil {
		return nil, err
	}
	r, err := s.cfg.Catalogue.Release(c.Request.Context())
	if err != nil {
		return nil, err
	}
	var from *edge.Cart
	if in.Cart != nil {
		if from, err = s.cfg.Carts.Cart(c.Request.Context(), *in.Cart); err != nil {
			return nil, err
		}
	}
	return a.Quote(from, r, s.cfg.Now())
}

// postOrder places an order.
func (s *Server) postOrder(c *gin.Context) {
	var in struct {
		askedOrder
		Note    string `json:"note"`
		Total   *int64 `json:"total"`
		Contact *struct {
			edge.Contact
			Agreed   string `json:"agreed"`
			Remember bool   `json:"remember"`
		} `json:"contact"`
	}
	d, err := s.desk()
	var key string
	if err == nil {
		key, err = bindOnce(c, &in)
	}
	if err == nil && (in.Total == nil || in.Contact == nil) {
		err = edge.Errorf("api.postOrder", edge.Invalid, "total or contact is missing: send the total that was shown, and to whom it goes")
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	a, err := s.ask(c, d, in.askedOrder)
	if err != nil {
		s.Fail(c, err)
		return
	}
	a.Note, a.Total, a.Contact, a.Agreed, a.Remember = in.Note, *in.Total, in.Contact.Contact, in.Contact.Agreed, in.Contact.Remember
	a.Contact.Tidy()
	if province, err := s.place(a.Contact.Address); err != nil {
		s.Fail(c, err)
		return
	} else if province != "" {
		a.Province = province
	}
	k, replayed, err := d.Book.PlaceOrder(c.Request.Context(), key, a)
	if err != nil {
		s.Fail(c, err)
		return
	}
	if !replayed && a.Cart != nil {
		s.CartChanged(*a.Cart)
	}
	s.recorded(c, replayed, gin.H{"order": s.viewOrder(k)})
}
