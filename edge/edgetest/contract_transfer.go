package edgetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Ask asks for the total of c as s prices it now.
func Ask(t T, s edge.Catalogue, c *edge.Cart, key string) edge.TransferAsk {
	t.Helper()
	return edge.TransferAsk{
		Cart: c.ID, Amount: Cash(t, s, c).Sum(), Code: edge.TransferCode("MC", "shop", c.ID, key), Text: "000201",
		Life: 15 * time.Minute, Staff: "Lan",
	}
}

// Paid is HQ's word that the money of tr came.
func Paid(t T, tr *edge.Transfer, credit string, amount int64, at time.Time) edge.Record {
	t.Helper()
	word := edge.TransferWord{
		Cart: tr.Cart, Credit: edge.Credit{ID: credit, Amount: edge.Money{Amount: amount, Currency: tr.Total.Currency}, At: at.UTC()},
	}
	r, err := word.Record(tr.Code, edge.TransferConfirmed, at)
	require.NoError(t, err)
	return *r
}

// Transfers is the contract of transfers, each ending one way.
func Transfers(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	message := uint64(0)
	tell := func(r edge.Record) {
		t.Helper()
		message++
		require.NoError(t, s.Apply(ctx, message, edge.Delivery{Records: []edge.Record{r}}))
	}
	n := 0
	ask := func() (*edge.Cart, *edge.Transfer) {
		t.Helper()
		n++
		c := FillCart(t, s, Lipstick, 2)
		key := fmt.Sprintf("ask-%05d", n)
		tr, replayed, err := s.RequestTransfer(ctx, key, Ask(t, s, c, key))
		require.NoError(t, err)
		require.False(t, replayed)
		again, replayed, err := s.RequestTransfer(ctx, key, Ask(t, s, c, key))
		require.NoError(t, err)
		require.True(t, replayed)
		require.Equal(t, tr, again)
		return c, tr
	}
	now := func(tr *edge.Transfer) *edge.Transfer {
		t.Helper()
		got, err := s.Transfer(ctx, tr.Code)
		require.NoError(t, err)
		require.NoError(t, got.Check())
		require.Equal(t, *got, lastOf[edge.Transfer](t, s, edge.EventTransfer, tr.Code))
		return got
	}
	sale := func(id string) *edge.Sale {
		t.Helper()
		h, err := s.Sale(ctx, edge.SaleRef{ID: id})
		require.NoError(t, err)
		return &h.Sale
	}
	due := func() []edge.RefundDue {
		t.Helper()
		list, err := s.RefundsDue(ctx, 10)
		require.NoError(t, err)
		return list
	}

	// Paid in time, though the cart has changed and the word comes late.
	c, tr := ask()
	require.Equal(t, edge.TransferAwaiting, tr.State)
	require.EqualValues(t, 398000, tr.Total.Amount)
	same, replayed, err := s.RequestTransfer(ctx, "ask-again", Ask(t, s, c, "ask-again"))
	require.NoError(t, err)
	require.False(t, replayed)
	require.Equal(t, tr.Code, same.Code, "one code while it waits for the same")
	_, err = s.ChangeCart(ctx, c.ID, func(c *edge.Cart, w edge.Writer) error {
		_, err := c.Add(w, Cream, 1)
		return err
	})
	require.NoError(t, err)
	paid := clock.Now()
	clock.Advance(2 * time.Hour)
	require.Equal(t, edge.TransferExpired, now(tr).StateAt(clock.Now()))
	tell(Paid(t, tr, "credit-0001", 398000, paid))
	got := now(tr)
	require.Equal(t, edge.TransferConfirmed, got.State)
	sold := sale(got.Sale)
	require.Equal(t, edge.Payments{{Method: edge.BankTransfer, Amount: 398000, Reference: tr.Code}}, sold.Payments)
	require.Equal(t, tr.Lines, sold.Lines, "what was asked for is sold")
	require.Equal(t, tr.Total, sold.Total)
	require.NotZero(t, sold.VAT)
	closed, err := s.Cart(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, sold.ID, closed.Closed.Sale)
	tell(Paid(t, tr, "credit-0001", 398000, paid))
	tell(Paid(t, tr, "credit-0002", 398000, paid))
	require.Equal(t, got, now(tr), "HQ looks after a second credit")
	require.Empty(t, due())

	// Too late: nothing is sold.
	c, tr = ask()
	clock.Advance(time.Hour)
	tell(Paid(t, tr, "credit-0003", 398000, clock.Now()))
	require.Empty(t, now(tr).Sale)
	require.Equal(t, "credit-0003", now(tr).Due)
	require.Len(t, due(), 1)
	require.NoError(t, due()[0].Check())
	require.Zero(t, due()[0].Stands)
	open1, err := s.Cart(ctx, c.ID)
	require.NoError(t, err)
	require.Nil(t, open1.Closed)
	_, _, err = s.SeeTransfer(ctx, "see-late1", edge.TransferSeen{Code: tr.Code, Reason: "on the bank app"})
	requireKind(t, edge.Conflict, err)
	_, _, err = s.GiveBack(ctx, "give-00001", edge.GivingBack{Due: "credit-0003", Method: edge.BankTransfer, Reference: "back 1", Staff: "Lan"})
	require.NoError(t, err)
	require.Empty(t, due())

	// Paid for in cash meanwhile.
	c, tr = ask()
	cash, _, err := s.RecordSale(ctx, "cash-00001", edge.Checkout{Cart: c.ID, Payments: Cash(t, s, c)})
	require.NoError(t, err)
	_, _, err = s.SeeTransfer(ctx, "see-cash1", edge.TransferSeen{Code: tr.Code, Reason: "on the bank app"})
	requireKind(t, edge.Conflict, err)
	tell(Paid(t, tr, "credit-0004", 398000, clock.Now()))
	require.Equal(t, cash.ID, due()[0].Stands.Sale)
	require.NoError(t, due()[0].Check())

	// Seen by a clerk, then confirmed: one sale.
	_, tr = ask()
	_, _, err = s.SeeTransfer(ctx, "see-00001", edge.TransferSeen{Code: tr.Code, Staff: "Lan"})
	requireKind(t, edge.Invalid, err)
	seen, _, err := s.SeeTransfer(ctx, "see-00001", edge.TransferSeen{Code: tr.Code, Reason: "on the bank app", Staff: "Lan"})
	require.NoError(t, err)
	again, replayed, err := s.SeeTransfer(ctx, "see-00001", edge.TransferSeen{Code: tr.Code, Reason: "on the bank app", Staff: "Lan"})
	require.NoError(t, err)
	require.True(t, replayed)
	require.Equal(t, seen, again)
	require.Equal(t, &edge.Approval{Staff: "Lan", Reason: "on the bank app"}, now(tr).Seen)
	tell(Paid(t, tr, "credit-0005", 398000, clock.Now()))
	require.Equal(t, seen.ID, now(tr).Sale)
	require.NotNil(t, now(tr).Credit)
	require.Len(t, due(), 1)

	// Another amount, then the right one.
	_, tr = ask()
	tell(Paid(t, tr, "credit-0006", 39800, clock.Now()))
	require.Equal(t, edge.TransferMismatched, now(tr).State)
	_, _, err = s.SeeTransfer(ctx, "see-00002", edge.TransferSeen{Code: tr.Code, Reason: "on the bank app"})
	requireKind(t, edge.Conflict, err)
	tell(Paid(t, tr, "credit-0007", 398000, clock.Now()))
	require.NotEmpty(t, now(tr).Sale)

	// Asked for before another epoch: people have to look.
	_, tr = ask()
	_, err = s.OpenEpoch(ctx, nil, 0)
	require.NoError(t, err)
	tell(Paid(t, tr, "credit-0008", 398000, clock.Now()))
	require.Empty(t, now(tr).Sale)
	require.NotNil(t, now(tr).Credit)
	_, _, err = s.SeeTransfer(ctx, "see-00003", edge.TransferSeen{Code: tr.Code, Reason: "HQ says so"})
	require.NoError(t, err)

	refusedTransfers(t, s)
	list, err := s.Transfers(ctx, 2)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, tr.Code, list[0].Code)
}

func refusedTransfers(t *testing.T, s Shop) {
	ctx := t.Context()
	_, err := s.Transfer(ctx, "MC0000000000X")
	requireKind(t, edge.NotFound, err)
	_, _, err = s.SeeTransfer(ctx, "see-00009", edge.TransferSeen{Code: "MC0000000000X", Reason: "x"})
	requireKind(t, edge.NotFound, err)
	c := FillCart(t, s, Glasses, 1)
	for name, spoil := range map[string]func(a *edge.TransferAsk){
		"code":   func(a *edge.TransferAsk) { a.Code = "MC1" },
		"text":   func(a *edge.TransferAsk) { a.Text = "" },
		"life":   func(a *edge.TransferAsk) { a.Life = 25 * time.Hour },
		"amount": func(a *edge.TransferAsk) { a.Amount++ },
		"cart":   func(a *edge.TransferAsk) { a.Cart = edge.CartID{9} },
	} {
		a := Ask(t, s, c, "ask-bad")
		spoil(&a)
		_, _, err := s.RequestTransfer(ctx, "ask-bad-"+name, a)
		require.Error(t, err, name)
	}
	_, _, err = s.RecordSale(ctx, "sale-direct", edge.Checkout{
		Cart: c.ID, Payments: edge.Payments{{Method: edge.BankTransfer, Amount: 890000, Reference: "FT 1"}},
	})
	requireKind(t, edge.Invalid, err)
	_, err = s.ChangeCart(ctx, c.ID, func(c *edge.Cart, _ edge.Writer) error {
		return c.ToPhone(c.Claim.Until.Add(-time.Hour), c.Claim.Until)
	})
	require.NoError(t, err)
	_, _, err = s.RequestTransfer(ctx, "ask-phone", Ask(t, s, c, "ask-phone"))
	requireKind(t, edge.Conflict, err)
}

// AnyTransfers lets transfers, words of the bank, clerks' words, cash and phones
// come in any order, and holds the ledger against what came: no cart is sold
// twice, and all money is a sale's or is due.
func AnyTransfers(t *testing.T, open Open) {
	s, clock := opened(t, open)
	message, key := uint64(0), 0
	rapid.Check(t, func(r *rapid.T) {
		m := &anyTransfers{Shop: s, clock: clock, message: &message, key: &key, came: map[string]edge.Record{}}
		r.Repeat(map[string]func(*rapid.T){
			"ask": m.ask, "bank": m.bank, "repeat": m.repeat, "seen": m.seen, "cash": m.cash, "phone": m.phone,
			"wait": func(t *rapid.T) {
				clock.Advance(time.Duration(rapid.IntRange(0, 20).Draw(t, "minutes")) * time.Minute)
			},
		})
		m.check(r)
	})
}

type anyTransfers struct {
	Shop
	clock   *Clock
	message *uint64
	key     *int
	asked   []*edge.Transfer
	words   []edge.Record
	came    map[string]edge.Record // the first word of the right amount, by code
}

func (m *anyTransfers) newKey() string {
	*m.key++
	return fmt.Sprintf("any-%08d", *m.key)
}

func (m *anyTransfers) any(t *rapid.T) *edge.Transfer {
	if len(m.asked) == 0 {
		t.Skip("nothing was asked for yet")
	}
	return rapid.SampledFrom(m.asked).Draw(t, "transfer")
}

func (m *anyTransfers) ask(t *rapid.T) {
	var c *edge.Cart
	if len(m.asked) > 0 && rapid.Bool().Draw(t, "the same cart") {
		var err error
		c, err = m.Cart(t.Context(), m.any(t).Cart)
		require.NoError(t, err)
	} else {
		c = FillCart(t, m, Lipstick, 1)
	}
	key := m.newKey()
	tr, _, err := m.RequestTransfer(t.Context(), key, Ask(t, m, c, key))
	if c.Closed != nil {
		requireKind(t, edge.Conflict, err)
		return
	}
	if err != nil { // its claim has ended
		requireKind(t, edge.Conflict, err)
		return
	}
	for _, known := range m.asked {
		if known.Code == tr.Code {
			return
		}
	}
	m.asked = append(m.asked, tr)
}

func (m *anyTransfers) bank(t *rapid.T) {
	tr := m.any(t)
	amount := tr.Total.Amount
	if rapid.IntRange(0, 3).Draw(t, "odd") == 0 {
		amount += rapid.SampledFrom([]int64{-1000, 1000}).Draw(t, "by")
	}
	w := Paid(t, tr, "credit-"+m.newKey(), amount, m.clock.Now())
	m.words = append(m.words, w)
	m.tell(t, w)
	if _, ok := m.came[tr.Code]; !ok && amount == tr.Total.Amount {
		m.came[tr.Code] = w
	}
}

func (m *anyTransfers) repeat(t *rapid.T) {
	if len(m.words) > 0 {
		m.tell(t, rapid.SampledFrom(m.words).Draw(t, "word"))
	}
}

func (m *anyTransfers) tell(t *rapid.T, w edge.Record) {
	*m.message++
	require.NoError(t, m.Apply(t.Context(), *m.message, edge.Delivery{Records: []edge.Record{w}}))
}

func (m *anyTransfers) seen(t *rapid.T) {
	_, _, err := m.SeeTransfer(t.Context(), m.newKey(), edge.TransferSeen{Code: m.any(t).Code, Reason: "x", Staff: "Lan"})
	if err != nil {
		requireKind(t, edge.Conflict, err)
	}
}

func (m *anyTransfers) cash(t *rapid.T) {
	c, err := m.Cart(t.Context(), m.any(t).Cart)
	require.NoError(t, err)
	_, _, err = m.RecordSale(t.Context(), m.newKey(), edge.Checkout{Cart: c.ID, Payments: Cash(t, m, c)})
	if err != nil {
		requireKind(t, edge.Conflict, err)
	}
}

func (m *anyTransfers) phone(t *rapid.T) {
	c, err := m.Cart(t.Context(), m.any(t).Cart)
	require.NoError(t, err)
	if c.Closed != nil {
		return
	}
	c.Closed = &edge.Closing{Sale: "phone-" + m.newKey(), Receipt: "x", At: m.clock.Now().UTC()}
	_, err = m.MergeCart(t.Context(), c)
	require.NoError(t, err)
}

// check holds all that was recorded against what came.
func (m *anyTransfers) check(t *rapid.T) {
	sales, err := m.Sales(t.Context(), 1<<20)
	require.NoError(t, err)
	due, err := m.RefundsDue(t.Context(), 1<<20)
	require.NoError(t, err)
	sold, ofCart, owed := map[string]edge.Sale{}, map[edge.CartID]int{}, map[string]edge.RefundDue{}
	for _, s := range sales {
		sold[s.ID] = s.Sale
		ofCart[s.Cart]++
	}
	for _, d := range due {
		owed[d.ID] = d
	}
	for _, asked := range m.asked {
		require.LessOrEqual(t, ofCart[asked.Cart], 1, "a cart is sold once")
		tr, err := m.Transfer(t.Context(), asked.Code)
		require.NoError(t, err)
		require.NoError(t, tr.Check())
		require.False(t, tr.Sale != "" && tr.Due != "")
		if tr.Sale != "" {
			require.Equal(t, tr.Code, sold[tr.Sale].Payments[0].Reference)
			require.Equal(t, tr.Total, sold[tr.Sale].Total)
			require.True(t, tr.Seen != nil || tr.Credit != nil, "nothing is sold unpaid")
		}
		if w, ok := m.came[tr.Code]; ok {
			word, err := edge.ReadTransferWord(&w)
			require.NoError(t, err)
			require.Equal(t, edge.TransferConfirmed, tr.State)
			require.Equal(t, word.Credit.ID, tr.Credit.ID)
			require.True(t, tr.Sale != "" || tr.Due == word.Credit.ID, "money that came is a sale's or due")
		}
		if tr.Due != "" {
			require.Equal(t, tr.Total, owed[tr.Due].Total)
		}
	}
}
