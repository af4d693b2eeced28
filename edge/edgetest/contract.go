package edgetest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Open makes an empty shop whose clock is now, for the time of the test.
type Open func(t *testing.T, now func() time.Time) Shop

// Contract runs everything that edge's interfaces promise against the shop
// that open makes.
func Contract(t *testing.T, open Open) {
	for name, run := range map[string]func(*testing.T, Open){
		"carts": Carts, "cart labels": CartLabels, "deals": Deals, "catalogue": Catalogue, "ledger": Ledger, "second payments": Due, "transfers": Transfers, "phone sales": PhoneSales, "any transfers": AnyTransfers, "voids": Voids, "refunds": Refunds, "discounts": Discounts, "foreign refunds": ForeignRefunds,
		"Z reports": ZReports, "shifts of Z reports": ZShifts, "cash book": CashBook, "audit log": AuditLog, "deeds": Deeds, "any cash": AnyCash, "e-invoices": EInvoices, "stock": Stock, "stock entries": StockEntries, "counts": Counts, "outbox": Outbox, "epochs": Epochs, "downlink": Downlink, "office": Office, "passing": Passing, "issued": Issued,
		"orders": Orders, "order lists": OrderLists, "orders paid twice": OrdersPaidTwice, "order transfers": OrderTransfers, "any order transfers": AnyOrderTransfers, "pick-ups": PickUps, "persons": Persons, "consents": ConsentLog,
	} {
		t.Run(name, func(t *testing.T) { run(t, open) })
	}
}

// T is what this package needs of a test: *testing.T has it, and so has
// *rapid.T.
type T interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// opened is a shop with Release(1) and its clock.
func opened(t *testing.T, open Open) (Shop, *Clock) {
	t.Helper()
	clock := NewClock()
	s := open(t, clock.Now)
	require.NoError(t, s.PutRelease(t.Context(), Release(1)))
	return s, clock
}

// FillCart makes a cart with quantity pieces of sku.
func FillCart(t T, s edge.Carts, sku edge.SKU, quantity int) *edge.Cart {
	t.Helper()
	c, err := s.CreateCart(t.Context())
	require.NoError(t, err)
	c, err = s.ChangeCart(t.Context(), c.ID, func(c *edge.Cart, w edge.Writer) error {
		_, err := c.Add(w, sku, quantity)
		return err
	})
	require.NoError(t, err)
	return c
}

// Sell sells a new cart with one piece of sku for cash.
func Sell(t T, s Shop, sku edge.SKU) *edge.Sale {
	t.Helper()
	c := FillCart(t, s, sku, 1)
	sale, replayed, err := s.RecordSale(t.Context(), "key-"+c.ID.String(), edge.Checkout{Cart: c.ID, Payments: Cash(t, s, c), Staff: "Lan"})
	require.NoError(t, err)
	require.False(t, replayed)
	return sale
}

// Cash is the total of c as s prices it now, paid in cash.
func Cash(t T, s edge.Catalogue, c *edge.Cart) edge.Payments {
	t.Helper()
	r, err := s.Release(t.Context())
	require.NoError(t, err)
	_, total, err := edge.PriceCart(c, r)
	require.NoError(t, err)
	return edge.Payments{{Method: edge.Cash, Amount: total.Amount}}
}

// Chain reads a lane of the present epoch from its start, checks numbers and
// hashes against the head, and returns the events.
func Chain(t T, o edge.Outbox, lane edge.Lane) []edge.Event {
	t.Helper()
	var evs []edge.Event
	for {
		n := len(evs)
		var err error
		evs, err = o.Events(t.Context(), evs, lane, uint64(n), 100)
		require.NoError(t, err)
		if len(evs) == n {
			break
		}
	}
	seq, head, err := o.Head(t.Context(), lane)
	require.NoError(t, err)
	require.EqualValues(t, seq, len(evs))
	var prev edge.Hash
	for i := range evs {
		require.EqualValues(t, i+1, evs[i].Seq)
		require.Equal(t, o.Epoch(), evs[i].Epoch)
		require.Equal(t, lane, evs[i].Lane)
		prev = evs[i].Hash(prev)
		stored, err := o.HashAt(t.Context(), lane, evs[i].Seq)
		require.NoError(t, err)
		require.Equal(t, stored, prev, "hash of event %d", evs[i].Seq)
	}
	require.Equal(t, head, prev)
	require.Equal(t, edge.EventEpoch, evs[0].Type)
	return evs
}

func types(evs []edge.Event) []string {
	var out []string
	for _, e := range evs {
		out = append(out, e.Type)
	}
	return out
}

func decode[V any](t T, raw json.RawMessage) V {
	t.Helper()
	var v V
	require.NoError(t, json.Unmarshal(raw, &v))
	return v
}

func requireKind(t T, kind edge.Kind, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, kind, edge.KindOf(err), "%v", err)
}

// Catalogue is the contract of edge.Catalogue.
func Catalogue(t *testing.T, open Open) {
	clock := NewClock()
	s := open(t, clock.Now)
	_, err := s.Release(t.Context())
	requireKind(t, edge.Unavailable, err)

	requireKind(t, edge.Invalid, s.PutRelease(t.Context(), &edge.Release{Currency: "VND"}))
	require.NoError(t, s.PutRelease(t.Context(), Release(1)))
	require.NoError(t, s.PutRelease(t.Context(), Release(1)), "the same again is no error")
	other := Release(1)
	other.Variants[0].Price.Amount++
	requireKind(t, edge.Conflict, s.PutRelease(t.Context(), other))

	next := Release(2)
	next.Effective = clock.Now().Add(time.Hour)
	next.Variants[0].Price.Amount = 99000
	require.NoError(t, s.PutRelease(t.Context(), next))
	r, err := s.Release(t.Context())
	require.NoError(t, err)
	require.Equal(t, Release(1), r, "release 2 is not in effect yet")
	early := Sell(t, s, Lipstick)
	require.EqualValues(t, 199000, early.Total.Amount)

	clock.Advance(time.Hour)
	r, err = s.Release(t.Context())
	require.NoError(t, err)
	require.Equal(t, next, r)
	late := Sell(t, s, Lipstick)
	require.EqualValues(t, 99000, late.Total.Amount)
	require.EqualValues(t, 2, late.Release)
}

// Carts is the contract of edge.Carts.
func Carts(t *testing.T, open Open) {
	s, _ := opened(t, open)
	ctx := t.Context()
	_, err := s.Cart(ctx, edge.CartID{1})
	requireKind(t, edge.NotFound, err)
	_, err = s.ChangeCart(ctx, edge.CartID{1}, func(*edge.Cart, edge.Writer) error { return nil })
	requireKind(t, edge.NotFound, err)

	empty, err := s.CreateCart(ctx)
	require.NoError(t, err)
	require.Equal(t, edge.HeldByShop, empty.Claim.Holder)
	first, second := FillCart(t, s, Lipstick, 2), FillCart(t, s, Glasses, 1)
	require.NotEqual(t, first.ID, second.ID)
	require.Equal(t, edge.EpochWriter(s.Epoch()), first.Lines[0].ID.Writer)

	got, err := s.Cart(ctx, first.ID)
	require.NoError(t, err)
	require.Equal(t, first, got)
	open2, err := s.OpenCarts(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.CartID{second.ID, first.ID}, cartIDs(open2), "newest first, the empty one left out")
	open2, err = s.OpenCarts(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, []edge.CartID{second.ID}, cartIDs(open2))

	before, _, err := s.Head(ctx, edge.LaneOps)
	require.NoError(t, err)
	_, err = s.ChangeCart(ctx, first.ID, func(*edge.Cart, edge.Writer) error { return nil })
	require.NoError(t, err)
	_, err = s.ChangeCart(ctx, first.ID, func(c *edge.Cart, w edge.Writer) error {
		_, err := c.Add(w, Cream, 1)
		require.NoError(t, err)
		return edge.Errorf("", edge.Forbidden, "no")
	})
	requireKind(t, edge.Forbidden, err)
	_, err = s.ChangeCart(ctx, first.ID, func(c *edge.Cart, _ edge.Writer) error {
		c.Lines[0].SKU = ""
		return nil
	})
	requireKind(t, edge.Invalid, err)
	after, _, err := s.Head(ctx, edge.LaneOps)
	require.NoError(t, err)
	require.Equal(t, before, after, "no change, no event")
	got, err = s.Cart(ctx, first.ID)
	require.NoError(t, err)
	require.Equal(t, first, got)

	evs := Chain(t, s, edge.LaneOps)
	last := evs[len(evs)-1]
	require.Equal(t, edge.EventCart, last.Type)
	require.Equal(t, second.ID.String(), last.Subject)
	require.Equal(t, *second, decode[edge.Cart](t, last.Data))
	mergeCarts(t, s, first)
}

func mergeCarts(t *testing.T, s Shop, mine *edge.Cart) {
	ctx := t.Context()
	before, _, err := s.Head(ctx, edge.LaneOps)
	require.NoError(t, err)
	phone := clone(mine)
	require.NoError(t, phone.SetQuantity("phone1", mine.Lines[0].ID, 5))
	for range 2 {
		merged, err := s.MergeCart(ctx, phone)
		require.NoError(t, err)
		require.Equal(t, 5, merged.Lines[0].Quantity())
	}
	unknown := edge.NewCart(edge.CartID{7}, phone.Claim.Until)
	_, err = unknown.Add("phone1", Cream, 1)
	require.NoError(t, err)
	merged, err := s.MergeCart(ctx, unknown)
	require.NoError(t, err)
	require.Equal(t, unknown, merged)
	got, err := s.Cart(ctx, unknown.ID)
	require.NoError(t, err)
	require.Equal(t, unknown, got)
	after, _, err := s.Head(ctx, edge.LaneOps)
	require.NoError(t, err)
	require.Equal(t, before, after, "merging makes no event")

	bad := clone(unknown)
	bad.Claim.Holder = "nobody"
	_, err = s.MergeCart(ctx, bad)
	requireKind(t, edge.Invalid, err)
}

func cartIDs(carts []edge.OpenCart) []edge.CartID {
	var ids []edge.CartID
	for _, c := range carts {
		ids = append(ids, c.ID)
	}
	return ids
}

// Stock is the contract of stock moves.
func Stock(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	in := func(sku edge.SKU, n int64, ref string) edge.StockMove {
		return edge.StockMove{SKU: sku, Delta: n, Reason: edge.StockGoodsIn, Ref: ref, At: clock.Now()}
	}
	require.NoError(t, s.MoveStock(ctx, []edge.StockMove{in(Lipstick, 10, "note 1"), in(Cream, 4, "note 1")}))
	require.NoError(t, s.MoveStock(ctx, []edge.StockMove{in(Lipstick, 10, "note 1"), in(Cream, 2, "note 2")}))
	Sell(t, s, Lipstick)
	stock, err := s.Stock(ctx)
	require.NoError(t, err)
	require.Equal(t, map[edge.SKU]int64{Lipstick: 9, Cream: 6}, stock)
	require.Equal(t, []string{edge.EventEpoch, edge.EventStock, edge.EventStock, edge.EventStock, edge.EventSale},
		types(Chain(t, s, edge.LaneSale)), "a note loaded twice moves once; a sale implies its moves")

	for i, bad := range []edge.StockMove{
		in("", 1, "n"), in(Cream, 0, "n"), in(Cream, 1, ""),
		{SKU: Cream, Delta: -1, Reason: edge.StockSale, Ref: "n", At: clock.Now()},
	} {
		t.Run(fmt.Sprint("refused ", i), func(t *testing.T) {
			requireKind(t, edge.Invalid, s.MoveStock(t.Context(), []edge.StockMove{in(Glasses, 1, fmt.Sprint("good ", i)), bad}))
		})
	}
	stock, err = s.Stock(ctx)
	require.NoError(t, err)
	require.NotContains(t, stock, Glasses, "a refused load moves nothing")
}
