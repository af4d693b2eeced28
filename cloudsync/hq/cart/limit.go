package cart

import (
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// What one cart's phones may ask for. Phones share addresses behind a mobile
// network's gateway, so the cart is counted, not the address; only carts with
// an authentic code get this far.
const (
	visitsPerSecond = 10
	visitsAtOnce    = 40
	cartsRemembered = 10_000
	streamsPerCart  = 16
	streamsInAll    = 10_000
)

// What one address may type of codes, so that whoever guesses leaves others their
// part of what all may.
const (
	codesPerSecond = 0.5
	codesAtOnce    = 20
)

// limiter is a token bucket for each cart.
type limiter struct {
	mu     sync.Mutex
	visits map[edge.CartID]visits
}

type visits struct {
	left float64
	at   time.Time
}

func (v visits) refilled(now time.Time) visits {
	gained := max(now.Sub(v.at).Seconds(), 0) * visitsPerSecond
	return visits{min(v.left+gained, visitsAtOnce), now}
}

func (l *limiter) allow(id edge.CartID, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.visits[id]
	if !ok {
		v = visits{visitsAtOnce, now}
		l.forget(now)
	}
	v = v.refilled(now)
	if v.left < 1 {
		l.visits[id] = v
		return false
	}
	v.left--
	l.visits[id] = v
	return true
}

// forget makes room: carts whose bucket is full again need not be remembered.
func (l *limiter) forget(now time.Time) {
	if len(l.visits) < cartsRemembered {
		return
	}
	for id, v := range l.visits {
		if v.refilled(now).left >= visitsAtOnce {
			delete(l.visits, id)
		}
	}
	if len(l.visits) >= cartsRemembered {
		clear(l.visits)
	}
}

// streams counts the live streams that are open.
type streams struct {
	mu   sync.Mutex
	open map[edge.CartID]int
	all  int
}

// enter takes a place for a stream; leave gives it back.
func (s *streams) enter(id edge.CartID) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= streamsInAll || s.open[id] >= streamsPerCart {
		return nil, false
	}
	s.all++
	s.open[id]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.open[id]--; s.open[id] == 0 {
			delete(s.open, id)
		}
	}, true
}
