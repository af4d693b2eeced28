package rig

import (
	"context"
	"fmt"
	"slices"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const page = 1000 // of events or sales

// Account is what headquarters holds, against what the shops printed and
// wrote down.
type Account struct {
	// Lost are printed receipts that are not among headquarters' sales, and
	// other events of the shops that it does not hold or cannot use.
	Lost int `json:"lost"`
	// Doubled are sales, receipt numbers and events that it holds once more.
	Doubled int `json:"doubled"`
	// Gaps are runs of numbers, of receipts or events, that it lacks although it
	// holds later ones.
	Gaps int `json:"gaps"`
}

// Err says that not everything arrived exactly once.
func (a Account) Err() error {
	if a == (Account{}) {
		return nil
	}
	return fmt.Errorf("headquarters does not hold what the shops sold: %d lost, %d doubled, %d gaps", a.Lost, a.Doubled, a.Gaps)
}

// account brings headquarters' tables up to date and compares.
func account(ctx context.Context, h *hq.HQ, branches []*branch) (a Account, err error) {
	if err := h.Project(ctx); err != nil {
		return a, err
	}
	if err := a.sales(ctx, h, branches); err != nil {
		return a, err
	}
	held, err := a.events(ctx, h)
	if err != nil {
		return a, err
	}
	for _, b := range branches {
		if err := a.ledger(ctx, b, held[b.shop.Node]); err != nil {
			return a, err
		}
	}
	shops, err := h.Shops(ctx)
	if err != nil {
		return a, err
	}
	for _, s := range shops {
		for _, l := range s.Lanes {
			if l.Seen > l.Mark {
				a.Gaps++
			}
		}
	}
	return a, nil
}

// sales compares headquarters' sales with the printed receipts.
func (a *Account) sales(ctx context.Context, h *hq.HQ, branches []*branch) error {
	type series struct {
		node, till string
		series     uint32
	}
	type receipt struct {
		node string
		edge.Receipt
	}
	held := map[string]receipt{} // by the sale's id
	numbers := map[series][]uint64{}
	for after := int64(0); ; {
		sales, err := h.Sales(ctx, after, page)
		if err != nil {
			return err
		}
		for i := range sales {
			s := &sales[i].Sale
			after = sales[i].Cursor
			if _, twice := held[s.ID]; twice {
				a.Doubled++
				continue
			}
			held[s.ID] = receipt{sales[i].Node, s.Receipt}
			k := series{sales[i].Node, s.Receipt.Till, s.Receipt.Series}
			numbers[k] = append(numbers[k], s.Receipt.Counter)
		}
		if len(sales) == 0 {
			break
		}
	}
	for _, b := range branches {
		for _, p := range b.printed {
			if held[p.sale] != (receipt{b.shop.Node, p.receipt}) {
				a.Lost++
			}
		}
	}
	for _, list := range numbers {
		slices.Sort(list)
		before := uint64(0)
		for _, n := range list {
			switch {
			case n == before:
				a.Doubled++
			case n > before+1:
				a.Gaps++
			}
			before = n
		}
	}
	return nil
}

// place is where an event stands in its shop's ledger.
type place struct {
	epoch string
	lane  edge.Lane
	seq   uint64
}

// events are the ids of the usable events in headquarters' log, by node and
// place.
func (a *Account) events(ctx context.Context, h *hq.HQ) (map[string]map[place]string, error) {
	held := map[string]map[place]string{}
	known := map[string]bool{}
	for after := int64(0); ; {
		list, err := h.Events(ctx, after, page)
		if err != nil {
			return nil, err
		}
		for i := range list {
			e := &list[i].Event
			after = list[i].Cursor
			if held[e.Node] == nil {
				held[e.Node] = map[place]string{}
			}
			at := place{e.Epoch, e.Lane, e.Seq}
			if _, twice := held[e.Node][at]; twice || known[e.ID] {
				a.Doubled++
			}
			known[e.ID] = true
			if list[i].Flaw == "" {
				held[e.Node][at] = e.ID
			}
		}
		if len(list) == 0 {
			return held, nil
		}
	}
}

// ledger looks for what the shop wrote down; what was printed is counted by
// its receipt already.
func (a *Account) ledger(ctx context.Context, b *branch, held map[place]string) error {
	for _, lane := range edge.Lanes() {
		var events []edge.Event
		for after := uint64(0); ; {
			var err error
			if events, err = b.db.Events(ctx, events[:0], lane, after, page); err != nil {
				return err
			}
			for i := range events {
				e := &events[i]
				after = e.Seq
				if e.Type != edge.EventSale && held[place{e.Epoch, lane, e.Seq}] != e.ID {
					a.Lost++
				}
			}
			if len(events) == 0 {
				break
			}
		}
	}
	return nil
}
