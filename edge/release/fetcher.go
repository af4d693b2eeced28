package release

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	atOnce   = 4              // files fetched side by side
	keepFor  = 24 * time.Hour // a file that no release names any more
	lookEach = time.Minute    // whether something is due
)

// Store is where the shop keeps what HQ has issued.
type Store interface {
	Release(ctx context.Context) (*edge.Release, error)
	IssuedReleases(ctx context.Context) ([]edge.IssuedRelease, error)
	SignedRelease(ctx context.Context, version uint32) (*edge.SignedRelease, error)
	StoreDocument(ctx context.Context, version uint32, body []byte) error
	CompleteRelease(ctx context.Context, s *edge.SignedRelease) error
}

// Config says what a Fetcher needs; the fields of the second group have
// defaults.
type Config struct {
	Store  Store
	Folder string              // where the files are kept; made if missing
	Base   string              // HQ's public address, e.g. https://cart.example.com
	Keys   []ed25519.PublicKey // HQ's; what is stored is verified with them at the start
	Log    *slog.Logger

	Client   *http.Client
	Now      func() time.Time
	Retry    time.Duration // pause after a failure, doubled up to 60 times that; 1 s
	Patience time.Duration // a server that says nothing for so long is left; 30 s
}

// Fetcher fetches what releases need.
type Fetcher struct {
	c     Config
	files folder
	wake  chan struct{}
	moved atomic.Bool // bytes came since the last failure

	// Of the goroutine that runs Fetch, by a release's hash.
	whole  map[edge.Hash]bool // its files have been seen here
	told   map[edge.Hash]bool // it was said that it is in force without some
	pruned bool               // nothing has come since files were last deleted

	mu     sync.Mutex
	faults []string
}

// New checks the configuration; Run starts it.
func New(c Config) (*Fetcher, error) {
	const op = "release.New"
	u, err := url.Parse(c.Base)
	if c.Store == nil || c.Folder == "" || len(c.Keys) == 0 || c.Log == nil || err != nil || u.Host == "" {
		return nil, edge.Errorf(op, edge.Invalid, "store, folder, log, HQ's key and address must all be given; the address is %.80q", c.Base)
	}
	if c.Client == nil {
		c.Client = http.DefaultClient
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Retry <= 0 {
		c.Retry = time.Second
	}
	if c.Patience <= 0 {
		c.Patience = 30 * time.Second
	}
	return &Fetcher{c: c, files: folder(c.Folder), wake: make(chan struct{}, 1), told: map[edge.Hash]bool{}, whole: map[edge.Hash]bool{}}, nil
}

// Wake makes Run look at once whether something is to be fetched.
func (f *Fetcher) Wake() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Faults says what of a catalogue is missing now, in words for people.
func (f *Fetcher) Faults() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.faults)
}

// Run fetches until ctx is done.
func (f *Fetcher) Run(ctx context.Context) error {
	failures := 0
	for {
		wait := lookEach
		if err := f.Fetch(ctx); err != nil && ctx.Err() == nil {
			if failures++; f.moved.Swap(false) {
				failures = 1
			}
			wait = f.pause(failures)
			level := slog.LevelWarn
			if failures > 1 {
				level = slog.LevelDebug // it is known by now
			}
			f.c.Log.Log(ctx, level, "catalogue not complete yet", "error", err, "retry_in", wait.Round(time.Millisecond))
		} else {
			failures = 0
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-f.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// pause is a random part of a time that doubles with every failure.
func (f *Fetcher) pause(failures int) time.Duration {
	ceiling := f.c.Retry << min(failures-1, 6)
	return rand.N(min(ceiling, 60*f.c.Retry)) + time.Millisecond //nolint:gosec // not a secret
}

// Fetch brings what is missing of the releases that will be in force, once. It
// goes on with the others where one fails. One goroutine at a time may call it.
func (f *Fetcher) Fetch(ctx context.Context) error {
	list, err := f.c.Store.IssuedReleases(ctx)
	if err != nil {
		return err
	}
	now := f.c.Now()
	var errs []error
	var faults []string
	for _, r := range wanted(list, now) {
		err := f.complete(ctx, &r)
		if err == nil {
			continue
		}
		errs = append(errs, fmt.Errorf("catalogue %d: %w", r.Version, err))
		if now.Before(r.Effective) {
			continue
		}
		faults = append(faults, f.fault(&r, now, err))
	}
	f.mu.Lock()
	f.faults = faults
	f.mu.Unlock()
	if !f.pruned {
		err := f.prune(ctx, list, now)
		f.pruned = err == nil
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// fault says what it means that a release which is due is not complete.
func (f *Fetcher) fault(r *edge.IssuedRelease, now time.Time, err error) string {
	switch {
	case edge.KindOf(err) == edge.Forbidden:
		return fmt.Sprintf("catalogue %d in the database is not as HQ signed it: ask HQ to issue it again (%v)", r.Version, err)
	case r.Flaw != "":
		return fmt.Sprintf("catalogue %d of HQ cannot be used, the one before it stays: %s", r.Version, r.Flaw)
	case !r.Stored:
		return fmt.Sprintf("catalogue %d is in force at HQ and not here yet: it is being fetched, the one before it stays", r.Version)
	case now.Before(r.Due()):
		return fmt.Sprintf("catalogue %d waits for its pictures until %s", r.Version, r.Due().Format(time.RFC3339))
	}
	if !f.told[r.SHA256] {
		f.told[r.SHA256] = true
		f.c.Log.Warn("catalogue in force without all its pictures", "version", r.Version, "waited", edge.AssetGrace)
	}
	return fmt.Sprintf("catalogue %d is in force without all its pictures: they are being fetched", r.Version)
}

// wanted lists the releases to complete: the newest that is due, or where that
// is not complete those before it too, and all that come later.
func wanted(list []edge.IssuedRelease, now time.Time) []edge.IssuedRelease {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b edge.IssuedRelease) int { return cmp.Compare(b.Version, a.Version) })
	var due, later []edge.IssuedRelease
	for _, r := range list {
		if r.Effective.After(now) {
			later = append([]edge.IssuedRelease{r}, later...)
			continue
		}
		due = append(due, r)
		if r.Stored && r.Flaw == "" {
			break // nothing before it will be in force again
		}
	}
	return append(due, later...)
}

// complete brings document and files of r.
func (f *Fetcher) complete(ctx context.Context, r *edge.IssuedRelease) error {
	if r.Flaw != "" {
		return errors.New(r.Flaw)
	}
	if r.Complete && f.whole[r.SHA256] {
		return nil
	}
	if !r.Stored {
		if err := f.document(ctx, r); err != nil {
			return err
		}
	}
	s, err := f.c.Store.SignedRelease(ctx, r.Version)
	if err != nil {
		return err
	}
	if err := s.Verify(f.c.Keys...); err != nil {
		return err
	}
	rel, err := s.Release()
	if err != nil {
		return err
	}
	if err := f.fetchAll(ctx, distinct(rel.Assets)); err != nil {
		return err
	}
	if !r.Complete {
		if err := f.c.Store.CompleteRelease(ctx, s); err != nil {
			return err
		}
		f.c.Log.Info("catalogue complete", "version", r.Version, "effective", r.Effective, "files", len(rel.Assets))
	}
	f.whole[r.SHA256], f.pruned = true, false
	return nil
}

// fetchAll goes on where one file cannot be had, until several cannot.
func (f *Fetcher) fetchAll(ctx context.Context, assets []edge.Asset) error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	var failed atomic.Int32
	for _, a := range assets {
		group.Go(func() error {
			if failed.Load() >= atOnce {
				return nil // one of them has said so
			}
			err := f.fetch(ctx, a.SHA256, a.Size)
			if err != nil {
				failed.Add(1)
				return fmt.Errorf("%s: %w", a.Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// distinct leaves out files that are there under another name.
func distinct(assets []edge.Asset) []edge.Asset {
	seen := map[edge.Hash]bool{}
	return slices.DeleteFunc(slices.Clone(assets), func(a edge.Asset) bool {
		was := seen[a.SHA256]
		seen[a.SHA256] = true
		return was
	})
}

func (f *Fetcher) document(ctx context.Context, r *edge.IssuedRelease) error {
	if err := f.fetch(ctx, r.SHA256, r.Size); err != nil {
		return err
	}
	body, err := f.files.read(r.SHA256)
	if err != nil {
		return err
	}
	r.Stored = true
	return f.c.Store.StoreDocument(ctx, r.Version, body)
}

// prune deletes the files that no release of list names.
func (f *Fetcher) prune(ctx context.Context, list []edge.IssuedRelease, now time.Time) error {
	keep := map[edge.Hash]bool{}
	for _, r := range list {
		if !r.Stored {
			keep[r.SHA256] = true // its document is on its way
			continue
		}
		s, err := f.c.Store.SignedRelease(ctx, r.Version)
		if err != nil {
			return err
		}
		rel, err := s.Release()
		if err != nil {
			continue // it names nothing
		}
		for _, a := range rel.Assets {
			keep[a.SHA256] = true
		}
	}
	n, err := f.files.prune(keep, now.Add(-keepFor))
	if n > 0 {
		f.c.Log.Info("files that no catalogue needs deleted", "files", n)
	}
	return err
}
