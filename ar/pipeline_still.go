package ar

import (
	"sync"
	"time"
)

// FreezeLimit is how long a moment can be held.
const FreezeLimit = time.Minute

// still is a held moment: one bare frame and its faces, in memory alone. It is
// zeroed as soon as it is no longer shown. Its methods may be called from any
// goroutine.
type still struct {
	mu    sync.Mutex
	on    bool
	held  bool
	frame Frame
	faces []Face
	timer *time.Timer
}

// want holds the next frame, or lets go of the one that is held.
func (s *still) want(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on == s.on {
		return
	}
	if !on {
		s.forget()
		return
	}
	s.on = true
	var timer *time.Timer
	timer = time.AfterFunc(FreezeLimit, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.timer == timer {
			s.forget()
		}
	})
	s.timer = timer
}

func (s *still) wanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.on
}

// hold takes f and its faces if a moment is waited for.
func (s *still) hold(f *Frame, faces []Face) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.on || s.held {
		return
	}
	s.frame.Resize(f.Width, f.Height)
	copy(s.frame.Pix, f.Pix)
	s.faces = append(s.faces[:0], faces...)
	s.held = true
}

// show gives f the held pixels, but leaves it its own number and time, and
// appends the held faces to dst; held is false where there is no moment.
func (s *still) show(dst []Face, f *Frame) (faces []Face, held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.held {
		return dst, false
	}
	f.Resize(s.frame.Width, s.frame.Height)
	copy(f.Pix, s.frame.Pix)
	return append(dst, s.faces...), true
}

// forget is for whoever holds s.mu.
func (s *still) forget() {
	if s.timer != nil {
		s.timer.Stop()
	}
	clear(s.frame.Pix[:cap(s.frame.Pix)])
	clear(s.faces[:cap(s.faces)])
	s.on, s.held, s.timer, s.faces = false, false, nil, s.faces[:0]
}
