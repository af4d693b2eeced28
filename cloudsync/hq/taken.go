package hq

import (
	"maps"
	"sync"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// Taken counts what this program took in since it began.
type Taken struct {
	Batches uint64                       // committed
	Events  uint64                       // in them
	Fresh   uint64                       // of these, not held before
	Refused map[cloudsync.Refusal]uint64 // batches, by why
}

// taken keeps the counts.
type taken struct {
	mu  sync.Mutex
	sum Taken
}

func (t *taken) store(group []*intake, fresh int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, in := range group {
		if !in.batch.Probe() {
			t.sum.Batches++
			t.sum.Events += in.batch.To - in.batch.From + 1
		}
	}
	t.sum.Fresh += uint64(fresh)
}

func (t *taken) refuse(why cloudsync.Refusal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sum.Refused == nil {
		t.sum.Refused = map[cloudsync.Refusal]uint64{}
	}
	t.sum.Refused[why]++
}

// Taken counts what this program took in.
func (h *HQ) Taken() Taken {
	h.taken.mu.Lock()
	defer h.taken.mu.Unlock()
	sum := h.taken.sum
	sum.Refused = maps.Clone(sum.Refused)
	return sum
}
