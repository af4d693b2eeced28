package cloudsync_test

import (
	"context"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// memory is a CommandLog and an Archive of the shop in memory.
type memory struct {
	*edgetest.Memory
	mu     sync.Mutex
	begun  map[string]edge.CommandMemory
	digest map[string]edge.Hash
	exp    map[string]time.Time
}

func newMemory(m *edgetest.Memory) *memory {
	return &memory{Memory: m, begun: map[string]edge.CommandMemory{}, digest: map[string]edge.Hash{}, exp: map[string]time.Time{}}
}

func (m *memory) BeginCommand(_ context.Context, id string, digest edge.Hash, exp time.Time) (edge.CommandMemory, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, known := m.begun[id]
	if known && m.digest[id] != digest {
		return before, true, edge.Errorf("memory", edge.Conflict, "another command")
	}
	m.begun[id], m.digest[id], m.exp[id] = before, digest, exp
	return before, known, nil
}

func (m *memory) NoteProgress(_ context.Context, id string, done uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.begun[id]
	c.Done = done
	m.begun[id] = c
	return nil
}

func (m *memory) NoteAnswer(_ context.Context, id string, answer []byte, final bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.begun[id]
	c.Answers, c.Finished = append(c.Answers, answer), final
	m.begun[id] = c
	return nil
}

func (m *memory) ForgetCommands(_ context.Context, before time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, exp := range m.exp {
		if exp.Before(before) {
			delete(m.begun, id)
			delete(m.exp, id)
		}
	}
	return nil
}

func (m *memory) Epochs(context.Context) ([]string, error) { return []string{m.Epoch()}, nil }

func (m *memory) EpochHead(ctx context.Context, _ string, lane edge.Lane) (uint64, edge.Hash, error) {
	return m.Head(ctx, lane)
}

func (m *memory) EpochMark(ctx context.Context, _ string, lane edge.Lane) (uint64, error) {
	return m.Mark(ctx, lane)
}

func (m *memory) Snapshot(context.Context) (*edge.Snapshot, error) {
	return &edge.Snapshot{At: time.Now()}, nil
}
