package cloudsync_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// hub is a broker in memory that loses, repeats and delays as it is told to.
type hub struct {
	// drop, repeat and delay are the chances of each for every message.
	drop, repeat, delay float64
	slow                time.Duration // what every message takes

	lost  func(cloudsync.Message) bool // what never arrives, if not nil
	mu    sync.Mutex
	links []*hubLink
	turn  int
	rnd   *rand.Rand
	down  bool
	seen  []cloudsync.Message          // all that was published
	kept  map[string]cloudsync.Message // retained, by topic

	silent []bool // see toldOfSilence
}

func newHub(seed uint64) *hub {
	return &hub{rnd: rand.New(rand.NewPCG(seed, 0)), kept: map[string]cloudsync.Message{}}
}

// Dial implements cloudsync.Dialer.
func (h *hub) Dial(_ context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return nil, errors.New("nobody answers")
	}
	l := &hubLink{hub: h, session: s, messages: make(chan cloudsync.Message, 256), done: make(chan struct{})}
	h.links = append(h.links, l)
	if s.Will != nil {
		h.silent = append(h.silent, s.Silent)
	}
	for topic, m := range h.kept {
		if plain, _ := l.hears(topic); plain {
			l.deliver(m)
		}
	}
	return l, nil
}

// standing counts the connections.
func (h *hub) standing() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.links)
}

// toldOfSilence lists what the shop's sessions said of the one before.
func (h *hub) toldOfSilence() []bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.silent)
}

// cut ends all connections, and refuses new ones until mend.
func (h *hub) cut() {
	h.mu.Lock()
	links := slices.Clone(h.links)
	h.down = true
	h.mu.Unlock()
	for _, l := range links {
		l.lose()
	}
}

func (h *hub) mend() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = false
}

// faults sets the chances.
func (h *hub) faults(drop, repeat, delay float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop, h.repeat, h.delay = drop, repeat, delay
}

// lose makes all messages vanish for which lost is true.
func (h *hub) lose(lost func(cloudsync.Message) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lost = lost
}

// published lists what was published on a topic.
func (h *hub) published(topic string) (list []cloudsync.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.seen {
		if m.Topic == topic {
			list = append(list, m)
		}
	}
	return list
}

// inject publishes m as somebody who got hold of the broker would.
func (h *hub) inject(m cloudsync.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.route(m)
}

func (h *hub) publish(m cloudsync.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = append(h.seen, m)
	if h.lost != nil && h.lost(m) {
		return
	}
	copies := 1
	if h.rnd.Float64() < h.repeat {
		copies = 2
	}
	for range copies {
		if h.rnd.Float64() < h.drop {
			continue
		}
		takes := h.slow
		if h.rnd.Float64() < h.delay {
			takes += time.Duration(h.rnd.IntN(400)) * time.Millisecond
		}
		if takes > 0 {
			time.AfterFunc(takes, func() { h.inject(m) })
			continue
		}
		h.route(m)
	}
}

// route hands m to all that listen, and to one of those that share.
func (h *hub) route(m cloudsync.Message) {
	if m.Retain {
		h.kept[m.Topic] = m
	}
	var sharing []*hubLink
	for _, l := range h.links {
		switch plain, shared := l.hears(m.Topic); {
		case plain:
			l.deliver(m)
		case shared:
			sharing = append(sharing, l)
		}
	}
	if len(sharing) > 0 {
		h.turn++
		sharing[h.turn%len(sharing)].deliver(m)
	}
}

// hubLink is a connection to a hub.
type hubLink struct {
	hub      *hub
	session  cloudsync.Session
	messages chan cloudsync.Message
	done     chan struct{}
	once     sync.Once
}

func (l *hubLink) hears(topic string) (plain, shared bool) {
	for _, f := range l.session.Filters {
		rest, isShared := strings.CutPrefix(f, "$share/")
		if isShared {
			_, rest, _ = strings.Cut(rest, "/")
		}
		if !matches(rest, topic) {
			continue
		}
		plain, shared = plain || !isShared, shared || isShared
	}
	return plain, shared
}

func matches(filter, topic string) bool {
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	if len(f) != len(t) {
		return false
	}
	for i := range f {
		if f[i] != "+" && f[i] != t[i] {
			return false
		}
	}
	return true
}

func (l *hubLink) deliver(m cloudsync.Message) {
	select {
	case l.messages <- m:
	default:
	}
}

func (l *hubLink) Publish(_ context.Context, m cloudsync.Message) error {
	select {
	case <-l.done:
		return cloudsync.ErrLinkLost
	default:
	}
	l.hub.publish(m)
	return nil
}

func (l *hubLink) Messages() <-chan cloudsync.Message { return l.messages }
func (l *hubLink) Done() <-chan struct{}              { return l.done }

// lose ends the connection as a broken line does: the will is published.
func (l *hubLink) lose() {
	l.Close()
	if w := l.session.Will; w != nil {
		l.hub.publish(*w)
	}
}

func (l *hubLink) Close() {
	l.once.Do(func() {
		l.hub.mu.Lock()
		defer l.hub.mu.Unlock()
		l.hub.links = slices.DeleteFunc(l.hub.links, func(o *hubLink) bool { return o == l })
		close(l.done)
	})
}
