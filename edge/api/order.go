package api

import (
	"context"
	"crypto/ed25519"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Orders is the shop's order desk.
type Orders struct {
	Book  edge.Orders
	Rules edge.OrderRules
	// Patience is how long an order may wait until it is marked.
	Patience edge.OrderPatience
	// Elsewhere is what each shop has of a SKU as HQ last said.
	Elsewhere func(ctx context.Context, sku edge.SKU) ([]edge.ShopLevel, error)
	HQ        ed25519.PublicKey // signs pick-up codes; nil in a shop without HQ
}

// desk is the order desk, where there is one.
func (s *Server) desk() (*Orders, error) {
	if s.cfg.Orders == nil {
		return nil, edge.Errorf("api.orders", edge.Unavailable, "this shop takes no orders")
	}
	return s.cfg.Orders, nil
}

// orderView is an order as pages show it.
type orderView struct {
	*edge.KnownOrder
	Number  string    `json:"number"`
	Says    edge.Text `json:"says"` // what the state tells the shopper
	Subject bool      `json:"subject_to_stock"`

	Behind edge.OrderBehind `json:"behind,omitempty"`
}

func (s *Server) viewOrder(k *edge.KnownOrder) orderView {
	return orderView{k, k.Number(), k.Stands.Says(), k.Short() && k.Stands.Unsure(), k.Behind(s.cfg.Orders.Patience, s.cfg.Now())}
}

// getOrders lists orders, or finds those that a pick-up code names.
func (s *Server) getOrders(c *gin.Context) {
	d, err := s.desk()
	if err != nil {
		s.Fail(c, err)
		return
	}
	limit, err := number(c, "limit", 1, 200, 50)
	if err != nil {
		s.Fail(c, err)
		return
	}
	var list []edge.KnownOrder
	if code := c.Query("code"); code != "" {
		list, err = d.coded(c.Request.Context(), code)
	} else {
		var states []edge.OrderState
		for name := range strings.SplitSeq(c.Query("state"), ",") {
			if name == "" {
				continue
			}
			if states = append(states, edge.OrderState(name)); !states[len(states)-1].Known() {
				s.Fail(c, edge.Errorf("api.getOrders", edge.Invalid, "state %.20q of an order: there is none of that name", name))
				return
			}
		}
		list, err = d.Book.KnownOrders(c.Request.Context(), states, limit)
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	views := []orderView{}
	for i := range list {
		views = append(views, s.viewOrder(&list[i]))
	}
	c.JSON(http.StatusOK, gin.H{"orders": views})
}

// coded finds the orders that a pick-up code names, as it was scanned or typed.
func (d *Orders) coded(ctx context.Context, code string) ([]edge.KnownOrder, error) {
	if edge.IsPickUpPass(code) {
		p, err := edge.OpenPickUpPass(code, d.HQ)
		if err != nil {
			return nil, err
		}
		k, err := d.Book.KnownOrder(ctx, p.Order)
		if edge.KindOf(err) == edge.NotFound && err != nil {
			k, err = p.Known(), nil
		}
		if err != nil {
			return nil, err
		}
		return []edge.KnownOrder{*k}, nil
	}
	const most = 1000 // orders that wait in a shop
	all, err := d.Book.KnownOrders(ctx, []edge.OrderState{edge.OrderReady, edge.OrderCollected}, most)
	if err != nil {
		return nil, err
	}
	var list []edge.KnownOrder
	for _, k := range all {
		if k.Code != "" && edge.NormalOrderCode(k.Code) == edge.NormalOrderCode(code) {
			list = append(list, k)
		}
	}
	return list, nil
}

func (s *Server) getOrder(c *gin.Context) {
	d, err := s.desk()
	if err != nil {
		s.Fail(c, err)
		return
	}
	k, err := d.Book.KnownOrder(c.Request.Context(), c.Param("id"))
	if err != nil {
		s.Fail(c, err)
		return
	}
	contact, err := d.Book.OrderContact(c.Request.Context(), k.ID)
	if err != nil && edge.KindOf(err) != edge.NotFound {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"order": s.viewOrder(k), "contact": contact})
}

// postOrderPayment takes money for an order, or gives it back.
func (s *Server) postOrderPayment(c *gin.Context) {
	var in struct {
		Payment  edge.Payment `json:"payment"`
		Back     bool         `json:"back"`
		Reason   string       `json:"reason"`
		Approval *approval    `json:"approval"`
	}
	d, err := s.desk()
	var key string
	var approved *edge.Approval
	if err == nil {
		key, err = bindOnce(c, &in)
	}
	if err == nil {
		approved, err = s.approved(c, in.Approval, c.Param("id"))
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	m, replayed, err := d.Book.PayOrder(c.Request.Context(), key, edge.OrderPaying{
		Order: c.Param("id"), Payment: in.Payment, Back: in.Back, Reason: edge.Visible(in.Reason), Approval: approved,
		Staff: signedIn(c).Name, Offline: s.offline(), Cash: s.cfg.Cash,
	})
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.paidOrder(c, replayed, m)
}

// paidOrder answers with money of an order, and the order as it stands then.
func (s *Server) paidOrder(c *gin.Context, replayed bool, m *edge.OrderMoney) {
	k, err := s.cfg.Orders.Book.KnownOrder(c.Request.Context(), m.Order)
	if err != nil {
		s.Fail(c, err)
		return
	}
	change := int64(0)
	if !m.Back {
		change = m.Payment.Change()
	}
	s.recorded(c, replayed, gin.H{"money": m, "change": change, "order": s.viewOrder(k)})
}

// postOrderRequest asks headquarters to change or cancel an order.
func (s *Server) postOrderRequest(c *gin.Context) {
	var in struct {
		Wish   edge.OrderWish `json:"wish"`
		Reason string         `json:"reason"`
	}
	d, err := s.desk()
	var key string
	if err == nil {
		key, err = bindOnce(c, &in)
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	k, replayed, err := d.Book.AskOrder(c.Request.Context(), key, edge.Asking{
		Order: c.Param("id"), Wish: in.Wish, Reason: edge.Visible(in.Reason), Staff: signedIn(c).Name,
	})
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.recorded(c, replayed, gin.H{"order": s.viewOrder(k)})
}

// postCollected hands an order over for its code.
func (s *Server) postCollected(c *gin.Context) {
	var in struct {
		Code string `json:"code"`
	}
	d, err := s.desk()
	var key string
	if err == nil {
		key, err = bindOnce(c, &in)
	}
	ask := edge.Collecting{Order: c.Param("id"), Code: in.Code, Home: s.cfg.Shop.ID, Staff: signedIn(c).Name}
	if err == nil && edge.IsPickUpPass(in.Code) {
		if ask.Pass, err = edge.OpenPickUpPass(in.Code, d.HQ); err == nil {
			ask.Code = ask.Pass.Code
		}
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	k, replayed, err := d.Book.CollectOrder(c.Request.Context(), key, ask)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.recorded(c, replayed, gin.H{"order": s.viewOrder(k)})
}
