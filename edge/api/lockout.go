package api

import (
	"sync"
	"time"
)

const (
	maxWrong   = 5  // wrong PINs of one client in a round
	maxWrongIn = 30 // wrong PINs of all clients together in a round

	firstLock   = time.Minute // after the first round; each further one's is twice as long
	longestLock = time.Hour
	forgetAfter = 24 * time.Hour // without a wrong PIN
)

// lockout counts wrong PINs, by client and all told. The clients it remembers
// are few: each had a wrong PIN within forgetAfter, and the locks of all
// clients together leave room for less than a thousand of those.
type lockout struct {
	now func() time.Time

	mu      sync.Mutex
	clients map[string]wrong
	all     wrong
}

// wrong counts tries in rounds, each of which ends in a lock.
type wrong struct {
	n      int // tries in this round
	rounds int // before it
	at     time.Time
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
	l.forget(now)
	if wait := max(l.clients[client].wait(now, maxWrong), l.all.wait(now, maxWrongIn)); wait > 0 {
		return wait
	}
	if l.all.n >= maxWrongIn {
		l.startRounds()
	}
	l.clients[client] = l.clients[client].plus(now, maxWrong)
	l.all = l.all.plus(now, maxWrongIn)
	return 0
}

// forget drops what is too old.
func (l *lockout) forget(now time.Time) {
	for c, w := range l.clients {
		if now.Sub(w.at) >= forgetAfter {
			delete(l.clients, c)
		}
	}
	if now.Sub(l.all.at) >= forgetAfter {
		l.all = wrong{}
	}
}

// startRounds lets the clients begin a round together with all of them, so
// that right never takes more from a round of all than the client has put into
// it. Who is locked stays so.
func (l *lockout) startRounds() {
	for c, w := range l.clients {
		if w.n < maxWrong {
			w.n = 0
			l.clients[c] = w
		}
	}
}

// right takes back the present round of a client that knew its PIN: those were
// slips. Its rounds before, and everybody else's guesses, stay.
func (l *lockout) right(client string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.clients[client]
	l.all.n = max(l.all.n-w.n, 0)
	w.n = 0
	l.clients[client] = w
	if w.rounds == 0 {
		delete(l.clients, client)
	}
}

// plus is w after one more try, which begins a new round if the one before
// came to its limit.
func (w wrong) plus(now time.Time, limit int) wrong {
	if w.n >= limit {
		w.n = 0
		w.rounds++
	}
	return wrong{w.n + 1, w.rounds, now}
}

// wait is how long w's lock still lasts.
func (w wrong) wait(now time.Time, limit int) time.Duration {
	if w.n < limit {
		return 0
	}
	lock := min(firstLock<<min(w.rounds, 10), longestLock) // 10: far beyond the longest
	return max(lock-now.Sub(w.at), 0)
}
