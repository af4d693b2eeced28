package face

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

const (
	// A face begins to be followed from newPresence on and counts as lost below
	// keptPresence: two thresholds, so that it does not come and go at one.
	newPresence  = 0.5
	keptPresence = 0.3
	// searchEvery is how often the detector looks for more faces while somebody
	// is followed, and watchEvery how often for those beside the one face.
	searchEvery = 250 * time.Millisecond
	watchEvery  = 500 * time.Millisecond
	// sameFace is the overlap (intersection over union) from which two boxes
	// are taken for one face.
	sameFace = 0.33
	// A face that was lost and is back within awayFor, where it was
	// (samePlace, an overlap), is the same.
	awayFor   = 500 * time.Millisecond
	samePlace = 0.3
	// nearer is how much larger a face must be to take the place of one that
	// was thought nearer.
	nearer = 1.15
)

// track is a face that is followed.
type track struct {
	id     int
	points [ar.Points]ar.Point // as the model gave them, pixels of the frame
	score  float32
	region region    // where to look in the next frame
	last   region    // where it was before that
	seen   time.Time // when it was followed last
	fine   ar.Parts  // parts that were looked at closely
	asked  ar.Parts  // those of them that somebody wanted that
	fresh  ar.Parts  // and not in the frame before
	slid   float64   // how far it was from where it was expected then, in sides of its region
	filter filter
	head   head
	ears   ears
	own    spectacles

	details [details]detail
}

// crowd is the faces that are followed and what is known of others.
type crowd struct {
	limit   int // most faces followed at once
	raw     bool
	parts   ar.Parts // that somebody wants a closer look at
	lastID  int
	tracks  []*track // nearest first
	away    []*track // lost a moment ago
	search  time.Time
	shopper shopper // whose the mirror is, if it is for one
}

// follow finds each known face again. Of two that have become one it keeps the
// one that is where it was expected: the other is hidden.
func (c *crowd) follow(l *landmarker, picture gocv.Mat, now time.Time) error {
	kept := c.tracks[:0]
	for _, tr := range c.tracks {
		tr.last = tr.region
		there, err := c.find(tr, l, picture, now)
		if err != nil {
			return err
		}
		rival := -1
		if there {
			rival = slices.IndexFunc(kept, tr.overlaps)
		}
		switch {
		case there && rival < 0 && len(kept) < c.limit:
			kept = append(kept, tr)
			continue
		case rival >= 0 && tr.slid < kept[rival].slid:
			kept[rival], tr = tr, kept[rival]
		}
		tr.region = tr.last
		c.lose(tr, now)
	}
	clear(c.tracks[len(kept):])
	c.tracks = kept
	return nil
}

// closely are the parts of tr's face to look at closely.
func (c *crowd) closely(tr *track) ar.Parts {
	if c.raw {
		return ar.AllParts
	}
	tr.asked, tr.fresh = c.parts, c.parts&^tr.asked
	return c.parts | tr.owed()
}

// find looks where the face is expected.
func (c *crowd) find(tr *track, l *landmarker, picture gocv.Mat, now time.Time) (there bool, err error) {
	if c.raw {
		return l.find(tr, picture, keptPresence, c.closely(tr))
	}
	x, y := tr.filter.ahead(now)
	tr.region.x, tr.region.y = tr.region.x+x, tr.region.y+y
	expected := tr.region
	if there, err = l.find(tr, picture, keptPresence, c.closely(tr)); err != nil || !there {
		return there, err
	}
	tr.seen = now
	tr.slid = math.Hypot(tr.region.x-expected.x, tr.region.y-expected.y) / expected.size
	tr.region = expected.leashed(tr.region)
	return true, nil
}

func (tr *track) overlaps(other *track) bool {
	return tr.region.box().overlap(other.region.box()) > sameFace
}

// lose remembers a face for the case that it is back in a moment.
func (c *crowd) lose(tr *track, now time.Time) {
	c.away = slices.DeleteFunc(c.away, func(t *track) bool { return expired(now, t.seen, awayFor) })
	if !c.raw && len(c.away) < maxFaces {
		c.away = append(c.away, tr)
	}
}

// expired reports whether then is longer ago than that. Time that runs
// backwards, or stands still, says nothing of what was.
func expired(now, then time.Time, after time.Duration) bool {
	since := now.Sub(then)
	return since <= 0 || since > after
}

// forOne says that one face alone is followed, which must be the shopper's.
func (c *crowd) forOne() bool { return c.limit == 1 && !c.raw }

// searching says whether the detector runs on this frame: always while there is
// no face; else now and then, for more faces or for a nearer one.
func (c *crowd) searching(now time.Time) bool {
	if len(c.tracks) == 0 {
		return true
	}
	since, every := now.Sub(c.search), searchEvery
	if c.forOne() {
		every = watchEvery
	}
	return (len(c.tracks) < c.limit || c.forOne()) && (since < 0 || since >= every)
}

// welcome adds the largest of the faces that were found and are not followed
// yet.
func (c *crowd) welcome(l *landmarker, picture gocv.Mat, found []detection, now time.Time) error {
	c.search = now
	slices.SortStableFunc(found, func(a, b detection) int { return cmp.Compare(b.area(), a.area()) })
	if c.forOne() {
		if len(c.tracks) == 0 {
			c.shopper.gone(found)
		} else if c.shopper.beside(c.tracks[0].region.box(), found, now) {
			c.tracks = c.tracks[:0]
		}
	}
	for _, d := range found {
		if len(c.tracks) >= c.limit {
			break
		}
		if c.forOne() && !c.shopper.admits(d, now) {
			continue
		}
		tr := &track{region: d.region(), seen: now, ears: ears{tragions: d.tragions, seen: true}}
		if slices.ContainsFunc(c.tracks, tr.overlaps) {
			continue
		}
		there, err := l.find(tr, picture, newPresence, c.closely(tr))
		if err != nil {
			return err
		}
		if there && !slices.ContainsFunc(c.tracks, tr.overlaps) {
			c.tracks = append(c.tracks, c.known(tr, now))
		}
	}
	return nil
}

// known gives the face the number of the one that was lost there a moment ago,
// with what was learnt of that head, or a new number.
func (c *crowd) known(tr *track, now time.Time) *track {
	best, at := samePlace, -1
	for i, gone := range c.away {
		if o := gone.region.box().overlap(tr.region.box()); o > best && !expired(now, gone.seen, awayFor) {
			best, at = o, i
		}
	}
	if at < 0 {
		c.lastID++
		tr.id = c.lastID
		return tr
	}
	gone := c.away[at]
	c.away = slices.Delete(c.away, at, at+1)
	tr.id, tr.head, tr.filter, tr.ears = gone.id, gone.head, gone.filter, gone.ears
	tr.fresh = tr.asked &^ gone.asked
	return tr
}

// arrange puts the nearest first. Who is about as near as another stays where
// he was.
func (c *crowd) arrange() {
	for i := range c.tracks {
		for j := i; j > 0 && c.tracks[j].region.size > nearer*c.tracks[j-1].region.size; j-- {
			c.tracks[j], c.tracks[j-1] = c.tracks[j-1], c.tracks[j]
		}
	}
}

// scale goes on with a picture of the same scene that is k times as large.
func (c *crowd) scale(k float64) {
	for _, tr := range slices.Concat(c.tracks, c.away) {
		tr.region, tr.last = tr.region.scaled(k), tr.last.scaled(k)
		tr.filter.scale(k)
	}
	c.shopper.place = c.shopper.place.scaled(k)
	for i, b := range c.shopper.bystanders {
		c.shopper.bystanders[i] = b.scaled(k)
	}
}
