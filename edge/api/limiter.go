package api

import (
	"net/netip"
	"sync"
	"time"
)

// Limiter gives each client a bucket of tokens that fills up steadily.
type Limiter struct {
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

// NewLimiter lets each client have burst at once, and rate a second.
func NewLimiter(now func() time.Time, rate, burst float64) *Limiter {
	return &Limiter{now: now, rate: rate, burst: burst, buckets: map[string]bucket{}}
}

// Allow takes a token of the client's, if it has one.
func (l *Limiter) Allow(client string) bool {
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

// Has reports whether the client has a token, and takes none.
func (l *Limiter) Has(client string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.buckets[client]
	return !known || l.filled(b, l.now()) >= 1
}

func (l *Limiter) filled(b bucket, now time.Time) float64 {
	return min(l.burst, b.tokens+l.rate*max(now.Sub(b.at).Seconds(), 0))
}

// forget drops the clients whose buckets are full again and reports whether
// there is room.
func (l *Limiter) forget(now time.Time) bool {
	for c, b := range l.buckets {
		if l.filled(b, now) >= l.burst {
			delete(l.buckets, c)
		}
	}
	return len(l.buckets) < maxBuckets
}

// ClientOf is whom an IP address stands for: whoever has an IPv6 address has a
// network of 64 bits of them, and could begin anew with each.
func ClientOf(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Unmap().Is4() {
		return ip
	}
	if net, err := addr.WithZone("").Prefix(64); err == nil {
		return net.String()
	}
	return ip
}
