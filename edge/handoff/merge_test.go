package handoff

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

const phone = edge.Writer("p1")

// apart is a shop and HQ that hear of each other late, out of order, twice or
// not at all, until the line is back. Each party alone writes its own
// counters, so the truth is always known: shop's for the gateway, hq's for the
// phone.
type apart struct {
	t        *rapid.T
	shop, hq *edge.Cart
	tokens   []string // codes printed or shown so far
	states   [][]byte // states of the shop's cart on their way to HQ
}

func (a *apart) edit(c *edge.Cart, w edge.Writer) {
	sku := rapid.SampledFrom([]edge.SKU{"LIP-1", "LIP-2", "GLA-1"}).Draw(a.t, "sku")
	if len(c.Lines) == 0 || rapid.Bool().Draw(a.t, "add") {
		_, _ = c.Add(w, sku, rapid.IntRange(1, 3).Draw(a.t, "pieces")) // refused past a limit: no edit
		return
	}
	i := rapid.IntRange(0, len(c.Lines)-1).Draw(a.t, "line")
	_ = c.SetQuantity(w, c.Lines[i].ID, rapid.IntRange(0, 4).Draw(a.t, "quantity"))
}

// open is what HQ does with a code. One that was withdrawn, as far as HQ knows,
// tells it nothing.
func (a *apart) open(token string) {
	o, err := Decode(token, enrolled(testKey(1)), noon)
	require.NoError(a.t, err)
	if err := a.hq.Admits(o.Cart.Links); err != nil {
		require.Equal(a.t, edge.Withdrawn, edge.KindOf(err))
		require.Less(a.t, o.Cart.Links, a.shop.Links, "withdrawn by nobody")
		return
	}
	require.NoError(a.t, a.hq.Merge(o.Cart))
}

func (a *apart) receive(state []byte) {
	var c edge.Cart
	require.NoError(a.t, json.Unmarshal(state, &c))
	require.NoError(a.t, a.hq.Merge(&c))
}

// truth is the line as its two writers themselves know it.
func (a *apart) truth(id edge.LineID) edge.Line {
	l := edge.Line{ID: id, Counts: map[edge.Writer]edge.Count{}}
	for w, c := range map[edge.Writer]*edge.Cart{gateway: a.shop, phone: a.hq} {
		if known, ok := c.Line(id); ok {
			if n, counted := known.Counts[w]; counted {
				l.Counts[w] = n
			}
			l.Gone = l.Gone || (known.Gone && w == id.Writer)
		}
	}
	return l
}

// Nothing HQ believes goes beyond what a party did.
func (a *apart) checkHQ() {
	require.LessOrEqual(a.t, a.hq.Links, a.shop.Links)
	for i := range a.hq.Lines {
		l := &a.hq.Lines[i]
		truth := a.truth(l.ID)
		most := 0
		for w, n := range l.Counts {
			require.LessOrEqual(a.t, n.Added, truth.Counts[w].Added, "%s put in by %s", l.ID, w)
			require.LessOrEqual(a.t, n.Removed, truth.Counts[w].Removed, "%s taken out by %s", l.ID, w)
			most += int(truth.Counts[w].Added)
		}
		require.LessOrEqual(a.t, l.Quantity(), most, "line %s", l.ID)
		if l.Gone {
			require.True(a.t, truth.Gone, "line %s was removed by nobody", l.ID)
		}
	}
}

func TestCodesAndEventsNeverCountTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &apart{t: t, shop: edge.NewCart(cartID, noon), hq: edge.NewCart(cartID, noon)}
		t.Repeat(map[string]func(*rapid.T){
			"shop edits":  func(*rapid.T) { a.edit(a.shop, gateway) },
			"phone edits": func(*rapid.T) { a.edit(a.hq, phone) },
			"shop withdraws its codes": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "often") == 0 {
					require.NoError(t, a.shop.WithdrawLinks())
				}
			},
			"shop shows a code": func(t *rapid.T) {
				token, err := Encode(testKey(1), a.shop, testMeta())
				require.NoError(t, err)
				a.tokens = append(a.tokens, token)
			},
			"shop shows a code that says less": func(t *rapid.T) {
				meta := testMeta()
				meta.Partial = true
				lines := rapid.IntRange(0, int(a.shop.Cut(gateway))).Draw(t, "lines")
				token, err := Encode(testKey(1), first(a.shop, gateway, lines), meta)
				require.NoError(t, err)
				a.tokens = append(a.tokens, token)
			},
			"shop sends its state": func(*rapid.T) {
				b, err := json.Marshal(a.shop)
				require.NoError(t, err)
				a.states = append(a.states, b)
			},
			"phone opens a code": func(t *rapid.T) {
				if len(a.tokens) > 0 {
					a.open(rapid.SampledFrom(a.tokens).Draw(t, "code"))
				}
			},
			"state arrives": func(t *rapid.T) {
				if len(a.states) > 0 {
					a.receive(rapid.SampledFrom(a.states).Draw(t, "state"))
				}
			},
			// The shop knows all that HQ knows: its code alone brings HQ up to date.
			"phone opens the newest code": func(t *rapid.T) {
				require.NoError(t, a.shop.Merge(a.hq))
				a.edit(a.shop, gateway)
				token, err := Encode(testKey(1), a.shop, testMeta())
				require.NoError(t, err)
				a.open(token)
				require.Equal(t, quantities(a.shop), quantities(a.hq))
				require.Equal(t, a.shop.Links, a.hq.Links, "the newer code says that older ones were withdrawn")
			},
			"HQ answers": func(t *rapid.T) { require.NoError(t, a.shop.Merge(a.hq)) },
			"":           func(*rapid.T) { a.checkHQ() },
		})
		final := a.shop
		require.NoError(t, a.hq.Merge(final))
		for _, token := range a.tokens { // opened once more, late
			a.open(token)
		}
		require.NoError(t, final.Merge(a.hq))
		require.Equal(t, quantities(final), quantities(a.hq))
		for i := range a.hq.Lines {
			l := &a.hq.Lines[i]
			truth := a.truth(l.ID)
			require.Equal(t, truth.Quantity(), l.Quantity(), "line %s", l.ID)
		}
	})
}

// quantities of the lines that are there to be seen.
func quantities(c *edge.Cart) map[string]int {
	q := map[string]int{}
	for i := range c.Lines {
		if n := c.Lines[i].Quantity(); n > 0 {
			q[fmt.Sprint(c.Lines[i].ID, c.Lines[i].SKU)] = n
		}
	}
	return q
}
