package api

import (
	"net/http"
	"regexp"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// saleRef reads the path's id: a sale's own, or a receipt's number.
func saleRef(c *gin.Context) (edge.SaleRef, error) {
	id := c.Param("id")
	if uuidForm.MatchString(id) {
		return edge.SaleRef{ID: id}, nil
	}
	r, err := edge.ParseReceipt(id)
	return edge.SaleRef{Receipt: r}, err
}

func (s *Server) getSale(c *gin.Context) {
	ref, err := saleRef(c)
	if err != nil {
		s.Fail(c, err)
		return
	}
	h, err := s.cfg.Ledger.Sale(c.Request.Context(), ref)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"sale": h, "left": h.Left(), "refundable": h.Refundable()})
}

func (s *Server) postVoid(c *gin.Context) {
	var in struct {
		Reason     string   `json:"reason"`
		References []string `json:"references"`
	}
	ref, err := saleRef(c)
	if err != nil {
		s.Fail(c, err)
		return
	}
	key, err := bindOnce(c, &in)
	if err != nil {
		s.Fail(c, err)
		return
	}
	void, replayed, err := s.cfg.Ledger.VoidSale(c.Request.Context(), key, edge.Voiding{
		Sale: ref, Reason: edge.Visible(in.Reason), References: in.References, Staff: signedIn(c).Name, Offline: s.offline(),
	})
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.recorded(c, replayed, gin.H{"void": void})
}

// refunding is a refund as it is sent.
type refunding struct {
	Lines    []edge.Return  `json:"lines"`
	Back     []edge.Payback `json:"back"`
	Reason   string         `json:"reason"`
	Approval *approval      `json:"approval"`
}

// refunding names the sale in the path, and finds the manager who approved.
func (s *Server) refunding(c *gin.Context, in *refunding) (r edge.Refunding, err error) {
	ref, err := saleRef(c)
	if err != nil {
		return r, err
	}
	approved, err := s.approved(c, in.Approval, c.Param("id"))
	return edge.Refunding{
		Sale: ref, Lines: in.Lines, Back: in.Back, Reason: edge.Visible(in.Reason), Approval: approved,
		Staff: signedIn(c).Name, Offline: s.offline(), Cash: s.cfg.Cash,
	}, err
}

func (s *Server) postRefund(c *gin.Context) {
	var in refunding
	key, err := bindOnce(c, &in)
	if err != nil {
		s.Fail(c, err)
		return
	}
	ask, err := s.refunding(c, &in)
	if err != nil {
		s.Fail(c, err)
		return
	}
	refund, replayed, err := s.cfg.Ledger.RefundSale(c.Request.Context(), key, ask)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.recorded(c, replayed, gin.H{"refund": refund})
}

// postExchange gives goods back and sells others, which they pay for.
func (s *Server) postExchange(c *gin.Context) {
	var in struct {
		refunding
		Sale   checkout `json:"sale"`
		Amount int64    `json:"amount"`
	}
	key, err := bindOnce(c, &in)
	if err != nil {
		s.Fail(c, err)
		return
	}
	back, err := s.refunding(c, &in.refunding)
	if err != nil {
		s.Fail(c, err)
		return
	}
	co, err := s.checkout(c, &in.Sale)
	if err != nil {
		s.Fail(c, err)
		return
	}
	done, replayed, err := s.cfg.Ledger.Exchange(c.Request.Context(), key, edge.Exchanging{Refund: back, Sale: co, Amount: in.Amount})
	if err != nil {
		s.Fail(c, err)
		return
	}
	if !replayed {
		s.CartChanged(co.Cart)
	}
	s.recorded(c, replayed, gin.H{"refund": done.Refund, "sale": done.Sale, "change": done.Sale.Payments.Change()})
}
