package hq

import (
	"encoding/json"
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

// sent is money that a bank tells of.
func (g *gateway) sent(reference string, amount int64) Credit {
	return Credit{
		Feed: "test", Reference: reference, Account: "0011", Amount: edge.Money{Amount: amount, Currency: "VND"},
		Content: "thanh toan", At: g.clock.Now(),
	}
}

func (g *gateway) takes(c Credit, codes ...string) *Credit {
	g.t.Helper()
	got, err := g.hq.TakeCredit(g.t.Context(), c, codes)
	require.NoError(g.t, err)
	return got
}

// words are what waits for the shop of transfers.
func (g *gateway) words() (list []edge.Record) {
	g.t.Helper()
	for _, d := range g.downs() {
		for _, p := range d.Parts {
			if r := decodeRecord(g, p); r != nil && r.Kind == edge.RecordPayment {
				list = append(list, *r)
			}
		}
	}
	return list
}

func decodeRecord(g *gateway, p cloudsync.Part) *edge.Record {
	if p.Kind != cloudsync.PartRecord {
		return nil
	}
	var r edge.Record
	require.NoError(g.t, json.Unmarshal(p.Data, &r))
	return &r
}

// asks lets the shop ask for two lipsticks by transfer.
func (g *gateway) asks(key string) *edge.Transfer {
	g.t.Helper()
	cart := testCart(g.t.(*testing.T), 2)
	ask := edge.TransferAsk{
		Cart: cart.ID, Amount: 398000, Code: edge.TransferCode("MC", testShop, cart.ID, key), Text: "x", Life: 15 * time.Minute, Staff: "Lan",
	}
	at := g.clock.Now().UTC()
	cart.Claim.Until = at.Add(time.Hour)
	t, err := ask.Transfer(cart, edgetest.Release(1), at)
	require.NoError(g.t, err)
	return t
}

func (g *gateway) tells(t *edge.Transfer) {
	g.t.Helper()
	n := uint64(len(g.events) + 1)
	g.add(edge.EventTransfer, fmt.Sprintf("transfer-%d", n), t)
	g.send(g.batch(n, n))
	require.NoError(g.t, g.hq.Project(g.t.Context()))
}

func TestMoneyIsMatched(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	tr := g.asks("key-0001")
	g.tells(tr)
	require.Empty(t, g.words())
	c := g.takes(g.sent("FT1", 398000), tr.Code)
	require.Equal(t, CreditMatched, c.State)
	require.Equal(t, tr.Code, c.Code)
	require.Empty(t, c.Content, "it may name who paid")
	words := g.words()
	require.Len(t, words, 1)
	require.Equal(t, tr.Code, words[0].ID)
	require.Equal(t, "confirmed", words[0].State)
	w, err := edge.ReadTransferWord(&words[0])
	require.NoError(t, err)
	require.Equal(t, edge.Credit{ID: c.ID, Amount: tr.Total, At: g.clock.Now().UTC()}, w.Credit)

	// Told again by another feed it is the same money.
	again := g.sent("FT1", 398000)
	again.Feed, again.Content = "other", "something else"
	require.Equal(t, c, g.takes(again, tr.Code))
	require.Len(t, g.words(), 1)
	require.Empty(t, g.due(""))

	// Other money for the same is due.
	second := g.takes(g.sent("FT2", 398000), tr.Code)
	require.Equal(t, CreditDue, second.State)
	require.Equal(t, []string{second.ID}, g.due(testShop))
	less := g.takes(g.sent("FT3", 1000), tr.Code)
	require.Equal(t, CreditDue, less.State)
	require.Len(t, g.words(), 1)

	// Money that comes before word of its transfer waits for that.
	late := g.asks("key-0002")
	early := g.takes(g.sent("FT4", 398000), late.Code)
	require.Equal(t, CreditUnmatched, early.State)
	g.tells(late)
	require.Len(t, g.words(), 2)
	all, err := g.hq.Credits(ctx, nil, 0, 100)
	require.NoError(t, err)
	require.Len(t, all, 4)
	require.Equal(t, CreditMatched, all[3].State)
	require.NoError(t, g.hq.Rebuild(ctx))
	require.NoError(t, g.hq.Project(ctx))
	require.Len(t, g.words(), 2, "nothing is told twice")

	// Another gateway's word of a transfer is not believed, nor is nonsense.
	g.add(edge.EventTransfer, "odd-1", map[string]any{"code": 7})
	bad := *tr
	bad.Code = "MC0"
	g.add(edge.EventTransfer, "odd-2", bad)
	n := uint64(len(g.events))
	g.send(g.batch(n-1, n))
	require.NoError(t, g.hq.Project(ctx))
	require.Len(t, g.flaws(), 2)
}

func TestMoneyThatWaitsForPeople(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	tr := g.asks("key-0001")
	g.tells(tr)
	settle := func(c *Credit, how SettleHow, code string) (*Credit, error) {
		return g.hq.SettleCredit(ctx, Settlement{Credit: c.ID, How: how, Code: code, Note: "looked at it", Staff: "Mai"})
	}
	// Less than was asked for: the shop sees it.
	less := g.takes(g.sent("FT1", 39800), tr.Code)
	require.Equal(t, CreditMismatched, less.State)
	require.NotEmpty(t, less.Content)
	require.Equal(t, "mismatched", g.words()[0].State)
	_, err := settle(less, SettleMatch, "")
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
	_, err = g.hq.SettleCredit(ctx, Settlement{Credit: less.ID, How: SettleRefund})
	require.Equal(t, edge.Invalid, edge.KindOf(err), "no reason")
	_, err = settle(less, "steal", "")
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	got, err := settle(less, SettleRefund, "")
	require.NoError(t, err)
	require.Equal(t, CreditDue, got.State)
	require.Equal(t, "Mai", got.Staff)
	require.Equal(t, []string{less.ID}, g.due(""))
	_, err = settle(less, SettleRefund, "")
	require.Equal(t, edge.Conflict, edge.KindOf(err))

	// More, sent too late, without the code: a person knows what it is for.
	g.clock.Advance(time.Hour)
	more := g.takes(g.sent("FT2", 400000))
	require.Equal(t, CreditUnmatched, more.State)
	_, err = settle(more, SettleMatch, "MC0")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	_, err = settle(more, SettleMatch, tr.Code)
	require.NoError(t, err)
	w, err := edge.ReadTransferWord(&g.words()[1])
	require.NoError(t, err)
	require.Equal(t, edge.Credit{ID: more.ID, Amount: tr.Total, At: tr.Until}, w.Credit)
	due, err := g.hq.RefundsDue(ctx, testShop, 10)
	require.NoError(t, err)
	require.Equal(t, more.ID+"-rest", due[0].ID)
	require.EqualValues(t, 2000, due[0].Total.Amount)

	stray := g.takes(g.sent("FT3", 5))
	_, err = settle(stray, SettleRefund, "")
	require.Equal(t, edge.NotFound, edge.KindOf(err), "nobody knows whose it is")
	got, err = settle(stray, SettleDismiss, "")
	require.NoError(t, err)
	require.Equal(t, CreditDismissed, got.State)
	_, err = settle(&Credit{ID: "nobody"}, SettleDismiss, "")
	require.Equal(t, edge.NotFound, edge.KindOf(err))

	waiting, err := g.hq.Credits(ctx, []CreditState{CreditUnmatched, CreditMismatched}, 0, 10)
	require.NoError(t, err)
	require.Empty(t, waiting)
	_, err = g.hq.Credits(ctx, []CreditState{"lost"}, 0, 10)
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	for name, spoil := range map[string]func(c *Credit){
		"reference": func(c *Credit) { c.Reference = "" }, "long": func(c *Credit) { c.Reference = strings.Repeat("x", 300) },
		"amount": func(c *Credit) { c.Amount.Amount = 0 }, "much": func(c *Credit) { c.Amount.Amount = 1 << 50 },
		"currency": func(c *Credit) { c.Amount.Currency = "dong" }, "nul": func(c *Credit) { c.Account = "\x00" },
	} {
		c := g.sent("FT9", 1)
		spoil(&c)
		_, err := g.hq.TakeCredit(ctx, c, nil)
		require.Equal(t, edge.Invalid, edge.KindOf(err), name)
	}
	odd := g.sent("FT10", 1)
	odd.Content, odd.At = strings.Repeat("ế\x00\xff", 1000), g.clock.Now().Add(time.Hour)
	got = g.takes(odd)
	require.LessOrEqual(t, len(got.Content), maxCreditText)
	require.Equal(t, g.clock.Now().UTC(), got.At)
}

func TestWhatClerksSawIsListedUntilTheBankSaysSo(t *testing.T) {
	g := newGateway(t)
	tr := g.asks("key-0001")
	g.tells(tr)
	tr.State, tr.Sale, tr.Seen = edge.TransferConfirmed, "sale-0001", &edge.Approval{Staff: "Lan", Reason: "on the bank app"}
	g.tells(tr)
	seen := func() int {
		list, err := g.hq.SeenTransfers(t.Context(), 10)
		require.NoError(t, err)
		return len(list)
	}
	require.Equal(t, 1, seen())
	require.Equal(t, CreditMatched, g.takes(g.sent("FT1", 398000), tr.Code).State)
	require.Zero(t, seen())
}

func TestPhonesPayByTransfer(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	require.NoError(t, g.hq.PutRelease(ctx, edgetest.Release(1)))
	cart := testCart(t, 2)
	_, err := g.hq.OpenCart(ctx, cart, testNode, true)
	require.NoError(t, err)
	ask := PhoneAsk{
		Cart: cart.ID, Amount: 398000, Key: "key-0001", Prefix: "MC", Life: 15 * time.Minute,
		Text: func(total edge.Money, purpose string) (string, error) { return fmt.Sprint(total.Amount, purpose), nil },
	}
	_, err = g.hq.RequestPhoneTransfer(ctx, ask)
	require.ErrorContains(t, err, "choose in the shop")
	_, err = g.hq.PhoneTransfer(ctx, cart.ID)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	require.NoError(t, cart.ToPhone(g.clock.Now(), g.clock.Now().Add(time.Hour)))
	_, err = g.hq.OpenCart(ctx, cart, testNode, true)
	require.NoError(t, err)
	wrong := ask
	wrong.Amount++
	_, err = g.hq.RequestPhoneTransfer(ctx, wrong)
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	tr, err := g.hq.RequestPhoneTransfer(ctx, ask)
	require.NoError(t, err)
	require.Equal(t, testShop, tr.Shop)
	other := ask
	other.Key = "key-0002"
	same, err := g.hq.RequestPhoneTransfer(ctx, other)
	require.NoError(t, err)
	require.Equal(t, tr.Code, same.Code)

	g.takes(g.sent("FT1", 1000), tr.Code)
	got, err := g.hq.PhoneTransfer(ctx, cart.ID)
	require.NoError(t, err)
	require.Equal(t, edge.TransferMismatched, got.State)
	paid := g.takes(g.sent("FT2", 398000), tr.Code)
	require.Equal(t, CreditMatched, paid.State)
	got, err = g.hq.PhoneTransfer(ctx, cart.ID)
	require.NoError(t, err)
	require.Equal(t, edge.TransferConfirmed, got.State)
	require.Equal(t, paid.ID, got.Sale)
	c, _, err := g.hq.Cart(ctx, cart.ID)
	require.NoError(t, err)
	require.Equal(t, paid.ID, c.Closed.Sale)
	require.Empty(t, g.words(), "the shop gets the cart instead")
	_, err = g.hq.RequestPhoneTransfer(ctx, ask)
	require.ErrorContains(t, err, "already paid")

	// Too late it is due, and the cart stays as it is.
	late := testCart(t, 1)
	late.ID = edge.CartID{2}
	late.Claim = edge.Claim{N: 1, Holder: edge.HeldByPhone, Until: g.clock.Now().Add(time.Hour)}
	_, err = g.hq.OpenCart(ctx, late, testNode, true)
	require.NoError(t, err)
	ask.Cart, ask.Amount = late.ID, 199000
	tr, err = g.hq.RequestPhoneTransfer(ctx, ask)
	require.NoError(t, err)
	g.clock.Advance(16 * time.Minute)
	got, err = g.hq.PhoneTransfer(ctx, late.ID)
	require.NoError(t, err)
	require.Equal(t, edge.TransferExpired, got.State)
	require.Equal(t, CreditDue, g.takes(g.sent("FT3", 199000), tr.Code).State)
	got, err = g.hq.PhoneTransfer(ctx, late.ID)
	require.NoError(t, err)
	require.NotEmpty(t, got.Due)
	c, _, err = g.hq.Cart(ctx, late.ID)
	require.NoError(t, err)
	require.Nil(t, c.Closed)
}

// money is a shop, HQ and a bank, each hearing of the others late and often.
// Whatever comes in which order, no cart is sold twice by the shop, and every
// amount that came is a sale's, a payment's, due, or waits for people.
func TestNoMoneyIsLostOrCountedTwice(t *testing.T) {
	g := newGateway(t)
	if databasetest.OnPostgres() {
		t.Skip("what it asks of the database is asked of PostgreSQL by the tests before")
	}
	ctx := t.Context()
	shop := edgetest.NewMemory(g.clock.Now)
	require.NoError(t, shop.PutRelease(ctx, edgetest.Release(1)))
	require.NoError(t, g.hq.PutRelease(ctx, edgetest.Release(1)))
	sent, applied, key := 0, uint64(0), 0
	up := func(*rapid.T) {
		events, err := shop.Events(ctx, nil, edge.LaneSale, uint64(len(g.events)), 10_000)
		require.NoError(t, err)
		from := uint64(len(g.events) + 1)
		for _, e := range events {
			g.add(e.Type, e.ID, e.Data)
		}
		if len(events) > 0 {
			g.send(g.batch(from, uint64(len(g.events))))
		}
		require.NoError(t, g.hq.Project(ctx))
	}
	down := func(*rapid.T) {
		for _, d := range g.downs() {
			var all edge.Delivery
			all.Carts = d.Carts
			for _, p := range d.Parts {
				if r := decodeRecord(g, p); r != nil {
					all.Records = append(all.Records, *r)
				}
			}
			require.NoError(t, shop.Apply(ctx, d.N, all))
			applied = max(applied, d.N)
		}
		if applied > 0 {
			g.reach(applied, false)
		}
	}
	ends := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		cart := edgetest.FillCart(g.t, shop, edgetest.Lipstick, 1)
		_, err := g.hq.OpenCart(ctx, cart, testNode, true)
		require.NoError(t, err)
		var asked []*edge.Transfer
		var credits []Credit
		named := map[string]string{}
		newKey := func() string { key++; return fmt.Sprintf("money-%06d", key) }
		t.Repeat(map[string]func(*rapid.T){
			"up": up, "down": down,
			"wait": func(t *rapid.T) {
				g.clock.Advance(time.Duration(rapid.IntRange(1, 12).Draw(t, "minutes")) * time.Minute)
			},
			"ask": func(t *rapid.T) {
				k := newKey()
				tr, _, err := shop.RequestTransfer(ctx, k, edgetest.Ask(t, shop, cart, k))
				if err == nil {
					asked = append(asked, tr)
				}
			},
			"bank": func(t *rapid.T) {
				if len(asked) == 0 {
					t.Skip("nothing was asked for")
				}
				tr := rapid.SampledFrom(asked).Draw(t, "transfer")
				sent++
				c := g.sent(fmt.Sprint("FT", sent), tr.Total.Amount+int64(max(rapid.IntRange(-3, 1).Draw(t, "odd"), 0))*1000)
				named[g.takes(c, tr.Code).ID] = tr.Code
				credits = append(credits, c)
			},
			"again": func(t *rapid.T) {
				if len(credits) > 0 {
					c := rapid.SampledFrom(credits).Draw(t, "credit")
					g.takes(c, named[creditID(&c)])
				}
			},
			"seen": func(t *rapid.T) {
				if len(asked) > 0 {
					_, _, _ = shop.SeeTransfer(ctx, newKey(), edge.TransferSeen{Code: rapid.SampledFrom(asked).Draw(t, "transfer").Code, Reason: "x"})
				}
			},
			"cash": func(t *rapid.T) {
				_, _, _ = shop.RecordSale(ctx, newKey(), edge.Checkout{Cart: cart.ID, Payments: edgetest.Cash(t, shop, cart)})
			},
		})
		for range 2 {
			up(t)
			down(t)
		}
		up(t)
		sales, err := shop.Sales(ctx, 1<<20)
		require.NoError(t, err)
		ofCart := 0
		for _, s := range sales {
			if s.Cart == cart.ID {
				ofCart++
			}
		}
		require.LessOrEqual(t, ofCart, 1)
		due := map[string]int64{}
		for _, id := range g.due("") {
			due[id]++
		}
		for _, c := range credits {
			got, err := g.hq.readCredit(ctx, g.hq.db.Read, creditID(&c))
			require.NoError(t, err)
			switch got.State {
			case CreditMatched:
				tr, err := shop.Transfer(ctx, named[got.ID])
				require.NoError(t, err)
				require.Equal(t, got.ID, tr.Credit.ID)
				require.True(t, (tr.Sale != "") != (tr.Due != ""), "%+v", tr)
				if tr.Due != "" {
					require.EqualValues(t, 1, due[got.ID])
					ends["late or second"]++
				} else {
					require.Zero(t, due[got.ID])
					ends["sold"]++
				}
			case CreditDue:
				require.EqualValues(t, 1, due[got.ID])
				ends["due"]++
			case CreditMismatched:
				ends["people"]++
			default:
				require.Fail(t, "money is lost", "%+v", got)
			}
		}
	})
	require.Empty(t, g.flaws())
	for _, end := range []string{"sold", "late or second", "due", "people"} {
		require.Positive(t, ends[end], end)
	}
}
