package edgetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Ledger is the contract of edge.Ledger.
func Ledger(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	c := FillCart(t, s, Lipstick, 2)
	co := edge.Checkout{Cart: c.ID, Payments: edge.Payments{{Method: edge.Cash, Amount: 398000, Tendered: 400000}}, Staff: "Lan", Offline: true}
	sale, replayed, err := s.RecordSale(ctx, "key-00001", co)
	require.NoError(t, err)
	require.False(t, replayed)
	require.EqualValues(t, 398000, sale.Total.Amount)
	require.EqualValues(t, 398000, sale.Payments.Sum())
	require.EqualValues(t, 2000, sale.Payments.Change())
	require.EqualValues(t, 29481, sale.VAT)
	require.EqualValues(t, 1, sale.Checkout)
	require.EqualValues(t, 1, sale.Release)
	require.Equal(t, "Lan", sale.Staff)
	require.True(t, sale.Offline)
	require.Equal(t, clock.Now(), sale.At)
	require.EqualValues(t, 1, sale.Receipt.Counter)

	clock.Advance(time.Minute)
	again, replayed, err := s.RecordSale(ctx, "key-00001", co)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, sale, again)

	closed, err := s.Cart(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, &edge.Closing{Sale: sale.ID, Receipt: sale.Receipt.String(), At: sale.At}, closed.Closed)
	openCarts, err := s.OpenCarts(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, openCarts)

	evs := Chain(t, s, edge.LaneSale)
	require.Equal(t, []string{edge.EventEpoch, edge.EventSale}, types(evs))
	require.Equal(t, sale.ID, evs[1].Subject)
	require.Equal(t, *sale, decode[edge.Sale](t, evs[1].Data))
	ops := Chain(t, s, edge.LaneOps)
	require.Equal(t, *closed, decode[edge.Cart](t, ops[len(ops)-1].Data))

	refusals(t, s, sale, co)
	second := Sell(t, s, Glasses)
	require.EqualValues(t, 2, second.Receipt.Counter, "refused sales take no number")
	sales, err := s.Sales(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.RecordedSale{{Sale: *second}, {Sale: *sale}}, sales)
	hour := func(n int) time.Time { return sale.At.Add(time.Duration(n) * time.Hour) }
	for _, tc := range []struct {
		from, until time.Time
		limit, want int
	}{{hour(-1), hour(1), 10, 2}, {hour(-1), hour(1), 1, 1}, {hour(-2), hour(-1), 10, 0}, {hour(1), hour(2), 10, 0}, {time.Time{}, hour(1), 10, 2}} {
		between, err := s.SalesBetween(ctx, tc.from, tc.until, tc.limit)
		require.NoError(t, err)
		require.Len(t, between, tc.want)
		require.Equal(t, sales[:tc.want], append([]edge.RecordedSale{}, between...))
	}
	require.NoError(t, s.SetMark(ctx, edge.LaneSale, 2))
	sales, err = s.Sales(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.RecordedSale{{Sale: *second}, {Sale: *sale, Confirmed: true}}, sales)
	storm(t, s)
}

func refusals(t *testing.T, s Shop, sold *edge.Sale, co edge.Checkout) {
	full, empty := FillCart(t, s, Cream, 1), FillCart(t, s, Cream, 1)
	_, err := s.ChangeCart(t.Context(), empty.ID, func(c *edge.Cart, w edge.Writer) error {
		return c.SetQuantity(w, c.Lines[0].ID, 0)
	})
	require.NoError(t, err)
	phone := FillCart(t, s, Cream, 1)
	phone.Claim = edge.Claim{N: 1, Holder: edge.HeldByPhone, Until: phone.Claim.Until}
	_, err = s.MergeCart(t.Context(), phone)
	require.NoError(t, err)
	strange := FillCart(t, s, "NO-SUCH", 1)
	other := co
	other.Payments = edge.Payments{{Method: edge.Cash, Amount: 398000, Tendered: 500000}}
	cash := edge.Payments{{Method: edge.Cash, Amount: 320000}}
	less := edge.Payments{{Method: edge.Cash, Amount: 320000, Tendered: 1}}
	changed := edge.Payments{{Method: edge.Cash, Amount: 640000, Tendered: 700000}}
	for _, tc := range []struct {
		name, key string
		co        edge.Checkout
		kind      edge.Kind
		says      string
	}{
		{"same key, other body", "key-00001", other, edge.Conflict, "idempotency key"},
		{"sold already", "key-00002", co, edge.Conflict, sold.Receipt.String()},
		{"short key", "short", edge.Checkout{Cart: full.ID, Payments: cash}, edge.Invalid, "8 to 80"},
		{"unknown cart", "key-00003", edge.Checkout{Payments: cash}, edge.NotFound, "no cart"},
		{"empty cart", "key-00004", edge.Checkout{Cart: empty.ID, Payments: cash}, edge.Invalid, "empty"},
		{"too little cash", "key-00005", edge.Checkout{Cart: full.ID, Payments: less}, edge.Invalid, "320.000"},
		{"cart changed meanwhile", "key-00008", edge.Checkout{Cart: full.ID, Payments: changed}, edge.Conflict, "640.000"},
		{"phone pays", "key-00006", edge.Checkout{Cart: phone.ID, Payments: cash}, edge.Conflict, "phone"},
		{"unknown product", "key-00007", edge.Checkout{Cart: strange.ID, Payments: cash}, edge.NotFound, "NO-SUCH"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := s.RecordSale(t.Context(), tc.key, tc.co)
			requireKind(t, tc.kind, err)
			require.ErrorContains(t, err, tc.says)
		})
	}
}

// storm sells one cart with many calls at once, half of them under one key.
func storm(t *testing.T, s Shop) {
	c := FillCart(t, s, Cream, 3)
	stock, err := s.Stock(t.Context())
	require.NoError(t, err)
	co := edge.Checkout{Cart: c.ID, Payments: Cash(t, s, c)}
	var mu sync.Mutex
	var first, replays, conflicts int
	ids := map[string]bool{}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			key := "storm-key"
			if i%2 == 0 {
				key = fmt.Sprintf("storm-key-%d", i)
			}
			sale, replayed, err := s.RecordSale(t.Context(), key, co)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case edge.KindOf(err) == edge.Conflict:
				conflicts++
			case err != nil:
				t.Error(err)
			case replayed:
				replays++
				ids[sale.ID] = true
			default:
				first++
				ids[sale.ID] = true
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, first)
	require.Len(t, ids, 1)
	require.Contains(t, []int{0, 19}, replays)
	require.Equal(t, 39, replays+conflicts)
	after, err := s.Stock(t.Context())
	require.NoError(t, err)
	require.Equal(t, stock[Cream]-3, after[Cream])
}

// Outbox is the contract of edge.Outbox within one epoch.
func Outbox(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	for _, lane := range edge.Lanes() {
		evs := Chain(t, s, lane)
		require.Len(t, evs, 1)
		require.Nil(t, decode[edge.EpochOpened](t, evs[0].Data).Parent)
	}
	select {
	case <-s.Changed():
	default: // the epoch's own events may have been told or not
	}
	born := clock.Now()
	clock.Advance(time.Second)
	Sell(t, s, Lipstick)
	<-s.Changed()

	zero, err := s.HashAt(ctx, edge.LaneSale, 0)
	require.NoError(t, err)
	require.Zero(t, zero)
	_, err = s.HashAt(ctx, edge.LaneSale, 3)
	requireKind(t, edge.NotFound, err)

	n, oldest, err := s.Waiting(ctx, edge.LaneSale)
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	require.Equal(t, born, oldest)
	require.NoError(t, s.SetMark(ctx, edge.LaneSale, 1))
	n, oldest, err = s.Waiting(ctx, edge.LaneSale)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.Equal(t, clock.Now(), oldest)
	require.NoError(t, s.SetMark(ctx, edge.LaneSale, 2))
	n, oldest, err = s.Waiting(ctx, edge.LaneSale)
	require.NoError(t, err)
	require.Zero(t, n)
	require.Zero(t, oldest)

	m, err := s.Mark(ctx, edge.LaneSale)
	require.NoError(t, err)
	require.EqualValues(t, 2, m)
	m, err = s.Mark(ctx, edge.LaneOps)
	require.NoError(t, err)
	require.Zero(t, m)
	requireKind(t, edge.Conflict, s.SetMark(ctx, edge.LaneSale, 3))
	require.NoError(t, s.SetMark(ctx, edge.LaneSale, 0), "HQ was restored")

	dst := make([]edge.Event, 1, 8)
	dst, err = s.Events(ctx, dst, edge.LaneSale, 1, 5)
	require.NoError(t, err)
	require.Len(t, dst, 2)
	require.Equal(t, edge.EventSale, dst[1].Type)
}

// Epochs is the contract of edge.Outbox from one epoch to the next.
func Epochs(t *testing.T, open Open) {
	s, _ := opened(t, open)
	ctx := t.Context()
	held, lost := Sell(t, s, Lipstick), Sell(t, s, Glasses)
	require.NoError(t, s.SetMark(ctx, edge.LaneSale, 2))
	old, before := s.Epoch(), Chain(t, s, edge.LaneSale)
	at2, err := s.HashAt(ctx, edge.LaneSale, 2)
	require.NoError(t, err)

	id, err := s.OpenEpoch(ctx, map[edge.Lane]uint64{edge.LaneSale: 2, edge.LaneOps: 99}, 0)
	require.NoError(t, err)
	require.Equal(t, id, s.Epoch())
	require.NotEqual(t, old, id)
	evs := Chain(t, s, edge.LaneSale)
	require.Equal(t, []string{edge.EventEpoch, edge.EventSale}, types(evs))
	require.Equal(t, &edge.EpochParent{Epoch: old, Seq: 2, Hash: at2}, decode[edge.EpochOpened](t, evs[0].Data).Parent)
	require.Equal(t, before[2].ID, evs[1].ID)
	require.Equal(t, before[2].Data, evs[1].Data)
	require.Equal(t, before[2].Time, evs[1].Time)
	require.Len(t, Chain(t, s, edge.LaneOps), 1, "HQ held the whole lane")
	m, err := s.Mark(ctx, edge.LaneSale)
	require.NoError(t, err)
	require.Zero(t, m)

	sales, err := s.Sales(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.RecordedSale{{Sale: *lost}, {Sale: *held, Confirmed: true}}, sales)
	next := Sell(t, s, Cream)
	require.Equal(t, lost.Receipt.Series+1, next.Receipt.Series)
	require.EqualValues(t, 1, next.Receipt.Counter)
	require.Equal(t, edge.EpochWriter(id), FillCart(t, s, Cream, 1).Lines[0].ID.Writer)

	// HQ never heard of this epoch: the next one names the parent's parent. Its
	// series is above the one that HQ knows of.
	_, err = s.OpenEpoch(ctx, nil, 40)
	require.NoError(t, err)
	require.EqualValues(t, 41, s.Series())
	require.EqualValues(t, 41, Sell(t, s, Cream).Receipt.Series)
	evs = Chain(t, s, edge.LaneSale)
	require.Equal(t, []string{edge.EventEpoch, edge.EventSale, edge.EventSale, edge.EventSale}, types(evs))
	require.Equal(t, edge.EpochOpened{Parent: &edge.EpochParent{Epoch: old, Seq: 2, Hash: at2}, Series: 41}, decode[edge.EpochOpened](t, evs[0].Data))

	chain, err := s.Ancestors(ctx, edge.LaneSale)
	require.NoError(t, err)
	require.Equal(t, []edge.EpochParent{{Epoch: old, Seq: 2, Hash: at2}}, chain)
	past, err := s.EpochHashAt(ctx, old, edge.LaneSale, 2)
	require.NoError(t, err)
	require.Equal(t, at2, past)
	_, err = s.EpochHashAt(ctx, old, edge.LaneSale, 9)
	requireKind(t, edge.NotFound, err)
	_, err = s.EpochHashAt(ctx, "no epoch", edge.LaneSale, 0)
	requireKind(t, edge.NotFound, err)
	again, err := s.EpochEvents(ctx, nil, old, edge.LaneSale, 1, 5)
	require.NoError(t, err)
	require.Equal(t, before[1:], again)
	_, err = s.EpochEvents(ctx, nil, "no epoch", edge.LaneSale, 0, 5)
	requireKind(t, edge.NotFound, err)
}

// Downlink is the contract of Applied and Apply.
func Downlink(t *testing.T, open Open) {
	s, _ := opened(t, open)
	ctx := t.Context()
	n, err := s.Applied(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	mine := FillCart(t, s, Cream, 1)
	phone := clone(mine)
	at := mine.Claim.Until
	phone.Opened = &at
	require.NoError(t, phone.SetQuantity("phone1", mine.Lines[0].ID, 4))
	require.NoError(t, s.Apply(ctx, 1, edge.Delivery{Carts: []*edge.Cart{phone}}))
	got, err := s.Cart(ctx, mine.ID)
	require.NoError(t, err)
	require.Equal(t, 4, got.Lines[0].Quantity())
	require.Equal(t, &at, got.Opened)

	require.NoError(t, phone.SetQuantity("phone1", mine.Lines[0].ID, 6))
	require.NoError(t, s.Apply(ctx, 1, edge.Delivery{Carts: []*edge.Cart{phone}}), "an old message does nothing")
	got, err = s.Cart(ctx, mine.ID)
	require.NoError(t, err)
	require.Equal(t, 4, got.Lines[0].Quantity())

	bad := clone(phone)
	bad.Claim.Holder = "nobody"
	require.NoError(t, s.Apply(ctx, 2, edge.Delivery{Carts: []*edge.Cart{bad, phone}}), "a bad cart holds up nothing")
	n, err = s.Applied(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	got, err = s.Cart(ctx, mine.ID)
	require.NoError(t, err)
	require.Equal(t, 6, got.Lines[0].Quantity(), "the good one took effect")
	require.Equal(t, edge.HeldByShop, got.Claim.Holder, "the bad one did not")
}
