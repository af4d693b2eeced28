package edge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// The right to a discount goes with it as it was given: neither another product,
// nor a higher rate, nor a cheaper cart makes more of it.
func TestAnApprovalIsForWhatItApproved(t *testing.T) {
	const lip, glasses = edgetest.Lipstick, edgetest.Glasses // 199.000, 890.000
	clerk, manager := edge.Discounter{Staff: "Lan", Most: 1000}, &edge.Discounter{Staff: "Mai", Most: 5000}
	type give struct {
		edge.Discount
		approved bool
		kind     edge.Kind
	}
	rate := func(sku edge.SKU, rate edge.BasisPoints) edge.Discount {
		return edge.Discount{SKU: sku, Rate: rate, Reason: "x"}
	}
	off := func(sku edge.SKU, amount int64) edge.Discount {
		return edge.Discount{SKU: sku, Amount: amount, Reason: "x"}
	}
	for name, tc := range map[string]struct {
		gives []give
		pair  int // lipsticks that are left at the check-out, of two
		kind  edge.Kind
		staff []string
	}{
		"own right":            {gives: []give{{Discount: rate(lip, 1000)}}, pair: 2, staff: []string{"Lan"}},
		"not alone":            {gives: []give{{Discount: rate(lip, 1001), kind: edge.Forbidden}}, pair: 2},
		"with a manager":       {gives: []give{{Discount: rate(lip, 2000), approved: true}}, pair: 2, staff: []string{"Mai"}},
		"beyond the manager":   {gives: []give{{Discount: rate(lip, 6000), approved: true, kind: edge.Forbidden}}, pair: 2},
		"not of another":       {gives: []give{{Discount: rate(lip, 2000), approved: true}, {Discount: rate(glasses, 2000), kind: edge.Forbidden}}, pair: 2, staff: []string{"Mai"}},
		"own beside":           {gives: []give{{Discount: rate(lip, 2000), approved: true}, {Discount: rate(glasses, 500)}}, pair: 2, staff: []string{"Mai", "Lan"}},
		"not on top":           {gives: []give{{Discount: rate(lip, 2000), approved: true}, {Discount: rate("", 500), kind: edge.Forbidden}}, pair: 2, staff: []string{"Mai"}},
		"on top with a yes":    {gives: []give{{Discount: rate(lip, 2000), approved: true}, {Discount: rate("", 500), approved: true}}, pair: 2, staff: []string{"Mai", "Mai"}},
		"not again":            {gives: []give{{Discount: rate(lip, 2000), approved: true}, {Discount: rate(lip, 500)}, {Discount: rate(lip, 2000), kind: edge.Forbidden}}, pair: 2, staff: []string{"Lan"}},
		"the rate of one":      {gives: []give{{Discount: rate(lip, 2000), approved: true}}, pair: 1, staff: []string{"Mai"}},
		"the amount of two":    {gives: []give{{Discount: off(lip, 80000), approved: true}}, pair: 1, kind: edge.Forbidden, staff: []string{"Mai"}},
		"off a whole ticket":   {gives: []give{{Discount: off("", 300000), approved: true}}, pair: 2, staff: []string{"Mai"}},
		"off a cheaper ticket": {gives: []give{{Discount: off("", 300000), approved: true}}, pair: 1, kind: edge.Forbidden, staff: []string{"Mai"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := cartOf(t, "w", lip, 2, "w", glasses, 1)
			o := &edge.OpenCart{Cart: c}
			for _, g := range tc.gives {
				by := manager
				if !g.approved {
					by = nil
				}
				require.Equal(t, g.kind, kindOf(o.Reduce(g.Discount, clerk, by, edgetest.Release(1))))
			}
			require.NoError(t, c.SetQuantity("w", c.Lines[0].ID, tc.pair))
			var asked []edge.Discount
			for _, d := range o.Deal.Discounts {
				asked = append(asked, edge.Discount{SKU: d.SKU, Rate: d.Rate, Amount: d.Amount, Reason: d.Reason})
			}
			lines, _, err := edge.PriceCart(c, edgetest.Release(1))
			require.NoError(t, err)
			total := int64(0)
			priced, err := edge.Discounter{Most: edge.WholeRate}.Discounted(lines, asked, "VND")
			require.NoError(t, err)
			require.Len(t, priced, len(tc.staff))
			for _, l := range lines {
				total += l.Total
			}
			co := edge.Checkout{
				Cart: c.ID, Staff: "Hoa", Discounter: edge.Discounter{Staff: "Hoa"}, Discounts: asked, Deal: &o.Deal,
				Payments: edge.Payments{{Method: edge.Cash, Amount: total}},
			}
			s, err := co.Sale(c, edgetest.Release(1), noon)
			require.Equal(t, tc.kind, kindOf(err), "%v", err)
			if err != nil {
				return
			}
			var staff []string
			for _, d := range s.Discounts {
				staff = append(staff, d.Staff)
			}
			require.Equal(t, tc.staff, staff)
		})
	}
}

func TestPartsOfAPayment(t *testing.T) {
	cash := edge.Payment{Method: edge.Cash, Amount: 1000, Tendered: 1000}
	card := func(amount int64, slip string) edge.Payment {
		return edge.Payment{Method: edge.Card, Amount: amount, Reference: slip}
	}
	for name, tc := range map[string]struct {
		taken []edge.Payment
		next  edge.Payment
		kind  edge.Kind
	}{
		"cash":           {next: cash},
		"card beside":    {taken: []edge.Payment{cash}, next: card(1, "S1")},
		"cash twice":     {taken: []edge.Payment{cash}, next: cash, kind: edge.Invalid},
		"one slip twice": {taken: []edge.Payment{card(1, "S1")}, next: card(2, "S1"), kind: edge.Invalid},
		"nothing":        {next: card(0, "S1"), kind: edge.Invalid},
		"card number":    {next: card(1, "4111111111111111"), kind: edge.Invalid},
		"rounded":        {next: edge.Payment{Method: edge.Cash, Amount: 1, Rounding: 999}, kind: edge.Invalid},
		"transfer":       {taken: []edge.Payment{cash}, next: edge.Payment{Method: edge.BankTransfer, Amount: 1, Reference: "X"}, kind: edge.Invalid},
		"too many":       {taken: []edge.Payment{card(1, "1"), card(1, "2"), card(1, "3"), card(1, "4")}, next: card(1, "5"), kind: edge.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			o := &edge.OpenCart{Cart: cartOf(t, "w", edgetest.Lipstick, 1)}
			for i, p := range tc.taken {
				require.NoError(t, o.Take(edge.PaidPart{ID: string(rune('a' + i)), Payment: p}))
			}
			require.Equal(t, tc.kind, kindOf(o.Take(edge.PaidPart{ID: "next", Payment: tc.next})))
		})
	}
}

// kindOf is the kind of an error, empty where there is none.
func kindOf(err error) edge.Kind {
	if err == nil {
		return ""
	}
	return edge.KindOf(err)
}
