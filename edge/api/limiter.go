package api

import (
	"sync"
	"time"
)

// limiter gives each client a bucket of tokens that fills up steadily.
type limiter struct {
	now   func() time.Time
	rate  float64 // tokens a second
	burst float64

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// maxBuckets bounds the clients that are remembered; those with a full bucket
// are forgotten first.
const maxBuckets = 4096

func newLimiter(now func() time.Time, rate, burst float64) *limiter {
	return &limiter{now: now, rate: rate, burst: burst, buckets: map[string]bucket{}}
}

// allow takes a token of the client's, if it has one.
func (l *limiter) allow(client string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b, known := l.buckets[client]
	if !known && len(l.buckets) >= maxBuckets && !l.forget(now) {
		return false
	}
	if !known {
		b = bucket{l.burst, now}
	}
	b = bucket{l.filled(b, now), now}
	ok := b.tokens >= 1
	if ok {
		b.tokens--
	}
	l.buckets[client] = b
	return ok
}

func (l *limiter) filled(b bucket, now time.Time) float64 {
	return min(l.burst, b.tokens+l.rate*max(now.Sub(b.at).Seconds(), 0))
}

// forget drops the clients whose buckets are full again and reports whether
// there is room.
func (l *limiter) forget(now time.Time) bool {
	for c, b := range l.buckets {
		if l.filled(b, now) >= l.burst {
			delete(l.buckets, c)
		}
	}
	return len(l.buckets) < maxBuckets
}
