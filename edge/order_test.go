package edge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

var orderTime = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func anOrder(way edge.OrderWay) *edge.Order {
	return &edge.Order{
		ID: "o1", Shop: "saigon-1", Way: way,
		Lines: []edge.OrderLine{{SKU: "LIP-1", Quantity: 2, Price: 199000, Total: 398000}},
		Total: edge.Money{Amount: 398000, Currency: "VND"},
	}
}

func ways() []edge.OrderWay { return []edge.OrderWay{edge.Collect, edge.Deliver} }
func orderParties() []edge.OrderParty {
	return []edge.OrderParty{edge.ByShopper, edge.ByShop, edge.ByHQ}
}

// Whatever anybody asks for, an order keeps to the table, and what it refuses
// changes nothing.
func TestOrdersKeepToTheTable(t *testing.T) {
	states := edge.OrderStates()
	rapid.Check(t, func(t *rapid.T) {
		way := rapid.SampledFrom(ways()).Draw(t, "way")
		o := anOrder(way)
		require.NoError(t, o.Begin(edge.ByShopper, edge.OrderPlaced, orderTime))
		at := orderTime
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			by := rapid.SampledFrom(orderParties()).Draw(t, "by")
			to := rapid.SampledFrom(append(slices.Clone(o.State().Next(way)), states...)).Draw(t, "to")
			at = at.Add(time.Minute)
			before := o.State()
			steps := len(o.Steps)
			err := o.Move(by, to, "", at)
			switch {
			case err == nil && to == before:
				require.Len(t, o.Steps, steps, "again is no step")
			case err == nil:
				require.Contains(t, before.Next(way), to)
				require.Len(t, o.Steps, steps+1)
				require.Equal(t, at, o.Since())
				if by == edge.ByShop {
					t.Fatalf("a shop made a placed order %s", to)
				}
				if by == edge.ByShopper {
					require.Contains(t, []edge.OrderState{edge.OrderCancelled, edge.OrderReturnRequested}, to)
				}
			default:
				require.Equal(t, before, o.State())
				require.Len(t, o.Steps, steps)
				if slices.Contains(before.Next(way), to) {
					require.Equal(t, edge.Forbidden, edge.KindOf(err))
				} else {
					require.Equal(t, edge.Conflict, edge.KindOf(err))
				}
			}
			require.NoError(t, o.Check())
			require.Equal(t, orderTime, o.Placed())
		}
	})
}

// Every order can be brought to an end, and an order at its end stays there.
func TestEveryOrderComesToAnEnd(t *testing.T) {
	for _, way := range ways() {
		reached := map[edge.OrderState]bool{}
		var reach func(edge.OrderState)
		reach = func(s edge.OrderState) {
			if reached[s] {
				return
			}
			reached[s] = true
			for _, next := range s.Next(way) {
				reach(next)
			}
		}
		reach(edge.OrderDraft)
		for s := range reached {
			require.True(t, ends(s, way, map[edge.OrderState]bool{}), "%s on the way %s", s, way)
			if !s.Live() {
				for _, next := range s.Next(way) {
					require.False(t, next.Live(), "%s comes back to life as %s", s, next)
				}
			}
		}
		require.False(t, reached[map[edge.OrderWay]edge.OrderState{edge.Collect: edge.OrderInTransit, edge.Deliver: edge.OrderReady}[way]])
	}
}

func ends(s edge.OrderState, way edge.OrderWay, seen map[edge.OrderState]bool) bool {
	if !s.Live() {
		return true
	}
	if seen[s] {
		return false
	}
	seen[s] = true
	return slices.ContainsFunc(s.Next(way), func(next edge.OrderState) bool { return ends(next, way, seen) })
}

func TestEveryStateSpeaksToTheShopper(t *testing.T) {
	said := map[string]edge.OrderState{}
	require.Len(t, edge.OrderStates(), 26)
	for _, s := range edge.OrderStates() {
		for _, lang := range []string{"vi", "en", "zh"} {
			text := s.Says().In(lang)
			require.NotEmpty(t, text, "%s in %s", s, lang)
			require.NotContains(t, said, text, "%s says the same", said[text])
			said[text] = s
		}
		r := edge.Record{Kind: edge.RecordOrder, ID: "o1", State: string(s), At: orderTime}
		require.NoError(t, r.Check(), "the shop can be told of it")
	}
	require.False(t, edge.OrderState("nope").Known())
}

func TestShopMayOnlyBegin(t *testing.T) {
	o := anOrder(edge.Deliver)
	require.NoError(t, o.Begin(edge.ByShop, edge.OrderDraft, orderTime))
	require.NoError(t, o.Move(edge.ByShop, edge.OrderQuoted, "", orderTime))
	require.NoError(t, o.Move(edge.ByShop, edge.OrderDepositPending, "", orderTime))
	require.Zero(t, o.Placed())
	require.NoError(t, o.Move(edge.ByShop, edge.OrderPlaced, "", orderTime))
	for _, s := range o.State().Next(o.Way) {
		require.Equal(t, edge.Forbidden, edge.KindOf(o.Move(edge.ByShop, s, "", orderTime)))
	}
	require.Equal(t, edge.Forbidden, edge.KindOf(anOrder(edge.Deliver).Begin(edge.ByShop, edge.OrderDelivered, orderTime)))
	require.Equal(t, edge.Conflict, edge.KindOf(o.Begin(edge.ByShop, edge.OrderDraft, orderTime)))
	require.Equal(t, edge.Invalid, edge.KindOf(o.Move(edge.ByHQ, "sent", "", orderTime)))
	require.Equal(t, edge.Invalid, edge.KindOf(o.Move(edge.ByHQ, edge.OrderAccepted, strings.Repeat("x", 300), orderTime)))
}

func TestOrdersChecked(t *testing.T) {
	placed := func(change func(*edge.Order)) *edge.Order {
		o := anOrder(edge.Collect)
		require.NoError(t, o.Begin(edge.ByShopper, edge.OrderPlaced, orderTime))
		change(o)
		return o
	}
	require.NoError(t, placed(func(*edge.Order) {}).Check())
	for name, change := range map[string]func(*edge.Order){
		"no id":        func(o *edge.Order) { o.ID = "" },
		"no shop":      func(o *edge.Order) { o.Shop = "" },
		"no way":       func(o *edge.Order) { o.Way = "fly" },
		"no lines":     func(o *edge.Order) { o.Lines = nil },
		"no currency":  func(o *edge.Order) { o.Total.Currency = "" },
		"a false sum":  func(o *edge.Order) { o.Total.Amount++ },
		"a false line": func(o *edge.Order) { o.Lines[0].Total++ },
		"no pieces":    func(o *edge.Order) { o.Lines[0].Quantity = 0 },
		"no state":     func(o *edge.Order) { o.Steps = nil },
		"a leap": func(o *edge.Order) {
			o.Steps = append(o.Steps, edge.OrderStep{State: edge.OrderCollected, By: edge.ByHQ})
		},
		"a false party": func(o *edge.Order) {
			o.Steps = append(o.Steps, edge.OrderStep{State: edge.OrderAccepted, By: edge.ByShop})
		},
		"twice the same":  func(o *edge.Order) { o.Steps = append(o.Steps, o.Steps[0]) },
		"an endless note": func(o *edge.Order) { o.Note = strings.Repeat("x", 300) },
	} {
		require.Equal(t, edge.Invalid, kindOrLeap(placed(change).Check()), name)
	}
}

// kindOrLeap takes what the table refuses for what it is to a reader.
func kindOrLeap(err error) edge.Kind {
	if k := edge.KindOf(err); k != edge.Conflict && k != edge.Forbidden {
		return k
	}
	return edge.Invalid
}

func TestOrderLinesSayWhatTheShopLacks(t *testing.T) {
	r := &edge.Release{Version: 3, Currency: "VND", Variants: []edge.Variant{
		{SKU: "A", Price: edge.Money{Amount: 1000, Currency: "VND"}},
		{SKU: "B", Price: edge.Money{Amount: 500, Currency: "VND"}},
	}}
	c := edge.NewCart(edge.CartID{1}, orderTime)
	_, err := c.Add("g1", "A", 2)
	require.NoError(t, err)
	b, err := c.Add("g1", "B", 1)
	require.NoError(t, err)
	require.NoError(t, c.SetField("g1", orderTime, b, edge.Note, "as a gift"))
	lines, total, err := edge.OrderLines(c, r, map[edge.SKU]int64{"A": 1, "B": 1})
	require.NoError(t, err)
	require.Equal(t, int64(2500), total.Amount)
	require.True(t, lines[0].Short)
	require.False(t, lines[1].Short)
	require.Equal(t, "as a gift", lines[1].Note)
	lines, _, err = edge.OrderLines(c, r, nil)
	require.NoError(t, err)
	require.True(t, lines[1].Short, "nothing is known of the stock")
}

// The longest order's news fit what a shop takes in.
func TestAShopIsToldOfEveryOrder(t *testing.T) {
	o := anOrder(edge.Deliver)
	for len(o.Lines) < 400 {
		o.Lines = append(o.Lines, edge.OrderLine{SKU: edge.SKU(strings.Repeat("S", 64)), Quantity: 99, Short: true})
		o.Steps = nil
		require.NoError(t, o.Begin(edge.ByShopper, edge.OrderPlaced, orderTime))
		require.NoError(t, o.Move(edge.ByHQ, edge.OrderRejected, strings.Repeat("x", edge.MaxFieldText), orderTime))
		r, err := o.Record(0)
		require.NoError(t, err)
		require.Equal(t, edge.RecordOrder, r.Kind)
		require.Equal(t, "rejected", r.State)
	}
}
