package hq

import "sync"

// topic tells watchers of a key that something happened. A watcher that is
// slow misses nothing: its value waits for it, and values merge.
type topic[K comparable] struct {
	mu       sync.Mutex
	watchers map[K]map[chan struct{}]struct{}
}

func newTopic[K comparable]() *topic[K] {
	return &topic[K]{watchers: map[K]map[chan struct{}]struct{}{}}
}

func (t *topic[K]) watch(key K) (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.watchers[key] == nil {
		t.watchers[key] = map[chan struct{}]struct{}{}
	}
	t.watchers[key][ch] = struct{}{}
	return ch, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.watchers[key], ch)
		if len(t.watchers[key]) == 0 {
			delete(t.watchers, key)
		}
	}
}

func (t *topic[K]) tell(key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for ch := range t.watchers[key] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}
