package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// wire is the line between a gateway and its headquarters, which both run, and
// all that is said over it.
type wire struct {
	t   *testing.T
	cfg *firmwarecfg.Edge
	hq  *hq.HQ

	mu   sync.Mutex
	said []cloudsync.Message
}

// tap sets a gateway's line up, and listens to it until the test has ended.
func tap(t *testing.T, cfg *firmwarecfg.Edge) *wire {
	t.Helper()
	w := &wire{t: t, cfg: cfg}
	dir, quiet := t.TempDir(), slog.New(slog.DiscardHandler)
	password := filepath.Join(dir, "password")
	require.NoError(t, os.WriteFile(password, []byte("let me in"), 0o600))
	b, err := broker.Listen("127.0.0.1:0", broker.Options{Log: quiet, Users: []broker.User{{Name: cfg.Node, Password: "let me in"}, {Name: "hq", Password: "let me in", HQ: true}}})
	require.NoError(t, err)
	line := func(name string) firmwarecfg.MQTT {
		return firmwarecfg.MQTT{URL: "mqtt://" + b.Addr().String(), Username: name, PasswordFile: password}
	}
	office := firmwarecfg.DefaultHQ()
	office.Addr, office.OfficeAddr, office.Metrics.Addr = "127.0.0.1:0", "", ""
	office.DataDir, office.Key, office.MQTT = dir, filepath.Join(dir, "hq.key"), line("hq")
	s, err := headquarters.New(t.Context(), office, os.DirFS("demo/shop"), "test", quiet)
	require.NoError(t, err)
	key, err := firmwarecfg.LoadOrCreateKey(cfg.Keys.Device)
	require.NoError(t, err)
	require.NoError(t, s.DB.Enrol(t.Context(), hq.Node{Node: cfg.Node, Shop: cfg.Shop.ID, Key: key.Public().(ed25519.PublicKey)}))
	w.hq = s.DB
	cfg.HQ = firmwarecfg.Line{MQTT: line(cfg.Node), PublicURL: s.PublicURL(), Key: firmwarecfg.FormatPublicKey(s.DB.PublicKey())}

	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	t.Cleanup(func() { stop(); running.Wait(); require.NoError(t, s.Close()) })
	for _, run := range []func(context.Context) error{b.Run, s.Run} {
		running.Go(func() { _ = run(ctx) }) // what matters is what went over the line
	}
	ear, err := process.Dialer(office.MQTT, "ear", quiet)
	require.NoError(t, err)
	link, err := ear.Dial(ctx, cloudsync.Session{Filters: []string{"v1/#"}})
	require.NoError(t, err)
	t.Cleanup(link.Close)
	running.Go(func() { w.listen(ctx, link) })
	return w
}

func (w *wire) listen(ctx context.Context, link cloudsync.Link) {
	for {
		select {
		case m := <-link.Messages():
			w.mu.Lock()
			w.said = append(w.said, m)
			w.mu.Unlock()
		case <-ctx.Done():
			return
		}
	}
}

// text waits until headquarters has all that the gateway has, and last was heard,
// and returns what was said, unpacked.
func (w *wire) text(g *gateway, last string) (said []byte) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		for _, lane := range edge.Lanes() {
			if waiting, _, err := g.db.Waiting(w.t.Context(), lane); err != nil || waiting > 0 {
				return false
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		said = w.unpack(w.said)
		return bytes.Contains(said, []byte(last))
	}, 2*time.Minute, 20*time.Millisecond, "%s is not heard", last)
	return said
}

// unpack is what messages say. The gateway's clock is left out: it has as many
// digits as a card's number.
func (w *wire) unpack(list []cloudsync.Message) (text []byte) {
	z, err := zstd.NewReader(nil)
	require.NoError(w.t, err)
	defer z.Close()
	for _, m := range list {
		e, err := cloudsync.Open(m.Payload)
		require.NoError(w.t, err)
		body, err := z.DecodeAll(e.Body, nil)
		if err != nil {
			body = e.Body // small ones are not packed
		}
		text = slices.Concat(text, []byte(m.Topic), []byte("\n"), body, []byte("\n"))
	}
	return regexp.MustCompile(`"(time|mono)":\d+`).ReplaceAll(text, nil)
}

// posted is what is said where the same messages go over HTTPS.
func (w *wire) posted() (text []byte) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	bodies := make(chan []byte, len(w.said))
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && len(body) > 0 {
			bodies <- body
		}
		rw.Header().Set("Content-Type", cloudsync.MessagesType)
	}))
	defer s.Close()
	cfg := *w.cfg
	cfg.HQ.IngestURL = s.URL
	link, err := ingestDialer{&cfg}.Dial(w.t.Context(), cloudsync.Session{})
	require.NoError(w.t, err)
	defer link.Close()
	for _, m := range w.said {
		require.NoError(w.t, link.Publish(w.t.Context(), m))
	}
	for got := 0; got < len(w.said); {
		select {
		case body := <-bodies:
			list, err := cloudsync.DecodeMessages(body)
			require.NoError(w.t, err)
			got += len(list)
			text = append(text, w.unpack(list)...)
		case <-time.After(2 * time.Minute):
			require.Fail(w.t, "messages are missing")
		}
	}
	return text
}
