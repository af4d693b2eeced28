package hq

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// soldEntry is a sale on its way into the table of sales.
type soldEntry struct {
	*entry
	sale edge.Sale
}

func (p *projector) sale(e *entry) (flaw error) {
	s := soldEntry{entry: e}
	if err := json2.Unmarshal(e.Data, &s.sale); err != nil {
		return fmt.Errorf("not a sale: %w", err)
	}
	if err := checkSale(&s.sale); err != nil {
		return err
	}
	p.sales = append(p.sales, s)
	return nil
}

// storeSales stores the sales at once. The lines of a sale imply the stock they
// took.
func (p *projector) storeSales(ctx context.Context) error {
	stored, err := p.insertOnce(ctx, "sale", "node, id", database.Columns{
		database.Of("pos", p.sales, func(s *soldEntry) int64 { return s.pos }),
		database.Of("node", p.sales, func(s *soldEntry) string { return s.Node }),
		database.Of("shop", p.sales, func(s *soldEntry) string { return s.shop }),
		database.Of("id", p.sales, func(s *soldEntry) string { return s.sale.ID }),
		database.Of("receipt", p.sales, func(s *soldEntry) string { return s.sale.Receipt.String() }),
		database.Of("amount", p.sales, func(s *soldEntry) int64 { return s.sale.Total.Amount }),
		database.Of("currency", p.sales, func(s *soldEntry) string { return s.sale.Total.Currency }),
		database.Of("at", p.sales, func(s *soldEntry) int64 { return s.sale.At.UnixMilli() }),
		database.Of("offline", p.sales, func(s *soldEntry) int64 { return toInt(s.sale.Offline) }),
		database.Of("received", p.sales, func(s *soldEntry) int64 { return s.received }),
		database.Of("body", p.sales, func(s *soldEntry) []byte { return s.Data }),
		database.Of("cart", p.sales, func(s *soldEntry) string { return cartOf(&s.sale) }),
	}, database.Pluck(p.sales, func(s *soldEntry) *entry { return s.entry }), func(i int) string {
		return fmt.Sprintf("sale %.40q", p.sales[i].sale.ID)
	})
	if err != nil {
		return err
	}
	sold := map[string]int64{}
	for i := range p.sales {
		s := &p.sales[i]
		if !stored[i] {
			continue
		}
		sold[s.Node]++
		if s.sale.Elsewhere {
			continue
		}
		for _, l := range s.sale.Lines {
			p.stock[stockKey{s.shop, l.SKU}] -= int64(l.Quantity)
		}
	}
	return p.countSales(ctx, sold)
}

// cartOf names the cart that a sale was made of; ” where there was none.
func cartOf(s *edge.Sale) string {
	if s.Cart == (edge.CartID{}) {
		return ""
	}
	return s.Cart.String()
}

// countSales adds to the totals of the nodes.
func (p *projector) countSales(ctx context.Context, sold map[string]int64) error {
	var nodes []string
	var counts []int64
	for node, n := range sold {
		nodes, counts = append(nodes, node), append(counts, n)
	}
	const tail = "on conflict (node) do update set sales = node_total.sales + excluded.sales"
	return p.db.Insert(ctx, p.tx, "node_total", database.Columns{database.List("node", nodes), database.List("sales", counts)}, tail, nil)
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
	if err := errors.Join(checkKey(kind, id), checkKey("receipt", receipt.String())); err != nil {
		return err
	}
	for i := range lines {
		l := &lines[i]
		if err := checkKey("SKU", string(l.SKU)); err != nil {
			return err
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

const maxKey = 256 // bytes; PostgreSQL's indexes take at most 2704 of all columns

// checkKey finds what would keep a name out of a database, or out of an index.
func checkKey(kind, name string) error {
	if !database.Storable(name) {
		return fmt.Errorf("%s %.40q has a name that no database takes", kind, name)
	}
	if len(name) > maxKey {
		return fmt.Errorf("%s %.40q has a name of %d bytes: at most %d are taken", kind, name, len(name), maxKey)
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
