package ticket

import (
	"context"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Records is where documents come from.
type Records struct {
	Ledger interface {
		Sale(ctx context.Context, ref edge.SaleRef) (*edge.SaleHistory, error)
		Reversal(ctx context.Context, id string) (*edge.Void, *edge.Refund, error)
		ZReport(ctx context.Context, id string) (*edge.ZReport, error)
	}
	Carts interface {
		Cart(ctx context.Context, id edge.CartID) (*edge.Cart, error)
	}
	Orders interface {
		KnownOrder(ctx context.Context, id string) (*edge.KnownOrder, error)
		OrderOfMoney(ctx context.Context, id string) (order string, err error) // NotFound where id is no money's
		OrderContact(ctx context.Context, id string) (*edge.Contact, error)
	}
	Office interface {
		Places(ctx context.Context) (map[string]edge.Place, error) // by the shops' ids
	}
	Catalogue interface {
		Release(ctx context.Context) (*edge.Release, error)
	}
	Links interface {
		// LinkWithin makes a link of at most so many characters.
		LinkWithin(ctx context.Context, c *edge.Cart, most int) (*edge.Link, error)
	}
	// Installation is the sheet of the machine's installation, if it is signed
	// off; nil for none.
	Installation func() (*Installation, error)
	Now          func() time.Time
}

// Document finds what a job is to print.
func (r *Records) Document(ctx context.Context, kind edge.PrintKind, ref string) (Document, error) {
	switch kind {
	case edge.PrintReceipt:
		h, err := r.Ledger.Sale(ctx, edge.SaleRef{ID: ref})
		if err != nil {
			return nil, err
		}
		return Receipt{&h.Sale}, nil
	case edge.PrintRefund, edge.PrintVoid:
		return r.reversal(ctx, kind, ref)
	case edge.PrintZ:
		z, err := r.Ledger.ZReport(ctx, ref)
		return ZReport{z}, err
	case edge.PrintCart:
		return r.cart(ctx, ref)
	case edge.PrintOrder:
		return r.order(ctx, ref)
	case edge.PrintTest:
		return Test{r.Now()}, nil
	case edge.PrintInstallation:
		if r.Installation == nil {
			return nil, edge.Errorf("ticket.Document", edge.NotFound, "the sheet of the installation is printed by the gateway alone")
		}
		sheet, err := r.Installation()
		if err != nil {
			return nil, err
		}
		return *sheet, nil
	}
	return nil, edge.Errorf("ticket.Document", edge.Invalid, "kind %.20q cannot be printed", kind)
}

func (r *Records) reversal(ctx context.Context, kind edge.PrintKind, ref string) (Document, error) {
	void, refund, err := r.Ledger.Reversal(ctx, ref)
	switch {
	case err != nil:
		return nil, err
	case kind == edge.PrintVoid && void != nil:
		return Void{void}, nil
	case kind == edge.PrintRefund && refund != nil:
		return Refund{refund}, nil
	}
	return nil, edge.Errorf("ticket.Document", edge.NotFound, "%.64q is no %s", ref, kind)
}

func (r *Records) cart(ctx context.Context, ref string) (Document, error) {
	const op = "ticket.Document"
	var id edge.CartID
	if err := id.UnmarshalText([]byte(ref)); err != nil {
		return nil, err
	}
	c, err := r.Carts.Cart(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.Closed != nil {
		return nil, edge.Errorf(op, edge.Conflict, "this cart was paid with receipt %s: print that", c.Closed.Receipt)
	}
	release, err := r.Catalogue.Release(ctx)
	if err != nil {
		return nil, err
	}
	lines, total, err := edge.PriceCart(c, release)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, edge.Errorf(op, edge.Invalid, "the cart is empty: there is nothing to print")
	}
	link, err := r.Links.LinkWithin(ctx, c, MaxLink)
	if err != nil {
		return nil, err
	}
	return Cart{Lines: lines, Total: total, Link: link, At: r.Now()}, nil
}

// paidCash reports whether a document's money is in the drawer, or comes from it.
func paidCash(doc Document) bool {
	back := func(list []edge.Payback) bool {
		for _, b := range list {
			if b.Method == edge.Cash {
				return true
			}
		}
		return false
	}
	switch d := doc.(type) {
	case Receipt:
		return d.Payments.By(edge.Cash)
	case Order:
		return d.Money != nil && d.Money.Payment.Method == edge.Cash
	case Refund:
		return back(d.Back)
	case Void:
		return back(d.Back)
	}
	return false
}
