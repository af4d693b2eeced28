package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// checkout is a check-out as it is sent.
type checkout struct {
	Cart     *edge.CartID `json:"cart"`
	Payments []struct {
		edge.Payment
		Amount *int64 `json:"amount"`
	} `json:"payments"`
	TaxCode  edge.TaxCode `json:"tax_code"`
	Override *approval    `json:"override"`
	discounts
}

// bindCheckout reads a check-out, and finds the manager behind its override.
func (s *Server) bindCheckout(c *gin.Context) (key string, co edge.Checkout, err error) {
	var in checkout
	if key, err = bindOnce(c, &in); err != nil {
		return "", co, err
	}
	co, err = s.checkout(c, &in)
	return key, co, err
}

func (s *Server) checkout(c *gin.Context, in *checkout) (co edge.Checkout, err error) {
	const op = "api.checkout"
	if in.Cart == nil {
		return co, edge.Errorf(op, edge.Invalid, "cart is missing")
	}
	payments := edge.Payments{}
	for _, p := range in.Payments {
		if p.Amount == nil {
			return co, edge.Errorf(op, edge.Invalid, "a payment's amount is missing: they come to the total that was shown")
		}
		p.Payment.Amount = *p.Amount
		payments = append(payments, p.Payment)
	}
	approved, err := s.approved(c, in.Override, in.Cart.String())
	if err != nil {
		return co, err
	}
	asked, discounter, err := s.discounts(c, &in.discounts, in.Cart.String())
	if err != nil {
		return co, err
	}
	return edge.Checkout{
		Cart: *in.Cart, Payments: payments, TaxCode: in.TaxCode, Override: approved, Discounts: asked, Discounter: discounter,
		Staff: signedIn(c).Name, Offline: s.offline(), Cash: s.cfg.Cash,
	}, nil
}

// postSecondPayment records money that was taken for a cart that was paid.
func (s *Server) postSecondPayment(c *gin.Context) {
	key, co, err := s.bindCheckout(c)
	if err != nil {
		s.Fail(c, err)
		return
	}
	due, replayed, err := s.cfg.Ledger.RecordSecondPayment(c.Request.Context(), key, co)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.recorded(c, replayed, gin.H{"due": due})
}

// postGivenBack records that the money of a second payment was given back.
func (s *Server) postGivenBack(c *gin.Context) {
	var in struct {
		Method    edge.Method `json:"method"`
		Reference string      `json:"reference"`
		Approval  *approval   `json:"approval"`
	}
	key, err := bindOnce(c, &in)
	if err != nil {
		s.Fail(c, err)
		return
	}
	approved, err := s.approved(c, in.Approval, c.Param("id"))
	if err != nil {
		s.Fail(c, err)
		return
	}
	given, replayed, err := s.cfg.Ledger.GiveBack(c.Request.Context(), key, edge.GivingBack{
		Due: c.Param("id"), Method: in.Method, Reference: in.Reference, Approval: approved, Staff: signedIn(c).Name,
	})
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.recorded(c, replayed, gin.H{"given": given})
}

func (s *Server) getSecondPayments(c *gin.Context) {
	limit, err := number(c, "limit", 1, 200, 50)
	if err != nil {
		s.Fail(c, err)
		return
	}
	due, err := s.cfg.Ledger.RefundsDue(c.Request.Context(), limit)
	if err != nil {
		s.Fail(c, err)
		return
	}
	if due == nil {
		due = []edge.RefundDue{}
	}
	c.JSON(http.StatusOK, gin.H{"due": due})
}
