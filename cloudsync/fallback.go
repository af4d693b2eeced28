package cloudsync

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"
)

// Fallback is a Dialer with two ways. The first is taken whenever it can be; when
// it has failed for a while, or leads to nobody who answers, the second is, and
// left again when the first is back. All fields but the times are needed.
type Fallback struct {
	First, Second Dialer
	Log           *slog.Logger

	After  time.Duration // of failures, until the second way is taken; 1 min
	Return time.Duration // while on the second way, try the first this often; 1 min

	failing  time.Time // since when the first way fails; zero while it does not
	onFirst  bool      // the last link was the first way's
	silences int       // in a row, in which the first way was open and HQ silent
}

const maxSilences = 5 // each doubles the time until the first way is tried again

// Dial takes the way that is open. It is called by one at a time.
func (f *Fallback) Dial(ctx context.Context, s Session) (Link, error) {
	switch {
	case f.onFirst && s.Silent:
		f.silences = min(f.silences+1, maxSilences)
		if link, err := f.dialSecond(ctx, s, errSilent); err == nil {
			return link, nil
		}
	case f.onFirst:
		f.silences = 0
	}
	link, err := f.First.Dial(ctx, s)
	if err == nil {
		f.failing, f.onFirst = time.Time{}, true
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
	return f.dialSecond(ctx, s, err)
}

// dialSecond takes the second way; why says what is wrong with the first.
func (f *Fallback) dialSecond(ctx context.Context, s Session, why error) (Link, error) {
	link, err := f.Second.Dial(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("%w; and the second way: %w", why, err)
	}
	f.Log.Warn("the line takes its second way", "error", why)
	f.onFirst = false
	go f.comeBack(context.WithoutCancel(ctx), link, orElse(f.Return, time.Minute)<<f.silences)
	return link, nil
}

// comeBack ends a link of the second way when the first is open again, for which
// it looks every so often; whoever uses the link dials anew.
func (f *Fallback) comeBack(ctx context.Context, second Link, every time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		<-second.Done()
		cancel()
	}()
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
