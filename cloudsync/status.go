package cloudsync

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Status is how the line to HQ stands.
type Status struct {
	Up    bool      // connected, and HQ answers
	Since time.Time // up or down since
	// Shut says that HQ took this machine's key or certificate back, going by its
	// latest word: what is sent is set aside, or not let in.
	Shut bool
	// Clone says that two machines write under this one's name, going by HQ's latest
	// word: it goes by what they wrote within a day.
	Clone bool
	// Lost counts the connections in a row that the broker let in and that were lost
	// within a minute: on an unsteady line, or because another machine under this
	// one's name comes in their place each time. A line that machines of one name
	// share, as that over HTTPS, counts nothing.
	Lost  int
	Lanes []LaneStatus
}

// brief is how long a connection stands that counts as lost as soon as it was made.
const brief = time.Minute

// LaneStatus is how far a lane is confirmed, as of the last look.
type LaneStatus struct {
	Lane       edge.Lane
	Mark, Head uint64
}

// statusBoard keeps the status and tells those who watch it.
type statusBoard struct {
	mu       sync.Mutex
	s        Status
	watchers map[chan struct{}]struct{}
	made     time.Time // the connection that stands; zero for none
	shared   bool      // it takes nobody's place
}

func newStatusBoard() *statusBoard {
	b := &statusBoard{watchers: map[chan struct{}]struct{}{}, s: Status{Since: time.Now()}}
	for _, l := range edge.Lanes() {
		b.s.Lanes = append(b.s.Lanes, LaneStatus{Lane: l})
	}
	return b
}

func (b *statusBoard) get() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.s
	if !b.made.IsZero() && time.Since(b.made) >= brief {
		s.Lost = 0
	}
	s.Lanes = append([]LaneStatus(nil), b.s.Lanes...)
	return s
}

func (b *statusBoard) watch() (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers[ch] = struct{}{}
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watchers, ch)
	}
}

func (b *statusBoard) setUp(up bool) {
	b.change(func(s *Status) bool {
		if s.Up == up {
			return false
		}
		s.Up, s.Since = up, time.Now()
		return true
	})
}

// dialled takes note of a connection that was made or, with an error, was not.
func (b *statusBoard) dialled(link Link, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		s, ok := link.(interface{ Shared() bool })
		b.made, b.shared = time.Now(), ok && s.Shared()
	case errors.Is(err, ErrLinkLost): // while it subscribed
		b.s.Lost++
	default: // what is wrong is something else
		b.s.Lost = 0
	}
}

// ended takes note of a connection's end, by the other side or by this one.
func (b *statusBoard) ended(lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.shared || time.Since(b.made) >= brief:
		b.s.Lost = 0
	case lost:
		b.s.Lost++
	}
	b.made = time.Time{}
}

// setShut reports whether that is new.
func (b *statusBoard) setShut(shut bool) bool {
	return b.change(func(s *Status) bool {
		changed := s.Shut != shut
		s.Shut = shut
		return changed
	})
}

// setClone reports whether that is new.
func (b *statusBoard) setClone(clone bool) bool {
	return b.change(func(s *Status) bool {
		changed := s.Clone != clone
		s.Clone = clone
		return changed
	})
}

func (b *statusBoard) setLane(lane edge.Lane, mark, head uint64) {
	b.change(func(s *Status) bool {
		for i := range s.Lanes {
			if l := &s.Lanes[i]; l.Lane == lane && (l.Mark != mark || l.Head != head) {
				l.Mark, l.Head = mark, head
				return true
			}
		}
		return false
	})
}

// change tells the watchers when f reports a change, and returns whether it did.
func (b *statusBoard) change(f func(*Status) bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !f(&b.s) {
		return false
	}
	for ch := range b.watchers {
		offer(ch, struct{}{})
	}
	return true
}

// noticing dials for an uplink, which learns by it where it is shut out.
type noticing struct{ *Uplink }

func (n noticing) Dial(ctx context.Context, s Session) (Link, error) {
	link, err := n.c.Dialer.Dial(ctx, s)
	if refused, ok := errors.AsType[*RefusalError](err); ok && refused.Code == RefusedRevoked {
		n.setShut(true)
	}
	n.status.dialled(link, err)
	return link, err
}

// setShut takes HQ's word of whether this machine is shut out.
func (u *Uplink) setShut(shut bool) {
	switch isNew := u.status.setShut(shut); {
	case isNew && shut:
		u.c.Log.Error("HQ has shut this machine out: its key or certificate was taken back; it sells on, and its sales are kept", "audit", true)
	case isNew:
		u.c.Log.Info("HQ does not shut this machine out any more", "audit", true)
	}
}

// setClone takes HQ's word of whether another machine goes by this one's name.
func (u *Uplink) setClone(clone bool) {
	switch isNew := u.status.setClone(clone); {
	case isNew && clone:
		u.c.Log.Error("HQ hears two machines under this one's name: a copy of it is in use; both sell, and no sale is lost", "audit", true)
	case isNew:
		u.c.Log.Info("HQ hears one machine under this name again", "audit", true)
	}
}
