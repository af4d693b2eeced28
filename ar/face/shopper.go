package face

import (
	"slices"
	"time"
)

const (
	// Somebody who is clearlyNearer for takeOver has the mirror from then on: a
	// friend who leans in does not take it, the next shopper does.
	clearlyNearer = 1.3
	takeOver      = 1500 * time.Millisecond
	// Once the shopper is gone, who stood by is not painted for standBy, nor is
	// somebody muchFarther away.
	standBy     = 3 * time.Second
	muchFarther = 0.7
	// sameDetection is the overlap from which two detections, a search apart,
	// are taken for one face.
	sameDetection = 0.2
)

// shopper is whom a mirror for one follows: the nearest, until he leaves or
// somebody is clearly nearer for a while. Those who stand by did not ask to be
// painted, so they never are at once.
type shopper struct {
	place      box // where he was when the detector ran last
	seen       time.Time
	bystanders []box     // where others were
	rival      time.Time // since when somebody is clearly nearer
}

// beside looks at the shopper's face and at who was found beside it, and
// reports whether one of them has the mirror from now on.
func (s *shopper) beside(face box, found []detection, now time.Time) (replaced bool) {
	own := closest(face, found)
	if own >= 0 {
		s.place, s.seen = found[own].box, now
	}
	s.bystanders = s.bystanders[:0]
	nearer := false
	for i, d := range found {
		if i != own {
			s.bystanders = append(s.bystanders, d.box)
			nearer = nearer || own >= 0 && d.side() > clearlyNearer*found[own].side()
		}
	}
	switch {
	case !nearer:
		s.rival = time.Time{}
	case s.rival.IsZero() || now.Before(s.rival):
		s.rival = now
	case now.Sub(s.rival) >= takeOver:
		*s = shopper{}
		return true
	}
	return false
}

// gone follows the bystanders while the shopper's face is not there.
func (s *shopper) gone(found []detection) {
	for i, b := range s.bystanders {
		if at := closest(b, found); at >= 0 && !s.himself(found[at]) {
			s.bystanders[i] = found[at].box
		}
	}
}

// himself reports whether d is where the shopper was, and no bystander.
func (s *shopper) himself(d detection) bool {
	own := d.overlap(s.place)
	return own > sameDetection && !slices.ContainsFunc(s.bystanders, func(b box) bool { return d.overlap(b) > own })
}

// admits reports whether the mirror may be d's, now that nobody has it.
func (s *shopper) admits(d detection, now time.Time) bool {
	if s.seen.IsZero() || expired(now, s.seen, standBy) || s.himself(d) {
		return true
	}
	if slices.ContainsFunc(s.bystanders, func(b box) bool { return d.overlap(b) > sameDetection }) {
		return false
	}
	return d.side() >= muchFarther*s.place.side()
}

// closest is which of the detections lies best on b; -1 if none does.
func closest(b box, found []detection) int {
	best, at := sameDetection, -1
	for i, d := range found {
		if o := d.overlap(b); o > best {
			best, at = o, i
		}
	}
	return at
}
