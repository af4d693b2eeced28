package ar

import "time"

// What tells a covered lens from an empty wall, neither of which has an edge.
const (
	viewEvery  = 250 * time.Millisecond
	viewsKept  = 20                     // five seconds
	viewBefore = 500 * time.Millisecond // a hand on its way to the lens is in the views of that long
	// seenShare of its parts a view with somebody in it has in common with the
	// wall behind, plainShare one of the wall alone, whose light may differ;
	// backShare is it after a cover was taken away, and stillShare while nothing
	// but the light changes.
	seenShare  = 0.2
	plainShare = 0.5
	backShare  = 0.8
	stillShare = 0.95
	// A part may differ by likeLevels of 255 and a likePart of its brightness.
	likeLevels = 4
	likePart   = 10
	// The red of a finger with light behind it, and how many times its green and
	// its blue.
	glowRed   = 60
	glowTimes = 2
)

// The picture's parts, each of gridColumns/viewColumns by gridRows/viewRows
// samples.
const (
	viewColumns = 10
	viewRows    = 6
	partSamples = gridSamples / (viewColumns * viewRows)
)

// scene remembers for some seconds the colours of the picture's parts. Whoever
// leaves an empty wall behind has not hidden all of it before, and its light
// changes everywhere alike; what covers the lens changes every part at once, each
// in its own way. At the start nothing is known, and a picture without an edge
// is taken for a wall, unless it glows red.
type scene struct {
	views   [viewsKept]view
	n, next int
	covered bool
}

// view is a picture in parts: sums of their samples, blue, green, red.
type view struct {
	at    time.Time
	plain bool // without an edge
	parts [viewColumns * viewRows][3]uint16
}

// add takes the colour of the sample in the grid's column c and row r.
func (v *view) add(c, r int, blue, green, red byte) {
	p := &v.parts[r*viewRows/gridRows*viewColumns+c*viewColumns/gridColumns]
	p[0] += uint16(blue)
	p[1] += uint16(green)
	p[2] += uint16(red)
}

// sums are those of the whole picture.
func (v *view) sums() (blue, green, red int) {
	for _, p := range v.parts {
		blue, green, red = blue+int(p[0]), green+int(p[1]), red+int(p[2])
	}
	return blue, green, red
}

func (v *view) light() int {
	blue, green, red := v.sums()
	return blue + green + red + 1
}

// glows reports whether the picture is as red as a finger with light behind it.
func (v *view) glows() bool {
	blue, green, red := v.sums()
	return red > glowRed*gridSamples && red > glowTimes*max(blue, green)
}

// see takes a picture that is no cover's.
func (s *scene) see(v *view, now time.Time) {
	s.covered = false
	if s.n > 0 && now.Sub(s.last().at) < viewEvery {
		return
	}
	s.views[s.next] = *v
	s.views[s.next].at = now
	s.next = (s.next + 1) % viewsKept
	s.n = min(s.n+1, viewsKept)
}

func (s *scene) last() *view { return &s.views[(s.next+viewsKept-1)%viewsKept] }

// covers takes a picture without an edge and reports whether it is a cover's.
func (s *scene) covers(v *view, now time.Time) bool {
	v.plain = true
	known, seen := s.seen(v)
	switch {
	case known:
		s.covered = !seen
	case !s.covered:
		s.covered = v.glows()
	}
	if !s.covered {
		s.see(v, now)
	}
	return s.covered
}

// seen reports whether v was seen before, in part at least; known is false where
// nothing was seen long enough ago.
func (s *scene) seen(v *view) (known, seen bool) {
	if s.n == 0 {
		return false, false
	}
	last := s.last()
	if !s.covered && last.relit(v) >= stillShare {
		return true, true
	}
	until := last.at.Add(-viewBefore)
	for i := range s.n {
		old := &s.views[i]
		if old.at.After(until) {
			continue
		}
		known = true
		share, enough := old.relit(v), plainShare
		if !old.plain {
			share, enough = old.alike(v, 1, 1), seenShare
		}
		if s.covered {
			enough = backShare
		}
		if share >= enough {
			return true, true
		}
	}
	return known, false
}

// relit is alike for two pictures without an edge, whose light may differ.
func (v *view) relit(w *view) float64 {
	was, is := v.light(), w.light()
	if !v.plain || is > 2*was || was > 2*is {
		return 0
	}
	return v.alike(w, is, was)
}

// alike is the share of parts that look the same in both, if w has to/from
// times the light of v.
func (v *view) alike(w *view, to, from int) float64 {
	same := 0
	for i, p := range v.parts {
		q := w.parts[i]
		ok := true
		for c := range p {
			a, b := int(p[c])*to/from, int(q[c])
			ok = ok && distance(a, b) <= partSamples*likeLevels+max(a, b)/likePart
		}
		if ok {
			same++
		}
	}
	return float64(same) / float64(len(v.parts))
}
