package ar

import (
	"sync"
	"time"
)

// ReplayState is what the pipeline's replay is doing.
type ReplayState string

// The states, in their order.
const (
	ReplayOff       ReplayState = "off"
	ReplayRecording ReplayState = "recording" // the viewers see the mirror, and it is kept
	ReplayPlaying   ReplayState = "playing"   // they see what was kept, over and over
)

// Bounds of a replay.
const (
	ReplayLength = 5 * time.Second
	ReplayLimit  = time.Minute // how long it is played
	replayBytes  = 32 << 20    // a recording that has grown to that is played at once
	replayStep   = time.Second / 30
)

// Replay tells how far a replay has come.
type Replay struct {
	State ReplayState
	Left  time.Duration // until the state ends by itself
}

// replay keeps what the viewers saw for some seconds, in memory alone, and
// shows it again. It is zeroed as soon as it is no longer shown. Its methods
// may be called from any goroutine.
type replay struct {
	mu    sync.Mutex
	state ReplayState // empty is off
	shots []replayShot
	bytes int
	since time.Time // when the state began
	until time.Time // when it ends
	last  int       // index of the shot shown last
	timer *time.Timer
}

// replayShot is a picture and how long after the recording's start it was shown.
type replayShot struct {
	after   time.Duration
	picture []byte
}

// SetReplay records what the viewers see for ReplayLength and then shows it to
// them again and again instead of the mirror (true), or goes back to the mirror
// and forgets it (false). It ends by itself after ReplayLimit. Recording again
// forgets what was recorded before. While the pipeline is paused nothing is
// recorded.
func (p *Pipeline) SetReplay(on bool) {
	p.replay.stop()
	if on && !p.paused.Load() {
		p.replay.record()
	}
}

// Replay tells how far the replay has come.
func (p *Pipeline) Replay() Replay {
	r := &p.replay
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == "" {
		return Replay{State: ReplayOff}
	}
	return Replay{State: r.state, Left: max(time.Until(r.until), 0)}
}

// replayed shows the viewers the recorded picture of now, if a replay is played.
func (p *Pipeline) replayed() (playing bool) {
	p.door.mu.Lock() // so that nothing of it is shown after it was forgotten
	defer p.door.mu.Unlock()
	picture, playing := p.replay.next()
	if picture != nil {
		p.cfg.Sink.Publish(picture)
	}
	return playing
}

func (r *replay) playing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state == ReplayPlaying
}

func (r *replay) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget()
}

func (r *replay) record() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.enter(ReplayRecording, ReplayLength, r.play)
}

// enter begins a state that lasts so long unless something else happens; then
// next is called, with r.mu held, as enter is.
func (r *replay) enter(state ReplayState, lasts time.Duration, next func()) {
	r.state, r.since, r.until = state, time.Now(), time.Now().Add(lasts)
	if r.timer != nil {
		r.timer.Stop()
	}
	var timer *time.Timer
	timer = time.AfterFunc(lasts, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.timer == timer {
			next()
		}
	})
	r.timer = timer
}

// play is for whoever holds r.mu.
func (r *replay) play() {
	if len(r.shots) == 0 {
		r.forget()
		return
	}
	r.last = -1
	r.enter(ReplayPlaying, ReplayLimit, r.forget)
}

// keep takes a copy of a picture that the viewers are shown, if that is wanted.
func (r *replay) keep(picture []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state != ReplayRecording {
		return
	}
	if r.bytes+len(picture) > replayBytes {
		r.play()
		return
	}
	r.bytes += len(picture)
	r.shots = append(r.shots, replayShot{time.Since(r.since), append([]byte(nil), picture...)})
}

// next is the recorded picture to show now, the viewers' own copy; nil where
// the one before still stands. playing is false where the mirror is to be shown.
func (r *replay) next() (picture []byte, playing bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state != ReplayPlaying {
		return nil, false
	}
	length := r.shots[len(r.shots)-1].after + time.Second/10
	at := time.Since(r.since) % length
	i := 0
	for i+1 < len(r.shots) && r.shots[i+1].after <= at {
		i++
	}
	if i == r.last {
		return nil, true
	}
	r.last = i
	return append([]byte(nil), r.shots[i].picture...), true
}

// forget is for whoever holds r.mu.
func (r *replay) forget() {
	if r.timer != nil {
		r.timer.Stop()
	}
	for _, s := range r.shots {
		clear(s.picture)
	}
	r.state, r.shots, r.bytes, r.timer = "", nil, 0, nil
}
