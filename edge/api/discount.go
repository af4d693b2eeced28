package api

import (
	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// DiscountLimits is how much of a line's price each role may take off at most.
type DiscountLimits struct {
	Clerk   edge.BasisPoints
	Manager edge.BasisPoints
}

func (l DiscountLimits) check() error {
	if l.Clerk < 0 || l.Clerk > l.Manager || l.Manager > edge.WholeRate {
		return edge.Errorf("api.New", edge.Invalid, "discounts of %d basis points by clerks and %d by managers: want 0 to %d, and no more by clerks", l.Clerk, l.Manager, edge.WholeRate)
	}
	return nil
}

// discounts are those of a sale as they are sent.
type discounts struct {
	Discounts []discount `json:"discounts"`
	Approval  *approval  `json:"discount_approval"`
}

type discount struct {
	SKU    edge.SKU         `json:"sku"`
	Rate   edge.BasisPoints `json:"rate"`
	Amount int64            `json:"amount"`
	Reason string           `json:"reason"`
}

func (d discount) asked() edge.Discount {
	return edge.Discount{SKU: d.SKU, Rate: d.Rate, Amount: d.Amount, Reason: edge.Visible(d.Reason)}
}

// discounter is who is signed in.
func (s *Server) discounter(c *gin.Context) edge.Discounter {
	ses := signedIn(c)
	d := edge.Discounter{Staff: ses.Name, Most: s.cfg.Discounts.Clerk}
	if ses.Role == manager {
		d.Most = s.cfg.Discounts.Manager
	}
	return d
}

// discounts finds who gives them: the manager behind the approval, or else the
// clerk.
func (s *Server) discounts(c *gin.Context, in *discounts, cart string) (asked []edge.Discount, d edge.Discounter, err error) {
	d = s.discounter(c)
	by, err := s.approved(c, in.Approval, cart)
	if err != nil {
		return nil, d, err
	}
	if by != nil {
		d = edge.Discounter{Staff: by.Staff, Most: s.cfg.Discounts.Manager}
	}
	for _, a := range in.Discounts {
		asked = append(asked, a.asked())
	}
	return asked, d, nil
}
