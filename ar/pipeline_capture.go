package ar

import (
	"context"
	"errors"
	"io"
	"time"
)

// capture reads the camera into frames until ctx is done or the source has
// ended, opening it anew after a pause whenever it was lost.
func (p *Pipeline) capture(ctx context.Context, frames *mailbox) {
	pause := p.cfg.RetryMin
	lost := false
	for ctx.Err() == nil {
		began := time.Now()
		n, err := p.captureOnce(ctx, frames, lost)
		if ctx.Err() != nil || errors.Is(err, io.EOF) {
			return
		}
		if n > 0 || !lost {
			p.cfg.Log.Warn("no camera, trying again", "err", err)
		}
		if time.Since(began) > p.cfg.RetryMax { // one that is lost at once each time is not asked all the time
			pause = p.cfg.RetryMin
		}
		lost = true
		p.meter.camera(false, err)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, p.cfg.RetryMax)
	}
}

// captureOnce opens the camera and reads it until it fails; n is how many
// frames it gave.
func (p *Pipeline) captureOnce(ctx context.Context, frames *mailbox, lost bool) (n int, err error) {
	cam, err := openCamera(ctx, p.cfg.Open)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, closeCamera(cam)) }()
	for {
		f := frames.spare()
		f.left = p.door.count() // before it is taken: somebody may leave meanwhile
		err := readCamera(ctx, cam, f)
		if err == nil && p.reopen.Swap(false) {
			err = uselessError{p.meter.seen()}
		}
		if err != nil {
			idle := errors.Is(err, ErrIdle)
			if idle {
				clear(f.Pix[:cap(f.Pix)]) // of whoever was in it last
			}
			frames.recycle(f)
			if idle {
				p.meter.camera(true, nil)
				continue
			}
			return n, err
		}
		if n++; n == 1 {
			p.meter.camera(true, nil)
			if lost {
				p.cfg.Log.Info("camera is back")
			}
		}
		if frames.put(f) {
			p.meter.drop()
		}
	}
}
