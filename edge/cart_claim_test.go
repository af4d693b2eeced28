package edge_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// two is a till and HQ over a line that comes and goes. Each has its own copy of
// one cart and its own clock, and takes money as the cart's rules let it.
type two struct {
	now       time.Time
	skew      map[edge.Holder]time.Duration
	carts     map[edge.Holder]*edge.Cart
	obedient  bool // no manager overrules, and HQ takes no money unasked
	payments  map[string]edge.Holder
	sales     []*edge.Closing                 // the shop's, on their way to HQ beside its carts
	due       map[edge.Holder]map[string]bool // as each side recorded it
	onWay     []state
	heard     time.Time // the shop's clock when all that HQ knows of it was sent
	overruled int
}

// state is a cart on its way.
type state struct {
	cart string
	from edge.Holder
	sent time.Time
}

var other = map[edge.Holder]edge.Holder{edge.HeldByShop: edge.HeldByPhone, edge.HeldByPhone: edge.HeldByShop}

func newTwo(t *rapid.T, obedient bool) *two {
	m := &two{now: noon, obedient: obedient, payments: map[string]edge.Holder{}}
	m.skew = map[edge.Holder]time.Duration{}
	m.due = map[edge.Holder]map[string]bool{edge.HeldByShop: {}, edge.HeldByPhone: {}}
	// The clocks are never more than the margin apart, however wrong both are.
	shop := rapid.IntRange(-7*24*3600, 7*24*3600).Draw(t, "shop is off")
	m.skew[edge.HeldByShop] = time.Duration(shop) * time.Second
	m.skew[edge.HeldByPhone] = time.Duration(shop+rapid.IntRange(-600, 600).Draw(t, "HQ is off by")) * time.Second
	cart := edge.NewCart(edge.CartID{1}, m.clock(edge.HeldByShop).Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "minutes"))*time.Minute))
	_, err := cart.Add("gshop", edgetest.Lipstick, 1)
	require.NoError(t, err)
	m.carts = map[edge.Holder]*edge.Cart{edge.HeldByShop: cart, edge.HeldByPhone: copyOf(t, cart)}
	return m
}

func (m *two) clock(who edge.Holder) time.Time { return m.now.Add(m.skew[who]) }

// sell is the till's way: what its ledger does with a check-out.
func (m *two) sell(t *rapid.T) {
	c, at := m.carts[edge.HeldByShop], m.clock(edge.HeldByShop)
	_, total, err := edge.PriceCart(c, edgetest.Release(7))
	require.NoError(t, err)
	co := edge.Checkout{Payments: edge.Payments{{Method: edge.Cash, Amount: total.Amount}}}
	if !m.obedient && rapid.Bool().Draw(t, "manager") {
		co.Override = &edge.Approval{Staff: "Mai", Reason: "the shopper waits"}
	}
	s, err := co.Sale(c, edgetest.Release(7), at)
	if err != nil {
		require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
		return
	}
	if s.Override != nil {
		m.overruled++
	}
	s.ID = fmt.Sprint("payment-", len(m.payments))
	m.payments[s.ID] = edge.HeldByShop
	c.Closed = s.Closing()
	m.sales = append(m.sales, c.Closed)
}

// collect is HQ's way: money that came in counts whether it was asked for or not.
func (m *two) collect(t *rapid.T) {
	c, at := m.carts[edge.HeldByPhone], m.clock(edge.HeldByPhone)
	allowed := c.Closed == nil && c.Claim.ForHQ(at, m.heard)
	if !allowed && (m.obedient || !rapid.Bool().Draw(t, "unasked")) {
		return
	}
	if !allowed {
		m.overruled++
	}
	p := &edge.PhonePayment{
		ID: fmt.Sprint("payment-", len(m.payments)), Cart: c.ID, Total: edge.Money{Amount: 199000, Currency: "VND"},
		Payment: edge.Payment{Method: edge.ByPhone, Amount: 199000, Reference: "FT 1"}, At: at.UTC(),
	}
	require.NoError(t, p.Check())
	m.payments[p.ID] = edge.HeldByPhone
	m.learn(t, edge.HeldByPhone, &edge.Cart{ID: c.ID, Closed: p.Closing()})
}

// learn merges and records what is due: the shop for its own sales, HQ for all.
func (m *two) learn(t *rapid.T, who edge.Holder, news *edge.Cart) {
	mine := m.carts[who]
	if second := edge.SecondClosing(mine.Closed, news.Closed); second != nil {
		if who == edge.HeldByPhone || m.payments[second.Sale] == who {
			m.due[who][second.Sale] = true
		}
	}
	require.NoError(t, mine.Merge(news))
}

func (m *two) send(t *rapid.T, from edge.Holder) state {
	return state{canon(t, m.carts[from]), from, m.clock(from)}
}

func (m *two) hear(t *rapid.T, who edge.Holder, s state) {
	var c edge.Cart
	require.NoError(t, json.Unmarshal([]byte(s.cart), &c))
	require.NoError(t, c.Check())
	m.learn(t, who, &c)
	if who == edge.HeldByPhone && s.from == edge.HeldByShop && s.sent.After(m.heard) {
		m.heard = s.sent
	}
}

// hearSale brings a sale of the shop's to HQ.
func (m *two) hearSale(t *rapid.T, sale *edge.Closing) {
	m.learn(t, edge.HeldByPhone, &edge.Cart{ID: edge.CartID{1}, Closed: sale})
}

func (m *two) handOver(t *rapid.T) {
	who := rapid.SampledFrom([]edge.Holder{edge.HeldByShop, edge.HeldByPhone}).Draw(t, "by")
	at := m.clock(who)
	until := at.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "minutes")) * time.Minute)
	if who == edge.HeldByShop {
		_ = m.carts[who].ToPhone(at, until)
		return
	}
	_ = m.carts[who].Give(rapid.SampledFrom([]edge.Holder{edge.HeldByShop, edge.HeldByPhone}).Draw(t, "to"), at, m.heard, until)
}

func (m *two) run(t *rapid.T) {
	side := rapid.SampledFrom([]edge.Holder{edge.HeldByShop, edge.HeldByPhone})
	t.Repeat(map[string]func(*rapid.T){
		"wait": func(t *rapid.T) {
			m.now = m.now.Add(time.Duration(rapid.IntRange(0, 1500).Draw(t, "seconds")) * time.Second)
		},
		"sell":      m.sell,
		"collect":   m.collect,
		"hand over": m.handOver,
		"edit": func(t *rapid.T) {
			who := side.Draw(t, "who")
			_, _ = m.carts[who].Add(edge.Writer(who), edgetest.Lipstick, 1)
		},
		"send": func(t *rapid.T) { m.onWay = append(m.onWay, m.send(t, side.Draw(t, "from"))) },
		"hear": func(t *rapid.T) {
			if len(m.onWay) > 0 {
				m.hear(t, side.Draw(t, "to"), rapid.SampledFrom(m.onWay).Draw(t, "state"))
			}
		},
		"talk": func(t *rapid.T) {
			who := side.Draw(t, "to")
			m.hear(t, who, m.send(t, other[who]))
		},
		"a sale comes": func(t *rapid.T) {
			if len(m.sales) > 0 {
				m.hearSale(t, rapid.SampledFrom(m.sales).Draw(t, "sale"))
			}
		},
	})
	for _, sale := range m.sales {
		m.hearSale(t, sale)
	}
	for range 2 {
		m.hear(t, edge.HeldByPhone, m.send(t, edge.HeldByShop))
		m.hear(t, edge.HeldByShop, m.send(t, edge.HeldByPhone))
	}
	require.Equal(t, canon(t, m.carts[edge.HeldByShop]), canon(t, m.carts[edge.HeldByPhone]))
}

// While the claim is kept to, and the clocks are no further apart than its
// margin, no history lets a cart be paid twice.
func TestClaimsKeptToLetNobodyPayTwice(t *testing.T) {
	paid := map[edge.Holder]int{}
	rapid.Check(t, func(t *rapid.T) {
		m := newTwo(t, true)
		m.run(t)
		require.LessOrEqual(t, len(m.payments), 1, "%v", m.payments)
		require.Empty(t, m.due[edge.HeldByShop])
		require.Empty(t, m.due[edge.HeldByPhone])
		for _, who := range m.payments {
			paid[who]++
		}
	})
	require.Positive(t, paid[edge.HeldByShop])
	require.Positive(t, paid[edge.HeldByPhone])
}

// Where a manager overrules the claim, or money comes in unasked, every payment
// but one is due in the end, whoever took it, and each side knows of its own.
func TestSecondPaymentsAreNeverLost(t *testing.T) {
	second, overruled := map[edge.Holder]int{}, 0
	rapid.Check(t, func(t *rapid.T) {
		m := newTwo(t, false)
		m.run(t)
		overruled += m.overruled
		stands := m.carts[edge.HeldByShop].Closed
		require.Equal(t, len(m.payments) > 0, stands != nil)
		for id, who := range m.payments {
			require.Equal(t, id != stands.Sale, m.due[edge.HeldByPhone][id], "%s by the %s at HQ", id, who)
			require.Equal(t, id != stands.Sale && who == edge.HeldByShop, m.due[edge.HeldByShop][id], "%s by the %s in the shop", id, who)
			if id != stands.Sale {
				second[who]++
			}
		}
		require.Len(t, m.due[edge.HeldByPhone], max(len(m.payments)-1, 0))
	})
	require.Positive(t, overruled)
	require.Positive(t, second[edge.HeldByShop])
	require.Positive(t, second[edge.HeldByPhone])
}

func TestHandOver(t *testing.T) {
	const shop, phone = edge.HeldByShop, edge.HeldByPhone
	until := noon.Add(time.Hour)
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	toPhone := func(now, until time.Time) func(*edge.Cart) error {
		return func(c *edge.Cart) error { return c.ToPhone(now, until) }
	}
	give := func(to edge.Holder, now, heard, until time.Time) func(*edge.Cart) error {
		return func(c *edge.Cart) error { return c.Give(to, now, heard, until) }
	}
	for name, tc := range map[string]struct {
		holder edge.Holder
		do     func(*edge.Cart) error
		want   edge.Claim
		kind   edge.Kind // empty: done
	}{
		"to the phone":               {shop, toPhone(at(0), at(30)), edge.Claim{N: 4, Holder: phone, Until: at(30)}, ""},
		"to the phone, just in time": {shop, toPhone(until.Add(-1), at(90)), edge.Claim{N: 4, Holder: phone, Until: at(90)}, ""},
		"to the phone, too late":     {shop, toPhone(until, at(90)), edge.Claim{}, edge.Conflict},
		"the phone's to the phone":   {phone, toPhone(at(0), at(90)), edge.Claim{}, edge.Conflict},
		"into the past":              {shop, toPhone(at(10), at(10)), edge.Claim{}, edge.Invalid},
		"for ever":                   {shop, toPhone(at(0), at(24*60+1)), edge.Claim{}, edge.Invalid},
		"back to the shop":           {phone, give(shop, at(0), at(0), at(30)), edge.Claim{N: 4, Holder: shop, Until: at(30)}, ""},
		"back though it ended":       {phone, give(shop, at(65), at(0), at(90)), edge.Claim{N: 4, Holder: shop, Until: at(90)}, ""},
		"more time on the phone":     {phone, give(phone, at(59), at(0), at(90)), edge.Claim{N: 4, Holder: phone, Until: at(90)}, ""},
		"HQ, too early":              {shop, give(phone, at(69), at(69), at(90)), edge.Claim{}, edge.Conflict},
		"HQ, unheard":                {shop, give(phone, at(70), at(59), at(90)), edge.Claim{}, edge.Conflict},
		"HQ after the margin":        {shop, give(phone, at(70), at(60), at(90)), edge.Claim{N: 4, Holder: phone, Until: at(90)}, ""},
		"HQ renews the shop's":       {shop, give(shop, at(70), at(60), at(90)), edge.Claim{N: 4, Holder: shop, Until: at(90)}, ""},
		"to nobody":                  {phone, give("thief", at(0), at(0), at(30)), edge.Claim{}, edge.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			c := edge.NewCart(edge.CartID{1}, until)
			c.Claim.Holder, c.Claim.N = tc.holder, 3
			before := c.Claim
			err := tc.do(c)
			if tc.kind != "" {
				require.Error(t, err)
				require.Equal(t, tc.kind, edge.KindOf(err), "%v", err)
				require.Equal(t, before, c.Claim)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, c.Claim)
			require.NoError(t, c.Check())
		})
	}
	closed := edge.NewCart(edge.CartID{1}, until)
	closed.Closed = &edge.Closing{Sale: "s", Receipt: "r", At: noon}
	require.Equal(t, edge.Conflict, edge.KindOf(closed.ToPhone(noon, until)))
	require.Equal(t, edge.Conflict, edge.KindOf(closed.Give(shop, noon, noon, until)))
}

// A code carries whole seconds of a closing, which must not decide otherwise
// than the full time does.
func TestAClosingFromACodeChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		closing := func(id string) *edge.Closing {
			return &edge.Closing{Sale: id, Receipt: id, At: noon.Add(time.Duration(rapid.IntRange(0, 2999).Draw(t, id)) * time.Millisecond)}
		}
		a, b := closing("a"), closing("b")
		printed := *a
		printed.At = a.At.Truncate(time.Second)
		stands := edge.FirstClosing(a, b)
		require.Equal(t, stands.Sale, edge.FirstClosing(&printed, b).Sale)
		require.Equal(t, stands, edge.FirstClosing(edge.FirstClosing(b, &printed), a))
		require.Equal(t, a, edge.FirstClosing(&printed, a))
		require.Nil(t, edge.SecondClosing(a, &printed))
		require.NotEqual(t, stands.Sale, edge.SecondClosing(&printed, b).Sale)
		require.Equal(t, edge.SecondClosing(a, b), edge.SecondClosing(b, a))
		require.Nil(t, edge.SecondClosing(a, nil))
	})
}

func TestSecondPayment(t *testing.T) {
	c := cartOf2(t)
	r := edgetest.Release(7)
	co := edge.Checkout{Cart: c.ID, Payments: edge.Payments{{Method: edge.Cash, Amount: 199000}}, Staff: "Lan"}
	_, err := co.Second(c, r, noon)
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	c.Closed = &edge.Closing{Sale: "bank-0001", Receipt: "FT 1", At: noon}
	d, err := co.Second(c, r, noon)
	require.NoError(t, err)
	require.Equal(t, &edge.RefundDue{
		Cart: c.ID, Taken: edge.HeldByShop, Total: edge.Money{Amount: 199000, Currency: "VND"}, Payments: co.Payments, Stands: *c.Closed, Staff: "Lan", At: noon,
	}, d)
	require.Error(t, d.Check(), "the ledger names it")
	d.ID = "0193a4c2"
	require.NoError(t, d.Check())
	for _, bad := range []edge.Payment{{Method: edge.Cash}, {Method: edge.ByPhone, Amount: 1}, {Method: edge.Card, Amount: 1}, {Method: edge.Cash, Amount: 1 << 40}} {
		co.Payments = edge.Payments{bad}
		_, err = co.Second(c, r, noon)
		require.Equal(t, edge.Invalid, edge.KindOf(err), "%v", bad)
	}
	for name, spoil := range map[string]func(d *edge.RefundDue){
		"id":     func(d *edge.RefundDue) { d.ID = "\x00" },
		"taken":  func(d *edge.RefundDue) { d.Taken = "thief" },
		"amount": func(d *edge.RefundDue) { d.Total.Amount = -1 },
		"stands": func(d *edge.RefundDue) { d.Stands = edge.Closing{} },
		"itself": func(d *edge.RefundDue) { d.Stands.Sale = d.ID },
	} {
		spoilt := *d
		spoil(&spoilt)
		require.Equal(t, edge.Invalid, edge.KindOf(spoilt.Check()), name)
	}
}

func TestPhonePaymentCheck(t *testing.T) {
	good := edge.PhonePayment{
		ID: "bank-0001", Total: edge.Money{Amount: 199000, Currency: "VND"}, At: noon,
		Payment: edge.Payment{Method: edge.ByPhone, Amount: 199000, Reference: "FT 0042"},
	}
	require.NoError(t, good.Check())
	for name, spoil := range map[string]func(p *edge.PhonePayment){
		"id":        func(p *edge.PhonePayment) { p.ID = "short" },
		"method":    func(p *edge.PhonePayment) { p.Payment.Method = edge.Cash },
		"part":      func(p *edge.PhonePayment) { p.Payment.Amount-- },
		"nothing":   func(p *edge.PhonePayment) { p.Total.Amount, p.Payment.Amount = 0, 0 },
		"reference": func(p *edge.PhonePayment) { p.Payment.Reference = "4111111111111111" },
		"time":      func(p *edge.PhonePayment) { p.At = noon.In(time.FixedZone("", 25200)) },
	} {
		bad := good
		spoil(&bad)
		require.Equal(t, edge.Invalid, edge.KindOf(bad.Check()), name)
	}
}
