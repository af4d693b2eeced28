package photo

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	waitingEnding = ".waiting"
	firstPause    = time.Second // after HQ could not be reached; doubles
	longestPause  = time.Minute
)

// Courier brings the photos that shoppers take along to HQ, and the word that
// one is withdrawn. What waits for the line waits sealed, as files in one
// folder, and no longer than the photo would live.
type Courier struct {
	path string
	send func(context.Context, *edge.SealedPhoto) error
	now  func() time.Time
	log  *slog.Logger
	wake chan struct{}
	mu   sync.Mutex // of the files
}

// NewCourier makes the folder at path if need be. send brings one photo to HQ:
// an edge.Error of another kind than Unavailable says that it never will.
func NewCourier(path string, send func(context.Context, *edge.SealedPhoto) error, now func() time.Time, log *slog.Logger) (*Courier, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("photos on their way: %w", err)
	}
	return &Courier{path: path, send: send, now: now, log: log, wake: make(chan struct{}, 1)}, nil
}

// Take seals a photo with the secret and sends it on its way to the cart's
// phone. It returns the name under which HQ has it.
func (c *Courier) Take(secret []byte, cart edge.CartID, worn []edge.SKU, photo []byte) (id string, err error) {
	const op = "photo.Take"
	id = hex.EncodeToString(random(idSize))
	sealed, err := SealFor(secret, id, photo)
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	now := c.now()
	p := &edge.SealedPhoto{ID: id, Cart: cart, SKUs: worn, Expires: now.Add(edge.PhotoLife).UTC().Truncate(time.Second), Sealed: sealed}
	if err := p.Check(now); err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	return id, c.put(p)
}

// Withdraw has HQ delete a photo, whether it is there already or not.
func (c *Courier) Withdraw(cart edge.CartID, id string) error {
	return c.put(&edge.SealedPhoto{ID: id, Cart: cart, Expires: c.now().Add(edge.PhotoLife).UTC().Truncate(time.Second)})
}

// Forget drops what waits of a photo that HQ has deleted.
func (c *Courier) Forget(id string) error {
	if !edge.ValidPhotoID(id) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.drop(c.file(id))
}

// Waiting reports whether HQ has yet to hear the last word of a photo.
func (c *Courier) Waiting(id string) bool {
	_, err := os.Stat(c.file(id))
	return err == nil
}

func (c *Courier) file(id string) string { return filepath.Join(c.path, id+waitingEnding) }

// put stores the last word of a photo in the place of what was to be said
// before.
func (c *Courier) put(p *edge.SealedPhoto) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c.mu.Lock()
	err = (&Dir{path: c.path}).write(p.ID+waitingEnding, b)
	c.mu.Unlock()
	if err != nil {
		return &edge.Error{Op: "photo.Courier", Kind: edge.Unavailable, Msg: "the photo cannot be sent now: call the staff", Err: err}
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return nil
}

// Run sends what waits until ctx is done.
func (c *Courier) Run(ctx context.Context) error {
	pause := firstPause
	for {
		again := time.Hour // for what expires
		if err := c.sendAll(ctx); err != nil && ctx.Err() == nil {
			c.log.Debug("photos wait for the line to headquarters", "error", err)
			again = pause/2 + rand.N(pause/2) //nolint:gosec // not a secret
			pause = min(2*pause, longestPause)
		} else {
			pause = firstPause
		}
		timer := time.NewTimer(again)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-c.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// sendAll sends what waits; its error says that some of it still does.
func (c *Courier) sendAll(ctx context.Context) error {
	entries, err := os.ReadDir(c.path)
	if err != nil {
		c.log.Error("photos on their way cannot be read: let this user read their folder", "folder", c.path, "err", err)
		return err
	}
	var errs []error
	for _, e := range entries {
		if ctx.Err() != nil {
			break
		}
		if name := filepath.Join(c.path, e.Name()); strings.HasSuffix(name, waitingEnding) {
			errs = append(errs, c.sendOne(ctx, name))
		}
	}
	return errors.Join(errs...)
}

// sendOne sends a file's photo, and deletes the file unless it has changed
// meanwhile.
func (c *Courier) sendOne(ctx context.Context, name string) error {
	b, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var p edge.SealedPhoto
	if err == nil {
		if err = json.Unmarshal(b, &p); err == nil {
			err = p.Check(c.now())
		}
		if err == nil {
			err = c.send(ctx, &p)
		}
	}
	switch kind := edge.KindOf(err); {
	case err == nil, kind == edge.Expired:
	case ctx.Err() != nil || kind == edge.Unavailable:
		return err
	default:
		c.log.Warn("a photo will not reach its phone", "err", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now, err := os.ReadFile(name); err == nil && !bytes.Equal(now, b) {
		return nil // it is sent again at once: whoever changed it has said so
	}
	return c.drop(name)
}

func (c *Courier) drop(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("photo.Courier: %w", err)
	}
	return nil
}
