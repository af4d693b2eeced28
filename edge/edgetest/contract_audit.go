package edgetest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// AuditLog is the contract of edge.AuditLog.
func AuditLog(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	none, err := s.AuditRecords(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, none)
	require.NoError(t, s.Audit(ctx, edge.AuditRecord{Kind: edge.AuditWrongPIN}))
	voided := edge.AuditRecord{ID: "mine", Shop: "mine", Kind: edge.AuditVoided, Staff: "Lan", Manager: "Linh", About: "T1-1-000001", Reason: "wrong shade"}
	require.NoError(t, s.Audit(ctx, voided))
	list, err := s.AuditRecords(ctx, 10)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.NotEqual(t, "mine", list[0].ID, "the log names its records")
	voided.ID, voided.Shop, voided.At = list[0].ID, list[1].Shop, clock.Now()
	require.Equal(t, voided, list[0], "newest first")
	require.Equal(t, edge.AuditWrongPIN, list[1].Kind)
	newest, err := s.AuditRecords(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, list[:1], newest)

	evs := Chain(t, s, edge.LaneOps)
	last := evs[len(evs)-1]
	require.Equal(t, [2]string{edge.EventAudit, voided.ID}, [2]string{last.Type, last.Subject})
	require.Equal(t, voided, decode[edge.AuditRecord](t, last.Data))

	requireKind(t, edge.Invalid, s.Audit(ctx, edge.AuditRecord{Staff: "Lan"}))
	requireKind(t, edge.Invalid, s.Audit(ctx, edge.AuditRecord{Kind: edge.AuditDrawer, Reason: string(make([]byte, 300))}))
}

// Deeds is the contract of what the audit log has together with what it tells
// of: once, however often the same is asked for.
func Deeds(t *testing.T, open Open) {
	s, _ := opened(t, open)
	ctx := t.Context()
	type deed struct {
		kind                          edge.AuditKind
		staff, manager, about, reason string
	}
	var want []deed
	did := func(d deed, do func() error) {
		t.Helper()
		want = append(want, d)
		for range 2 {
			require.NoError(t, do())
		}
	}
	sold := SellTo(t, s, "key-deed-plain", Cream, 1) // of a plain sale the log has nothing
	c := FillCart(t, s, Lipstick, 3)
	var sale *edge.Sale
	did(deed{edge.AuditDiscount, "Lan", "Mai", "T1-1-000002", "tester"}, func() (err error) {
		sale, _, err = s.RecordSale(ctx, "key-deed-off", edge.Checkout{
			Cart: c.ID, Payments: edge.Payments{{Method: edge.Cash, Amount: 537300}}, Staff: "Lan", Discounter: edge.Discounter{Staff: "Mai", Most: 5000},
			Discounts: []edge.Discount{{SKU: Lipstick, Amount: 59700, Reason: "tester"}},
		})
		return err
	})
	did(deed{edge.AuditRefunded, "Lan", "Mai", sale.Receipt.String(), "allergic"}, func() error {
		_, _, err := s.RefundSale(ctx, "key-deed-refund", edge.Refunding{
			Sale: edge.SaleRef{ID: sale.ID}, Lines: []edge.Return{{SKU: Lipstick, Quantity: 1, To: edge.ToStock}}, Reason: "allergic",
			Back: []edge.Payback{{Method: edge.Card, Amount: 179100, Reference: "1"}}, Approval: &edge.Approval{Staff: "Mai", Reason: "allergic"}, Staff: "Lan",
		})
		return err
	})
	did(deed{edge.AuditVoided, "Lan", "", sold.Receipt.String(), "wrong shade, twice"}, func() error {
		_, _, err := s.VoidSale(ctx, "key-deed-void", edge.Voiding{Sale: edge.SaleRef{ID: sold.ID}, Reason: "wrong shade,\ttwice", Staff: "Lan"})
		return err
	})
	paid := SellTo(t, s, "key-deed-paid", Cream, 1)
	second := edge.Checkout{Cart: paid.Cart, Payments: paid.Payments, Staff: "Lan"}
	due, _, err := s.RecordSecondPayment(ctx, "key-deed-due-1", second)
	require.NoError(t, err)
	did(deed{edge.AuditGaveBack, "Lan", "", due.Total.String(), ""}, func() error {
		_, _, err := s.GiveBack(ctx, "key-deed-back-1", edge.GivingBack{Due: due.ID, Method: edge.Cash, Staff: "Lan"})
		return err
	})
	due, _, err = s.RecordSecondPayment(ctx, "key-deed-due-2", second)
	require.NoError(t, err)
	did(deed{edge.AuditGaveBack, "Lan", "Mai", due.Total.String(), "no cash left"}, func() error {
		ask := edge.GivingBack{Due: due.ID, Method: edge.Card, Reference: "1", Approval: &edge.Approval{Staff: "Mai", Reason: "no cash left"}, Staff: "Lan"}
		given, _, err := s.GiveBack(ctx, "key-deed-back-2", ask)
		if err == nil {
			require.Equal(t, ask.Approval, given.Approval)
		}
		return err
	})
	did(deed{edge.AuditDrawer, "Hoa", "", "", "change"}, func() error {
		_, _, err := s.RecordCash(ctx, "key-deed-drawer", edge.CashEntry{Kind: edge.CashDrawer, Reason: "change", Staff: "Hoa"})
		return err
	})
	c = FillCart(t, s, Cream, 1)
	_, err = s.LabelCart(ctx, c.ID, func(o *edge.OpenCart) error {
		return o.Take(edge.PaidPart{ID: "part-1", Payment: edge.Payment{Method: edge.Cash, Amount: 50000}, Staff: "Lan"})
	})
	require.NoError(t, err)
	_, err = s.LabelCart(ctx, c.ID, func(o *edge.OpenCart) error {
		o.GiveBack("part-1", "Hoa", "VND")
		return edge.Errorf("edgetest.Deeds", edge.Invalid, "changed nothing")
	})
	requireKind(t, edge.Invalid, err)
	did(deed{edge.AuditPartBack, "Hoa", "", "50.000 ₫", ""}, func() error {
		_, err := s.LabelCart(ctx, c.ID, func(o *edge.OpenCart) error {
			o.GiveBack("part-1", "Hoa", "VND")
			return nil
		})
		return err
	})
	k, _, err := s.PlaceOrder(ctx, "key-deed-order", OrderAsk(Glasses, 2, 890000, edge.PayDeposit))
	require.NoError(t, err)
	did(deed{edge.AuditCancelled, "Hoa", "", k.Number(), "too long"}, func() error {
		_, _, err := s.AskOrder(ctx, "key-deed-cancel", edge.Asking{Order: k.ID, Wish: edge.WishCancel, Reason: "too long", Staff: "Hoa"})
		return err
	})
	did(deed{edge.AuditDayClosed, "Mai", "", "T1-1-Z1", ""}, func() error {
		_, _, err := s.CloseDay(ctx, "key-deed-z", "Mai")
		return err
	})

	list, err := s.AuditRecords(ctx, 100)
	require.NoError(t, err)
	var got []deed
	for _, r := range slices.Backward(list) {
		got = append(got, deed{r.Kind, r.Staff, r.Manager, r.About, r.Reason})
		require.NoError(t, r.Check())
	}
	require.Equal(t, want, got)
}
