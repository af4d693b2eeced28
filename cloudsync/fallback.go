package cloudsync

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"
)

// Fallback is a Dialer with two ways. The first is taken whenever it can be; when
// it has failed for a while the second is, and left again as soon as the first
// is back. All fields but the times are needed.
type Fallback struct {
	First, Second Dialer
	Log           *slog.Logger

	After  time.Duration // of failures, until the second way is taken; 1 min
	Return time.Duration // while on the second way, try the first this often; 1 min

	failing time.Time // since when the first way fails; zero while it does not
}

// Dial takes the way that is open. It is called by one at a time.
func (f *Fallback) Dial(ctx context.Context, s Session) (Link, error) {
	link, err := f.First.Dial(ctx, s)
	if err == nil {
		f.failing = time.Time{}
		return link, nil
	}
	if ctx.Err() != nil {
		return nil, err
	}
	if f.failing.IsZero() {
		f.failing = time.Now()
	}
	if time.Since(f.failing) < orElse(f.After, time.Minute) {
		return nil, err
	}
	second, serr := f.Second.Dial(ctx, s)
	if serr != nil {
		return nil, fmt.Errorf("%w; and the second way: %w", err, serr)
	}
	f.Log.Warn("the line takes its second way", "error", err)
	go f.comeBack(context.WithoutCancel(ctx), second)
	return second, nil
}

// comeBack ends a link of the second way when the first is open again; whoever
// uses it dials anew.
func (f *Fallback) comeBack(ctx context.Context, second Link) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		<-second.Done()
		cancel()
	}()
	every := orElse(f.Return, time.Minute)
	for {
		select {
		case <-second.Done():
			return
		case <-time.After(every/2 + rand.N(every)): // many shops must not come back at once
		}
		link, err := f.First.Dial(ctx, Session{})
		if err != nil {
			continue
		}
		link.Close()
		f.Log.Info("the line's first way is open again")
		second.Close()
	}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
