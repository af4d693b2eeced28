package edgetest

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Days lives through any days that a shop may have: sales, also those that
// phones pay and that HQ tells of late and again, voids, refunds,
// deliveries, thefts, counts that are entered late, orders and their money, Z reports, new
// epochs, clocks that jump, and calls that are sent again. After each step everything
// must add up; then looks at the shop at the end. It tries so many runs of days,
// or as many as -rapid.checks says.
func Days(t *testing.T, runs int, open func(t *rapid.T, now func() time.Time) Shop, then ...func(t *rapid.T, s Shop)) {
	// Each run takes a shop of its own; rapid has no other way to ask for fewer.
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		require.NoError(t, flag.Set("rapid.checks", strconv.Itoa(runs)))
		defer func() { require.NoError(t, flag.Set("rapid.checks", checks.DefValue)) }()
	}
	rapid.Check(t, func(t *rapid.T) {
		d := &days{clock: NewClock(), shelf: map[edge.SKU]int64{}, sold: map[string]*edge.Sale{}}
		d.Shop = open(t, d.clock.Now)
		require.NoError(t, d.PutRelease(t.Context(), Release(1)))
		t.Repeat(map[string]func(*rapid.T){
			"": d.check, "sell": d.sell, "sell by phone": d.sellByPhone, "void": d.void, "refund": d.refund, "foreign refund": d.refundForeign, "exchange": d.exchange,
			"order": d.order, "order money": d.orderMoney,
			"delivery": d.deliver, "theft": d.steal, "look": d.look, "count": d.count, "close": d.close,
			"epoch": d.epoch, "again": d.again, "clock": d.jump,
		})
		for _, f := range then {
			f(t, d.Shop)
		}
	})
}

// days is what the test knows of the shop without asking its ledger.
type days struct {
	Shop
	clock   *Clock
	n       int                // makes keys and references
	heard   uint64             // HQ's messages
	shelf   map[edge.SKU]int64 // what truly is there
	stolen  int64              // pieces of Cream that the books do not know of; counting finds them
	looks   []look
	counted []look   // those that were entered
	sales   []string // ids, in order
	sold    map[string]*edge.Sale
	orders  []string // ids
	calls   []call
	zs      []edge.ZReport // oldest first
}

// look is a look at the shelf of Cream: what was there as of a mark.
type look struct {
	at     edge.LaneMark
	pieces int64
	stolen int64 // until then
	series uint32
}

// before reports whether l looked at an earlier mark than o.
func (l look) before(o look) bool {
	return l.series < o.series || l.series == o.series && l.at.Seq < o.at.Seq
}

// call is a call that succeeded: again sends it once more and says whether it
// was answered as before.
type call struct {
	key   string
	again func(t *rapid.T) (same, replayed bool, err error)
}

func (d *days) key() string {
	d.n++
	return fmt.Sprintf("key-%06d", d.n)
}

// remember keeps a call and what it answered.
func remember[V any](d *days, key string, reply V, do func(t *rapid.T) (V, bool, error)) {
	want := string(mustJSON(reply))
	d.calls = append(d.calls, call{key, func(t *rapid.T) (bool, bool, error) {
		got, replayed, err := do(t)
		return string(mustJSON(got)) == want, replayed, err
	}})
}

func anySKU(t *rapid.T) edge.SKU {
	return rapid.SampledFrom([]edge.SKU{Lipstick, Glasses, Cream}).Draw(t, "sku")
}

func (d *days) anySale(t *rapid.T) *edge.Sale {
	if len(d.sales) == 0 {
		t.Skip("nothing is sold yet")
	}
	return d.sold[rapid.SampledFrom(d.sales).Draw(t, "sale")]
}

func (d *days) sell(t *rapid.T) {
	sku, n := anySKU(t), rapid.IntRange(1, 4).Draw(t, "pieces")
	c := FillCart(t, d, sku, n)
	if rapid.Bool().Draw(t, "two things") {
		var err error
		c, err = d.ChangeCart(t.Context(), c.ID, func(c *edge.Cart, w edge.Writer) error {
			_, err := c.Add(w, Glasses, 1)
			return err
		})
		require.NoError(t, err)
	}
	key, co := d.key(), anyCheckout(t, c, Cash(t, d, c).Sum())
	sale, replayed, err := d.RecordSale(t.Context(), key, co)
	require.NoError(t, err)
	require.False(t, replayed)
	for _, l := range sale.Lines {
		d.shelf[l.SKU] -= int64(l.Quantity)
	}
	d.sales, d.sold[sale.ID] = append(d.sales, sale.ID), sale
	remember(d, key, sale, func(t *rapid.T) (*edge.Sale, bool, error) { return d.RecordSale(t.Context(), key, co) })
}

// sellByPhone lets HQ tell what a phone paid, before or after it is known that
// nothing of the past is lacking here, and tell it again.
func (d *days) sellByPhone(t *rapid.T) {
	c := FillCart(t, d, Lipstick, 2)
	id, elsewhere := "bank-"+d.key(), rapid.Bool().Draw(t, "elsewhere")
	word := PaidByPhone(t, id, c.ID, d.clock.Now(), elsewhere)
	tell := func() {
		d.heard++
		require.NoError(t, d.Apply(t.Context(), d.heard, edge.Delivery{Records: []edge.Record{word}}))
	}
	tell()
	lacksNothing(t, d.Shop)
	tell()
	h, err := d.Sale(t.Context(), edge.SaleRef{ID: id})
	require.NoError(t, err)
	if !elsewhere {
		d.shelf[Lipstick] -= 2
	}
	d.sales, d.sold[id] = append(d.sales, id), &h.Sale
}

// thousands is how these shops round cash.
func thousands() edge.CashRounding { return edge.CashRounding{"VND": 1000} }

// anyCheckout sells c, of that total at list prices, with or without a discount,
// in one payment or several.
func anyCheckout(t *rapid.T, c *edge.Cart, total int64) edge.Checkout {
	co := edge.Checkout{Cart: c.ID, Staff: "Lan", Discounter: edge.Discounter{Staff: "Mai", Most: edge.WholeRate}, Cash: thousands()}
	if off := rapid.Int64Range(-total, total).Draw(t, "discount"); off > 0 {
		co.Discounts = []edge.Discount{{Amount: off, Reason: "x"}}
		total -= off
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "cards") {
		if part := rapid.Int64Range(0, total).Draw(t, "part"); part > 0 && part < total {
			co.Payments = append(co.Payments, edge.Payment{Method: edge.Card, Amount: part, Reference: fmt.Sprintf("slip %d", i)})
			total -= part
		}
	}
	cash := edge.Money{Amount: total, Currency: "VND"}
	co.Payments = append(co.Payments, edge.Payment{Method: edge.Cash, Amount: total, Rounding: co.Cash.Of(cash)})
	return co
}

func (d *days) void(t *rapid.T) {
	sale := d.anySale(t)
	h, err := d.Sale(t.Context(), sale.Ref())
	require.NoError(t, err)
	key, ask := d.key(), edge.Voiding{Sale: sale.Ref(), Reason: "x"}
	for _, p := range sale.Payments {
		if p.Method != edge.Cash {
			ask.References = append(ask.References, "slip")
		}
	}
	void, _, err := d.VoidSale(t.Context(), key, ask)
	if h.Void != nil || len(h.Refunds) > 0 || h.Z != 0 || sale.Payments.By(edge.Exchanged) {
		requireKind(t, edge.Conflict, err)
		return
	}
	require.NoError(t, err)
	for _, m := range void.Moves() {
		d.shelf[m.SKU] += m.Delta
	}
	remember(d, key, void, func(t *rapid.T) (*edge.Void, bool, error) { return d.VoidSale(t.Context(), key, ask) })
}

func (d *days) refund(t *rapid.T) {
	sale := d.anySale(t)
	h, err := d.Sale(t.Context(), sale.Ref())
	require.NoError(t, err)
	l := rapid.SampledFrom(sale.Lines).Draw(t, "line")
	n := rapid.IntRange(1, l.Quantity+1).Draw(t, "pieces")
	to := rapid.SampledFrom([]edge.Disposition{edge.ToStock, edge.ToLoss}).Draw(t, "to")
	key, ask := d.key(), edge.Refunding{
		Sale: edge.SaleRef{Receipt: sale.Receipt}, Reason: "x", Lines: []edge.Return{{SKU: l.SKU, Quantity: n, To: to}},
		Approval: &edge.Approval{Staff: "Mai", Reason: "no card"}, Cash: thousands(),
	}
	before := l.Quantity - h.Left()[l.SKU]
	if worth := l.Total*int64(before+n)/int64(l.Quantity) - l.Total*int64(before)/int64(l.Quantity); worth > 0 {
		ask.Back = []edge.Payback{{Method: edge.Cash, Amount: worth}}
	}
	refund, _, err := d.RefundSale(t.Context(), key, ask)
	if n > h.Left()[l.SKU] {
		requireKind(t, edge.Conflict, err)
		return
	}
	require.NoError(t, err)
	if to == edge.ToStock {
		d.shelf[l.SKU] += int64(n)
	}
	remember(d, key, refund, func(t *rapid.T) (*edge.Refund, bool, error) { return d.RefundSale(t.Context(), key, ask) })
}

// exchange gives back some of a sale, which pays for others as far as it goes.
func (d *days) exchange(t *rapid.T) {
	sale := d.anySale(t)
	h, err := d.Sale(t.Context(), sale.Ref())
	require.NoError(t, err)
	l, sku := sale.Lines[0], anySKU(t)
	left := h.Left()[l.SKU]
	n, more := rapid.IntRange(1, max(left, 1)).Draw(t, "pieces"), rapid.IntRange(1, 4).Draw(t, "others")
	c := FillCart(t, d, sku, more)
	price, before := Cash(t, d, c).Sum(), l.Quantity-left
	worth := l.Total*int64(before+n)/int64(l.Quantity) - l.Total*int64(before)/int64(l.Quantity)
	key, ask := d.key(), edge.Exchanging{
		Amount: min(worth, price),
		Refund: edge.Refunding{
			Sale: sale.Ref(), Reason: "x", Lines: []edge.Return{{SKU: l.SKU, Quantity: n, To: edge.ToStock}}, Cash: thousands(),
			Approval: &edge.Approval{Staff: "Mai", Reason: "no card"},
		},
		Sale: edge.Checkout{Cart: c.ID, Staff: "Lan", Cash: thousands()},
	}
	if rest := worth - price; rest > 0 {
		ask.Refund.Back = []edge.Payback{{Method: edge.Cash, Amount: rest}}
	} else if rest < 0 {
		ask.Sale.Payments = edge.Payments{{Method: edge.Cash, Amount: -rest, Rounding: thousands().Of(edge.Money{Amount: -rest, Currency: "VND"})}}
	}
	done, _, err := d.Exchange(t.Context(), key, ask)
	if left == 0 || worth == 0 {
		require.Error(t, err)
		return
	}
	require.NoError(t, err)
	require.Equal(t, done.Refund.Receipt.Counter+1, done.Sale.Receipt.Counter)
	require.Equal(t, worth, done.Refund.Total.Amount)
	require.Equal(t, price, done.Sale.Payments.Sum())
	require.Equal(t, done.Refund.Receipt.String(), done.Sale.Payments[0].Reference)
	d.shelf[l.SKU] += int64(n)
	d.shelf[sku] -= int64(more)
	d.sales, d.sold[done.Sale.ID] = append(d.sales, done.Sale.ID), &done.Sale
	remember(d, key, done, func(t *rapid.T) (*edge.Exchange, bool, error) { return d.Exchange(t.Context(), key, ask) })
}

func (d *days) refundForeign(t *rapid.T) {
	sku, price := anySKU(t), int64(1000)
	key, ask := d.key(), edge.Refunding{
		Sale: edge.SaleRef{Receipt: edge.Receipt{Till: "T2", Series: 1, Counter: 1}}, Reason: "x",
		Lines: []edge.Return{{SKU: sku, Quantity: 1, To: edge.ToStock, Price: &price}},
		Back:  []edge.Payback{{Method: edge.Cash, Amount: price}}, Approval: &edge.Approval{Staff: "Mai", Reason: "x"},
	}
	refund, _, err := d.RefundSale(t.Context(), key, ask)
	require.NoError(t, err)
	d.shelf[sku]++
	remember(d, key, refund, func(t *rapid.T) (*edge.Refund, bool, error) { return d.RefundSale(t.Context(), key, ask) })
}

func (d *days) deliver(t *rapid.T) {
	sku, n := anySKU(t), rapid.Int64Range(1, 9).Draw(t, "pieces")
	key := d.key()
	entry := Entry(sku, n, edge.StockGoodsIn, key)
	got, _, err := d.EnterStock(t.Context(), key, entry)
	require.NoError(t, err)
	d.shelf[sku] += n
	remember(d, key, got, func(t *rapid.T) ([]edge.StockMove, bool, error) { return d.EnterStock(t.Context(), key, entry) })
}

// steal and look take the one product that is worth it: counts of the same
// shelf that overlap are what is hard.
func (d *days) steal(*rapid.T) {
	d.shelf[Cream]--
	d.stolen++
}

// look looks at the shelf; what is found is entered later, or never.
func (d *days) look(t *rapid.T) {
	if d.shelf[Cream] < 0 {
		t.Skip("nobody can count that")
	}
	at, err := d.CountMark(t.Context())
	require.NoError(t, err)
	d.looks = append(d.looks, look{at, d.shelf[Cream], d.stolen, d.Series()})
}

// count enters what was found. Afterwards the books are wrong only by what was
// stolen since, whatever was sold between looking and entering.
func (d *days) count(t *rapid.T) {
	if len(d.looks) == 0 {
		t.Skip("nobody has looked yet")
	}
	l := rapid.SampledFrom(d.looks).Draw(t, "look")
	key := d.key()
	entry := CountEntry(Cream, l.pieces, l.at, key)
	got, _, err := d.EnterStock(t.Context(), key, entry)
	if slices.ContainsFunc(d.counted, l.before) {
		requireKind(t, edge.Conflict, err)
		require.ErrorContains(t, err, "counted again")
		return
	}
	require.NoError(t, err)
	d.counted = append(d.counted, l)
	require.Equal(t, d.shelf[Cream]+d.stolen-l.stolen, stockOf(t, d, Cream))
	remember(d, key, got, func(t *rapid.T) ([]edge.StockMove, bool, error) { return d.EnterStock(t.Context(), key, entry) })
}

func (d *days) close(t *rapid.T) {
	key := d.key()
	zs, _, err := d.CloseDay(t.Context(), key, "Lan")
	if err != nil {
		requireKind(t, edge.Conflict, err)
		return
	}
	d.zs = append(d.zs, zs...)
	remember(d, key, zs, func(t *rapid.T) ([]edge.ZReport, bool, error) { return d.CloseDay(t.Context(), key, "Lan") })
}

func (d *days) epoch(t *rapid.T) {
	if rapid.IntRange(0, 2).Draw(t, "how seldom") > 0 {
		t.Skip("seldom")
	}
	_, err := d.OpenEpoch(t.Context(), nil, 0) // HQ holds nothing: every event is written again
	require.NoError(t, err)
}

// again sends an earlier call again, or another one under its key.
func (d *days) again(t *rapid.T) {
	if len(d.calls) == 0 {
		t.Skip("there was no call yet")
	}
	c := rapid.SampledFrom(d.calls).Draw(t, "call")
	same, replayed, err := c.again(t)
	require.NoError(t, err)
	require.True(t, replayed)
	require.True(t, same, "the answer to %s changed", c.key)
	_, _, err = d.EnterStock(t.Context(), c.key, Entry(Cream, 1, edge.StockGoodsIn, "another request"))
	requireKind(t, edge.Conflict, err)
}

func (d *days) jump(t *rapid.T) {
	d.clock.Advance(time.Duration(rapid.IntRange(-24, 24).Draw(t, "hours")) * time.Hour)
}

// check holds the ledger against what the test knows of it.
func (d *days) check(t *rapid.T) {
	r := Reckon(t, Chain(t, d, edge.LaneSale))
	r.AddsUp(t, d)
	require.Equal(t, d.zs, r.Zs)
}
