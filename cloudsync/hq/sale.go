package hq

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/mirrorcart/mirrorcart/edge"
)

func (p *projector) sale(ctx context.Context, e *entry) (flaw, err error) {
	var s edge.Sale
	if err := json.Unmarshal(e.Data, &s); err != nil {
		return fmt.Errorf("not a sale: %w", err), nil
	}
	const q = `insert into sale (pos, node, shop, id, receipt, amount, currency, at, offline, received, body, cart)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (node, id) do nothing`
	if flaw := checkSale(&s); flaw != nil {
		return flaw, nil
	}
	res, err := p.tx.ExecContext(ctx, q, e.pos, e.Node, e.shop, s.ID, s.Receipt.String(), s.Total.Amount, s.Total.Currency,
		s.At.UnixMilli(), toInt(s.Offline), e.received, []byte(e.Data), s.Cart.String())
	if err != nil {
		return nil, err
	}
	switch n, err := res.RowsAffected(); {
	case err != nil:
		return nil, err
	case n == 0:
		return fmt.Errorf("sale %.40q is held already from another event", s.ID), nil
	}
	for _, l := range s.Lines { // a sale's lines imply the stock they took
		p.stock[stockKey{e.shop, l.SKU}] -= int64(l.Quantity)
	}
	return nil, nil
}

// Bounds of one event, which keep sums far from overflow.
const (
	maxPieces = 1 << 31
	maxAmount = 1 << 45 // minor units: 35 trillion dong, far above any sale
)

var currency = regexp.MustCompile(`^[A-Z]{3}$`) // ISO 4217

// checkSale finds what would make a sale spoil the sums it enters.
func checkSale(s *edge.Sale) error {
	var sum int64
	if !storable(s.ID) || !storable(s.Receipt.String()) {
		return fmt.Errorf("sale %.40q has a name that no database takes", s.ID)
	}
	for _, l := range s.Lines {
		if !storable(string(l.SKU)) {
			return fmt.Errorf("sale %.40q has a SKU that no database takes: %.40q", s.ID, l.SKU)
		}
		if l.Quantity > maxPieces || l.Quantity < -maxPieces {
			return fmt.Errorf("sale %.40q has %d pieces of %.40q", s.ID, l.Quantity, l.SKU)
		}
		if l.Total > maxAmount || l.Total < -maxAmount {
			return fmt.Errorf("sale %.40q has a line of %d", s.ID, l.Total)
		}
		if sum += l.Total; sum > maxAmount || sum < -maxAmount {
			return fmt.Errorf("the lines of sale %.40q come to %d and more", s.ID, sum)
		}
	}
	if s.Total.Amount != sum {
		return fmt.Errorf("sale %.40q is of %d, its lines of %d", s.ID, s.Total.Amount, sum)
	}
	if !currency.MatchString(s.Total.Currency) {
		return fmt.Errorf("sale %.40q is in the currency %.10q", s.ID, s.Total.Currency)
	}
	return nil
}

// toInt is how both databases store a truth.
func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
