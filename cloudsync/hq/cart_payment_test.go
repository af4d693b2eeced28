package hq

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func phonePayment(id string, cart edge.CartID, at time.Time) *edge.PhonePayment {
	return &edge.PhonePayment{
		ID: id, Cart: cart, Total: edge.Money{Amount: 398000, Currency: "VND"}, At: at,
		Payment: edge.Payment{Method: edge.ByPhone, Amount: 398000, Reference: "FT 1"},
	}
}

func (g *gateway) due(shop string) (ids []string) {
	g.t.Helper()
	due, err := g.hq.RefundsDue(g.t.Context(), shop, 100)
	require.NoError(g.t, err)
	for _, d := range due {
		require.NoError(g.t, d.Check())
		ids = append(ids, d.ID)
	}
	return ids
}

// sample delivers how the gateway was at a time of its clock, with events that
// had waited for two hours then.
func (g *gateway) sample(at time.Time, waiting uint64) {
	g.t.Helper()
	s := cloudsync.Sample{Node: g.node, At: at}
	for _, lane := range edge.Lanes() {
		s.Lanes = append(s.Lanes, cloudsync.LaneQueue{Lane: lane, Waiting: waiting, Oldest: at.Add(-2 * time.Hour)})
	}
	body, err := s.Encode()
	require.NoError(g.t, err)
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchUp, Lane: cloudsync.LaneTele}
	require.NoError(g.t, g.hq.sampled(g.t.Context(), topic, cloudsync.Seal(g.key, cloudsync.KindSample, topic.String(), body)))
}

func TestMoneyOnThePhone(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	id := edge.CartID{1}
	_, err := g.hq.RecordPayment(ctx, phonePayment("bank-0001", id, g.clock.Now()))
	require.Equal(t, edge.NotFound, edge.KindOf(err), "%v", err)
	require.Equal(t, edge.NotFound, edge.KindOf(g.hq.MayTakeMoney(ctx, id)))
	cart := testCart(t, 2) // the shop's until 09:00
	_, err = g.hq.OpenCart(ctx, cart, testNode, false)
	require.NoError(t, err)
	require.ErrorContains(t, g.hq.MayTakeMoney(ctx, id), "choose in the shop")
	_, err = g.hq.GiveCart(ctx, id, edge.HeldByPhone, g.clock.Now().Add(time.Hour))
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
	require.NoError(t, cart.ToPhone(g.clock.Now(), g.clock.Now().Add(time.Hour)))
	_, err = g.hq.OpenCart(ctx, cart, testNode, false)
	require.NoError(t, err)
	require.NoError(t, g.hq.MayTakeMoney(ctx, id))
	c, err := g.hq.GiveCart(ctx, id, edge.HeldByShop, g.clock.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, edge.Claim{N: 2, Holder: edge.HeldByShop, Until: g.clock.Now().Add(time.Hour)}, c.Claim)
	require.Len(t, g.pendingNumbers(), 1, "the shop is told")

	// After the shop's time HQ may, once it has heard what the shop did until then.
	g.clock.Advance(70*time.Minute - 1)
	g.sample(g.clock.Now(), 0)
	require.Error(t, g.hq.MayTakeMoney(ctx, id))
	g.clock.Advance(1)
	require.NoError(t, g.hq.MayTakeMoney(ctx, id))
	g.sample(c.Claim.Until.Add(-1), 0)
	require.Error(t, g.hq.MayTakeMoney(ctx, id), "the shop may have sold it since")
	g.sample(g.clock.Now(), 1)
	require.Error(t, g.hq.MayTakeMoney(ctx, id), "what waits in the shop may be a sale of it")
	g.sample(c.Claim.Until, 0)
	require.NoError(t, g.hq.MayTakeMoney(ctx, id))

	p := phonePayment("bank-0001", id, g.clock.Now())
	due, err := g.hq.RecordPayment(ctx, p)
	require.NoError(t, err)
	require.Nil(t, due)
	require.Len(t, g.pendingNumbers(), 2, "the shop is told")
	c, _, err = g.hq.Cart(ctx, id)
	require.NoError(t, err)
	require.Equal(t, p.Closing(), c.Closed)
	require.ErrorContains(t, g.hq.MayTakeMoney(ctx, id), "already paid")
	due, err = g.hq.RecordPayment(ctx, p)
	require.NoError(t, err)
	require.Nil(t, due)
	require.Len(t, g.pendingNumbers(), 2, "the same payment again is no news")
	other := *p
	other.Total.Amount, other.Payment.Amount = 1, 1
	_, err = g.hq.RecordPayment(ctx, &other)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)

	g.clock.Advance(time.Minute)
	late := phonePayment("bank-0002", id, g.clock.Now())
	due, err = g.hq.RecordPayment(ctx, late)
	require.NoError(t, err)
	require.Equal(t, late.Due(testShop, *p.Closing(), g.clock.Now()), due)
	require.Equal(t, []string{"bank-0002"}, g.due(""))
	require.Equal(t, []string{"bank-0002"}, g.due(testShop))
	require.Empty(t, g.due("shop-2"))
}

// The shop's sale and the phone's payment become known in every order; what is
// due is always the later one.
func TestSecondPaymentsInEveryOrder(t *testing.T) {
	for name, lanes := range map[string][2]edge.Lane{
		"sale first": {edge.LaneSale, edge.LaneOps}, "cart first": {edge.LaneOps, edge.LaneSale},
	} {
		for _, phoneFirst := range []bool{true, false} {
			for _, phoneEarlier := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, phone known first %v, phone paid first %v", name, phoneFirst, phoneEarlier), func(t *testing.T) {
					g := newGateway(t)
					ctx := t.Context()
					cart := testCart(t, 2)
					_, err := g.hq.OpenCart(ctx, cart, testNode, false)
					require.NoError(t, err)
					at := g.clock.Now().Add(time.Minute)
					if phoneEarlier {
						at = g.clock.Now().Add(-time.Minute)
					}
					pay := func() {
						_, err := g.hq.RecordPayment(ctx, phonePayment("bank-0001", cart.ID, at))
						require.NoError(t, err)
					}
					if phoneFirst {
						pay()
					}
					sale := testSale(g, "sale-0001", 2)
					sale.Cart = cart.ID
					cart.Closed = sale.Closing()
					for _, lane := range lanes {
						l := *g
						l.lane = lane
						l.newEpoch("e1")
						if lane == edge.LaneSale {
							l.add(edge.EventSale, "ev-sale", sale)
						} else {
							l.add(edge.EventCart, "ev-cart", cart)
						}
						l.send(l.batch(1, 1))
						require.NoError(t, g.hq.Project(ctx))
					}
					if !phoneFirst {
						pay()
					}
					require.Empty(t, g.flaws())
					want := map[bool]string{true: "sale-0001", false: "bank-0001"}[phoneEarlier]
					require.Equal(t, []string{want}, g.due(testShop))
					require.NoError(t, g.hq.Rebuild(ctx))
					require.Equal(t, []string{want}, g.due(testShop))
				})
			}
		}
	}
}

// A shop that was put back to an old copy may sell a cart again: both sales
// reach HQ, and the later one's money is due.
func TestACartSoldTwice(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	require.NoError(t, g.hq.Enrol(ctx, Node{Node: "shop-2", Shop: "hue-1", Key: newKey(t).Public().(ed25519.PublicKey)}))
	sales := []edge.Sale{testSale(g, "s0", 1), testSale(g, "s1", 1), testSale(g, "s2", 1), testSale(g, "s3", 1)}
	for i := range sales {
		sales[i].Cart = edge.CartID{7}
		sales[i].At = sales[i].At.Add(time.Duration(10-i) * time.Minute)
	}
	sales[0].Cart = edge.CartID{6}
	for i, s := range sales {
		g.add(edge.EventSale, fmt.Sprint("ev-", i), s)
	}
	// Another gateway may name the same cart: that is none of this one's business.
	foreign := testCart(t, 1)
	foreign.ID = edge.CartID{7}
	foreign.Closed = &edge.Closing{Sale: "theirs", Receipt: "r", At: g.clock.Now().Add(-time.Hour)}
	_, err := g.hq.OpenCart(ctx, foreign, "shop-2", false)
	require.NoError(t, err)
	g.send(g.batch(1, 2))
	require.NoError(t, g.hq.Project(ctx))
	require.Empty(t, g.due(""))
	g.send(g.batch(3, 4))
	require.NoError(t, g.hq.Project(ctx))
	require.ElementsMatch(t, []string{"s1", "s2"}, g.due(""))

	// The shop's own word of it adds nothing; of another payment it does.
	at := g.clock.Now()
	g.add(edge.EventDue, "ev-4", sales[1].Due(*sales[3].Closing(), at))
	byHand := sales[1].Due(*sales[3].Closing(), at)
	byHand.ID = "by-hand"
	g.add(edge.EventDue, "ev-5", byHand)
	bad := *byHand
	bad.Taken = "thief"
	g.add(edge.EventDue, "ev-6", bad)
	g.send(g.batch(5, 7))
	require.NoError(t, g.hq.Project(ctx))
	require.ElementsMatch(t, []string{"s1", "s2", "by-hand"}, g.due(""))
	require.Len(t, g.flaws(), 1)
}

// history is a shop and HQ over a line that is often down. Whatever the two do,
// every payment of the cart but one is due once all is told.
func TestAnyHistoryOfPayments(t *testing.T) {
	g := newGateway(t)
	if databasetest.OnPostgres() {
		t.Skip("what it asks of the database is asked of PostgreSQL by the tests before")
	}
	ctx := t.Context()
	var skew time.Duration
	shop := edgetest.NewMemory(func() time.Time { return g.clock.Now().Add(skew) })
	require.NoError(t, shop.PutRelease(ctx, edgetest.Release(1)))
	lanes := map[edge.Lane]*gateway{}
	for _, lane := range edge.Lanes() {
		l := *g
		l.lane = lane
		l.newEpoch("e1")
		lanes[lane] = &l
	}
	histories, second := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		obedient := rapid.Bool().Draw(t, "obedient")
		skew = time.Duration(rapid.IntRange(-600, 600).Draw(t, "skew")) * time.Second
		cart := edgetest.FillCart(g.t, shop, edgetest.Lipstick, 1)
		_, err := g.hq.OpenCart(ctx, cart, testNode, true)
		require.NoError(t, err)
		histories++
		paid := map[string]bool{}
		up := func(*rapid.T) {
			for lane, l := range lanes {
				events, err := shop.Events(ctx, nil, lane, uint64(len(l.events)), 10_000)
				require.NoError(t, err)
				from := len(l.events) + 1
				for _, e := range events {
					l.add(e.Type, e.ID, e.Data)
				}
				if len(events) > 0 {
					l.send(l.batch(uint64(from), uint64(len(l.events))))
				}
			}
			require.NoError(t, g.hq.Project(ctx))
			g.sample(g.clock.Now().Add(skew), 0)
		}
		down := func(*rapid.T) {
			c, _, err := g.hq.Cart(ctx, cart.ID)
			require.NoError(t, err)
			_, err = shop.MergeCart(ctx, c)
			require.NoError(t, err)
		}
		minutes := func(t *rapid.T) time.Duration {
			return time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute
		}
		t.Repeat(map[string]func(*rapid.T){
			"wait": func(t *rapid.T) { g.clock.Advance(minutes(t)) },
			"up":   up, "down": down,
			"sell": func(t *rapid.T) {
				co := edge.Checkout{Cart: cart.ID, Payments: edgetest.Cash(g.t, shop, cart)}
				if !obedient && rapid.Bool().Draw(t, "manager") {
					co.Override = &edge.Approval{Staff: "Mai", Reason: "the shopper waits"}
				}
				s, _, err := shop.RecordSale(ctx, fmt.Sprintf("history-%d-%d", histories, len(paid)), co)
				if err == nil {
					paid[s.ID] = true
				} else {
					require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
				}
			},
			"collect": func(t *rapid.T) {
				if err := g.hq.MayTakeMoney(ctx, cart.ID); err != nil && (obedient || !rapid.Bool().Draw(t, "unasked")) {
					return
				}
				p := phonePayment(fmt.Sprintf("payment-%d-%d", histories, len(paid)), cart.ID, g.clock.Now())
				_, err := g.hq.RecordPayment(ctx, p)
				require.NoError(t, err)
				paid[p.ID] = true
			},
			"to the phone": func(t *rapid.T) {
				_, _ = shop.ChangeCart(ctx, cart.ID, func(c *edge.Cart, _ edge.Writer) error {
					at := g.clock.Now().Add(skew)
					return c.ToPhone(at, at.Add(minutes(t)))
				})
			},
			"HQ gives": func(t *rapid.T) {
				to := rapid.SampledFrom([]edge.Holder{edge.HeldByShop, edge.HeldByPhone}).Draw(t, "to")
				_, _ = g.hq.GiveCart(ctx, cart.ID, to, g.clock.Now().Add(minutes(t)))
			},
		})
		for range 2 {
			up(t)
			down(t)
		}
		up(t)
		mine, err := shop.Cart(ctx, cart.ID)
		require.NoError(t, err)
		due, err := g.hq.RefundsDue(ctx, testShop, 100_000)
		require.NoError(t, err)
		n := 0
		for _, d := range due {
			if d.Cart == cart.ID {
				require.True(t, paid[d.ID])
				require.NotEqual(t, mine.Closed.Sale, d.ID)
				n++
			}
		}
		require.Equal(t, max(len(paid)-1, 0), n)
		require.True(t, !obedient || len(paid) <= 1, "%v", paid)
		second += n
	})
	require.Empty(t, g.flaws())
	require.Positive(t, second)
}

func TestOldCartsAreForgotten(t *testing.T) {
	const day = 24 * time.Hour
	g := newGateway(t)
	ctx := t.Context()
	keep := edge.CartKeep{Empty: day, Open: 10 * day, Closed: 30 * day}
	bare := edge.NewCart(edge.CartID{2}, g.clock.Now())
	closed := testCart(t, 1)
	closed.ID, closed.Closed = edge.CartID{3}, &edge.Closing{Sale: "s", Receipt: "r", At: g.clock.Now()}
	for _, c := range []*edge.Cart{testCart(t, 1), bare, closed} {
		_, err := g.hq.OpenCart(ctx, c, testNode, false)
		require.NoError(t, err)
	}
	prune := func(want int) {
		t.Helper()
		n, err := g.hq.PruneCarts(ctx, keep)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	gone := func(id byte) {
		t.Helper()
		_, _, err := g.hq.Cart(ctx, edge.CartID{id})
		require.Equal(t, edge.NotFound, edge.KindOf(err))
	}
	g.clock.Advance(day)
	prune(0)
	g.clock.Advance(time.Millisecond)
	prune(1)
	gone(2)
	_, err := g.hq.ChangeCart(ctx, edge.CartID{1}, phone, setQuantity(2))
	require.NoError(t, err)
	g.clock.Advance(10 * day)
	prune(0)
	g.clock.Advance(time.Millisecond)
	prune(1)
	gone(1)
	g.clock.Advance(20 * day)
	prune(1)
	gone(3)
	_, err = g.hq.PruneCarts(ctx, edge.CartKeep{})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}

func TestCartQueriesSearchIndexes(t *testing.T) {
	g := newGateway(t)
	if databasetest.OnPostgres() {
		t.Skip("PostgreSQL's planner decides by what a table holds")
	}
	for query, wants := range map[string][]string{
		pruneCarts: {"cart_age (state=? AND changed<?)"},
		paidBefore: {"SEARCH s USING INTEGER PRIMARY KEY", "SEARCH o USING INDEX sale_cart", "SEARCH m USING INDEX payment_cart"},
	} {
		plan := explain(t, g.hq, query)
		for _, want := range wants {
			require.Contains(t, plan, want, query)
		}
		require.NotContains(t, plan, "SCAN", query)
	}
}

func explain(t *testing.T, h *HQ, query string) (plan string) {
	t.Helper()
	args := []any{1, 1, 1}[:strings.Count(query, "$")]
	rows, err := h.db.Read.QueryContext(t.Context(), "explain query plan "+strings.Replace(query, "delete", "select *", 1), args...)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var line string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &line))
		plan += line + "\n"
	}
	require.NoError(t, rows.Err())
	return plan
}
