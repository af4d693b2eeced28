package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// payingTime is how long a cart is the phone's after the shopper chose to pay
// there.
const payingTime = 30 * time.Minute

// postClaim hands the cart to the phone: "pay on my phone".
func (s *Server) postClaim(c *gin.Context) {
	var in struct {
		Holder edge.Holder `json:"holder"`
	}
	s.change(c, &in, func(cart *edge.Cart, _ edge.Writer) error {
		now := s.cfg.Now()
		return cart.ToPhone(now, now.Add(payingTime))
	}, func(context.Context) error {
		if in.Holder != edge.HeldByPhone {
			return edge.Errorf("api.postClaim", edge.Invalid, "holder %.20q: the shop can only give the cart to the %s", in.Holder, edge.HeldByPhone)
		}
		return nil
	})
}

// putField writes a note or an option of a line, or of the cart where the path
// names no line. An empty text takes it back.
func (s *Server) putField(c *gin.Context) {
	var line edge.LineID
	if name := c.Param("line"); name != "" {
		if err := line.UnmarshalText([]byte(name)); err != nil {
			s.Fail(c, err)
			return
		}
	}
	var in struct {
		Text *string `json:"text"`
	}
	s.change(c, &in, func(cart *edge.Cart, w edge.Writer) error {
		return cart.SetField(w, s.cfg.Now(), line, edge.FieldName(c.Param("name")), *in.Text)
	}, func(context.Context) error {
		if in.Text == nil {
			return edge.Errorf("api.putField", edge.Invalid, "text is missing: an empty one takes the field back")
		}
		return nil
	})
}

// texts are the fields that say something.
func texts(fields map[edge.FieldName]edge.Field) map[edge.FieldName]string {
	said := map[edge.FieldName]string{}
	for name, f := range fields {
		if f.Text != "" {
			said[name] = f.Text
		}
	}
	return said
}
