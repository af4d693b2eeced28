package api

import (
	"sync"
	"time"
)

const (
	lockTime   = time.Minute
	maxWrong   = 5  // wrong PINs of one client
	maxWrongIn = 30 // wrong PINs of all clients together
	// maxClients bounds the clients that are remembered.
	maxClients = 1024
)

// lockout counts wrong PINs, by client and all told.
type lockout struct {
	now func() time.Time

	mu      sync.Mutex
	clients map[string]wrong
	all     wrong
}

// wrong counts tries since the last right one; a lock that has run out, or a
// quiet lockTime, starts it anew.
type wrong struct {
	n  int
	at time.Time // of the last try
}

func newLockout(now func() time.Time) *lockout {
	return &lockout{now: now, clients: map[string]wrong{}}
}

// try counts a try as wrong before it is checked, so that tries made at the
// same time cannot slip past the limit. It returns how long the client has to
// wait, zero if it may try.
func (l *lockout) try(client string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if len(l.clients) >= maxClients {
		for c, w := range l.clients {
			if now.Sub(w.at) >= lockTime {
				delete(l.clients, c)
			}
		}
	}
	mine := l.clients[client].since(now)
	l.all = l.all.since(now)
	if _, known := l.clients[client]; !known && len(l.clients) >= maxClients {
		return lockTime
	}
	if wait := max(mine.wait(now, maxWrong), l.all.wait(now, maxWrongIn)); wait > 0 {
		return wait
	}
	l.clients[client] = wrong{mine.n + 1, now}
	l.all = wrong{l.all.n + 1, now}
	return 0
}

// right takes back what try counted for a client that knew its PIN.
func (l *lockout) right(client string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.clients, client)
	l.all.n = max(l.all.n-1, 0)
}

func (w wrong) since(now time.Time) wrong {
	if now.Sub(w.at) >= lockTime {
		return wrong{}
	}
	return w
}

func (w wrong) wait(now time.Time, limit int) time.Duration {
	if w.n < limit {
		return 0
	}
	return lockTime - now.Sub(w.at)
}
