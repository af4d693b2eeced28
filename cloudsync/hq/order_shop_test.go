package hq

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// desk is a shop whose events reach HQ as they happen, and that hears HQ's word.
type desk struct {
	*gateway
	shop edgetest.Shop
	sent int
	n    uint64
}

func newTill(t *testing.T) *desk {
	g := newGateway(t)
	s := &desk{gateway: g, shop: edgetest.NewMemory(g.clock.Now)}
	require.NoError(t, s.shop.PutRelease(t.Context(), edgetest.Release(1)))
	require.NoError(t, g.hq.PutRelease(t.Context(), edgetest.Release(1)))
	g.newEpoch(s.shop.Epoch())
	return s
}

// sync brings what the shop did to HQ, and HQ's word of orders to the shop.
func (s *desk) sync() {
	s.t.Helper()
	evs := edgetest.Chain(s.t, s.shop, edge.LaneSale)
	for _, e := range evs[s.sent:] {
		s.add(e.Type, e.ID, e.Data)
	}
	if len(evs) > s.sent {
		s.send(s.batch(uint64(s.sent+1), uint64(len(evs))))
	}
	s.sent = len(evs)
	require.NoError(s.t, s.hq.Project(s.t.Context()))
	var d edge.Delivery
	for _, r := range s.records() {
		if r.Kind == edge.RecordOrder || r.Kind == edge.RecordPayment {
			d.Records = append(d.Records, r)
		}
	}
	s.n++
	require.NoError(s.t, s.shop.Apply(s.t.Context(), s.n, d))
}

func (s *desk) place(key string, ask edge.OrderAsk) *edge.KnownOrder {
	s.t.Helper()
	ask.Home = testShop
	k, _, err := s.shop.PlaceOrder(s.t.Context(), key, ask)
	require.NoError(s.t, err)
	return k
}

func (s *desk) pays(key string, p edge.OrderPaying) {
	s.t.Helper()
	_, _, err := s.shop.PayOrder(s.t.Context(), key, p)
	require.NoError(s.t, err)
}

func (s *desk) known(id string) *edge.KnownOrder {
	s.t.Helper()
	k, err := s.shop.KnownOrder(s.t.Context(), id)
	require.NoError(s.t, err)
	return k
}

func (s *desk) move(id string, to edge.OrderState, reason string) {
	s.t.Helper()
	_, err := s.hq.MoveOrder(s.t.Context(), id, edge.ByHQ, to, reason)
	require.NoError(s.t, err)
	s.clock.Advance(time.Minute)
}

func cash(order string, amount int64) edge.OrderPaying {
	return edge.OrderPaying{Order: order, Payment: edge.Payment{Method: edge.Cash, Amount: amount}, Staff: "Lan"}
}

// A deposit is taken, HQ rejects, the money is due, the shop gives it back, and
// both sides agree at each step.
func TestRejectedOrderIsRefundedByItsShop(t *testing.T) {
	s := newTill(t)
	k := s.place("order-00001", edgetest.OrderAsk(edgetest.Cream, 2, 320000, edge.PayDeposit))
	s.sync()
	found, err := s.hq.Order(t.Context(), k.ID)
	require.NoError(t, err)
	require.Equal(t, edge.OrderDepositPending, found.Order.State())
	require.True(t, found.Placed.IsZero())
	s.clock.Advance(time.Minute)
	s.pays("pay-00001", cash(k.ID, k.Taken.Deposit))
	_, _, err = s.shop.AskOrder(t.Context(), "ask-00001", edge.Asking{Order: k.ID, Wish: edge.WishCancel, Reason: "changed her mind", Staff: "Lan"})
	require.NoError(t, err)
	s.sync()
	require.Equal(t, edge.OrderPlaced, s.known(k.ID).Stands)
	found, err = s.hq.Order(t.Context(), k.ID)
	require.NoError(t, err)
	require.Equal(t, edge.OrderPlaced, found.Order.State())
	require.Equal(t, k.Taken.Deposit, found.Held)
	require.Len(t, found.Requests, 1)
	require.Equal(t, edge.WishCancel, found.Requests[0].Wish)

	s.move(k.ID, edge.OrderRejected, "none left")
	s.sync()
	now := s.known(k.ID)
	require.Equal(t, edge.OrderRefundDue, now.Stands)
	require.Equal(t, "none left", now.Reason)
	require.Equal(t, k.Taken.Deposit, now.Refundable)
	back := cash(k.ID, k.Taken.Deposit)
	back.Back, back.Reason = true, "rejected"
	s.pays("pay-00002", back)
	s.sync()
	found, err = s.hq.Order(t.Context(), k.ID)
	require.NoError(t, err)
	require.Equal(t, edge.OrderRefunded, found.Order.State())
	require.Zero(t, found.Held)
	require.Empty(t, s.flaws())
	require.Equal(t, edge.OrderRefunded, s.known(k.ID).Stands)

	_, _, err = s.shop.CloseDay(t.Context(), "close-00001", "Lan")
	require.NoError(t, err)
	s.sync()
	told, err := s.hq.FindDiscrepancies(t.Context(), Filter{}, 0, 10)
	require.NoError(t, err)
	require.Empty(t, told, "the Z report agrees with the receipts")
	require.NoError(t, s.hq.Rebuild(t.Context()))
	again, err := s.hq.Order(t.Context(), k.ID)
	require.NoError(t, err)
	require.Equal(t, found.Order, again.Order)
	require.Zero(t, again.Held)
}

// A deposit comes by bank transfer: HQ matches it, the shop places the order by it,
// and both agree on what is held. What comes twice HQ gives back.
func TestDepositByTransfer(t *testing.T) {
	s := newTill(t)
	k := s.place("order-00001", edgetest.OrderAsk(edgetest.Cream, 2, 320000, edge.PayDeposit))
	asked, _, err := s.shop.RequestOrderTransfer(t.Context(), "ask-00001", edgetest.AskForOrder(k, k.Taken.Deposit, "ask-00001"))
	require.NoError(t, err)
	require.Equal(t, CreditUnmatched, s.takes(s.gateway.sent("FT1", asked.Total.Amount), asked.Code).State, "it may come before the event")
	s.sync()
	s.sync()
	now := s.known(k.ID)
	require.Equal(t, edge.OrderPlaced, now.Stands)
	require.Equal(t, k.Taken.Deposit, now.Paid)
	found, err := s.hq.Order(t.Context(), k.ID)
	require.NoError(t, err)
	require.Equal(t, edge.OrderPlaced, found.Order.State())
	require.Equal(t, k.Taken.Deposit, found.Held)
	credits, err := s.hq.Credits(t.Context(), nil, 0, 10)
	require.NoError(t, err)
	require.Equal(t, CreditMatched, credits[0].State)
	require.Equal(t, CreditDue, s.takes(s.gateway.sent("FT2", asked.Total.Amount), asked.Code).State)
	s.sync()
	require.Equal(t, now.Paid, s.known(k.ID).Paid)
	due, err := s.hq.FindDue(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, due, 1)
	require.True(t, due[0].ByHQ)
	require.Empty(t, s.flaws())
	_, _, err = s.shop.CloseDay(t.Context(), "close-00001", "Lan")
	require.NoError(t, err)
	s.sync()
	told, err := s.hq.FindDiscrepancies(t.Context(), Filter{}, 0, 10)
	require.NoError(t, err)
	require.Empty(t, told, "the Z report agrees with the receipts")
	require.NoError(t, s.hq.Rebuild(t.Context()))
	again, err := s.hq.Order(t.Context(), k.ID)
	require.NoError(t, err)
	require.Equal(t, found.Held, again.Held)
}

// What waits in the shop is handed over once, by a code that HQ signed.
func TestOrderIsCollectedOnce(t *testing.T) {
	s := newTill(t)
	ask := edgetest.OrderAsk(edgetest.Cream, 1, 320000, edge.PayFull)
	ask.Way, ask.Province, ask.Total = edge.Collect, "", 320000
	k := s.place("order-00001", ask)
	s.pays("pay-00001", cash(k.ID, 320000))
	s.sync()
	for _, to := range []edge.OrderState{edge.OrderAccepted, edge.OrderAllocated, edge.OrderPacked, edge.OrderReady} {
		s.move(k.ID, to, "")
	}
	found, err := s.hq.Order(t.Context(), k.ID)
	require.NoError(t, err)
	text, err := s.hq.PickUpPass(t.Context(), &found.Order)
	require.NoError(t, err)
	pass, err := edge.OpenPickUpPass(text, s.hq.PublicKey())
	require.NoError(t, err)
	require.Equal(t, k.ID, pass.Order)
	require.Zero(t, pass.Due)
	s.sync()
	require.Equal(t, pass.Code, s.known(k.ID).Code, "the shop knows the code that people type")
	ready := s.known(k.ID)
	require.Equal(t, edge.OrderReady, ready.Stands)
	_, _, err = s.shop.CollectOrder(t.Context(), "collect-0001", edge.Collecting{Order: k.ID, Code: pass.Code, Home: testShop, Staff: "Lan"})
	require.NoError(t, err)
	s.sync()
	found, err = s.hq.Order(t.Context(), k.ID)
	require.NoError(t, err)
	require.Equal(t, edge.OrderCollected, found.Order.State())
	require.Empty(t, s.flaws())
	_, err = s.hq.PickUpPass(t.Context(), &found.Order)
	require.Equal(t, edge.Conflict, edge.KindOf(err))

	require.NoError(t, s.hq.Rebuild(t.Context()))
	require.Empty(t, s.flaws(), "it was handed over by this very word")
	s.add(edge.EventOrderCollected, "again", edge.Collection{Order: k.ID, Shop: testShop, Code: pass.Code, Staff: "Mai", At: s.clock.Now()})
	s.send(s.batch(uint64(len(s.events)), uint64(len(s.events))))
	require.NoError(t, s.hq.Project(t.Context()))
	require.Len(t, s.flaws(), 1, "and by no other")
	require.NoError(t, s.hq.Rebuild(t.Context()))
	require.Len(t, s.flaws(), 1)
}

// What cannot be is set aside for people, and holds up nothing.
func TestOrdersThatCannotBe(t *testing.T) {
	s := newTill(t)
	k := s.place("order-00001", edgetest.OrderAsk(edgetest.Cream, 1, 320000, edge.PayOnReceipt))
	s.sync()
	broken := k.Order
	broken.ID, broken.Total.Amount = "another", 1
	stolen := k.Order
	stolen.ID = "another"
	money := edge.OrderMoney{
		ID: "m1", Order: "nobody", Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 9}, Total: edge.Money{Amount: 5, Currency: "VND"},
		Payment: edge.Payment{Method: edge.Cash, Amount: 5}, At: s.clock.Now(),
	}
	before := len(s.events)
	s.add(edge.EventOrder, "bad-1", broken)
	s.add(edge.EventOrder, "bad-2", stolen)
	s.add(edge.EventOrder, "bad-3", "text")
	s.add(edge.EventOrderPaid, "bad-4", money)
	s.add(edge.EventOrderRefunded, "bad-5", money)
	s.add(edge.EventOrderRequest, "bad-6", edge.OrderRequest{ID: "r1", Order: "nobody", Wish: edge.WishCancel, Reason: "x"})
	s.add(edge.EventOrderCollected, "bad-7", edge.Collection{Order: k.ID, Shop: testShop, At: s.clock.Now()})
	s.send(s.batch(uint64(before+1), uint64(len(s.events))))
	require.NoError(t, s.hq.Project(t.Context()))
	require.Len(t, s.flaws(), 7)
	found, err := s.hq.Order(t.Context(), k.ID)
	require.NoError(t, err)
	require.Equal(t, edge.OrderPlaced, found.Order.State())
}

// To whom an order goes comes beside the ledger, from the gateway that took the
// order alone.
func TestContactOfAShopsOrder(t *testing.T) {
	s := newTill(t)
	k := s.place("order-00001", edgetest.OrderAsk(edgetest.Cream, 1, 320000, edge.PayOnReceipt))
	bring := func(c edge.OrderContact, kind cloudsync.Kind) error {
		body, err := json.Marshal(c)
		require.NoError(t, err)
		return s.hq.TakeContact(t.Context(), cloudsync.Seal(s.key, kind, cloudsync.ContactTopic(s.node), body))
	}
	c := edge.OrderContact{Order: k.ID, Contact: edgetest.Customer(), Agreed: "2026-11", At: s.clock.Now()}
	require.Equal(t, edge.NotFound, edge.KindOf(bring(c, cloudsync.KindContact)), "the order is on its way yet")
	s.sync()
	require.Error(t, bring(c, cloudsync.KindPhoto))
	nobody := c
	nobody.Contact.Phone = ""
	require.Equal(t, edge.Invalid, edge.KindOf(bring(nobody, cloudsync.KindContact)))
	require.NoError(t, bring(c, cloudsync.KindContact))
	require.NoError(t, bring(c, cloudsync.KindContact))
	kept, err := s.hq.ContactOfOrder(t.Context(), k.ID)
	require.NoError(t, err)
	require.Equal(t, c.Contact, *kept)
	_, err = s.hq.Contact(t.Context(), k.Cart, phoneKey(1))
	require.Equal(t, edge.NotFound, edge.KindOf(err), "no phone entered it")

	post := func(method, kind, body string) int {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, cloudsync.ContactPath, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		s.hq.ContactHandler().ServeHTTP(w, r)
		return w.Code
	}
	require.Equal(t, 405, post("GET", cloudsync.ContactType, ""))
	require.Equal(t, 415, post("POST", "application/json", ""))
	require.Equal(t, 403, post("POST", cloudsync.ContactType, "x"))
	require.Equal(t, 413, post("POST", cloudsync.ContactType, strings.Repeat("x", cloudsync.MaxContactPost+1)))
	body, err := json.Marshal(c)
	require.NoError(t, err)
	require.Equal(t, 204, post("POST", cloudsync.ContactType, string(cloudsync.Seal(s.key, cloudsync.KindContact, cloudsync.ContactTopic(s.node), body))))
}

// The cart that shows an order is never paid as a cart, even where somebody gave
// it to a phone: a deposit may have been taken.
func TestOrderOfAShopIsNotPaidAsACart(t *testing.T) {
	s := newTill(t)
	ctx := t.Context()
	k := s.place("order-00001", edgetest.OrderAsk(edgetest.Cream, 2, 320000, edge.PayDeposit))
	s.sync()
	cart, err := s.shop.Cart(ctx, k.Cart)
	require.NoError(t, err)
	require.NoError(t, cart.ToPhone(s.clock.Now(), s.clock.Now().Add(time.Hour)))
	_, err = s.hq.OpenCart(ctx, cart, testNode, true)
	require.NoError(t, err)
	err = s.hq.MayTakeMoney(ctx, k.Cart)
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	require.ErrorContains(t, err, "it is paid there")
}
