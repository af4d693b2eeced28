package hq

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// Events come to the same whether they are projected one by one or many at
// once, with those among them that are wrong, come again or contradict others.
func TestManyAtOnceComeToTheSameAsOneByOne(t *testing.T) {
	one, many := newGateway(t), newGateway(t)
	many.clock = one.clock
	many.hq.now = one.clock.Now
	one.hq.projectAtOnce = 1
	tables := map[string]string{
		"sale": "pos", "correction": "pos", "z_report": "pos", "einvoice": "sale", "node_total": "node", "cart": "id", "projected": "id",
		"quarantine": "epoch, lane, seq, hash", "discrepancy": "kind, subject",
	}
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		node := fmt.Sprintf("shop-%d", run+1)
		for _, g := range []*gateway{one, many} {
			g.node = node
			g.newEpoch("e1")
			g.key = newKey(t)
			require.NoError(t, g.hq.Enrol(t.Context(), Node{Node: node, Shop: node, Key: g.key.Public().(ed25519.PublicKey)}))
		}
		add := func(id, kind string, data any) {
			raw, err := json.Marshal(data)
			require.NoError(rt, err)
			one.add(kind, id, json.RawMessage(raw))
			many.add(kind, id, json.RawMessage(raw))
		}
		w := eventWriter{rt: rt, g: one, run: run, carts: map[int]*edge.Cart{}}
		for range rapid.IntRange(1, 40).Draw(rt, "events") {
			kind, data := w.event()
			add(fmt.Sprintf("ev-%d", rapid.IntRange(1, 60).Draw(rt, "event")), kind, data)
		}
		for _, s := range w.closing {
			add("of "+s.ID, edge.EventSale, s)
		}
		for _, g := range []*gateway{one, many} {
			g.send(g.batch(1, uint64(len(g.events))))
			require.NoError(rt, g.hq.Project(t.Context()))
		}
		same := func(query, order string) {
			require.Equal(rt, table(t, one.hq, query, order), table(t, many.hq, query, order), query)
		}
		for name, order := range tables {
			same(fmt.Sprintf("(select * from %s where node = '%s') as rows", name, node), order)
		}
		same(fmt.Sprintf("(select * from stock where shop = '%s') as rows", node), "sku")
		same(fmt.Sprintf("(select id, shop, cart from refund_due where node = '%s') as rows", node), "id")
	})
}

// eventWriter makes events up, of few sales and carts, so that they meet.
type eventWriter struct {
	rt    *rapid.T
	g     *gateway
	run   int
	carts map[int]*edge.Cart

	closing []edge.Sale // that closed carts, to come after all
}

func (w *eventWriter) of(name string, n int) int { return rapid.IntRange(1, n).Draw(w.rt, name) }

func (w *eventWriter) at() time.Time {
	return w.g.clock.Now().Add(time.Duration(w.of("second", 5)) * time.Second)
}

func (w *eventWriter) cartID(n int) edge.CartID {
	return edge.CartID{byte(w.run >> 8), byte(w.run), byte(n)}
}

func (w *eventWriter) sale() edge.Sale {
	n := w.of("sale", 6)
	s := testSale(w.g, fmt.Sprintf("s%d", n), uint64(w.of("number", 8)))
	s.At = w.at()
	if n := w.of("cart", 4); n < 4 {
		s.Cart = w.cartID(n)
	}
	return s
}

func (w *eventWriter) event() (kind string, data any) {
	switch w.of("kind", 9) {
	case 1, 2:
		return edge.EventSale, w.sale()
	case 3:
		s := w.sale()
		return edge.EventVoid, edge.Void{
			ID: fmt.Sprintf("v%d", w.of("void", 3)), Receipt: number("T1", uint64(w.of("number", 8))), Sale: s.Ref(),
			Lines: s.Lines, Total: s.Total, At: w.at(),
		}
	case 4:
		s := w.sale()
		ref := s.Ref()
		if w.of("foreign", 2) == 1 {
			ref.ID = ""
		}
		return edge.EventRefund, edge.Refund{
			ID: fmt.Sprintf("r%d", w.of("refund", 3)), Receipt: number("T1", uint64(w.of("number", 8))), Sale: ref,
			Lines: []edge.RefundLine{{SaleLine: s.Lines[0], To: edge.ToStock}}, Total: s.Total, At: w.at(),
		}
	case 5:
		to := uint64(w.of("to", 4))
		return edge.EventZ, edge.ZReport{
			ID: "z", Till: "T1", Series: 1, Number: uint32(w.of("report", 2)), From: to, To: to, At: w.at(), Missing: 1,
		}
	case 6:
		state := rapid.SampledFrom([]edge.EInvoiceState{edge.EInvoicePending, edge.EInvoiceRefused}).Draw(w.rt, "state")
		return edge.EventEInvoice, edge.EInvoice{Sale: fmt.Sprintf("s%d", w.of("sale", 3)), State: state, At: w.at()}
	case 7:
		return edge.EventStock, edge.StockMove{
			SKU: edgetest.Lipstick, Delta: int64(w.of("delta", 9)), Reason: edge.StockGoodsIn, Ref: "r", At: w.at(),
		}
	case 8:
		return edge.EventCart, w.cart()
	}
	return rapid.SampledFrom([]string{edge.EventSale, edge.EventCart, edge.EventVoid, "from.the.future"}).Draw(w.rt, "odd"), []int{1}
}

// cart is a cart as the gateway knows it next: with more in it, or closed by
// one sale or another, or broken.
func (w *eventWriter) cart() *edge.Cart {
	n := w.of("cart", 3)
	c := w.carts[n]
	if c == nil || w.of("forget", 5) == 1 {
		c = edge.NewCart(w.cartID(n), w.g.clock.Now())
		w.carts[n] = c
	}
	switch w.of("change", 4) {
	case 1, 2:
		_, err := c.Add("till", edgetest.Lipstick, w.of("pieces", 3))
		require.NoError(w.rt, err)
	case 3:
		s := w.sale()
		s.ID, s.Cart = fmt.Sprintf("of cart %d", len(w.closing)), c.ID
		w.closing = append(w.closing, s)
		closed := *c
		closed.Closed = &edge.Closing{Sale: s.ID, Receipt: s.Receipt.String(), At: s.At.UTC()}
		return &closed
	case 4:
		broken := *c
		broken.Claim.Holder = "nobody"
		return &broken
	}
	return c
}
