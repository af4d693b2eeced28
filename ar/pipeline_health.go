package ar

import (
	"errors"
	"time"
)

// ErrIdle is what Camera.Read returns, now and then, while its source is in
// order but has nothing to show by design: a tablet whose shopper has not begun.
// The camera need not be opened anew.
var ErrIdle = errors.New("the camera is idle")

// uselessError ends the reading of a camera whose pictures are useless: a USB
// camera often comes to itself when it is opened anew.
type uselessError struct{ fault Fault }

func (e uselessError) Error() string {
	return "the camera's pictures are no good (" + string(e.fault) + "), opening it anew"
}

func (e uselessError) Fault() Fault { return e.fault }

// reopenAfter is how long pictures may be useless until the camera is opened
// anew; it doubles each time up to reopenMax.
const (
	reopenAfter = 10 * time.Second
	reopenMax   = 2 * time.Minute
)

// watcher guards what viewers are shown: the picture, or the card of what is
// wrong. It belongs to the goroutine of Show; reopen is shared.
type watcher struct {
	health Health
	fault  Fault // what is shown now; empty for the picture
	card   Frame // the drawing of drawn
	drawn  Fault
	shown  time.Time // when the card was shown last

	reopenAt    time.Time
	reopenPause time.Duration
}

// check looks at a frame before it is drawn on.
func (p *Pipeline) check(f *Frame) {
	w := &p.watch
	now := time.Now()
	before := w.fault
	w.fault = w.health.Check(f, now)
	p.meter.fault(w.fault)
	switch w.fault {
	case before:
	case "":
		w.reopenAt, w.reopenPause = time.Time{}, 0
		p.cfg.Log.Info("camera's pictures are good again", "fault", before)
	default:
		p.cfg.Log.Warn("camera's pictures are no good", "fault", w.fault)
	}
	if w.fault != "" && w.health.Config.Live {
		p.reopenInTime(now)
	}
}

// present shows the frame that was checked and drawn on, or the card of what is
// wrong with it.
func (p *Pipeline) present(f *Frame, face bool) error {
	w := &p.watch
	if face {
		w.health.Face()
	}
	switch {
	case w.fault == "":
		w.shown = time.Time{} // the next card is shown at once
		return p.publish(f)
	case w.fault != w.drawn || time.Since(w.shown) >= p.cfg.StallAfter/4:
		p.showCard(w.fault)
	}
	return nil
}

// reopenInTime has the camera opened anew when its pictures stay useless. Light
// and a hand are not the camera's fault.
func (p *Pipeline) reopenInTime(now time.Time) {
	w := &p.watch
	switch {
	case w.fault == FaultDark || w.fault == FaultCovered:
		return
	case w.reopenAt.IsZero():
		w.reopenPause = reopenAfter
	case now.Before(w.reopenAt):
		return
	default:
		p.reopen.Store(true)
		w.reopenPause = min(2*w.reopenPause, reopenMax)
	}
	w.reopenAt = now.Add(w.reopenPause)
}

// forget drops what is wrong with the pictures seen so far.
func (p *Pipeline) forget() {
	p.watch.fault = ""
	p.meter.fault("")
}

// stalled shows why there are no frames, unless a replay is played: that needs
// none. A viewer who comes later sees it too, because it is shown again with
// every tick.
func (p *Pipeline) stalled() {
	fault := p.meter.lost()
	if fault == "" {
		fault = FaultStalled
		p.meter.fault(fault)
	}
	if g := p.effort.governor; g != nil {
		g.rest()
	}
	p.watch.health.Reset()
	p.watch.fault = ""
	if !p.replay.playing() {
		p.showCard(fault)
	}
}

// showCard shows viewers the drawing of fault.
func (p *Pipeline) showCard(fault Fault) {
	w := &p.watch
	width, height := p.meter.frameSize()
	if w.card.Width != width || w.card.Height != height || w.drawn != fault {
		drawCard(&w.card, width, height, fault)
		w.drawn = fault
	}
	w.shown = time.Now()
	if err := p.publish(&w.card); err != nil {
		p.cfg.Log.Error("mirror: card of the camera's fault", "fault", fault, "err", err)
	}
}

// faultOf is the fault that err stands for: one that it names itself, or that
// the camera is lost.
func faultOf(err error) Fault {
	var named interface{ Fault() Fault }
	if errors.As(err, &named) && named.Fault() != "" {
		return named.Fault()
	}
	return FaultLost
}
