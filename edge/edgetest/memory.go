package edgetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Memory is a shop without a disk. It is safe for concurrent use.
type Memory struct {
	now     func() time.Time
	start   time.Time
	changed chan struct{}

	mu       sync.Mutex
	carts    []*edge.Cart // in the order they were made
	labels   map[edge.CartID]edge.CartLabel
	ledger   memoryLedger
	cash     memoryCash
	audit    []edge.AuditRecord
	consents []edge.Consent
	releases map[uint32]*edge.Release
	epochs   []*memoryEpoch
	office   memoryOffice
	orders   memoryOrders
	applied  uint64
}

type memoryEpoch struct {
	id     string
	series uint32
	events map[edge.Lane][]edge.Event
	hashes map[edge.Lane][]edge.Hash
	marks  map[edge.Lane]uint64
	opened map[edge.Lane]edge.EpochOpened
}

// NewMemory makes an empty shop whose clock is now.
func NewMemory(now func() time.Time) *Memory {
	m := &Memory{
		now: now, start: now(), changed: make(chan struct{}, 1),
		releases: map[uint32]*edge.Release{}, office: newMemoryOffice(), labels: map[edge.CartID]edge.CartLabel{},
	}
	m.openEpoch(nil, 0)
	return m
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func clone[T any](v *T) *T {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	w := new(T)
	if err := json.Unmarshal(b, w); err != nil {
		panic(err)
	}
	return w
}

func (m *Memory) find(id edge.CartID) (int, error) {
	i := slices.IndexFunc(m.carts, func(c *edge.Cart) bool { return c.ID == id })
	if i < 0 {
		return i, edge.Errorf("edgetest.Memory", edge.NotFound, "there is no cart %s in this shop", id)
	}
	return i, nil
}

// CreateCart implements edge.Carts.
func (m *Memory) CreateCart(context.Context) (*edge.Cart, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var id edge.CartID
	rand.Read(id[:])
	c := edge.NewCart(id, m.now().Add(12*time.Hour))
	m.keep(c)
	return clone(c), nil
}

// Cart implements edge.Carts.
func (m *Memory) Cart(_ context.Context, id edge.CartID) (*edge.Cart, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.find(id)
	if err != nil {
		return nil, err
	}
	return clone(m.carts[i]), nil
}

// ChangeCart implements edge.Carts.
func (m *Memory) ChangeCart(_ context.Context, id edge.CartID, change func(*edge.Cart, edge.Writer) error) (*edge.Cart, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.find(id)
	if err != nil {
		return nil, err
	}
	c := clone(m.carts[i])
	if err := change(c, edge.EpochWriter(m.epoch().id)); err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	if !bytes.Equal(mustJSON(c), mustJSON(m.carts[i])) {
		m.carts[i] = c
		m.append(edge.LaneOps, edge.EventCart, id.String(), c)
	}
	return clone(c), nil
}

// MergeCart implements edge.Carts.
func (m *Memory) MergeCart(_ context.Context, c *edge.Cart) (*edge.Cart, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.merge(c)
}

func (m *Memory) merge(c *edge.Cart) (*edge.Cart, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	i, err := m.find(c.ID)
	if err != nil {
		m.keep(clone(c))
		return clone(c), nil
	}
	merged := clone(m.carts[i])
	second := edge.SecondClosing(merged.Closed, c.Closed)
	if err := merged.Merge(c); err != nil {
		return nil, err
	}
	if err := merged.Check(); err != nil {
		return nil, err
	}
	if second != nil {
		m.saleDue(second, *merged.Closed)
	}
	m.carts[i] = merged
	return clone(merged), nil
}

// Release implements edge.Catalogue.
func (m *Memory) Release(context.Context) (*edge.Release, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.inForce()
}

func (m *Memory) inForce() (*edge.Release, error) {
	for _, releases := range []map[uint32]*edge.Release{m.office.releases, m.releases} {
		for _, v := range slices.Backward(slices.Sorted(maps.Keys(releases))) {
			if r := releases[v]; !r.Effective.After(m.now()) {
				return r, nil
			}
		}
	}
	return nil, edge.Errorf("edgetest.Memory", edge.Unavailable, "the shop has no catalogue yet")
}

// PutRelease implements edge.Catalogue.
func (m *Memory) PutRelease(_ context.Context, r *edge.Release) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Version == 0 || r.Currency == "" {
		return edge.Errorf("edgetest.Memory", edge.Invalid, "a release needs a version from 1 and a currency")
	}
	if known, ok := m.releases[r.Version]; ok && !bytes.Equal(mustJSON(known), mustJSON(r)) {
		return edge.Errorf("edgetest.Memory", edge.Conflict, "catalogue %d is already here with another content", r.Version)
	}
	m.releases[r.Version] = clone(r)
	return nil
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
