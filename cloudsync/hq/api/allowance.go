package api

import (
	"math"
	"sync"
	"time"
)

// What may be asked: a token so many requests at once and so many a second, an
// address so many wrong tokens.
const (
	burst, perSecond           = 100, 50.0
	wrongBurst, wrongPerSecond = 20, 0.5
	maxAllowances              = 10_000
)

// allowances count what is asked, by who asks.
type allowances struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*allowance
}

// allowance is a bucket of requests that fills by the time.
type allowance struct {
	left float64
	at   time.Time
}

func newAllowances(now func() time.Time) *allowances {
	return &allowances{now: now, by: map[string]*allowance{}}
}

// take takes one request and reports whether there was one.
func (s *allowances) take(who string, burst, perSecond float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	b := s.by[who]
	if b == nil {
		if len(s.by) >= maxAllowances {
			clear(s.by)
		}
		b = &allowance{left: burst, at: now}
		s.by[who] = b
	}
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.left = math.Min(burst, b.left+passed*perSecond)
	}
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
