package api

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// putDiscount takes something off a cart before it is paid, at whatever till.
func (s *Server) putDiscount(c *gin.Context) {
	var in struct {
		discount
		Approval *approval `json:"approval"`
	}
	if err := Bind(c, &in); err != nil {
		s.Fail(c, err)
		return
	}
	by, err := s.approved(c, in.Approval, c.Param("id"))
	if err != nil {
		s.Fail(c, err)
		return
	}
	var manager *edge.Discounter
	if by != nil {
		manager = &edge.Discounter{Staff: by.Staff, Most: s.cfg.Discounts.Manager}
	}
	r, err := s.cfg.Catalogue.Release(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.label(c, func(o *edge.OpenCart) error {
		return o.Reduce(in.asked(), s.discounter(c), manager, r)
	})
}

// deleteDiscount takes a discount away: that on the product of the query, or on
// the whole ticket.
func (s *Server) deleteDiscount(c *gin.Context) {
	s.label(c, func(o *edge.OpenCart) error { return o.Restore(edge.SKU(c.Query("sku"))) })
}

// putPart notes money that was taken before all of it was there.
func (s *Server) putPart(c *gin.Context) {
	var in edge.Payment
	if err := Bind(c, &in); err != nil {
		s.Fail(c, err)
		return
	}
	p := edge.PaidPart{ID: c.Param("part"), Payment: in, Staff: signedIn(c).Name, At: s.cfg.Now().UTC().Truncate(time.Millisecond)}
	s.label(c, func(o *edge.OpenCart) error { return o.Take(p) })
}

// deletePart notes that such money was given back.
func (s *Server) deletePart(c *gin.Context) {
	r, err := s.cfg.Catalogue.Release(c.Request.Context())
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.label(c, func(o *edge.OpenCart) error {
		o.GiveBack(c.Param("part"), signedIn(c).Name, r.Currency)
		return nil
	})
}
