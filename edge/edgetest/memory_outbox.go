package edgetest

import (
	"context"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

func (m *Memory) epoch() *memoryEpoch { return m.epochs[len(m.epochs)-1] }

func (e *memoryEpoch) hashAt(lane edge.Lane, seq uint64) (h edge.Hash) {
	if seq > 0 {
		h = e.hashes[lane][seq-1]
	}
	return h
}

func (m *Memory) append(lane edge.Lane, kind, subject string, data any) (id string, at place) {
	ev := edge.Event{
		Lane: lane, ID: newID(), Type: kind,
		Time: m.now().UnixMilli(), Mono: m.now().Sub(m.start).Milliseconds(),
		Subject: subject, Data: mustJSON(data),
	}
	m.put(ev)
	return ev.ID, place{len(m.epochs), uint64(len(m.epoch().events[lane]))}
}

func (m *Memory) put(ev edge.Event) {
	e := m.epoch()
	n := uint64(len(e.events[ev.Lane]))
	ev.Node, ev.Epoch, ev.Seq = "node", e.id, n+1
	e.hashes[ev.Lane] = append(e.hashes[ev.Lane], ev.Hash(e.hashAt(ev.Lane, n)))
	e.events[ev.Lane] = append(e.events[ev.Lane], ev)
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

func (m *Memory) openEpoch(held map[edge.Lane]uint64, above uint32) {
	if n := len(m.epochs); n > 0 {
		above = max(above, m.epochs[n-1].series)
	}
	e := &memoryEpoch{
		id: newID(), series: above + 1, events: map[edge.Lane][]edge.Event{},
		hashes: map[edge.Lane][]edge.Hash{}, marks: map[edge.Lane]uint64{},
		opened: map[edge.Lane]edge.EpochOpened{},
	}
	m.epochs = append(m.epochs, e)
	for _, lane := range edge.Lanes() {
		var opened edge.EpochOpened
		var again []edge.Event
		if len(m.epochs) > 1 {
			old := m.epochs[len(m.epochs)-2]
			n := min(held[lane], uint64(len(old.events[lane])))
			opened = old.opened[lane] // stands where HQ never heard of the old epoch
			if n > 0 {
				opened.Parent = &edge.EpochParent{Epoch: old.id, Seq: n, Hash: old.hashAt(lane, n)}
			}
			again = old.events[lane][n:]
		}
		opened.Series = e.series
		e.opened[lane] = opened
		m.append(lane, edge.EventEpoch, e.id, opened)
		for _, ev := range again {
			if ev.Type != edge.EventEpoch {
				m.put(ev)
			}
		}
	}
}

// Epoch implements edge.Outbox.
func (m *Memory) Epoch() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.epoch().id
}

// Head implements edge.Outbox.
func (m *Memory) Head(_ context.Context, lane edge.Lane) (uint64, edge.Hash, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := uint64(len(m.epoch().events[lane]))
	return n, m.epoch().hashAt(lane, n), nil
}

// HashAt implements edge.Outbox.
func (m *Memory) HashAt(_ context.Context, lane edge.Lane, seq uint64) (edge.Hash, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if seq > uint64(len(m.epoch().events[lane])) {
		return edge.Hash{}, edge.Errorf("edgetest.Memory", edge.NotFound, "lane %s has no event %d", lane, seq)
	}
	return m.epoch().hashAt(lane, seq), nil
}

// Events implements edge.Outbox.
func (m *Memory) Events(_ context.Context, dst []edge.Event, lane edge.Lane, after uint64, limit int) ([]edge.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	evs := m.epoch().events[lane]
	evs = evs[min(after, uint64(len(evs))):]
	return append(dst, evs[:min(limit, len(evs))]...), nil
}

// Mark implements edge.Outbox.
func (m *Memory) Mark(_ context.Context, lane edge.Lane) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.epoch().marks[lane], nil
}

// SetMark implements edge.Outbox.
func (m *Memory) SetMark(_ context.Context, lane edge.Lane, mark uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.epoch().events[lane]); mark > uint64(n) {
		return edge.Errorf("edgetest.Memory", edge.Conflict, "HQ holds %d events of lane %s, this shop has %d", mark, lane, n)
	}
	m.epoch().marks[lane] = mark
	return nil
}

// OpenEpoch implements edge.Outbox.
func (m *Memory) OpenEpoch(_ context.Context, held map[edge.Lane]uint64, above uint32) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.openEpoch(held, above)
	return m.epoch().id, nil
}

// Series implements edge.Outbox.
func (m *Memory) Series() uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.epoch().series
}

// Ancestors implements edge.Outbox.
func (m *Memory) Ancestors(_ context.Context, lane edge.Lane) (list []edge.EpochParent, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for e := m.epoch(); e != nil; {
		p := e.opened[lane].Parent
		if p == nil {
			break
		}
		list = append(list, *p)
		e = m.past(p.Epoch)
	}
	slices.Reverse(list)
	return list, nil
}

// past is an earlier epoch, nil where there is none of this name.
func (m *Memory) past(id string) *memoryEpoch {
	i := slices.IndexFunc(m.epochs, func(e *memoryEpoch) bool { return e.id == id })
	if i < 0 {
		return nil
	}
	return m.epochs[i]
}

// EpochHashAt implements edge.Outbox.
func (m *Memory) EpochHashAt(_ context.Context, epoch string, lane edge.Lane, seq uint64) (edge.Hash, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.past(epoch)
	if e == nil || seq > uint64(len(e.events[lane])) {
		return edge.Hash{}, edge.Errorf("edgetest.Memory", edge.NotFound, "epoch %s has no event %d in lane %s", epoch, seq, lane)
	}
	return e.hashAt(lane, seq), nil
}

// EpochEvents implements edge.Outbox.
func (m *Memory) EpochEvents(_ context.Context, dst []edge.Event, epoch string, lane edge.Lane, after uint64, limit int) ([]edge.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.past(epoch)
	if e == nil {
		return dst, edge.Errorf("edgetest.Memory", edge.NotFound, "there was no epoch %s", epoch)
	}
	evs := e.events[lane]
	evs = evs[min(after, uint64(len(evs))):]
	return append(dst, evs[:min(limit, len(evs))]...), nil
}

// Waiting implements edge.Outbox.
func (m *Memory) Waiting(_ context.Context, lane edge.Lane) (n uint64, oldest time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	evs := m.epoch().events[lane][m.epoch().marks[lane]:]
	if len(evs) > 0 {
		oldest = time.UnixMilli(evs[0].Time).UTC()
	}
	return uint64(len(evs)), oldest, nil
}

// Changed implements edge.Outbox.
func (m *Memory) Changed() <-chan struct{} { return m.changed }

// Applied implements edge.Outbox.
func (m *Memory) Applied(context.Context) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.applied, nil
}
