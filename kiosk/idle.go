package kiosk

import (
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// missedAfter is how long nobody may be in the mirror before the shopper counts as
// missed: who bends to a shelf is soon back.
const missedAfter = 5 * time.Second

// left is how long it is until the wipe, for whoever holds s.mu: the idle time
// after the last touch, or sooner where the shopper has left the mirror.
func (s *session) left() time.Duration {
	idle := s.idle
	if s.busy {
		idle = s.hold
	}
	left := time.Until(s.touched.Add(idle))
	if seen, missed := s.missed(); missed {
		left = min(left, time.Until(seen.Add(s.gone)))
	}
	return max(left, 0)
}

// missed reports whether the shopper has left the mirror, and when they were seen
// or touched the screen last. Who looks at the phone, or at a picture that does
// not move with them, is not looked for; nor is anybody where the camera is lost.
func (s *session) missed() (seen time.Time, missed bool) {
	if s.gone <= 0 || s.busy || !s.now.Camera {
		return seen, false
	}
	st := s.mirror.Stats()
	if !st.Camera || s.mirror.Compare().Freeze || s.mirror.Replay().State != ar.ReplayOff {
		return seen, false
	}
	seen = s.touched
	if st.LastFace.After(seen) {
		seen = st.LastFace
	}
	return seen, time.Since(seen) > missedAfter
}

// touchLocked puts the wipe off, for whoever holds s.mu.
func (s *session) touchLocked(busy bool) {
	s.touched, s.busy = time.Now(), busy
	s.timer.Reset(s.next())
}

// next is when to look whether the wipe is due, for whoever holds s.mu: the
// shopper may go at any time from now on.
func (s *session) next() time.Duration {
	left := s.left()
	if s.gone > 0 && s.now.Camera && !s.busy {
		left = min(left, s.gone)
	}
	return left
}

// expire wipes session id if its time is up. The timer may have fired just as a
// touch put the wipe off or a face came back, or as another session began.
func (s *session) expire(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.ID != id {
		return
	}
	if s.left() > 0 {
		s.timer.Reset(s.next())
		return
	}
	s.wipe()
}
