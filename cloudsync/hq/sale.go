package hq

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// soldEntry is a sale on its way into the table of sales.
type soldEntry struct {
	*entry
	sale edge.Sale
}

func (p *projector) sale(e *entry) {
	s := soldEntry{entry: e}
	err := json2.Unmarshal(e.Data, &s.sale)
	if err != nil {
		err = fmt.Errorf("not a sale: %w", err)
	} else {
		err = checkSale(&s.sale)
	}
	if err != nil {
		p.refuse(e, err)
		return
	}
	p.sales = append(p.sales, s)
}

// storeSales stores the sales at once. The lines of a sale imply the stock they
// took.
func (p *projector) storeSales(ctx context.Context) error {
	var texts [6][]string // node, shop, id, receipt, currency, cart
	var nums [5][]int64   // pos, amount, at, offline, received
	var bodies [][]byte
	for _, s := range p.sales {
		for i, v := range [...]string{s.Node, s.shop, s.sale.ID, s.sale.Receipt.String(), s.sale.Total.Currency, s.sale.Cart.String()} {
			texts[i] = append(texts[i], v)
		}
		for i, v := range [...]int64{s.pos, s.sale.Total.Amount, s.sale.At.UnixMilli(), toInt(s.sale.Offline), s.received} {
			nums[i] = append(nums[i], v)
		}
		bodies = append(bodies, s.Data)
	}
	stored := make(map[int64]bool, len(p.sales))
	const tail = "on conflict (node, id) do nothing returning pos"
	err := p.dialect.insert(ctx, p.tx, "sale", columns{
		{"pos", nums[0]},
		{"node", texts[0]},
		{"shop", texts[1]},
		{"id", texts[2]},
		{"receipt", texts[3]},
		{"amount", nums[1]},
		{"currency", texts[4]},
		{"at", nums[2]},
		{"offline", nums[3]},
		{"received", nums[4]},
		{"body", bodies},
		{"cart", texts[5]},
	}, tail, func(rows *sql.Rows) error {
		var pos int64
		err := rows.Scan(&pos)
		stored[pos] = true
		return err
	})
	if err != nil {
		return err
	}
	sold := map[string]int64{}
	for _, s := range p.sales {
		if !stored[s.pos] {
			p.refuse(s.entry, fmt.Errorf("sale %.40q is held already from another event", s.sale.ID))
			continue
		}
		sold[s.Node]++
		for _, l := range s.sale.Lines {
			p.stock[stockKey{s.shop, l.SKU}] -= int64(l.Quantity)
		}
	}
	return p.countSales(ctx, sold)
}

// countSales adds to the totals of the nodes.
func (p *projector) countSales(ctx context.Context, sold map[string]int64) error {
	var nodes []string
	var counts []int64
	for node, n := range sold {
		nodes, counts = append(nodes, node), append(counts, n)
	}
	const tail = "on conflict (node) do update set sales = node_total.sales + excluded.sales"
	return p.dialect.insert(ctx, p.tx, "node_total", columns{{"node", nodes}, {"sales", counts}}, tail, nil)
}

// Bounds of one event, which keep sums far from overflow.
const (
	maxPieces = 1 << 31
	maxAmount = 1 << 45 // minor units: 35 trillion dong, far above any sale
)

var currency = regexp.MustCompile(`^[A-Z]{3}$`) // ISO 4217

// checkSale finds what would make a sale spoil the sums it enters.
func checkSale(s *edge.Sale) error {
	return checkReceipt("sale", s.ID, s.Receipt, s.Lines, s.Total)
}

// checkReceipt finds what would make a sale, or what gives it back, spoil the
// sums that it enters.
func checkReceipt(kind, id string, receipt edge.Receipt, lines []edge.SaleLine, total edge.Money) error {
	var sum int64
	if !storable(id) || !storable(receipt.String()) {
		return fmt.Errorf("%s %.40q has a name that no database takes", kind, id)
	}
	for _, l := range lines {
		if !storable(string(l.SKU)) {
			return fmt.Errorf("%s %.40q has a SKU that no database takes: %.40q", kind, id, l.SKU)
		}
		if l.Quantity > maxPieces || l.Quantity < -maxPieces {
			return fmt.Errorf("%s %.40q has %d pieces of %.40q", kind, id, l.Quantity, l.SKU)
		}
		if l.Total > maxAmount || l.Total < -maxAmount {
			return fmt.Errorf("%s %.40q has a line of %d", kind, id, l.Total)
		}
		if sum += l.Total; sum > maxAmount || sum < -maxAmount {
			return fmt.Errorf("the lines of %s %.40q come to %d and more", kind, id, sum)
		}
	}
	if total.Amount != sum {
		return fmt.Errorf("%s %.40q is of %d, its lines of %d", kind, id, total.Amount, sum)
	}
	if !currency.MatchString(total.Currency) {
		return fmt.Errorf("%s %.40q is in the currency %.10q", kind, id, total.Currency)
	}
	return nil
}

// toInt is how both databases store a truth.
func toInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
