package ar

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"sync/atomic"
	"time"
)

// Pipeline carries a camera's frames through tracking, drawing and encoding to
// the viewers. Frames are never mirrored inside it: the tracker sees what the
// camera sees, so left and right stay the shopper's own, and only the encoder
// turns the picture into a mirror's. SetLook, SetPaused and Stats may be called
// from any goroutine; Process, Show and Run are for one goroutine, one of them
// at a time.
type Pipeline struct {
	cfg    PipelineConfig
	look   atomic.Pointer[Look]
	paused atomic.Bool
	gone   atomic.Bool // somebody has left, and nothing of them is to stay
	door   door
	meter  meter
	faces  []Face
	size   int // bytes of the last picture, to make room for the next
	watch  watcher
	reopen atomic.Bool // the camera is to be opened anew

	effort  effort
	compare comparing
	still   still
	replay  replay
	preview preview
	turns   chan struct{}                   // who waits for Run to go round
	asks    chan chan<- shot                // who waits for a photo
	peeks   chan chan<- shot                // who waits for a preview
	reads   chan chan<- answer[*image.Gray] // who reads a code
}

// NewPipeline checks cfg and fills in its defaults. The pipeline does not own
// the tracker and the renderer: the caller closes them after Run.
func NewPipeline(cfg PipelineConfig) (*Pipeline, error) {
	if cfg.Tracker == nil || cfg.Renderer == nil || cfg.Log == nil {
		return nil, errors.New("pipeline: tracker, renderer and log are needed")
	}
	cfg.fillIn()
	p := &Pipeline{
		cfg: cfg, watch: watcher{health: Health{Config: cfg.Health}},
		turns: make(chan struct{}), asks: make(chan chan<- shot), peeks: make(chan chan<- shot), reads: make(chan chan<- answer[*image.Gray]),
	}
	p.effort = newEffort(&cfg)
	p.meter.s.MaxFaces = cfg.MaxFaces
	p.look.Store(&Look{})
	p.compare.wanted.Store(&Compare{Mode: CompareOff})
	return p, nil
}

// SetLook changes what faces wear from the next frame on. A look that cannot
// be drawn is refused and the one before stays.
func (p *Pipeline) SetLook(l Look) error {
	if err := l.Check(); err != nil {
		return fmt.Errorf("look: %w", err)
	}
	if err := p.cfg.Renderer.Check(l); err != nil {
		return fmt.Errorf("look: %w", err)
	}
	p.look.Store(&l)
	return nil
}

// Look is what faces wear now. Its layers must not be changed.
func (p *Pipeline) Look() Look { return *p.look.Load() }

// SetPaused stops (true) or resumes everything that looks at a frame: while
// paused the camera runs on, but its frames are neither tracked nor drawn on
// nor shown to anybody, but for Preview. Pausing also ends what is compared, lets
// go of a held moment and forgets a replay; what was taken before is shown to
// nobody afterwards, even if the pipeline was resumed meanwhile.
func (p *Pipeline) SetPaused(v bool) {
	p.door.mu.Lock()
	defer p.door.mu.Unlock()
	p.paused.Store(v)
	if v {
		p.door.left++
		p.gone.Store(true)
		p.compare.wanted.Store(&Compare{Mode: CompareOff})
		p.still.want(false)
		p.replay.stop()
	}
}

// Paused reports whether the pipeline is paused.
func (p *Pipeline) Paused() bool { return p.paused.Load() }

// Stats tells how the pipeline is doing.
func (p *Pipeline) Stats() Stats { return p.meter.stats(p.paused.Load()) }

// Process tracks the faces in f and draws the look on them, in place, or what
// is compared; a frame of shades has another size afterwards. The faces are
// good until the next call.
func (p *Pipeline) Process(f *Frame) ([]Face, error) {
	start := time.Now()
	faces, err := p.see(f)
	tracked := time.Now()
	p.meter.time(stageTrack, tracked.Sub(start))
	if err != nil {
		return nil, err
	}
	p.faces = faces
	width, height := f.Width, f.Height // shades have another
	drawn, err := p.wear(f, faces[:min(len(faces), p.mostFaces())])
	if err != nil {
		return faces, err
	}
	if drawn {
		p.meter.time(stageDraw, time.Since(tracked))
	}
	p.meter.frame(width, height, faces, drawn)
	return faces, nil
}

// Run opens the camera and keeps the picture going until ctx is done or the
// camera's source has ended; then it returns nil. A camera that cannot be
// opened or gets lost is tried again for ever, and a frame that cannot be
// tracked or drawn on is shown as it is: both are logged when they begin and
// counted in Stats.
func (p *Pipeline) Run(ctx context.Context) error {
	if p.cfg.Open == nil || p.cfg.Encoder == nil || p.cfg.Sink == nil {
		return errors.New("pipeline: camera, encoder and sink are needed to run")
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()

	frames := newMailbox()
	ended := make(chan struct{})
	wg.Go(func() {
		defer close(ended)
		p.capture(ctx, frames)
	})

	tick := time.NewTicker(p.cfg.StallAfter / 4)
	defer tick.Stop()
	next := time.NewTicker(replayStep)
	defer next.Stop()
	shown := time.Now()
	ok := true // whether the last frame went through, so that a failure is logged once
	for ctx.Err() == nil {
		var replay <-chan time.Time
		if p.replay.playing() { // it goes on though no frame comes
			replay = next.C
		}
		select {
		case <-ctx.Done():
		case p.turns <- struct{}{}:
		case <-replay:
			p.replayed()
		case <-frames.ready:
			ok = p.step(frames, ok)
			shown = time.Now()
		case <-tick.C:
			if p.paused.Load() {
				shown = time.Now() // whoever comes next is given time for a first picture
				p.letGo()          // there may be no more frames, as of a tablet that sends none
				frames.wipe()
			} else if time.Since(shown) >= p.cfg.StallAfter {
				p.stalled()
			}
		case <-ended:
			if ctx.Err() == nil {
				p.step(frames, ok)
			}
			return nil
		}
	}
	return nil
}

// Turn waits until Run has done what it was doing, a frame for example, and goes
// on. It does not return while Run hangs, or does not run, until ctx is done.
func (p *Pipeline) Turn(ctx context.Context) error {
	select {
	case <-p.turns:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// step takes the newest frame to the viewers. It reports whether all went well
// and logs when that changes for the worse.
func (p *Pipeline) step(frames *mailbox, wasOK bool) bool {
	f := frames.take()
	if f == nil {
		return wasOK
	}
	defer frames.recycle(f)
	if f.left != p.door.count() { // of a shopper who is gone
		return wasOK
	}
	p.door.shown = f.left
	err := p.governed(f)
	if err == nil {
		return true
	}
	if wasOK {
		p.cfg.Log.Error("mirror: frame shown without its look", "err", err)
	}
	return false
}

// Show takes f all the way to the viewers: it is tracked, drawn on in place,
// and encoded if anybody is looking. While the pipeline is paused it does none
// of that. A frame that cannot be tracked or drawn on is shown as it is, and
// the error says why.
func (p *Pipeline) Show(f *Frame) error {
	p.door.shown = p.door.count()
	return p.show(f)
}

func (p *Pipeline) show(f *Frame) error {
	ask := p.asked()
	paused := p.paused.Load()
	p.peek(f, paused)
	p.read(f, paused)
	if p.gone.Swap(false) || paused {
		p.letGo()
		p.forget()
	}
	if paused {
		if ask != nil {
			ask <- shot{err: ErrNotLooked}
		}
		return nil
	}
	playing := p.replayed()
	if ask != nil {
		ask <- p.shoot(f, playing)
		return nil
	}
	if playing {
		return nil
	}
	start := time.Now()
	p.check(f)
	f, unscaled := p.scaled(f)
	faces, err := p.Process(f)
	err = errors.Join(unscaled, err, p.present(f, len(faces) > 0))
	took := time.Since(start)
	p.meter.time(stageFrame, took)
	if p.cfg.Took != nil {
		p.cfg.Took(took)
	}
	if err != nil {
		p.meter.fail()
	}
	return err
}

// letGo leaves nothing of who was here.
func (p *Pipeline) letGo() {
	clear(p.faces[:cap(p.faces)])
	p.rest()
	p.watch.health.Reset()
	p.compare.forget()
}

func (p *Pipeline) publish(f *Frame) (err error) {
	defer caught(&err)
	if !p.cfg.Sink.Wanted() || p.paused.Load() {
		return nil
	}
	start := time.Now()
	picture, err := p.cfg.Encoder.Encode(make([]byte, 0, p.size+p.size/8), f)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	p.size = len(picture)
	p.meter.time(stageEncode, time.Since(start))
	p.handOver(picture, f == &p.watch.card)
	return nil
}
