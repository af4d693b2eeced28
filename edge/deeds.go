package edge

import (
	"slices"
	"strings"
	"unicode"
)

// Deeds are what the audit log has of a sale: who took its money although the
// phone had the cart, and who gave which discount.
func (s *Sale) Deeds() (list []AuditRecord) {
	about := s.Receipt.String()
	if o := s.Override; o != nil {
		list = append(list, AuditRecord{Kind: AuditOverrode, Staff: s.Staff, Manager: o.Staff, About: about, Reason: o.Reason})
	}
	for _, d := range s.Discounts {
		r := AuditRecord{Kind: AuditDiscount, Staff: s.Staff, About: about, Reason: d.Reason}
		if d.Staff != s.Staff {
			r.Manager = d.Staff
		}
		list = append(list, r)
	}
	return list
}

// Deeds are what the audit log has of a transfer: whose word it was that the
// money of sale came.
func (t *Transfer) Deeds(r Receipt) []AuditRecord {
	if t.Seen == nil {
		return nil
	}
	return []AuditRecord{{Kind: AuditSawMoney, Staff: t.Seen.Staff, About: r.String(), Reason: t.Seen.Reason}}
}

// Deeds are what the audit log has of a void.
func (v *Void) Deeds() []AuditRecord {
	return []AuditRecord{{Kind: AuditVoided, Staff: v.Staff, About: v.Sale.Receipt.String(), Reason: v.Reason}}
}

// Deeds are what the audit log has of a refund, or of the exchange that it is of.
func (r *Refund) Deeds() []AuditRecord {
	kind := AuditRefunded
	if slices.ContainsFunc(r.Back, func(b Payback) bool { return b.Method == Exchanged }) {
		kind = AuditExchanged
	}
	return []AuditRecord{{Kind: kind, Staff: r.Staff, Manager: r.Approval.by(), About: r.Sale.Receipt.String(), Reason: r.Reason}}
}

// Deeds are what the audit log has of what was just changed about a cart: that
// money of it was given back.
func (c *OpenCart) Deeds() []AuditRecord { return c.deeds }

// Deeds are what the audit log has of a second payment that was given back.
func (g *RefundGiven) Deeds() []AuditRecord {
	r := AuditRecord{Kind: AuditGaveBack, Staff: g.Staff, Manager: g.Approval.by(), About: g.Total.String()}
	if g.Approval != nil {
		r.Reason = g.Approval.Reason
	}
	return []AuditRecord{r}
}

// Deeds are what the audit log has of an order's money: that it was given back.
func (m *OrderMoney) Deeds(k *KnownOrder) []AuditRecord {
	if !m.Back {
		return nil
	}
	return []AuditRecord{{Kind: AuditGaveBack, Staff: m.Staff, Manager: m.Approval.by(), About: k.Number(), Reason: m.Reason}}
}

// Deeds are what the audit log has of a wish about an order: that it ends.
func (r *OrderRequest) Deeds(k *KnownOrder) []AuditRecord {
	if r.Wish != WishCancel {
		return nil
	}
	return []AuditRecord{{Kind: AuditCancelled, Staff: r.Staff, About: k.Number(), Reason: r.Reason}}
}

// Deeds are what the audit log has of an entry of the cash book: that the drawer
// was opened and no money moved.
func (r *CashRecord) Deeds() []AuditRecord {
	if r.Kind != CashDrawer {
		return nil
	}
	return []AuditRecord{{Kind: AuditDrawer, Staff: r.Staff, Reason: r.Reason}}
}

// Deeds are what the audit log has of a Z report.
func (z *ZReport) Deeds() []AuditRecord {
	return []AuditRecord{{Kind: AuditDayClosed, Staff: z.Staff, About: z.Name()}}
}

// by is the manager who approved; empty where none had to.
func (a *Approval) by() string {
	if a == nil {
		return ""
	}
	return a.Staff
}

// Legible makes r's text such as Check wants it: no sale may fail, and no deed
// go unrecorded, because of what somebody typed as the reason.
func (r AuditRecord) Legible() AuditRecord {
	for _, s := range []*string{&r.Staff, &r.Manager, &r.About, &r.Reason} {
		*s = strings.Map(func(c rune) rune {
			if unicode.IsControl(c) {
				return ' '
			}
			return c
		}, strings.ToValidUTF8(Visible(*s), " "))
		if len(*s) > MaxFieldText {
			*s = strings.ToValidUTF8((*s)[:MaxFieldText], "")
		}
	}
	return r
}
