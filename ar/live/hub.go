// Package live fans the mirror's pictures out to those who look at it: each
// viewer gets the newest picture as fast as it can take them, and a slow one
// loses pictures instead of holding up the camera. The hub keeps no picture:
// who joins sees the next one.
package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// ErrClosed is what viewers get once the hub is closed.
var ErrClosed = errors.New("the mirror has been switched off")

// TooManyError refuses one viewer more than the hub allows.
type TooManyError struct{ Max int }

func (e TooManyError) Error() string {
	return fmt.Sprintf("already %d viewers of this mirror: close another window first", e.Max)
}

// Config sets up a Hub.
type Config struct {
	// MaxViewers bounds how many look at the same time; 0 means 16.
	MaxViewers int
	// Origins are the hosts whose pages may open the WebSocket besides the
	// host it is served from, as in path.Match ("kiosk.local", "*.shop.example").
	Origins []string
	Log     *slog.Logger
}

// Stats counts since the start.
type Stats struct {
	Viewers   int    `json:"viewers"`   // looking now
	Published uint64 `json:"published"` // pictures handed in
	Sent      uint64 `json:"sent"`      // pictures taken by viewers, summed over all
	Dropped   uint64 `json:"dropped"`   // pictures that viewers were too slow for
}

// Hub passes pictures on. It is an ar.Sink.
type Hub struct {
	cfg Config

	mu      sync.Mutex
	viewers map[*Viewer]struct{}
	done    chan struct{}
	closed  bool
	stats   Stats
}

// NewHub makes a hub without viewers.
func NewHub(cfg Config) *Hub {
	if cfg.MaxViewers <= 0 {
		cfg.MaxViewers = 16
	}
	return &Hub{cfg: cfg, viewers: map[*Viewer]struct{}{}, done: make(chan struct{})}
}

// Wanted reports whether anybody is looking.
func (h *Hub) Wanted() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.viewers) > 0
}

// Publish gives picture to every viewer. It never waits: where a viewer has
// not taken the one before yet, that one is dropped.
func (h *Hub) Publish(picture []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stats.Published++
	for v := range h.viewers {
		select {
		case <-v.next:
			h.stats.Dropped++
		default:
		}
		v.next <- picture // has room: only Publish fills it, under h.mu
	}
}

// Stats tells how the hub is doing.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.stats
	s.Viewers = len(h.viewers)
	return s
}

// Close ends all viewers. Later ones are refused.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.done)
	}
}

// View adds a viewer, which the caller closes. It fails with TooManyError or
// ErrClosed.
func (h *Hub) View() (*Viewer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	if len(h.viewers) >= h.cfg.MaxViewers {
		return nil, TooManyError{Max: h.cfg.MaxViewers}
	}
	v := &Viewer{hub: h, next: make(chan []byte, 1)}
	h.viewers[v] = struct{}{}
	return v, nil
}

// Viewer is one who looks.
type Viewer struct {
	hub  *Hub
	next chan []byte
}

// Next waits for a picture newer than the last one. The slice is shared with
// the other viewers and must not be changed.
func (v *Viewer) Next(ctx context.Context) ([]byte, error) {
	select {
	case picture := <-v.next:
		v.hub.mu.Lock()
		v.hub.stats.Sent++
		v.hub.mu.Unlock()
		return picture, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-v.hub.done:
		return nil, ErrClosed
	}
}

// Close makes room for another viewer.
func (v *Viewer) Close() {
	v.hub.mu.Lock()
	defer v.hub.mu.Unlock()
	delete(v.hub.viewers, v)
}
