package cloudsync_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/pgtemp"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
)

// patience is twice what a lane may wait before it sends again.
const patience = 2 * time.Minute

// scene is a shop, a broker and headquarters, with a line to the broker from
// each of the two.
type scene struct {
	seller
	t              *testing.T
	line, hqLine   *line
	lies           *lies
	tls            *tls.Config
	book           *logbook
	clock          struct{ shop, hq clock }
	stopUp, stopHQ func()
	postgres       *pgtemp.Server
	hasty          bool
	lasts          hq.IncidentKind // what a person is told of at the end; empty for nothing
}

func newScene(t *testing.T, f fault) *scene {
	s := &scene{t: t, book: &logbook{lines: map[string]int{}}, lies: &lies{}, hasty: f.hasty}
	s.chain = &chain{dir: t.TempDir(), nodeKey: newKey(t), hqKey: newKey(t), log: slog.New(s.book)}
	s.hqAt = filepath.Join(s.dir, "hq.db")
	if f.postgres {
		s.postgres = databasetest.StartPostgres(t)
		s.hqAt = s.postgres.URL("postgres")
	}
	s.now.shop, s.now.hq = s.clock.shop.now, s.clock.hq.now
	s.net = newMosquitto(t)
	if f.broker != nil {
		s.net = f.broker(s)
	}
	s.net.start(t)
	s.line, s.hqLine = newLine(t, s.net.addr()), newLine(t, s.net.addr())
	s.dialer = &liar{s.dial(s.line.addr, node), s.lies}
	s.hqDial = func(client string) cloudsync.Dialer { return &liar{s.dial(s.hqLine.addr, client), s.lies} }
	s.open(t)
	s.stopHQ, s.stopUp = s.collect(t, "hq-1"), s.startUplink(t)
	return s
}

// dial is the product's own dialer, as patient as in a shop or hasty.
func (s *scene) dial(addr, client string) *mqtt.Dialer {
	d := dial(addr, client)
	if d.KeepAlive, d.Timeout = 0, 0; s.hasty {
		d.KeepAlive, d.Timeout = 2*time.Second, 2*time.Second
	}
	if d.TLS = s.tls; d.TLS != nil {
		d.Broker = "ssl://" + addr
	}
	return d
}

func (s *scene) sell(n int) { s.seller.sell(s.t, n) }

// arrived waits until headquarters has confirmed all there is.
func (s *scene) arrived() {
	s.t.Helper()
	s.confirmed(s.t)
}

// check compares what was printed with what headquarters holds, and looks for
// what a fault must not leave behind.
func (s *scene) check() {
	s.t.Helper()
	s.settled(s.t, s.sold)
	require.EqualValues(s.t, 1, s.shop.Series(), "nothing was lost in the shop: no new epoch")
	require.NoError(s.t, s.hq.LookForIncidents(s.t.Context()))
	incidents, err := s.hq.Incidents(s.t.Context(), true, 100)
	require.NoError(s.t, err)
	for _, i := range incidents {
		require.Equal(s.t, s.lasts, i.Kind, i.What)
	}
	s.stopUp()
	s.stopHQ()
	s.eventually("connections are left over", func() bool { return s.line.standing()+s.hqLine.standing() == 0 })
}

// eventually waits until holds does; it may sell meanwhile.
func (s *scene) eventually(otherwise string, holds func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		require.Less(s.t, time.Now(), end, otherwise)
	}
}

// noticed waits until the till says that the line is down.
func (s *scene) noticed() {
	s.t.Helper()
	s.eventually("the till takes the line to be up", func() bool { return !s.uplink.Status().Up })
}

// clock is right but for so many nanoseconds.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Round(0).Add(time.Duration(c.ahead.Load())) }

// logbook counts what is logged, by its message.
type logbook struct {
	mu    sync.Mutex
	lines map[string]int
}

func (b *logbook) count(message string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines[message]
}

// Handle implements slog.Handler.
func (b *logbook) Handle(_ context.Context, r slog.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines[r.Message]++
	return nil
}

func (b *logbook) Enabled(context.Context, slog.Level) bool { return true }
func (b *logbook) WithAttrs([]slog.Attr) slog.Handler       { return b }
func (b *logbook) WithGroup(string) slog.Handler            { return b }

// instead is a dialer that another one stands in for, for a while.
type instead struct {
	cloudsync.Dialer
	mu    sync.Mutex
	other cloudsync.Dialer // nil for none
	dials int              // of the other one
}

// Dial implements cloudsync.Dialer.
func (d *instead) Dial(ctx context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	d.mu.Lock()
	now := d.Dialer
	if d.other != nil {
		now = d.other
		d.dials++
	}
	d.mu.Unlock()
	return now.Dial(ctx, s)
}

func (d *instead) be(other cloudsync.Dialer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.other = other
}

func (d *instead) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dials
}
