package ar

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Scaler brings a frame to another size. A Scaler is used by one goroutine at a
// time.
type Scaler interface {
	// Scale fills dst, which has its size, with the whole of src.
	Scale(dst, src *Frame) error
}

// effort is what a pipeline needs to make less effort. All of it belongs to the
// goroutine that processes frames.
type effort struct {
	governor *governor // nil where none is wanted
	small    Frame
	dirty    bool // small holds pixels of somebody
	seq      uint64
	credit   float64 // frames that may be shown
	dropped  uint64
	stuck    bool // somebody could not be forgotten
}

// forgetter is a tracker or renderer that can let go of the faces it knows, and
// limiter a tracker that can follow fewer.
type (
	forgetter interface{ Forget() }
	limiter   interface{ LimitFaces(n int) }
)

func newEffort(cfg *PipelineConfig) effort {
	if cfg.Load == nil {
		return effort{}
	}
	return effort{governor: newGovernor(cfg.Load, cfg.MaxFaces, cfg.Scaler != nil)}
}

// governed takes f to the viewers with as much effort as the load allows.
func (p *Pipeline) governed(f *Frame) (err error) {
	defer caught(&err)
	g := p.effort.governor
	if g == nil {
		return p.show(f)
	}
	if !p.paused.Load() && !p.effort.due(f.Seq) {
		p.meter.skip()
		return nil
	}
	start := time.Now()
	err = p.show(f)
	now := time.Now()
	if p.paused.Load() {
		return err
	}
	before := g.level
	dropped := p.meter.dropped()
	g.frame(now, now.Sub(start), int(dropped-p.effort.dropped))
	p.effort.dropped = dropped
	if e := g.effort(); e.Level != before {
		p.apply(e)
	}
	return err
}

// due reports whether frame seq is to be shown at the rate of now. A frame that
// was dropped counts as one that was not shown.
func (e *effort) due(seq uint64) bool {
	rate := e.governor.effort().Rate
	passed := float64(1)
	if seq > e.seq && e.seq > 0 {
		passed = float64(min(seq-e.seq, 4))
	}
	e.seq = seq
	const rounding = 1e-9
	if e.credit += rate * passed; e.credit < 1-rounding {
		return false
	}
	e.credit = min(e.credit-1, 1)
	return true
}

// apply makes e the effort from now on.
func (p *Pipeline) apply(e Effort) {
	p.cfg.Log.Info("mirror: another effort", "level", e.Level, "scale", e.Scale, "rate", math.Round(100*e.Rate)/100, "faces", e.Faces)
	p.meter.effort(e)
	if t, ok := p.cfg.Tracker.(limiter); ok {
		t.LimitFaces(e.Faces)
	}
}

// mostFaces is how many faces may wear the look now.
func (p *Pipeline) mostFaces() int {
	if g := p.effort.governor; g != nil {
		return g.effort().Faces
	}
	return p.cfg.MaxFaces
}

// scaled is f at the size of now.
func (p *Pipeline) scaled(f *Frame) (*Frame, error) {
	e := &p.effort
	if e.governor == nil {
		return f, nil
	}
	scale := e.governor.effort().Scale
	if scale == 1 {
		return f, nil
	}
	even := func(side int) int { return max(2*int(math.Round(scale*float64(side)/2)), 2) }
	e.small.Resize(even(f.Width), even(f.Height))
	e.small.Seq, e.small.At = f.Seq, f.At
	if err := p.cfg.Scaler.Scale(&e.small, f); err != nil {
		return f, fmt.Errorf("scale: %w", err)
	}
	e.dirty = true
	return &e.small, nil
}

// forget keeps a panic from the till, and from what else is to be forgotten.
func forget(knows any) (err error) {
	defer caught(&err)
	if f, ok := knows.(forgetter); ok {
		f.Forget()
	}
	return nil
}

// rest lets go of whoever was here, and leaves the machine to the others.
func (p *Pipeline) rest() {
	if g := p.effort.governor; g != nil {
		g.rest()
	}
	err := errors.Join(forget(p.cfg.Tracker), forget(p.cfg.Renderer))
	if err != nil && !p.effort.stuck {
		p.cfg.Log.Error("mirror: who has left is not forgotten", "err", err)
	}
	p.effort.stuck = err != nil
	if p.effort.dirty {
		clear(p.effort.small.Pix[:cap(p.effort.small.Pix)])
		p.effort.dirty = false
	}
}
