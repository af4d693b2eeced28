package api

import (
	"strings"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	maxWrong   = 5  // wrong PINs of one client in a round
	maxWrongIn = 30 // wrong PINs of all clients but tills together in a round
	maxRounds  = 10 // of a till; after them it is like anybody else

	firstLock   = time.Minute // after the first round; each further one's is twice as long
	longestLock = time.Hour
	tillLock    = 10 * time.Minute // the longest of a till
	forgetAfter = 24 * time.Hour   // without a wrong PIN

	maxSlips   = 10 // wrong PINs that one person's right ones take back
	slipsIn    = time.Hour
	maxTills   = 5 // that one person makes of other devices
	newTillsIn = 24 * time.Hour
)

// guesser is who enters a PIN. The audit log has the name.
type guesser struct {
	name string
	till bool // somebody signed in there before
}

const tillGuesser = "till " // what the name of a till begins with

// lockout counts wrong PINs, by client and, tills apart, all told. The clients
// it remembers are few: each had a wrong PIN within forgetAfter, and the locks of
// all clients together leave room for less than a thousand of those. Tills are
// as few as the shop has.
type lockout struct {
	now func() time.Time

	mu      sync.Mutex
	clients map[string]wrong
	all     wrong
	people  map[string]person // by name, those who were right
}

// person is what somebody has had for knowing a PIN. Without a bound on it a clerk
// could guess a manager's for ever, with a PIN of their own between the guesses.
type person struct {
	slips, tills         int
	slipsFrom, tillsFrom time.Time // when the first of them was
}

// wrong counts tries in rounds, each of which ends in a lock.
type wrong struct {
	n      int // tries in this round
	rounds int // before it
	at     time.Time
}

func newLockout(now func() time.Time) *lockout {
	return &lockout{now: now, clients: map[string]wrong{}, people: map[string]person{}}
}

// recall counts what the audit log, oldest record first, has of PINs: a restart
// lets nobody guess anew.
func (l *lockout) recall(records []edge.AuditRecord) {
	now := l.now
	defer func() { l.now = now }()
	for _, r := range records {
		g := guesser{r.About, strings.HasPrefix(r.About, tillGuesser)}
		l.now = func() time.Time { return r.At }
		switch r.Kind {
		case edge.AuditWrongPIN:
			l.try(g)
		case edge.AuditSignedIn:
			l.try(g)
			l.right(g, r.Staff)
			if !g.till {
				l.newTill(r.Staff)
			}
		case edge.AuditApproved:
			l.try(g)
			l.right(g, r.Manager)
		}
	}
}

// try counts a try as wrong before it is checked, so that tries made at the
// same time cannot slip past the limit. It returns how long the client has to
// wait, zero if it may try. A till waits for its own wrong PINs only.
func (l *lockout) try(g guesser) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.forget(now)
	if wait := l.clients[g.name].wait(now, maxWrong, g.longest()); wait > 0 {
		return wait
	}
	if !g.till {
		if wait := l.all.wait(now, maxWrongIn, longestLock); wait > 0 {
			return wait
		}
		if l.all.n >= maxWrongIn {
			l.startRounds()
		}
		l.all = l.all.plus(now, maxWrongIn)
	}
	l.clients[g.name] = l.clients[g.name].plus(now, maxWrong)
	return 0
}

// locked is how long the next try has to wait.
func (l *lockout) locked(g guesser) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	wait = l.clients[g.name].wait(l.now(), maxWrong, g.longest())
	if !g.till {
		wait = max(wait, l.all.wait(l.now(), maxWrongIn, longestLock))
	}
	return wait
}

func (g guesser) longest() time.Duration {
	if g.till {
		return tillLock
	}
	return longestLock
}

// trusts reports whether a till is still one: nobody has guessed there for very
// long.
func (l *lockout) trusts(g guesser) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(l.now())
	return l.clients[g.name].rounds < maxRounds
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

// right takes back the present round of a client where somebody knew their PIN:
// those were slips, unless the same person had many within an hour. The client's
// rounds before, and everybody else's guesses, stay.
func (l *lockout) right(g guesser, who string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, w, p := l.now(), l.clients[g.name], l.people[who]
	if now.Sub(p.slipsFrom) >= slipsIn {
		p.slips, p.slipsFrom = 0, now
	}
	slips := min(max(w.n-1, 0), maxSlips-p.slips) // the last try was the right one
	p.slips += slips
	l.people[who] = p
	back := min(slips+1, w.n)
	if !g.till {
		l.all.n = max(l.all.n-back, 0)
	}
	w.n -= back
	l.clients[g.name] = w
	if w.n == 0 && w.rounds == 0 {
		delete(l.clients, g.name)
	}
}

// newTill reports whether who signed in may make a till of their device.
func (l *lockout) newTill(who string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, p := l.now(), l.people[who]
	if now.Sub(p.tillsFrom) >= newTillsIn {
		p.tills, p.tillsFrom = 0, now
	}
	if p.tills >= maxTills {
		return false
	}
	p.tills++
	l.people[who] = p
	return true
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
func (w wrong) wait(now time.Time, limit int, longest time.Duration) time.Duration {
	if w.n < limit {
		return 0
	}
	lock := min(firstLock<<min(w.rounds, 10), longest) // 10: far beyond the longest
	return max(lock-now.Sub(w.at), 0)
}
