package edgetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// PaidByPhone is HQ's word that money named id paid for two lipsticks of a cart
// at a time.
func PaidByPhone(t T, id string, cart edge.CartID, at time.Time, elsewhere bool) edge.Record {
	t.Helper()
	r, err := (&edge.PhoneSale{
		Cart: cart, Currency: "VND", At: at.UTC(), Release: 1, Elsewhere: elsewhere,
		Payment: edge.Payment{Method: edge.ByPhone, Amount: 398000, Reference: edge.TransferCode("MC", "shop", cart, id)},
		Lines:   []edge.PhoneSaleLine{{SKU: Lipstick, Quantity: 2, Price: 199000, VATRate: 800}},
	}).Record(id)
	require.NoError(t, err)
	return *r
}

// lacksNothing lets a shop know that HQ holds nothing that it lacks.
func lacksNothing(t T, s Shop) {
	t.Helper()
	if r, ok := s.(edge.Recall); ok {
		require.NoError(t, r.TakenBack(t.Context(), s.Epoch()))
	}
}

// PhoneSales is the contract of what becomes of carts that phones paid.
func PhoneSales(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	message := uint64(0)
	tell := func(d edge.Delivery) {
		t.Helper()
		message++
		require.NoError(t, s.Apply(ctx, message, d))
	}
	word := func(r edge.Record) { t.Helper(); tell(edge.Delivery{Records: []edge.Record{r}}) }
	stock := func() int64 {
		t.Helper()
		levels, err := s.Stock(ctx)
		require.NoError(t, err)
		return levels[Lipstick]
	}
	sold := func(ref edge.SaleRef) *edge.SaleHistory {
		t.Helper()
		h, err := s.Sale(ctx, ref)
		require.NoError(t, err)
		return h
	}
	lacksNothing(t, s)

	// HQ closes the cart and says what was paid: one sale, however often it says so.
	c := FillCart(t, s, Lipstick, 2)
	paid := PaidByPhone(t, "bank-0001", c.ID, clock.Now(), false)
	p, err := edge.ReadPhoneSale(&paid)
	require.NoError(t, err)
	closed := &edge.Cart{ID: c.ID, Claim: c.Claim, Closed: p.Closing("bank-0001")}
	clock.Advance(time.Minute)
	tell(edge.Delivery{Carts: []*edge.Cart{closed}})
	word(paid)
	word(paid)
	sale := sold(edge.SaleRef{ID: "bank-0001"})
	require.Equal(t, uint64(1), sale.Receipt.Counter)
	require.Equal(t, edge.Money{Amount: 398000, Currency: "VND"}, sale.Total)
	require.EqualValues(t, 29481, sale.VAT) // 398,000 · 8/108
	require.NotEmpty(t, sale.Lines[0].Name.VI, "the shop has the names")
	require.NotEmpty(t, sale.Lines[0].GTIN)
	require.EqualValues(t, -2, stock())
	require.Len(t, newest(t, s.Sales), 1)
	got, err := s.Cart(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, closed.Closed, got.Closed, "both closings are one")
	_, _, err = s.RecordSale(ctx, "till-00001", edge.Checkout{Cart: c.ID, Payments: Cash(t, s, c)})
	requireKind(t, edge.Conflict, err)

	// The goods come from elsewhere: they leave no shelf here, and a void brings
	// none back. Money that came by transfer goes back so.
	c = FillCart(t, s, Lipstick, 2)
	word(PaidByPhone(t, "bank-0002", c.ID, clock.Now(), true))
	require.EqualValues(t, -2, stock())
	got, err = s.Cart(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, "bank-0002", got.Closed.Sale)
	void, _, err := s.VoidSale(ctx, "void-00001", edge.Voiding{Sale: edge.SaleRef{ID: "bank-0002"}, Reason: "changed her mind", References: []string{"FT 7"}, Staff: "Lan"})
	require.NoError(t, err)
	require.Equal(t, []edge.Payback{{Method: edge.BankTransfer, Amount: 398000, Reference: "FT 7"}}, void.Back)
	require.EqualValues(t, -2, stock())

	// Sold at the till earlier: HQ gives the money back.
	c = FillCart(t, s, Lipstick, 2)
	cash, _, err := s.RecordSale(ctx, "till-00002", edge.Checkout{Cart: c.ID, Payments: Cash(t, s, c)})
	require.NoError(t, err)
	word(PaidByPhone(t, "bank-0003", c.ID, cash.At.Add(time.Minute), false))
	_, err = s.Sale(ctx, edge.SaleRef{ID: "bank-0003"})
	requireKind(t, edge.NotFound, err)
	require.Empty(t, newest(t, s.RefundsDue))

	// Sold at the till later: that money is due, and the phone's is the sale.
	c = FillCart(t, s, Lipstick, 2)
	cash, _, err = s.RecordSale(ctx, "till-00003", edge.Checkout{Cart: c.ID, Payments: Cash(t, s, c)})
	require.NoError(t, err)
	word(PaidByPhone(t, "bank-0004", c.ID, cash.At.Add(-time.Minute), false))
	due := newest(t, s.RefundsDue)
	require.Len(t, due, 1)
	require.Equal(t, cash.ID, due[0].ID)
	require.Equal(t, "bank-0004", due[0].Stands.Sale)
	require.Equal(t, "bank-0004", sold(edge.SaleRef{ID: "bank-0004"}).ID)

	// A cart that is not here any more.
	word(PaidByPhone(t, "bank-0005", edge.CartID{9}, clock.Now(), false))
	require.Equal(t, edge.CartID{9}, sold(edge.SaleRef{ID: "bank-0005"}).Cart)

	// Voided, the sale leaves the day square.
	z, _, err := s.CloseDay(ctx, "z-0000001", "Lan")
	require.NoError(t, err)
	require.NoError(t, z[0].Check())
	require.Contains(t, z[0].Totals[0].Methods, edge.ZMethod{Method: edge.ByPhone, Taken: 4 * 398000})
}

func newest[V any](t T, of func(context.Context, int) ([]V, error)) []V {
	t.Helper()
	got, err := of(t.Context(), 100)
	require.NoError(t, err)
	return got
}
