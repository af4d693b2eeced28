package api

import (
	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// postOrderTransfer asks for money of an order by bank transfer. How it stands,
// and its code, are asked for as a sale's.
func (s *Server) postOrderTransfer(c *gin.Context) {
	var in struct {
		Amount *int64 `json:"amount"`
	}
	d, err := s.desk()
	var key string
	if err == nil {
		key, err = bindOnce(c, &in)
	}
	switch {
	case err != nil:
	case in.Amount == nil:
		err = edge.Errorf("api.postOrderTransfer", edge.Invalid, "amount is missing: send how much of the order is to be paid")
	case s.cfg.Transfers == nil:
		err = errNoAccount("api.postOrderTransfer")
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	k, err := d.Book.KnownOrder(c.Request.Context(), c.Param("id"))
	if err != nil {
		s.Fail(c, err)
		return
	}
	t := s.cfg.Transfers
	ask := edge.OrderTransferAsk{
		Order: k.ID, Amount: *in.Amount, Code: edge.TransferCode(t.Prefix, s.cfg.Shop.ID, k.Cart, key),
		Life: t.Life, Staff: signedIn(c).Name, Offline: s.offline(),
	}
	if ask.Text, err = t.Text(edge.Money{Amount: ask.Amount, Currency: k.Total.Currency}, ask.Code); err != nil {
		s.Fail(c, err)
		return
	}
	asked, replayed, err := d.Book.RequestOrderTransfer(c.Request.Context(), key, ask)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.recorded(c, replayed, gin.H{"transfer": s.viewTransfer(asked)})
}

// postOrderTransferSeen takes money for an order by the clerk's word that it came.
func (s *Server) postOrderTransferSeen(c *gin.Context) {
	var in struct {
		Reason string `json:"reason"`
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
	m, replayed, err := d.Book.SeeOrderTransfer(c.Request.Context(), key, edge.TransferSeen{Code: c.Param("code"), Reason: edge.Visible(in.Reason), Staff: signedIn(c).Name})
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.paidOrder(c, replayed, m)
}
