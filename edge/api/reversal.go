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
		Sale: ref, Reason: in.Reason, References: in.References, Staff: signedIn(c).Name, Offline: s.offline(),
	})
	if err != nil {
		s.Fail(c, err)
		return
	}
	if !replayed {
		s.audit(c, edge.AuditRecord{Kind: edge.AuditVoided, About: void.Sale.Receipt.String(), Reason: void.Reason})
	}
	s.recorded(c, replayed, gin.H{"void": void})
}

func (s *Server) postRefund(c *gin.Context) {
	var in struct {
		Lines    []edge.Return  `json:"lines"`
		Back     []edge.Payback `json:"back"`
		Reason   string         `json:"reason"`
		Approval *approval      `json:"approval"`
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
	approved, err := s.approved(c, in.Approval, c.Param("id"))
	if err != nil {
		s.Fail(c, err)
		return
	}
	refund, replayed, err := s.cfg.Ledger.RefundSale(c.Request.Context(), key, edge.Refunding{
		Sale: ref, Lines: in.Lines, Back: in.Back, Reason: in.Reason, Approval: approved,
		Staff: signedIn(c).Name, Offline: s.offline(), Cash: s.cfg.Cash,
	})
	if err != nil {
		s.Fail(c, err)
		return
	}
	if !replayed {
		s.audit(c, edge.AuditRecord{
			Kind: edge.AuditRefunded, Manager: managerOf(refund.Approval), About: refund.Sale.Receipt.String(), Reason: refund.Reason,
		})
	}
	s.recorded(c, replayed, gin.H{"refund": refund})
}
