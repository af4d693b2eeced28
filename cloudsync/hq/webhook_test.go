package hq

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
)

// signatureStale is how old a signature may be.
const signatureStale = 5 * time.Minute

// verifySignature is what a receiver does: it refuses a body that was not
// signed with the secret, or longer ago than five minutes.
func verifySignature(secret []byte, header string, body []byte, now time.Time) error {
	const op = "verify"
	t, sum, ok := strings.Cut(strings.TrimPrefix(header, "t="), ",v1=")
	seconds, err := strconv.ParseInt(t, 10, 64)
	if !ok || err != nil || !strings.HasPrefix(header, "t=") {
		return edge.Errorf(op, edge.Invalid, "the signature is not of the form t=SECONDS,v1=HEX")
	}
	have, err := hex.DecodeString(sum)
	if err != nil || !hmac.Equal(have, mac(secret, t, body)) {
		return edge.Errorf(op, edge.Forbidden, "the signature does not fit")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > signatureStale || age < -signatureStale {
		return edge.Errorf(op, edge.Forbidden, "signed %s ago: at most %s", age.Round(time.Second), signatureStale)
	}
	return nil
}

// receiver is somebody's system: it checks every signature, and misbehaves when
// told to.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	secret   []byte
	now      func() time.Time
	answer   func(n int) int // status of the n-th request, from 1; 0 hangs
	requests int
	names    []string
	taken    []Record
	unsigned int
	ended    chan struct{}
}

func newReceiver(t *testing.T, now func() time.Time, answer func(int) int) *receiver {
	r := &receiver{secret: []byte("0123456789abcdef"), now: now, answer: answer, ended: make(chan struct{})}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Server.Close)
	t.Cleanup(func() { close(r.ended) })
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	r.mu.Lock()
	r.requests++
	status := r.answer(r.requests)
	if err != nil || verifySignature(r.secret, req.Header.Get(SignatureHeader), body, r.now()) != nil {
		r.unsigned++
		status = http.StatusForbidden
	}
	r.names = append(r.names, req.Header.Get(DeliveryHeader))
	if status == http.StatusOK {
		var d Delivery
		if json.Unmarshal(body, &d) == nil {
			r.taken = append(r.taken, d.Events...)
		}
	}
	r.mu.Unlock()
	if status == 0 {
		select {
		case <-req.Context().Done():
		case <-r.ended:
		}
		return
	}
	w.WriteHeader(status)
}

// got is what was taken; a delivery that came twice, since its answer did not
// arrive, counts once.
func (r *receiver) got() (list []Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range r.taken {
		if len(list) == 0 || record.Cursor > list[len(list)-1].Cursor {
			list = append(list, record)
		}
	}
	return list
}

func (r *receiver) hook(name string, events ...string) Webhook {
	return Webhook{Name: name, URL: r.URL, Secret: r.secret, Events: events}
}

// tell runs webhooks that are quick to try again.
func tell(t *testing.T, h *HQ, giveUp time.Duration, hooks ...Webhook) (stop func()) {
	w, err := NewWebhooks(WebhookConfig{
		HQ: h, Hooks: hooks, Log: slog.New(slog.DiscardHandler),
		Timeout: 300 * time.Millisecond, Base: time.Millisecond, Max: 5 * time.Millisecond, Poll: 5 * time.Millisecond, GiveUp: giveUp,
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return stop
}

// known waits until a webhook has its place, before which nothing is told.
func known(t *testing.T, h *HQ, name string) {
	t.Helper()
	require.Eventually(t, func() bool {
		var n int
		return h.db.Read.QueryRow("select count(*) from webhook where name = $1", name).Scan(&n) == nil && n == 1
	}, 2*time.Minute, time.Millisecond)
}

func TestWebhookIsToldEverythingInOrder(t *testing.T) {
	h := open(t, databasetest.Place(t), time.Now, newKey(t))
	g := newGatewayOf(t, h, nil, testNode)
	g.epoch, g.hashes = "e1", []edge.Hash{{}}
	g.clock = nil
	bad := newReceiver(t, time.Now, func(n int) int { // fails, redirects, hangs
		switch {
		case n%5 == 2:
			return http.StatusInternalServerError
		case n%5 == 4:
			return http.StatusFound
		case n == 3:
			return 0
		}
		return http.StatusOK
	})
	sales := newReceiver(t, time.Now, func(int) int { return http.StatusOK })
	send := func(n int) {
		from := uint64(len(g.events) + 1)
		for range n {
			g.events = append(g.events, edge.Event{
				Node: g.node, Epoch: g.epoch, Lane: g.lane, Seq: uint64(len(g.events) + 1), ID: "i", Type: []string{"a", "b"}[len(g.events)%2],
				Time: 1, Data: json.RawMessage(`{"x":"<&>"}`),
			})
			g.hashes = append(g.hashes, g.events[len(g.events)-1].Hash(g.hashes[len(g.hashes)-1]))
		}
		g.send(g.batch(from, uint64(len(g.events))))
	}
	send(10) // before anybody asked
	stop := tell(t, h, time.Hour, bad.hook("all"), sales.hook("some", "b"))
	known(t, h, "all")
	known(t, h, "some")
	send(150)
	send(150)
	require.Eventually(t, func() bool { return len(bad.got()) == 300 && len(sales.got()) == 150 }, 2*time.Minute, 5*time.Millisecond)
	stop()
	send(7)
	tell(t, h, time.Hour, bad.hook("all"))
	require.Eventually(t, func() bool { return len(bad.got()) == 307 }, 2*time.Minute, 5*time.Millisecond, "it goes on where it was")
	for i, r := range bad.got() {
		require.EqualValues(t, i+11, r.Cursor)
		require.Equal(t, g.events[i+10], r.Event)
	}
	for i, r := range sales.got() {
		require.EqualValues(t, 2*i+12, r.Cursor)
		require.Equal(t, "b", r.Event.Type)
	}
	require.Zero(t, bad.unsigned)
	require.Greater(t, bad.requests, 4)
	require.Equal(t, bad.names[1], bad.names[2], "a delivery that is tried again keeps its name")
}

func TestWebhookThatNeverAnswersIsGivenUp(t *testing.T) {
	h := open(t, databasetest.Place(t), time.Now, newKey(t))
	g := newGatewayOf(t, h, nil, testNode)
	g.epoch, g.hashes = "e1", []edge.Hash{{}}
	down := newReceiver(t, time.Now, func(int) int { return http.StatusBadGateway })
	tell(t, h, 50*time.Millisecond, down.hook("down"))
	known(t, h, "down")
	g.events = []edge.Event{{Node: g.node, Epoch: "e1", Lane: g.lane, Seq: 1, ID: "i", Type: "a", Data: json.RawMessage(`{}`)}}
	g.hashes = append(g.hashes, g.events[0].Hash(edge.Hash{}))
	g.send(g.batch(1, 1))
	var dead []DeadLetter
	require.Eventually(t, func() bool {
		var err error
		dead, err = h.DeadLetters(t.Context(), 10)
		return err == nil && len(dead) == 1
	}, 2*time.Minute, 5*time.Millisecond)
	require.Equal(t, "down", dead[0].Webhook)
	require.EqualValues(t, 1, dead[0].Last)
	require.Contains(t, dead[0].Error, "502")
	var d Delivery
	require.NoError(t, json.Unmarshal(dead[0].Body, &d))
	require.Len(t, d.Events, 1)
	require.Greater(t, down.requests, 1)
}

func TestSignatures(t *testing.T) {
	secret, body, now := []byte("0123456789abcdef"), []byte(`{"a":1}`), time.Unix(1795248000, 0)
	good := Sign(secret, now, body)
	require.Regexp(t, `^t=1795248000,v1=[0-9a-f]{64}$`, good)
	require.NoError(t, verifySignature(secret, good, body, now.Add(signatureStale)))
	for name, bad := range map[string]error{
		"other secret": verifySignature([]byte("x"), good, body, now),
		"other body":   verifySignature(secret, good, []byte(`{"a":2}`), now),
		"late":         verifySignature(secret, good, body, now.Add(signatureStale+time.Second)),
		"early":        verifySignature(secret, good, body, now.Add(-signatureStale-time.Second)),
		"other time":   verifySignature(secret, "t=1795248001"+good[len("t=1795248000"):], body, now),
		"none":         verifySignature(secret, "", body, now),
		"noise":        verifySignature(secret, "t=1,v1=zz", body, now),
	} {
		require.Error(t, bad, name)
	}
	h := open(t, databasetest.Place(t), time.Now, newKey(t))
	for _, bad := range []Webhook{
		{},
		{Name: "a", URL: "http://example.com", Secret: secret},
		{Name: "a", URL: "https://example.com", Secret: []byte("short")},
		{Name: "a", URL: "ftp://localhost", Secret: secret},
		{Name: "a", URL: "http://127.0.0.1.example.com", Secret: secret},
		{Name: "a", URL: "http://localhost.example.com", Secret: secret},
	} {
		_, err := NewWebhooks(WebhookConfig{HQ: h, Hooks: []Webhook{bad}, Log: slog.New(slog.DiscardHandler)})
		require.Equal(t, edge.Invalid, edge.KindOf(err), "%+v", bad)
	}
}
