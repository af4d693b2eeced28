package edgetest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// memoryOffice is what HQ has told the shop.
type memoryOffice struct {
	releases map[uint32]*edge.Release
	stock    map[string]edge.ShopStock
	records  map[recordKey]numbered
	staff    edge.Directory
}

type recordKey struct {
	kind edge.RecordKind
	id   string
}

// numbered is a record and the message that brought it.
type numbered struct {
	edge.Record
	n uint64
}

func newMemoryOffice() memoryOffice {
	return memoryOffice{
		releases: map[uint32]*edge.Release{}, stock: map[string]edge.ShopStock{}, records: map[recordKey]numbered{},
	}
}

// Apply implements edge.Outbox. A shop in memory has the files of every release.
func (m *Memory) Apply(_ context.Context, n uint64, d edge.Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n <= m.applied {
		return nil
	}
	for _, c := range d.Carts {
		_, _ = m.merge(c) // a cart that no shop could hold is left out
	}
	for _, s := range d.Releases {
		if r, err := s.Release(); err == nil {
			m.office.releases[r.Version] = r
		}
	}
	for _, s := range d.Stock {
		if s.Check() != nil {
			continue
		}
		levels := map[edge.SKU]int64{}
		if s.Update {
			maps.Copy(levels, m.office.stock[s.Shop].Levels)
		}
		maps.Copy(levels, s.Levels)
		s.Levels = levels
		m.office.stock[s.Shop] = s
	}
	for _, r := range d.Records {
		if r.Check() == nil && r.Kind == edge.RecordSale {
			m.hearPhoneSale(&r)
		} else if r.Check() == nil {
			m.office.records[recordKey{r.Kind, r.ID}] = numbered{r, n}
			m.hear(&r)
			m.office.forgetPassing(&r)
		}
	}
	if d.Staff != nil && d.Staff.Check() == nil {
		m.office.staff = *d.Staff
	}
	for _, a := range d.Persons {
		if a.Check() == nil && a.Do == edge.PersonForget {
			m.deeds([]edge.AuditRecord{m.forget(&a)})
		}
	}
	m.applied = n
	return nil
}

// forgetPassing forgets old word of visits whenever new word of one comes.
func (o *memoryOffice) forgetPassing(came *edge.Record) {
	if came.Kind != edge.RecordPhoto && came.Kind != edge.RecordVote {
		return
	}
	maps.DeleteFunc(o.records, func(k recordKey, r numbered) bool {
		return k.kind == came.Kind && r.At.Before(came.At.Add(-3*24*time.Hour))
	})
}

// StockElsewhere implements edge.Office.
func (m *Memory) StockElsewhere(_ context.Context, sku edge.SKU) ([]edge.ShopLevel, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []edge.ShopLevel{}
	for _, shop := range slices.Sorted(maps.Keys(m.office.stock)) {
		s := m.office.stock[shop]
		list = append(list, edge.ShopLevel{Shop: shop, Place: s.Place, Quantity: s.Levels[sku], AsOf: s.AsOf})
	}
	return list, nil
}

// Places implements edge.Office.
func (m *Memory) Places(context.Context) (map[string]edge.Place, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	places := map[string]edge.Place{}
	for shop, s := range m.office.stock {
		if s.Place != (edge.Place{}) {
			places[shop] = s.Place
		}
	}
	return places, nil
}

// Record implements edge.Office.
func (m *Memory) Record(_ context.Context, kind edge.RecordKind, id string) (*edge.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.office.records[recordKey{kind, id}]
	if !ok {
		return nil, edge.Errorf("edgetest.Memory", edge.NotFound, "HQ has told nothing of %s %.80q", kind, id)
	}
	return &r.Record, nil
}

// Records implements edge.Office.
func (m *Memory) Records(_ context.Context, kind edge.RecordKind, limit int) ([]edge.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.SortedFunc(maps.Values(m.office.records), func(a, b numbered) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.ID, b.ID))
	})
	list := []edge.Record{}
	for _, r := range all {
		if r.Kind == kind && len(list) < limit {
			list = append(list, r.Record)
		}
	}
	return list, nil
}

// Staff implements edge.Office.
func (m *Memory) Staff(context.Context) (*edge.Directory, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := edge.Directory{Members: slices.Clone(m.office.staff.Members)}
	slices.SortFunc(d.Members, func(a, b edge.Member) int { return cmp.Compare(a.Name, b.Name) })
	return &d, nil
}
