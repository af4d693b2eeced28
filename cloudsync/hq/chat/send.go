package chat

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
)

const (
	sendAtOnce  = 4 // messages of one app, each to another person
	sendHold    = time.Minute
	sendLook    = time.Second // between two looks at whether something is due
	firstPause  = time.Second // before the second try, doubled from try to try
	longestWait = 5 * time.Minute
)

// sending is what sends in one app.
type sending struct {
	*Service
	app    sender
	holder string
	free   chan struct{} // holds a value for each message that is being sent
	ended  chan struct{} // holds a value when one was
}

// sendAll sends what is to be said in an app, until ctx ends.
func (s *Service) sendAll(ctx context.Context, a sender) {
	q := sending{s, a, s.NewID(), make(chan struct{}, sendAtOnce), make(chan struct{}, 1)}
	changed, stop := s.HQ.WatchTalks()
	defer stop()
	tick := time.NewTicker(sendLook)
	defer tick.Stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		more, err := q.next(ctx, &wg)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("sending in a chat app", "app", a.name(), "error", err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-q.ended:
		case <-tick.C:
		}
	}
}

// next begins to send what is due next, and reports whether there was something.
func (q *sending) next(ctx context.Context, wg *sync.WaitGroup) (more bool, err error) {
	if q.app.resting() {
		return false, nil
	}
	if waits, err := q.HQ.Talks().Waits(ctx, q.app.name()); err != nil || !waits {
		return false, err
	}
	select {
	case q.free <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() {
		if !more {
			<-q.free
		}
	}()
	if err := q.app.wait(ctx); err != nil {
		return false, err
	}
	var by Channel
	c, l, err := q.HQ.Talks().Take(ctx, q.app.name(), q.holder, sendHold, func(c *talk.Conversation, l *talk.Line, first bool) (err error) {
		by, err = q.mayWrite(q.app, c, staffs(l.Author), !first)
		if err == nil && first {
			count(c)
		}
		return err
	})
	if err != nil || l == nil {
		return false, err
	}
	wg.Go(func() {
		defer func() {
			<-q.free
			select {
			case q.ended <- struct{}{}:
			default:
			}
		}()
		q.send(ctx, c, l, by)
	})
	return true, nil
}

// staffs reports whether people wrote a line.
func staffs(author string) bool { return author != talk.ByBot && author != talk.ByPerson }

// mayWrite finds by what right something may be sent now; a *WindowError where
// by none.
func (s *Service) mayWrite(a app, c *talk.Conversation, staff, counted bool) (Channel, error) {
	by, err := a.rules().Channel(c.Windows, staff, counted, s.Now())
	if refused, ok := errors.AsType[*WindowError](err); ok {
		refused.App = a.name()
	}
	return by, err
}

// send sends a line and notes what became of it, even where ctx has ended: what
// was sent and is not noted is sent again.
func (q *sending) send(ctx context.Context, c *talk.Conversation, l *talk.Line, by Channel) {
	failed := q.app.send(ctx, c.Person, l.Saying, by)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	var err error
	switch {
	case failed == nil:
		err = q.HQ.Talks().NoteSent(ctx, l.N)
	case failed.Lasting:
		q.Log.Warn("a chat app will not take a message", "app", q.app.name(), "chat", c.ID, "error", failed)
		err = q.HQ.Talks().NoteFailed(ctx, l.N, failed)
	default:
		q.app.rest(failed.After)
		err = q.HQ.Talks().PutBack(ctx, l.N, max(pause(l.Tries), failed.After), failed)
	}
	if err != nil {
		q.Log.Error("what became of a message is not noted", "app", q.app.name(), "chat", c.ID, "error", err)
	}
}

// pause is how long to wait after so many tries.
func pause(tries int) time.Duration {
	d := min(firstPause<<min(max(tries-1, 0), 20), longestWait)
	return d/2 + rand.N(d/2+1) //nolint:gosec // not a secret
}
