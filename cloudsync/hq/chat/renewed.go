package chat

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	keyMargin = 5 * time.Minute // before it expires a key is renewed
	keyHold   = 30 * time.Second
	keyWait   = 2 * time.Second // while another collector renews it
)

// renewed is a key that an app gives out for a while. It is kept in HQ's
// database, so that all collectors use the same one and only one of them renews
// it: some apps take back the old one, or give each only once.
type renewed struct {
	app    string
	origin edge.Hash // of the settings that the first key comes from
	hq     Headquarters
	now    func() time.Time
	holder string
	renew  func(ctx context.Context, have *talk.Key) (*talk.Key, *SendError)

	mu   sync.Mutex
	have *talk.Key
}

func newRenewed(app, settings string, o Options, renew func(context.Context, *talk.Key) (*talk.Key, *SendError)) *renewed {
	return &renewed{
		app: app, origin: sha256.Sum256([]byte(settings)), hq: o.HQ, now: o.Now, holder: o.NewID(), renew: renew,
	}
}

// use calls an app with the key, and once more with a new one where the app does
// not know it.
func (r *renewed) use(ctx context.Context, call func(access string) *SendError) *SendError {
	k, err := r.key(ctx, nil)
	if err != nil {
		return err
	}
	if err = call(k.Access); err == nil || !err.Key {
		return err
	}
	if k, err = r.key(ctx, k); err != nil {
		return err
	}
	return call(k.Access)
}

// key is the key that is good now; one that turned out to be bad is not.
func (r *renewed) key(ctx context.Context, bad *talk.Key) (*talk.Key, *SendError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := r.have; r.good(k, bad) {
		return k, nil
	}
	stored, err := r.hq.Talks().Key(ctx, r.app, r.origin)
	if err != nil {
		return nil, &SendError{Err: err}
	}
	if r.good(stored, bad) {
		r.have = stored
		return stored, nil
	}
	mine, err := r.hq.Talks().HoldKey(ctx, r.app, r.holder, keyHold)
	if err != nil {
		return nil, &SendError{Err: err}
	}
	if !mine {
		return nil, &SendError{Err: errors.New(r.app + ": another collector renews the key"), After: keyWait}
	}
	// Another may have renewed it since it was read.
	if stored, err = r.hq.Talks().Key(ctx, r.app, r.origin); err != nil {
		return nil, &SendError{Err: err}
	}
	if !r.good(stored, bad) {
		fresh, failed := r.renew(ctx, stored)
		if failed != nil {
			return nil, failed
		}
		stored = fresh
	}
	// What the app has given is kept even where ctx has ended: it gives it once.
	if err := r.hq.Talks().PutKey(context.WithoutCancel(ctx), r.app, r.origin, stored); err != nil {
		return nil, &SendError{Err: err}
	}
	r.have = stored
	return stored, nil
}

func (r *renewed) good(k, bad *talk.Key) bool {
	return k != nil && r.now().Before(k.Expires.Add(-keyMargin)) && (bad == nil || k.Access != bad.Access)
}
