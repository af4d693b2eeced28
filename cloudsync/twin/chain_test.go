package twin_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/cloudsync/https"
	"github.com/mirrorcart/mirrorcart/cloudsync/mosquitto"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
	"github.com/mirrorcart/mirrorcart/cloudsync/twin"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/release"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

const patience = 2 * time.Minute

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newKey(t *testing.T) ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}

// start runs f until the test ends.
func start(t *testing.T, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

// chain is a headquarters on a clock of the test's own, and where its files are.
type chain struct {
	t        *testing.T
	clock    *edgetest.Clock
	hq       *hq.HQ
	web      *httptest.Server
	machines map[string]*machine
	posts    atomic.Int64 // that HQ has answered
}

func newChain(t *testing.T) *chain {
	c := &chain{t: t, clock: edgetest.NewClock(), machines: map[string]*machine{}}
	var err error
	c.hq, err = hq.Open(t.Context(), hq.Options{
		Path: filepath.Join(t.TempDir(), "hq.db"), Key: newKey(t), Now: c.clock.Now, NewID: uuid.NewString, Log: quiet(),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.hq.Close()) })
	return c
}

// serve serves HQ's files, and takes what shops send over HTTPS.
func (c *chain) serve() {
	mux, ingest := http.NewServeMux(), c.hq.IngestHandler()
	mux.Handle(hq.AssetPath, c.hq.Assets())
	mux.HandleFunc(cloudsync.IngestPath, func(w http.ResponseWriter, r *http.Request) {
		ingest.ServeHTTP(w, r)
		c.posts.Add(1)
	})
	c.web = httptest.NewServer(mux)
	c.t.Cleanup(c.web.Close)
}

// gateway starts one that reaches HQ by dialer.
func (c *chain) gateway(node string, dialer cloudsync.Dialer) {
	t, key := c.t, newKey(c.t)
	require.NoError(t, c.hq.Enrol(t.Context(), hq.Node{Node: node, Shop: node, Key: key.Public().(ed25519.PublicKey)}))
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "shop.db"), Node: node, Shop: node, Till: "T1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	keys := []ed25519.PublicKey{c.hq.PublicKey()}
	fetcher, err := release.New(release.Config{Store: db, Folder: t.TempDir(), Base: c.web.URL, Keys: keys, Log: quiet()})
	require.NoError(t, err)
	m := newMachine(t)
	c.machines[node] = m
	agent, err := twin.New(t.Context(), twin.Config{
		File: filepath.Join(t.TempDir(), "twin.json"), Class: "minipc", Machine: m, Fetch: fetcher.File, Zone: time.UTC,
		Now: c.clock.Now, Log: quiet(), Look: 10 * time.Millisecond,
	})
	require.NoError(t, err)
	start(t, agent.Run)
	up, err := cloudsync.NewUplink(cloudsync.UplinkConfig{
		Node: node, Key: key, HQ: keys, Outbox: db, Dialer: dialer, Log: quiet(), Twin: agent,
		Backoff: cloudsync.Backoff{Base: 10 * time.Millisecond, Max: 50 * time.Millisecond}, Resend: 300 * time.Millisecond, Probe: 100 * time.Millisecond,
	})
	require.NoError(t, err)
	start(t, up.Run)
}

// collect runs HQ's collector, and the rollouts beside it.
func (c *chain) collect(dialer cloudsync.Dialer) {
	start(c.t, hq.NewCollector(hq.CollectorConfig{
		HQ: c.hq, Dialer: dialer, Log: quiet(), Resend: 50 * time.Millisecond,
		Backoff: cloudsync.Backoff{Base: 10 * time.Millisecond, Max: 50 * time.Millisecond},
	}).Run)
}

func (c *chain) publish(body string) string {
	c.t.Helper()
	sum, err := c.hq.PutAsset(c.t.Context(), []byte(body))
	require.NoError(c.t, err)
	b := rollout.Bundle{Version: int64(body[0] - '0'), SHA256: sum, Size: int64(len(body)), Classes: []string{"minipc"}, Expires: c.clock.Now().Add(24 * time.Hour)}
	p := rollout.DefaultPlan()
	p.Rings = []rollout.Ring{{Gateways: 1}, {Gateways: 2}, {Percent: 100}}
	id, err := c.hq.Rollouts().Publish(c.t.Context(), b, p, "mai")
	require.NoError(c.t, err)
	return id
}

// until steps the rollouts, and the machines, until holds.
func (c *chain) until(what string, holds func() bool) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		require.NoError(c.t, c.hq.Rollouts().Step(c.t.Context()))
		for _, m := range c.machines {
			m.work()
		}
		return holds()
	}, patience, 20*time.Millisecond, what)
}

func (c *chain) only(id string) rollout.Rollout {
	list, err := c.hq.Rollouts().List(c.t.Context(), 10)
	require.NoError(c.t, err)
	for _, o := range list {
		if o.ID == id {
			return o
		}
	}
	require.Fail(c.t, "no such rollout")
	return rollout.Rollout{}
}

// running lists the versions that the machines run.
func (c *chain) running() map[int64]int {
	versions := map[int64]int{}
	for _, m := range c.machines {
		versions[m.running()]++
	}
	return versions
}

// Three gateways over Mosquitto: a good bundle reaches all of them in rings, a
// broken one stops with the first, which has the good one again.
func TestRingsOverMosquitto(t *testing.T) {
	m, err := mosquitto.Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	dial := func(client string) cloudsync.Dialer {
		return &mqtt.Dialer{Broker: "tcp://" + m.Addr(), ClientID: client, Log: quiet()}
	}
	c := newChain(t)
	c.serve()
	c.collect(dial("hq-1"))
	c.collect(dial("hq-2")) // each report reaches both
	for i := range 3 {
		node := fmt.Sprint("shop-", i)
		c.gateway(node, dial(node))
	}
	c.until("all report", func() bool {
		fleets, err := c.hq.Rollouts().Fleets(t.Context())
		require.NoError(t, err)
		return len(fleets) == 1 && fleets[0] == rollout.Fleet{Class: "minipc", Version: 0, Gateways: 3}
	})

	id := c.publish("1 good")
	for told := 1; told <= 3; told++ {
		c.until("the ring runs it", func() bool {
			o := c.only(id)
			return o.Counts.Told == told && o.Counts.Committed == told && !o.Ripe.IsZero()
		})
		require.Equal(t, told-1, c.only(id).Ring)
		require.Equal(t, told, c.running()[1], "and nobody else")
		c.clock.Advance(30 * time.Minute)
	}
	c.until("it is done", func() bool { return c.only(id).State == rollout.Done })

	broken := c.publish("2 broken")
	c.until("it is stopped", func() bool { return c.only(broken).State == rollout.Stopped })
	require.Equal(t, rollout.Counts{Gateways: 3, Told: 1, Failed: 1}, c.only(broken).Counts)
	failed, err := c.hq.Rollouts().Machines(t.Context(), broken, 10)
	require.NoError(t, err)
	require.Equal(t, "camera", failed[0].Reason)
	c.clock.Advance(24 * time.Hour)
	require.NoError(t, c.hq.Rollouts().Step(t.Context()))
	require.Equal(t, map[int64]int{1: 3}, c.running())

	m.Kill() // it keeps nothing
	again := c.publish("3 good")
	require.NoError(t, m.Restart(t.Context()))
	c.until("after a broker that forgot", func() bool { return c.only(again).Counts.Committed == 1 })
}

// Where a shop has no broker the same goes over HTTPS.
func TestRingsOverHTTPS(t *testing.T) {
	c := newChain(t)
	c.serve()
	c.gateway("shop-1", &https.Dialer{URL: c.web.URL, Client: c.web.Client(), Poll: 20 * time.Millisecond})
	c.until("it reports", func() bool {
		fleets, err := c.hq.Rollouts().Fleets(t.Context())
		require.NoError(t, err)
		return len(fleets) == 1
	})
	id := c.publish("1 good")
	c.until("it runs it", func() bool { return c.only(id).Counts.Committed == 1 })
	require.Equal(t, int64(1), c.machines["shop-1"].running())
}

// What another signed, or is for another, reaches nobody.
func TestForeignWordsAreRefused(t *testing.T) {
	c := newChain(t)
	other := newKey(t)
	require.NoError(t, c.hq.Enrol(t.Context(), hq.Node{Node: "shop-1", Shop: "shop-1", Key: other.Public().(ed25519.PublicKey)}))
	require.NoError(t, c.hq.Enrol(t.Context(), hq.Node{Node: "shop-2", Shop: "shop-2", Key: newKey(t).Public().(ed25519.PublicKey)}))
	c.serve()
	report := cloudsync.Reported{Node: "shop-2", N: 1, Class: "minipc", State: cloudsync.BundleNone, At: c.clock.Now()}
	body, err := report.Encode()
	require.NoError(t, err)
	post := func(onTopicOf string, kind cloudsync.Kind) {
		topic := cloudsync.Topic{Node: onTopicOf, Branch: cloudsync.BranchReported}.String()
		link, err := (&https.Dialer{URL: c.web.URL, Client: c.web.Client()}).Dial(t.Context(), cloudsync.Session{})
		require.NoError(t, err)
		defer link.Close()
		before := c.posts.Load()
		require.NoError(t, link.Publish(t.Context(), cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(other, kind, topic, body)}))
		require.Eventually(t, func() bool { return c.posts.Load() > before }, patience, time.Millisecond)
	}
	post("shop-2", cloudsync.KindReported) // shop-1's key on shop-2's topic
	post("shop-1", cloudsync.KindReported) // the topic is its own, the report is not
	post("shop-1", cloudsync.KindState)
	fleets, err := c.hq.Rollouts().Fleets(t.Context())
	require.NoError(t, err)
	require.Empty(t, fleets)
	report.Node = "shop-1"
	body, err = report.Encode()
	require.NoError(t, err)
	post("shop-1", cloudsync.KindReported)
	fleets, err = c.hq.Rollouts().Fleets(t.Context())
	require.NoError(t, err)
	require.Equal(t, []rollout.Fleet{{Class: "minipc", Gateways: 1}}, fleets)
}
