package edgetest

import (
	"crypto/ed25519"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// OrderAsk orders quantity pieces of sku, to be delivered to Customer.
func OrderAsk(sku edge.SKU, quantity int, price int64, terms edge.OrderTerms) edge.OrderAsk {
	return edge.OrderAsk{
		Lines: []edge.AskedLine{{SKU: sku, Quantity: quantity}}, Way: edge.Deliver, Province: "79", Terms: terms,
		Total: price*int64(quantity) + 30000, Contact: Customer(), Agreed: "2026-11", Home: "shop", Staff: "Lan",
		Rules: edge.OrderRules{Deposit: 3000, Fees: []edge.DeliveryFee{{Fee: 30000, Days: 3}}, CollectDays: 5},
	}
}

// Customer is somebody in Saigon.
func Customer() edge.Contact {
	return edge.Contact{Name: "Nguyễn Thị Hạ", Phone: "0901234567", Address: &edge.Address{
		Country: edge.Vietnam, Region: "Thành phố Hồ Chí Minh", Locality: "Phường Sài Gòn", Street: "12 Lê Lợi",
	}}
}

// Told is a shop's delivery of HQ's word on an order.
func Told(t T, o *edge.Order, state edge.OrderState, at time.Time, paid int64) edge.Delivery {
	t.Helper()
	o = clone(o)
	o.Steps = append(o.Steps, edge.OrderStep{State: state, By: edge.ByHQ, At: at})
	r, err := o.Record(paid)
	require.NoError(t, err)
	return edge.Delivery{Records: []edge.Record{*r}}
}

// Orders is the contract of edge.Orders.
func Orders(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	ask := OrderAsk(Glasses, 2, 890000, edge.PayDeposit)
	c := FillCart(t, s, Glasses, 3)
	_, err := s.ChangeCart(ctx, c.ID, func(c *edge.Cart, w edge.Writer) error {
		_, err := c.Add(w, Lipstick, 1)
		return err
	})
	require.NoError(t, err)
	ask.Cart = &c.ID
	k, replayed, err := s.PlaceOrder(ctx, "order-00001", ask)
	require.NoError(t, err)
	require.False(t, replayed)
	require.NoError(t, k.Check())
	require.Equal(t, edge.OrderDepositPending, k.Stands)
	require.True(t, k.Own)
	require.EqualValues(t, 1810000, k.Due)
	require.EqualValues(t, 543000, k.Taken.Deposit)
	require.Equal(t, clock.Now().Add(72*time.Hour), k.Taken.Promise)
	require.Equal(t, k.Order, newestOf[edge.Order](t, s, edge.EventOrder, k.ID))
	again, replayed, err := s.PlaceOrder(ctx, "order-00001", ask)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, k, again)

	orderedCart(t, s, c.ID, k)
	orderMoney(t, s, clock, k)
	orderRefusals(t, s, ask)
	found, err := s.Customers(ctx, "0901234567", 5)
	require.NoError(t, err)
	require.Empty(t, found, "the shopper did not agree to that")
	who, err := s.OrderContact(ctx, k.ID)
	require.NoError(t, err)
	require.Equal(t, Customer(), *who)
}

// orderedCart finds what is ordered in a cart of its own, which cannot be sold,
// and the rest where it was.
func orderedCart(t *testing.T, s Shop, from edge.CartID, k *edge.KnownOrder) {
	ctx := t.Context()
	rest, err := s.Cart(ctx, from)
	require.NoError(t, err)
	r, err := s.Release(ctx)
	require.NoError(t, err)
	_, total, err := edge.PriceCart(rest, r)
	require.NoError(t, err)
	require.EqualValues(t, 890000+199000, total.Amount)
	own, err := s.Cart(ctx, k.Cart)
	require.NoError(t, err)
	_, total, err = edge.PriceCart(own, r)
	require.NoError(t, err)
	require.EqualValues(t, 2*890000, total.Amount)
	carts, err := s.OpenCarts(ctx, 10)
	require.NoError(t, err)
	require.Len(t, carts, 1)
	require.Equal(t, from, carts[0].ID)
	_, _, err = s.RecordSale(ctx, "sale-of-an-order", edge.Checkout{Cart: own.ID, Payments: Cash(t, s, own), Staff: "Lan"})
	requireKind(t, edge.Conflict, err)
	_, _, err = s.RecordSale(ctx, "sale-of-the-rest", edge.Checkout{Cart: from, Payments: Cash(t, s, rest), Staff: "Lan"})
	require.NoError(t, err)
}

// orderMoney pays an order, has HQ reject it, and gives the money back.
func orderMoney(t *testing.T, s Shop, clock *Clock, k *edge.KnownOrder) {
	ctx := t.Context()
	pay := func(amount int64) edge.OrderPaying {
		return edge.OrderPaying{Order: k.ID, Payment: edge.Payment{Method: edge.Cash, Amount: amount}, Staff: "Lan"}
	}
	for _, wrong := range []int64{0, 542999, k.Due + 1} {
		_, _, err := s.PayOrder(ctx, "order-money-0", pay(wrong))
		require.Error(t, err)
	}
	stock, err := s.Stock(ctx)
	require.NoError(t, err)
	m, replayed, err := s.PayOrder(ctx, "order-money-1", pay(543000))
	require.NoError(t, err)
	require.False(t, replayed)
	require.NoError(t, m.Check())
	require.EqualValues(t, 2, m.Receipt.Counter, "the series goes on after the sale")
	require.Equal(t, *m, newestOf[edge.OrderMoney](t, s, edge.EventOrderPaid, k.ID))
	again, replayed, err := s.PayOrder(ctx, "order-money-1", pay(543000))
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, m, again)
	after, err := s.Stock(ctx)
	require.NoError(t, err)
	require.Equal(t, stock, after)

	now, err := s.KnownOrder(ctx, k.ID)
	require.NoError(t, err)
	require.Equal(t, edge.OrderPlaced, now.Stands)
	require.EqualValues(t, 543000, now.Paid)
	require.Equal(t, now.Order, newestOf[edge.Order](t, s, edge.EventOrder, k.ID))
	back := pay(543000)
	back.Back, back.Reason = true, "headquarters has none"
	_, _, err = s.PayOrder(ctx, "order-money-2", back)
	requireKind(t, edge.Conflict, err)

	asked, _, err := s.AskOrder(ctx, "order-ask-1", edge.Asking{Order: k.ID, Wish: edge.WishChange, Reason: "in the evening", Staff: "Lan"})
	require.NoError(t, err)
	require.Len(t, asked.Requests, 1)
	require.Equal(t, asked.Requests[0], newestOf[edge.OrderRequest](t, s, edge.EventOrderRequest, k.ID))
	require.Equal(t, edge.OrderPlaced, asked.Stands)

	clock.Advance(time.Hour)
	require.NoError(t, s.Apply(ctx, 1, Told(t, &now.Order, edge.OrderRejected, clock.Now(), 0)))
	_, _, err = s.PayOrder(ctx, "order-money-3", pay(1))
	requireKind(t, edge.Conflict, err)
	byCard := back
	byCard.Payment = edge.Payment{Method: edge.Card, Amount: 543000, Reference: "slip 7"}
	_, _, err = s.PayOrder(ctx, "order-money-card", byCard)
	requireKind(t, edge.Forbidden, err)
	m, _, err = s.PayOrder(ctx, "order-money-2", back)
	require.NoError(t, err)
	require.EqualValues(t, 3, m.Receipt.Counter)
	require.Equal(t, *m, newestOf[edge.OrderMoney](t, s, edge.EventOrderRefunded, k.ID))
	_, _, err = s.PayOrder(ctx, "order-money-4", back)
	requireKind(t, edge.Conflict, err)
	now, err = s.KnownOrder(ctx, k.ID)
	require.NoError(t, err)
	require.Equal(t, edge.OrderRejected, now.Stands)
	require.Zero(t, now.Paid)
	require.Len(t, now.Money, 2)

	z, _, err := s.CloseDay(ctx, "order-z-1", "Lan")
	require.NoError(t, err)
	require.Equal(t, edge.ZCount{Count: 1, Amount: 543000}, z[0].Totals[0].OrdersPaid)
	require.Equal(t, edge.ZCount{Count: 1, Amount: 543000}, z[0].Totals[0].OrdersRefunded)
	require.EqualValues(t, 890000+199000, z[0].Totals[0].Net())
}

func orderRefusals(t *testing.T, s Shop, good edge.OrderAsk) {
	ctx := t.Context()
	good.Cart = nil
	for name, tc := range map[string]struct {
		change func(*edge.OrderAsk)
		kind   edge.Kind
	}{
		"no consent":     {func(a *edge.OrderAsk) { a.Agreed = "" }, edge.Invalid},
		"nobody":         {func(a *edge.OrderAsk) { a.Contact.Phone = "" }, edge.Invalid},
		"nowhere":        {func(a *edge.OrderAsk) { a.Contact.Address = nil }, edge.Invalid},
		"another total":  {func(a *edge.OrderAsk) { a.Total++ }, edge.Conflict},
		"nothing":        {func(a *edge.OrderAsk) { a.Lines = nil }, edge.Invalid},
		"unknown goods":  {func(a *edge.OrderAsk) { a.Lines = []edge.AskedLine{{SKU: "NOPE", Quantity: 1}} }, edge.NotFound},
		"unknown cart":   {func(a *edge.OrderAsk) { a.Cart = &edge.CartID{9} }, edge.NotFound},
		"no such terms":  {func(a *edge.OrderAsk) { a.Terms = "later" }, edge.Invalid},
		"no such way":    {func(a *edge.OrderAsk) { a.Way = "fly" }, edge.Invalid},
		"no fee for it":  {func(a *edge.OrderAsk) { a.Rules.Fees = nil }, edge.Unavailable},
		"no pieces":      {func(a *edge.OrderAsk) { a.Lines = []edge.AskedLine{{SKU: Cream}} }, edge.Invalid},
		"the same twice": {func(a *edge.OrderAsk) { a.Lines = append(a.Lines, a.Lines...) }, edge.Invalid},
	} {
		a := good
		a.Lines = append([]edge.AskedLine{}, good.Lines...)
		tc.change(&a)
		_, _, err := s.PlaceOrder(ctx, "order-refused", a)
		require.Equal(t, tc.kind, edge.KindOf(err), "%s: %v", name, err)
	}
}

// OrderLists is the contract of lists, requests and customers.
func OrderLists(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	first := OrderAsk(Cream, 1, 320000, edge.PayOnReceipt)
	first.Remember = true
	placed, _, err := s.PlaceOrder(ctx, "order-00001", first)
	require.NoError(t, err)
	require.Equal(t, edge.OrderPlaced, placed.Stands)
	clock.Advance(time.Minute)
	waits, _, err := s.PlaceOrder(ctx, "order-00002", OrderAsk(Cream, 2, 320000, edge.PayFull))
	require.NoError(t, err)
	require.Equal(t, waits.Total.Amount, waits.Taken.Deposit)

	ids := func(states ...edge.OrderState) []string {
		list, err := s.KnownOrders(ctx, states, 10)
		require.NoError(t, err)
		found := []string{}
		for _, k := range list {
			found = append(found, k.ID)
		}
		return found
	}
	require.Equal(t, []string{waits.ID, placed.ID}, ids())
	require.Equal(t, []string{placed.ID}, ids(edge.OrderPlaced))
	gone, _, err := s.AskOrder(ctx, "order-ask-1", edge.Asking{Order: waits.ID, Wish: edge.WishCancel, Reason: "changed her mind", Staff: "Lan"})
	require.NoError(t, err)
	require.Equal(t, edge.OrderCancelled, gone.Stands, "nobody has to be asked")
	require.Empty(t, ids(edge.OrderDepositPending))
	_, _, err = s.AskOrder(ctx, "order-ask-2", edge.Asking{Order: waits.ID, Wish: edge.WishCancel, Reason: "again"})
	requireKind(t, edge.Conflict, err)
	_, err = s.KnownOrder(ctx, "nope")
	requireKind(t, edge.NotFound, err)

	found, err := s.Customers(ctx, "0901234567", 5)
	require.NoError(t, err)
	require.Equal(t, []edge.Contact{Customer()}, found)
	require.NoError(t, s.ForgetCustomer(ctx, "0901234567"))
	found, err = s.Customers(ctx, "0901234567", 5)
	require.NoError(t, err)
	require.Empty(t, found)
	_, err = s.OrderContact(ctx, placed.ID)
	require.NoError(t, err, "it is on its way there")
	audited, err := s.AuditRecords(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, edge.AuditForgot, audited[0].Kind)
	require.Equal(t, "contacts deleted: 1; kept until their orders have come to an end: 1", audited[0].Reason)
}

// PickUps is the contract of handing orders over.
func PickUps(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	elsewhere := &edge.Order{
		ID: "11111111-0000-7000-8000-00000000abcd", Cart: edge.CartID{5}, Shop: "shop", Way: edge.Collect, Code: "ABC-234",
		Lines: []edge.OrderLine{{SKU: Cream, Quantity: 1, Price: 320000, Total: 320000}}, Total: edge.Money{Amount: 320000, Currency: "VND"},
		Taken: &edge.OrderTaken{Shop: "other", Staff: "Mai", Terms: edge.PayDeposit, Deposit: 100000, Promise: clock.Now()},
	}
	ask := edge.Collecting{Order: elsewhere.ID, Code: "abc 234", Home: "shop", Staff: "Lan"}
	_, _, err := s.CollectOrder(ctx, "collect-1", ask)
	requireKind(t, edge.NotFound, err)
	require.NoError(t, s.Apply(ctx, 1, Told(t, elsewhere, edge.OrderPacked, clock.Now(), 100000)))
	_, _, err = s.CollectOrder(ctx, "collect-1", ask)
	requireKind(t, edge.Conflict, err)
	require.NoError(t, s.Apply(ctx, 2, Told(t, elsewhere, edge.OrderReady, clock.Now(), 100000)))
	_, _, err = s.CollectOrder(ctx, "collect-1", ask)
	requireKind(t, edge.Conflict, err)
	_, _, err = s.PayOrder(ctx, "collect-pay", edge.OrderPaying{Order: elsewhere.ID, Payment: edge.Payment{Method: edge.Cash, Amount: 220000}, Staff: "Lan"})
	require.NoError(t, err, "what is due is paid where it is handed over")
	for name, wrong := range map[string]edge.Collecting{
		"another shop": {Order: ask.Order, Code: ask.Code, Home: "other"},
		"another code": {Order: ask.Order, Code: "ABC-235", Home: "shop"},
		"no code":      {Order: ask.Order, Home: "shop"},
	} {
		_, _, err = s.CollectOrder(ctx, "collect-1", wrong)
		require.Error(t, err, name)
	}
	k, _, err := s.CollectOrder(ctx, "collect-1", ask)
	require.NoError(t, err)
	require.Equal(t, edge.OrderCollected, k.Stands)
	require.Equal(t, *k.Collected, newestOf[edge.Collection](t, s, edge.EventOrderCollected, elsewhere.ID))
	_, replayed, err := s.CollectOrder(ctx, "collect-1", ask)
	require.NoError(t, err)
	require.True(t, replayed)
	_, _, err = s.CollectOrder(ctx, "collect-2", ask)
	requireKind(t, edge.Conflict, err)
	require.ErrorContains(t, err, "from Lan")
	list, err := s.KnownOrders(ctx, []edge.OrderState{edge.OrderCollected}, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.False(t, list[0].Own)
	passed(t, s, clock)
}

// passed hands over an order that the shop knows by its signed code alone, once.
func passed(t *testing.T, s Shop, clock *Clock) {
	pub, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	p := edge.PickUpPass{Order: "o-unheard-of", Shop: "shop", Code: "XYZ-789", Total: edge.Money{Amount: 1000, Currency: "VND"}, At: clock.Now()}
	text, err := p.Seal(key)
	require.NoError(t, err)
	pass, err := edge.OpenPickUpPass(text, pub)
	require.NoError(t, err)
	require.Equal(t, p, *pass)
	ask := edge.Collecting{Order: p.Order, Code: p.Code, Pass: pass, Home: "shop", Staff: "Lan"}
	k, _, err := s.CollectOrder(t.Context(), "passed-00001", ask)
	require.NoError(t, err)
	require.Equal(t, edge.OrderCollected, k.Stands)
	_, _, err = s.CollectOrder(t.Context(), "passed-00002", ask)
	requireKind(t, edge.Conflict, err)
}

// newestOf is what the newest event of a type says of a subject.
func newestOf[V any](t *testing.T, s Shop, kind, subject string) V {
	t.Helper()
	for _, e := range slices.Backward(Chain(t, s, edge.LaneSale)) {
		if e.Type == kind && e.Subject == subject {
			return decode[V](t, e.Data)
		}
	}
	require.Fail(t, "there is no event "+kind)
	panic("unreachable")
}
