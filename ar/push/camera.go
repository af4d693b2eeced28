package push

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Open gives the tablet's pictures as a camera. It waits for no tablet: without
// one Read says ar.ErrIdle.
func (s *Source) Open(context.Context) (ar.Camera, error) {
	return &camera{source: s, decoder: s.newDecoder()}, nil
}

// camera reads a source.
type camera struct {
	source  *Source
	decoder Decoder
	seq     uint64
	last    time.Time
	closed  bool
}

var errClosed = errors.New("camera is closed")

// Read waits for the next picture; ar.ErrIdle comes every second without one.
// What cannot be decoded costs its sender the connection.
func (c *camera) Read(ctx context.Context, f *ar.Frame) error {
	if c.closed {
		return errClosed
	}
	idle := time.NewTimer(idleAfter)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-idle.C:
			c.decoder.Forget()
			return ar.ErrIdle
		case <-c.source.ready:
		}
		if err := c.rest(ctx); err != nil {
			return err
		}
		p := c.source.newest()
		if p == nil {
			continue
		}
		at, from := p.at, p.from
		err := c.decoder.Decode(f, p.jpeg.Bytes())
		c.source.free(p)
		if err == nil {
			c.seq++
			f.Seq, f.At = c.seq, at
			return nil
		}
		if named, ok := errors.AsType[interface {
			error
			Fault() ar.Fault
		}](err); ok && named.Fault() != "" {
			return err
		}
		from.end(fmt.Errorf("its picture: %w", err))
	}
}

// rest waits until another picture may be decoded: no faster than 60 a second,
// whatever the tablet sends.
func (c *camera) rest(ctx context.Context) error {
	wait := time.Until(c.last.Add(fastest))
	if wait > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	c.last = time.Now()
	return nil
}

// Close frees the decoder.
func (c *camera) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	return c.decoder.Close()
}
