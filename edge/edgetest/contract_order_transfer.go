package edgetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// AskForOrder asks for money of an order.
func AskForOrder(k *edge.KnownOrder, amount int64, key string) edge.OrderTransferAsk {
	return edge.OrderTransferAsk{
		Order: k.ID, Amount: amount, Code: edge.TransferCode("MC", "shop", k.Cart, key), Text: "000201", Life: 15 * time.Minute, Staff: "Lan",
	}
}

// OrderTransfers is the contract of transfers for orders: the money is the order's,
// once, or it is due.
func OrderTransfers(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	message, n := uint64(0), 0
	tell := func(tr *edge.Transfer, credit string, amount int64) {
		t.Helper()
		message++
		word := Paid(t, tr, credit, amount, clock.Now())
		require.NoError(t, s.Apply(ctx, message, edge.Delivery{Records: []edge.Record{word}}))
	}
	order := func(terms edge.OrderTerms) *edge.KnownOrder {
		t.Helper()
		n++
		k, _, err := s.PlaceOrder(ctx, fmt.Sprintf("order-%05d", n), OrderAsk(Cream, 1, 320000, terms))
		require.NoError(t, err)
		return k
	}
	ask := func(k *edge.KnownOrder, amount int64) *edge.Transfer {
		t.Helper()
		n++
		key := fmt.Sprintf("ask-%05d", n)
		tr, replayed, err := s.RequestOrderTransfer(ctx, key, AskForOrder(k, amount, key))
		require.NoError(t, err)
		require.False(t, replayed)
		require.NoError(t, tr.Check())
		return tr
	}
	known := func(k *edge.KnownOrder) *edge.KnownOrder {
		t.Helper()
		now, err := s.KnownOrder(ctx, k.ID)
		require.NoError(t, err)
		return now
	}
	seen := edge.TransferSeen{Reason: "on the bank app", Staff: "Lan"}

	// A deposit, late: the order's price stands, and the money places it.
	k := order(edge.PayDeposit)
	tr := ask(k, k.Taken.Deposit)
	require.Equal(t, k.ID, tr.Order)
	require.Equal(t, tr.Code, ask(k, k.Taken.Deposit).Code, "one code while it waits for as much")
	clock.Advance(time.Hour)
	tell(tr, "credit-0001", k.Taken.Deposit)
	now := known(k)
	require.Equal(t, edge.OrderPlaced, now.Stands)
	require.Equal(t, k.Taken.Deposit, now.Paid)
	require.Equal(t, edge.Payment{Method: edge.BankTransfer, Amount: tr.Total.Amount, Reference: tr.Code}, now.Money[0].Payment)
	require.Equal(t, now.Money[0], newestOf[edge.OrderMoney](t, s, edge.EventOrderPaid, k.ID))
	require.NoError(t, now.Money[0].Check())
	tell(tr, "credit-0001", k.Taken.Deposit)
	tell(tr, "credit-0002", k.Taken.Deposit)
	require.Equal(t, now, known(k), "told twice it is one deposit")
	seen.Code = tr.Code
	_, _, err := s.SeeOrderTransfer(ctx, "see-00001", seen)
	requireKind(t, edge.Conflict, err)

	// Seen by a clerk, then confirmed.
	tr = ask(k, now.Due)
	seen.Code = tr.Code
	_, _, err = s.SeeTransfer(ctx, "see-as-sale", seen)
	requireKind(t, edge.Conflict, err)
	m, _, err := s.SeeOrderTransfer(ctx, "see-00002", seen)
	require.NoError(t, err)
	again, replayed, err := s.SeeOrderTransfer(ctx, "see-00002", seen)
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, m, again)
	tell(tr, "credit-0003", tr.Total.Amount)
	require.Zero(t, known(k).Due)
	require.Len(t, known(k).Money, 2)

	// It goes back from the account.
	require.NoError(t, s.Apply(ctx, message+1, Told(t, &known(k).Order, edge.OrderRejected, clock.Now(), 0)))
	message++
	pay := edge.OrderPaying{Order: k.ID, Back: true, Reason: "headquarters has none", Staff: "Lan", Payment: edge.Payment{Method: edge.Cash, Amount: k.Total.Amount}}
	_, _, err = s.PayOrder(ctx, "back-00001", pay)
	requireKind(t, edge.Forbidden, err)
	pay.Payment.Method, pay.Payment.Reference = edge.BankTransfer, "FT 9"
	_, _, err = s.PayOrder(ctx, "back-00001", pay)
	require.NoError(t, err)
	require.Zero(t, known(k).Refundable)

	// Of another amount, for what is paid already, or for an order that is over: people
	// look, or it is due.
	k = order(edge.PayFull)
	tr = ask(k, k.Due)
	tell(tr, "credit-0004", 5)
	seen.Code = tr.Code
	_, _, err = s.SeeOrderTransfer(ctx, "see-00003", seen)
	requireKind(t, edge.Conflict, err)
	_, _, err = s.PayOrder(ctx, "pay-00001", edge.OrderPaying{Order: k.ID, Payment: edge.Payment{Method: edge.Cash, Amount: k.Due}, Staff: "Lan"})
	require.NoError(t, err)
	tell(tr, "credit-0005", tr.Total.Amount)
	over := order(edge.PayDeposit)
	tr = ask(over, over.Taken.Deposit)
	_, _, err = s.AskOrder(ctx, "cancel-0001", edge.Asking{Order: over.ID, Wish: edge.WishCancel, Reason: "changed her mind", Staff: "Lan"})
	require.NoError(t, err)
	tell(tr, "credit-0006", tr.Total.Amount)
	due, err := s.RefundsDue(ctx, 10)
	require.NoError(t, err)
	require.Len(t, due, 2)
	for i := range due {
		require.NoError(t, due[i].Check())
	}
	require.Empty(t, known(over).Money)

	// Asked for before another epoch: people have to look.
	k = order(edge.PayDeposit)
	tr = ask(k, k.Taken.Deposit)
	_, err = s.OpenEpoch(ctx, nil, 0)
	require.NoError(t, err)
	tell(tr, "credit-0007", tr.Total.Amount)
	require.Empty(t, known(k).Money)
	seen.Code = tr.Code
	_, _, err = s.SeeOrderTransfer(ctx, "see-00004", seen)
	require.NoError(t, err)
	require.Equal(t, edge.OrderPlaced, known(k).Stands)

	for name, spoil := range map[string]func(*edge.OrderTransferAsk){
		"order":   func(a *edge.OrderTransferAsk) { a.Order = "nobody's" },
		"code":    func(a *edge.OrderTransferAsk) { a.Code = "MC1" },
		"text":    func(a *edge.OrderTransferAsk) { a.Text = "" },
		"life":    func(a *edge.OrderTransferAsk) { a.Life = 25 * time.Hour },
		"nothing": func(a *edge.OrderTransferAsk) { a.Amount = 0 },
		"much":    func(a *edge.OrderTransferAsk) { a.Amount = k.Due + 1 },
	} {
		a := AskForOrder(k, 1000, "ask-bad")
		spoil(&a)
		_, _, err := s.RequestOrderTransfer(ctx, "ask-bad-"+name, a)
		require.Error(t, err, name)
	}
}

// AnyOrderTransfers lets transfers, words of the bank, clerks' words, cash and
// cancelling come in any order, and holds the orders against what came: what the
// bank told of is an order's money or is due, once.
func AnyOrderTransfers(t *testing.T, open Open) {
	s, clock := opened(t, open)
	message, key := uint64(0), 0
	newKey := func() string {
		key++
		return fmt.Sprintf("any-%08d", key)
	}
	rapid.Check(t, func(r *rapid.T) {
		k, _, err := s.PlaceOrder(r.Context(), newKey(), OrderAsk(Cream, 2, 320000, rapid.SampledFrom([]edge.OrderTerms{edge.PayDeposit, edge.PayOnReceipt}).Draw(r, "terms")))
		require.NoError(r, err)
		var asked []*edge.Transfer
		came := map[string]bool{} // by code
		known := func() *edge.KnownOrder {
			now, err := s.KnownOrder(r.Context(), k.ID)
			require.NoError(r, err)
			return now
		}
		any := func(t *rapid.T) *edge.Transfer {
			if len(asked) == 0 {
				t.Skip("nothing was asked for yet")
			}
			return rapid.SampledFrom(asked).Draw(t, "transfer")
		}
		r.Repeat(map[string]func(*rapid.T){
			"ask": func(t *rapid.T) {
				id := newKey()
				amount := rapid.SampledFrom([]int64{1000, k.Taken.Deposit, known().Due}).Draw(t, "amount")
				if tr, _, err := s.RequestOrderTransfer(t.Context(), id, AskForOrder(k, amount, id)); err == nil {
					asked = append(asked, tr)
				}
			},
			"bank": func(t *rapid.T) {
				tr, amount := any(t), int64(0)
				if rapid.IntRange(0, 3).Draw(t, "wrong") > 0 {
					amount, came[tr.Code] = tr.Total.Amount, true
				} else {
					amount = tr.Total.Amount + 7
				}
				message++
				word := Paid(t, tr, fmt.Sprintf("credit-%s-%d", tr.Code, amount), amount, clock.Now())
				require.NoError(t, s.Apply(t.Context(), message, edge.Delivery{Records: []edge.Record{word}}))
			},
			"seen": func(t *rapid.T) {
				tr := any(t)
				if _, _, err := s.SeeOrderTransfer(t.Context(), newKey(), edge.TransferSeen{Code: tr.Code, Reason: "on the bank app", Staff: "Lan"}); err == nil {
					came[tr.Code] = true
				} else {
					requireKind(t, edge.Conflict, err)
				}
			},
			"cash": func(t *rapid.T) {
				if due := known().Due; due > 0 {
					_, _, err := s.PayOrder(t.Context(), newKey(), edge.OrderPaying{Order: k.ID, Payment: edge.Payment{Method: edge.Cash, Amount: due}, Staff: "Lan"})
					require.NoError(t, err)
				}
			},
			"cancel": func(t *rapid.T) {
				if known().Stands == edge.OrderDepositPending {
					_, _, err := s.AskOrder(t.Context(), newKey(), edge.Asking{Order: k.ID, Wish: edge.WishCancel, Reason: "too late", Staff: "Lan"})
					require.NoError(t, err)
				}
			},
			"wait": func(t *rapid.T) {
				clock.Advance(time.Duration(rapid.IntRange(0, 20).Draw(t, "minutes")) * time.Minute)
			},
		})
		now := known()
		require.LessOrEqual(r, now.Paid, now.Total.Amount)
		due, err := s.RefundsDue(r.Context(), 100_000)
		require.NoError(r, err)
		for code := range came {
			times := 0
			for i := range now.Money {
				if now.Money[i].ID == code {
					times++
				}
			}
			for i := range due {
				if due[i].Payments[0].Reference == code {
					times++
				}
			}
			require.Equal(r, 1, times, "the money of %s", code)
		}
	})
}
