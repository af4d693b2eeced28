package edgetest

import (
	"context"
	"maps"
	"slices"

	"github.com/mirrorcart/mirrorcart/edge"
)

// place is where a move stands in LaneSale: epochs count from 1.
type place struct {
	epoch int
	seq   uint64
}

func (p place) after(o place) bool {
	return p.epoch > o.epoch || p.epoch == o.epoch && p.seq > o.seq
}

// placedMove is a move and where it stands; a count stands where the shelf was
// looked at.
type placedMove struct {
	edge.StockMove
	at place
}

func (m *Memory) imply(moves []edge.StockMove, at place) {
	for _, mv := range moves {
		m.ledger.moves = append(m.ledger.moves, placedMove{mv, at})
	}
}

// MoveStock implements edge.Ledger.
func (m *Memory) MoveStock(_ context.Context, moves []edge.StockMove) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range moves {
		if err := moves[i].Check(); err != nil {
			return err
		}
	}
	_, err := m.enter(moves, false)
	return err
}

// EnterStock implements edge.Ledger.
func (m *Memory) EnterStock(_ context.Context, key string, entry edge.StockEntry) ([]edge.StockMove, bool, error) {
	list, replayed, err := once(m, key, "stock", entry, func() (*[]edge.StockMove, error) {
		moves, err := entry.At(m.at())
		if err != nil {
			return nil, err
		}
		r, err := m.inForce()
		if err != nil {
			return nil, err
		}
		for _, mv := range moves {
			_, ok := r.Variant(mv.SKU)
			if !ok && !slices.ContainsFunc(m.ledger.moves, func(o placedMove) bool { return o.SKU == mv.SKU }) {
				return nil, edge.Errorf("edgetest.Memory", edge.NotFound, "product %s is neither in the catalogue nor in stock", mv.SKU)
			}
		}
		entered, err := m.enter(moves, true)
		return &entered, err
	})
	if err != nil {
		return nil, false, err
	}
	return *list, replayed, nil
}

// enter records all of the moves or, where one is refused, none.
func (m *Memory) enter(moves []edge.StockMove, strict bool) (entered []edge.StockMove, err error) {
	moved, counted := len(m.ledger.moves), len(m.ledger.counts)
	defer func() {
		if err != nil {
			m.ledger.moves, m.ledger.counts = m.ledger.moves[:moved], m.ledger.counts[:counted]
		}
	}()
	entered = []edge.StockMove{}
	head := uint64(len(m.epoch().events[edge.LaneSale]))
	for _, mv := range moves {
		known, err := m.entered(&mv, strict)
		if err != nil {
			return nil, err
		}
		if known {
			continue
		}
		at := place{len(m.epochs), head + uint64(len(entered)) + 1}
		if mv.Reason == edge.StockCounted {
			if at, err = m.count(&mv); err != nil {
				return nil, err
			}
			m.ledger.counts = append(m.ledger.counts, placedMove{mv, at})
		}
		if mv.Delta != 0 {
			m.ledger.moves = append(m.ledger.moves, placedMove{mv, at})
		}
		entered = append(entered, mv)
	}
	for _, mv := range entered {
		m.append(edge.LaneSale, edge.EventStock, string(mv.SKU), mv)
	}
	return entered, nil
}

func (m *Memory) entered(mv *edge.StockMove, strict bool) (bool, error) {
	list := m.ledger.moves
	if mv.Reason == edge.StockCounted {
		list = m.ledger.counts
	}
	i := slices.IndexFunc(list, func(o placedMove) bool { return o.SKU == mv.SKU && o.Reason == mv.Reason && o.Ref == mv.Ref })
	if i < 0 {
		return false, nil
	}
	same := list[i].Delta == mv.Delta
	if mv.Count != nil {
		same = list[i].Count.Counted == mv.Count.Counted
	}
	if strict && !same {
		return false, edge.Errorf("edgetest.Memory", edge.Conflict, "%s of %s with reference %q is entered already, with other pieces", mv.Reason, mv.SKU, mv.Ref)
	}
	return true, nil
}

func (m *Memory) count(mv *edge.StockMove) (place, error) {
	at := place{seq: mv.Count.AsOf.Seq}
	at.epoch = 1 + slices.IndexFunc(m.epochs, func(e *memoryEpoch) bool { return e.id == mv.Count.AsOf.Epoch })
	if at.epoch == 0 {
		return at, edge.Errorf("edgetest.Memory", edge.NotFound, "there is no epoch %s", mv.Count.AsOf.Epoch)
	}
	if n := len(m.epochs[at.epoch-1].events[edge.LaneSale]); at.seq > uint64(n) {
		return at, edge.Errorf("edgetest.Memory", edge.Invalid, "%s is counted as of %d, the ledger ends at %d", mv.SKU, at.seq, n)
	}
	for _, o := range m.ledger.counts {
		if o.SKU == mv.SKU && o.at.after(at) {
			return at, edge.Errorf("edgetest.Memory", edge.Conflict, "%s was counted again after this count", mv.SKU)
		}
	}
	mv.Delta = mv.Count.Counted
	for _, o := range m.ledger.moves {
		if o.SKU == mv.SKU && !o.at.after(at) {
			mv.Delta -= o.Delta
		}
	}
	return at, nil
}

// CountMark implements edge.Ledger.
func (m *Memory) CountMark(context.Context) (edge.LaneMark, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return edge.LaneMark{Epoch: m.epoch().id, Seq: uint64(len(m.epoch().events[edge.LaneSale]))}, nil
}

// Stock implements edge.Ledger.
func (m *Memory) Stock(context.Context) (map[edge.SKU]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	stock := map[edge.SKU]int64{}
	for _, mv := range m.ledger.moves {
		stock[mv.SKU] += mv.Delta
	}
	return stock, nil
}

// StockOf implements edge.Ledger.
func (m *Memory) StockOf(ctx context.Context, skus []edge.SKU) (map[edge.SKU]int64, error) {
	stock, err := m.Stock(ctx)
	maps.DeleteFunc(stock, func(sku edge.SKU, _ int64) bool { return !slices.Contains(skus, sku) })
	return stock, err
}
