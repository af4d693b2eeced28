package cloudsync

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Backoff is the pause before dialling again: a random part of Base, doubled
// with every failure up to Max ("full jitter"), so that a thousand shops do
// not come back in the same second.
type Backoff struct {
	Base, Max time.Duration // zero stands for 1 s and 60 s
}

func (b Backoff) withDefaults() Backoff {
	if b.Base <= 0 {
		b.Base = time.Second
	}
	if b.Max <= 0 {
		b.Max = time.Minute
	}
	return b
}

// pause is the pause after failures in a row; random is in [0, 1).
func (b Backoff) pause(failures int, random float64) time.Duration {
	ceiling := b.Base
	for range failures - 1 {
		if ceiling >= b.Max {
			break
		}
		ceiling *= 2
	}
	return time.Duration(random * float64(min(ceiling, b.Max)))
}

// Redial keeps a connection to the broker until ctx ends: it dials with a
// fresh session, runs use on the link, and when either fails pauses and begins
// again. use says whether the connection had proved good, which makes the next
// pause short. Its context ends with the link.
func Redial(ctx context.Context, d Dialer, b Backoff, log *slog.Logger, session func() Session,
	use func(ctx context.Context, link Link) (healthy bool, err error),
) {
	b = b.withDefaults()
	failures := 0
	for ctx.Err() == nil {
		link, err := d.Dial(ctx, session())
		if err == nil {
			var healthy bool
			if healthy, err = useLink(ctx, link, use); healthy {
				failures = 0
			}
		}
		if ctx.Err() != nil {
			return
		}
		failures++
		wait := b.pause(failures, rand.Float64())
		level := slog.LevelWarn
		if failures > 1 {
			level = slog.LevelDebug // it is known by now
		}
		log.Log(ctx, level, "no line to the broker", "error", err, "retry_in", wait.Round(time.Millisecond))
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// useLink runs use until it returns or the link is lost.
func useLink(ctx context.Context, link Link, use func(context.Context, Link) (bool, error)) (bool, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer link.Close()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-link.Done():
			cancel(ErrLinkLost)
		case <-stop:
		}
	}()
	healthy, err := use(ctx, link)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return healthy, err
}

// ErrLinkLost says that the connection to the broker ended.
var ErrLinkLost = errors.New("connection to the broker lost")

// together runs all of fs until the first returns, then ends the others, and
// returns what the first returned.
func together(ctx context.Context, fs ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	first := make(chan error, len(fs))
	for _, f := range fs {
		wg.Go(func() {
			first <- f(ctx)
			cancel(nil)
		})
	}
	wg.Wait()
	return <-first
}
