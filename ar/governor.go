package ar

import (
	"sync"
	"time"
)

// Effort is how much work a pipeline puts into its picture.
type Effort struct {
	Level int     // 0 is all of it; each level further is less
	Scale float64 // of the frame's sides, 1 or less
	Rate  float64 // share of the camera's frames that are shown
	Faces int     // most faces that wear the look
}

// efforts are the levels for a pipeline of so many faces. The picture's size is
// what a shopper misses least, so it goes first, then its rate, and last the
// faces that wear the look.
func efforts(faces int, scales bool) []Effort {
	out := []Effort{{Scale: 1, Rate: 1, Faces: faces}}
	add := func(change func(*Effort)) {
		e := out[len(out)-1]
		e.Level++
		change(&e)
		out = append(out, e)
	}
	if scales {
		add(func(e *Effort) { e.Scale = 0.75 })
		add(func(e *Effort) { e.Scale = 0.5 })
	}
	add(func(e *Effort) { e.Rate = 2.0 / 3 })
	add(func(e *Effort) { e.Rate = 0.5 })
	for n := faces; n > 1; n-- {
		add(func(e *Effort) { e.Faces-- })
	}
	return out
}

// costs is at most how many times as much work e is than less.
func (e Effort) costs(less Effort) float64 {
	size := e.Scale / less.Scale
	return size * size * e.Rate / less.Rate * float64(e.Faces) / float64(less.Faces)
}

const (
	// governWindow is how long the load is measured before it is looked at.
	governWindow = 500 * time.Millisecond
	// A pipeline is strained that works more than strainedOwn of the time, or
	// loses more than strainedDrops of the camera's frames, or if the machine's
	// cores do for more than strainedAll of it: the rest is the till's.
	strainedOwn   = 0.9
	strainedAll   = 0.85
	strainedDrops = 0.1
	// After so many strained windows in a row there is less effort.
	strainedFor = 2
	// More effort is made once it has long been sure that the load would stay
	// below these.
	calmOwn = 0.75
	calmAll = 0.7
	// Calm must have lasted for calmFirst; twice as long each time that more
	// effort was given up again within trial, up to calmLast.
	calmFirst = 5 * time.Second
	calmLast  = 5 * time.Minute
	trial     = 20 * time.Second
)

// Load is the work of all pipelines on one machine, which their governors
// share. It may be used from any goroutine.
type Load struct {
	cores  float64
	mu     sync.Mutex
	shares map[*governor]float64 // cores kept busy by each
}

// NewLoad is the load of a machine with so many cores.
func NewLoad(cores int) *Load {
	return &Load{cores: float64(max(cores, 1)), shares: map[*governor]float64{}}
}

// set notes what g's pipeline keeps busy and gives the share of all cores that
// all pipelines keep busy together.
func (l *Load) set(g *governor, busy float64) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shares[g] = busy
	var sum float64
	for _, s := range l.shares {
		sum += s
	}
	return sum / l.cores
}

// governor decides how much effort a pipeline makes. It goes down one level at
// a time while the pipeline is strained, and up again when that would be calm.
type governor struct {
	load    *Load
	efforts []Effort
	level   int

	began          time.Time // of the window
	busy           time.Duration
	shown, dropped int

	strained int           // windows in a row
	calm     time.Time     // since when; zero while it is not
	patience time.Duration // calm that more effort takes
	raised   time.Time     // when there was more effort last; zero once that has held
}

func newGovernor(load *Load, faces int, scales bool) *governor {
	return &governor{load: load, efforts: efforts(faces, scales), patience: calmFirst}
}

// effort is the effort to make now.
func (g *governor) effort() Effort { return g.efforts[g.level] }

// frame takes note of a frame that was done with at now after so much work, and
// of those that were dropped before it.
func (g *governor) frame(now time.Time, busy time.Duration, dropped int) {
	since := now.Sub(g.began)
	if g.began.IsZero() || since < 0 || since-g.busy-busy > 4*governWindow { // the first one, or there were none
		g.began, g.busy, g.shown, g.dropped = now, 0, 0, 0
		g.strained, g.calm = 0, time.Time{}
		return
	}
	g.busy += busy
	g.shown++
	g.dropped += dropped
	if since < governWindow {
		return
	}
	own := g.busy.Seconds() / since.Seconds()
	lost := float64(g.dropped) / float64(g.shown+g.dropped)
	g.decide(now, own, g.load.set(g, own), lost)
	g.began, g.busy, g.shown, g.dropped = now, 0, 0, 0
}

// rest says that the pipeline does nothing for a while.
func (g *governor) rest() {
	if !g.began.IsZero() {
		g.began = time.Time{}
		g.load.set(g, 0)
	}
}

// decide looks at a window: the share of the time that this pipeline worked,
// the share of the cores that all do, and the share of frames lost.
func (g *governor) decide(now time.Time, own, all, lost float64) {
	if !g.raised.IsZero() && now.Sub(g.raised) > trial {
		g.raised, g.patience = time.Time{}, calmFirst
	}
	if own > strainedOwn || all > strainedAll || lost > strainedDrops {
		g.calm = time.Time{}
		if g.strained++; g.strained >= strainedFor && g.level < len(g.efforts)-1 {
			g.strained = 0
			g.lower()
		}
		return
	}
	g.strained = 0
	if g.level == 0 || !g.wouldBeCalm(own, all) {
		g.calm = time.Time{}
		return
	}
	if g.calm.IsZero() {
		g.calm = now
	}
	if now.Sub(g.calm) >= g.patience {
		g.level--
		g.calm, g.raised = time.Time{}, now
	}
}

// lower makes less effort. If the last attempt at more has not held, the next
// one is farther off.
func (g *governor) lower() {
	g.level++
	if !g.raised.IsZero() {
		g.raised, g.patience = time.Time{}, min(2*g.patience, calmLast)
	}
}

// wouldBeCalm reports whether the next level up would still leave room.
func (g *governor) wouldBeCalm(own, all float64) bool {
	more := own * g.efforts[g.level-1].costs(g.efforts[g.level])
	return more < calmOwn && all+(more-own)/g.load.cores < calmAll
}
