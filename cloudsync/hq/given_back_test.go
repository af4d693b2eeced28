package hq

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/audit"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// twicePaid is money that came for a transfer that was paid.
func (g *gateway) twicePaid() *Credit {
	g.t.Helper()
	tr := g.asks("key-0001")
	g.tells(tr)
	g.takes(g.sent("FT1", 398000), tr.Code)
	second := g.takes(g.sent("FT2", 398000), tr.Code)
	require.Equal(g.t, CreditDue, second.State)
	return second
}

func TestHQGivesBack(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	due := g.twicePaid()
	left := g.clock.Now().Add(-time.Hour)
	ask := GivingBack{Key: "key-00001", Due: due.ID, Reference: " FT26326123456789 ", Staff: "lan", Given: left}
	back, err := g.hq.GiveBack(ctx, ask)
	require.NoError(t, err)
	want := &GivenBack{
		Due: due.ID, Shop: testShop, Amount: due.Amount, Reference: "FT26326123456789", Staff: "lan",
		Given: left.UTC().Truncate(time.Millisecond), At: g.clock.Now().UTC().Truncate(time.Millisecond),
	}
	require.Equal(t, want, back)
	require.Empty(t, g.due(""))

	g.clock.Advance(time.Minute)
	again, err := g.hq.GiveBack(ctx, ask)
	require.NoError(t, err)
	require.Equal(t, want, again, "asked again it is the same record")
	other := ask
	other.Reference = "FT9"
	_, err = g.hq.GiveBack(ctx, other)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "the key has recorded something else: %v", err)
	other = ask
	other.Key = "key-00002"
	_, err = g.hq.GiveBack(ctx, other)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "it was given back: %v", err)

	list, err := g.hq.LatestGivenBack(ctx, testShop, 10)
	require.NoError(t, err)
	require.Equal(t, []GivenBack{*want}, list)
	list, err = g.hq.LatestGivenBack(ctx, "nowhere", 10)
	require.NoError(t, err)
	require.Empty(t, list)

	require.NoError(t, g.hq.Rebuild(ctx))
	require.Empty(t, g.due(""), "made anew from the inbox it stays given back")
}

func TestGivingBackRefused(t *testing.T) {
	g := newGateway(t)
	due := g.twicePaid()
	at := g.clock.Now().UTC()
	sale := testSale(g, "s1", 1)
	g.add(edge.EventDue, "ev-due", sale.Due(edge.Closing{Sale: "s0-elsewhere", Receipt: "bank 1", At: at}, at))
	g.send(g.batch(2, 2))
	require.NoError(t, g.hq.Project(t.Context()))
	good := GivingBack{Key: "key-00001", Due: due.ID, Reference: "FT1", Staff: "lan"}
	for name, tc := range map[string]struct {
		change func(*GivingBack)
		want   edge.Kind
	}{
		"no key":          {func(b *GivingBack) { b.Key = "" }, edge.Invalid},
		"long key":        {func(b *GivingBack) { b.Key = strings.Repeat("k", 65) }, edge.Invalid},
		"no reference":    {func(b *GivingBack) { b.Reference = "  " }, edge.Invalid},
		"long reference":  {func(b *GivingBack) { b.Reference = strings.Repeat("k", 65) }, edge.Invalid},
		"no text":         {func(b *GivingBack) { b.Reference = "a\x00b" }, edge.Invalid},
		"a card's number": {func(b *GivingBack) { b.Reference = "4111 1111-1111 1111" }, edge.Invalid},
		"tomorrow":        {func(b *GivingBack) { b.Given = at.Add(24 * time.Hour) }, edge.Invalid},
		"nothing due":     {func(b *GivingBack) { b.Due = "nobody" }, edge.NotFound},
		"a shop's":        {func(b *GivingBack) { b.Due = "s1" }, edge.Conflict},
	} {
		ask := good
		tc.change(&ask)
		_, err := g.hq.GiveBack(t.Context(), ask)
		require.Equal(t, tc.want, edge.KindOf(err), "%s: %v", name, err)
	}
	require.ElementsMatch(t, []string{due.ID, "s1"}, g.due(""))
}

// Pressed twice, and by two people at once, money goes back once.
func TestMoneyGoesBackOnce(t *testing.T) {
	g := newGateway(t)
	due := g.twicePaid()
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() {
			_, errs[i] = g.hq.GiveBack(t.Context(), GivingBack{Key: []string{"key-of-lan", "key-of-mai"}[i%2], Due: due.ID, Reference: "FT1", Staff: "x"})
		})
	}
	group.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
			continue
		}
		require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
	}
	require.Equal(t, 4, done, "those with the key that came first")
	list, err := g.hq.LatestGivenBack(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
}

// Whatever digit is missing or wrong, it is no card's number; with the right one
// it is, however it is spaced out.
func TestCardNumbersAreKnown(t *testing.T) {
	for s, want := range map[string]bool{
		"4111111111111111": true, "5555 5555 5555 4444": true, "378282246310005": true, "3782-822463-10005": true,
		"4111111111111112": false, "FT4111111111111111": false, "411111111111": false, "": false, "41111111111111111111": false,
	} {
		require.Equal(t, want, cardNumber(s), s)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[0-9]{12,18}`).Draw(t, "digits")
		n := 0
		for d := '0'; d <= '9'; d++ {
			if cardNumber(s + string(d)) {
				n++
			}
		}
		require.Equal(t, 1, n)
	})
}

// paidEarlier lets the shop tell, late, of a sale by which it had taken the money
// of the phone's cart earlier.
func (g *gateway) paidEarlier(at time.Time) {
	g.t.Helper()
	s := testSale(g, "s0", 0)
	s.Cart, s.Checkout, s.At, s.Receipt = edge.CartID{1}, 1, at.UTC(), edge.Receipt{Till: "T1", Series: 1, Counter: 99}
	n := uint64(len(g.events) + 1)
	g.add(edge.EventSale, "ev-earlier", s)
	g.send(g.batch(n, n))
	require.NoError(g.t, g.hq.Project(g.t.Context()))
}

// voids lets the shop take back the sale of a payment.
func (g *gateway) voids(s *edge.Sale) {
	g.t.Helper()
	v, err := edge.Voiding{Sale: s.Ref(), Reason: "paid twice", Staff: "Lan", References: []string{"FT7"}}.Void(&edge.SaleHistory{RecordedSale: edge.RecordedSale{Sale: *s}}, g.clock.Now())
	require.NoError(g.t, err)
	v.ID, v.Shop, v.Receipt = "v1", s.Shop, edge.Receipt{Till: "T1", Series: 1, Counter: 100}
	n := uint64(len(g.events) + 1)
	g.add(edge.EventVoid, "ev-void", v)
	g.send(g.batch(n, n))
	require.NoError(g.t, g.hq.Project(g.t.Context()))
}

// What the shop made a sale of, it takes back with the sale; what it made one of
// while HQ gave the money back is told, should it be given back again.
func TestPhonesSaleGoesBackOnce(t *testing.T) {
	for name, early := range map[string]bool{"the sale was here": false, "the sale was on its way": true} {
		t.Run(name, func(t *testing.T) {
			g := newGateway(t)
			ctx := t.Context()
			require.NoError(t, g.hq.PutRelease(ctx, edgetest.Release(1)))
			before := g.clock.Now()
			g.clock.Advance(time.Minute)
			tr := g.onPhone(testCart(t, 2), 398000)
			paid := g.takes(g.sent("FT1", 398000), tr.Code)
			word := g.phoneSales()[0]
			ask := GivingBack{Key: "key-00001", Due: paid.ID, Reference: "FT9", Staff: "lan"}
			var s *edge.Sale
			if !early {
				s = g.sells(&word, 7)
			}
			g.paidEarlier(before)
			due, err := g.hq.FindDue(ctx, testShop, 10)
			require.NoError(t, err)
			require.Len(t, due, 1)
			require.Equal(t, early, due[0].ByHQ)
			require.Equal(t, "FT1", due[0].Came.Reference)
			_, err = g.hq.GiveBack(ctx, ask)
			if early {
				require.NoError(t, err)
				s = g.sells(&word, 7)
			} else {
				require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
			}
			g.voids(s)
			require.Empty(t, g.due(""))
			found, err := g.hq.FindDiscrepancies(ctx, Filter{}, 0, 10)
			require.NoError(t, err)
			var kinds []audit.Kind
			for _, d := range found {
				kinds = append(kinds, d.Kind)
			}
			require.Equal(t, early, len(kinds) == 1 && kinds[0] == audit.ReversedTwice, "%v", found)
			require.NoError(t, g.hq.Rebuild(ctx))
			again, err := g.hq.FindDiscrepancies(ctx, Filter{}, 0, 10)
			require.NoError(t, err)
			require.Len(t, again, len(found))
		})
	}
}

// What HQ has taken in counts although nobody has looked at it yet: the shop's own
// sale of what a phone paid is the shop's to take back.
func TestHQLooksBeforeItGivesBack(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	require.NoError(t, g.hq.PutRelease(ctx, edgetest.Release(1)))
	before := g.clock.Now()
	g.clock.Advance(time.Minute)
	tr := g.onPhone(testCart(t, 2), 398000)
	paid := g.takes(g.sent("FT1", 398000), tr.Code)
	word := g.phoneSales()[0]
	g.paidEarlier(before)
	g.tellsSale(&word, 7)
	_, err := g.hq.GiveBack(ctx, GivingBack{Key: "key-00001", Due: paid.ID, Reference: "FT9", Staff: "lan"})
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
}

// A sale that was paid second is due until all of it went back.
func TestAPartOfASaleDoesNotSettleIt(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	require.NoError(t, g.hq.PutRelease(ctx, edgetest.Release(1)))
	before := g.clock.Now()
	g.clock.Advance(time.Minute)
	tr := g.onPhone(testCart(t, 2), 398000)
	g.takes(g.sent("FT1", 398000), tr.Code)
	word := g.phoneSales()[0]
	s := g.sells(&word, 7)
	g.paidEarlier(before)
	h := &edge.SaleHistory{RecordedSale: edge.RecordedSale{Sale: *s}}
	for i := range 2 {
		require.Equal(t, []string{s.ID}, g.due(""))
		due, err := g.hq.FindDue(ctx, testShop, 10)
		require.NoError(t, err)
		require.Len(t, due, 1)
		r, err := edge.Refunding{
			Sale: s.Ref(), Lines: []edge.Return{{SKU: s.Lines[0].SKU, Quantity: 1, To: edge.ToStock}}, Reason: "paid twice", Staff: "Lan",
			Back: []edge.Payback{{Method: edge.BankTransfer, Amount: 199000, Reference: fmt.Sprint("FT", i)}},
		}.Refund(h, g.clock.Now())
		require.NoError(t, err)
		r.ID, r.Shop, r.Receipt = fmt.Sprint("r", i), s.Shop, edge.Receipt{Till: "T1", Series: 1, Counter: uint64(100 + i)}
		h.Refunds = append(h.Refunds, *r)
		n := uint64(len(g.events) + 1)
		g.add(edge.EventRefund, fmt.Sprint("ev-refund-", i), r)
		g.send(g.batch(n, n))
		require.NoError(t, g.hq.Project(ctx))
	}
	require.Empty(t, g.due(""))
}
