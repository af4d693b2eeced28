package api

import (
	"sync"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	maxListeners = 64
	// maxPending bounds the changed carts that a listener has not fetched yet.
	maxPending = 256
)

// broker tells listeners which carts changed. It carries names only: whoever
// hears of a change loads the cart as it then is, so that a slow listener
// misses steps between but never the outcome.
type broker struct {
	mu        sync.Mutex
	listeners map[*listener]struct{}
	closed    bool
}

// listener is one event stream.
type listener struct {
	hears func(edge.CartID) bool // of which carts' changes
	wake  chan struct{}          // has a value while something is pending

	// Guarded by the broker.
	carts  map[edge.CartID]struct{}
	status bool
	lost   bool // too slow, or the broker has closed
}

func newBroker() *broker { return &broker{listeners: map[*listener]struct{}{}} }

// listen adds a listener; leave takes it away.
func (b *broker) listen(hears func(edge.CartID) bool) (*listener, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, edge.Errorf("api.listen", edge.Unavailable, "the gateway is stopping")
	}
	if len(b.listeners) >= maxListeners {
		return nil, edge.Errorf("api.listen", edge.TooMany, "%d pages listen already: close one", maxListeners)
	}
	l := &listener{hears: hears, wake: make(chan struct{}, 1), carts: map[edge.CartID]struct{}{}}
	b.listeners[l] = struct{}{}
	return l, nil
}

func (b *broker) leave(l *listener) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.listeners, l)
}

func (b *broker) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.listeners) == 0
}

func (b *broker) each(change func(l *listener)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for l := range b.listeners {
		change(l)
		if len(l.carts) == 0 && !l.status && !l.lost {
			continue
		}
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

func (b *broker) cartChanged(id edge.CartID) {
	b.each(func(l *listener) {
		if !l.hears(id) {
			return
		}
		l.carts[id] = struct{}{}
		l.lost = l.lost || len(l.carts) > maxPending
	})
}

func (b *broker) statusChanged() { b.each(func(l *listener) { l.status = true }) }

// close ends every listener and lets none in any more.
func (b *broker) close() {
	b.each(func(l *listener) { l.lost = true })
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// take empties what is pending for l.
func (b *broker) take(l *listener) (carts []edge.CartID, status, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range l.carts {
		carts = append(carts, id)
	}
	clear(l.carts)
	status, l.status = l.status, false
	return carts, status, l.lost
}
