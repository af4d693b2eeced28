package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/cloudsync/mosquitto"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
	"github.com/mirrorcart/mirrorcart/cloudsync/twin"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/release"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

func (s *site) inbox() bundleInbox {
	return bundleInbox{data: s.path(gatewayPath), bundles: s.path(bundlesPath), roots: s.path(rootsPath), class: "minipc", now: time.Now}
}

// unit does what root's unit does: it takes in what the gateway has left.
func (s *site) unit(ctx context.Context) error {
	m := newBundled(s.root, "", io.Discard)
	a := &bundle.Applier{
		Root: s.root, Dir: s.path(bundlesPath), Roots: s.path(rootsPath), Class: m.class(), Machine: m,
		Limit: 2 * time.Second, Hold: 10 * time.Millisecond, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	shut, err := a.Open()
	if err != nil {
		return err
	}
	defer shut()
	for ctx.Err() == nil {
		err := a.TakeIn(ctx, m.dataDir())
		if bundle.ReasonOf(err) == "" && !errors.Is(err, bundle.ErrRolledBack) && !errors.Is(err, context.Canceled) && err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// during runs f until the test ends.
func during(t *testing.T, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

// Three machines, each in a folder, over Mosquitto: what enough have signed comes
// to all in rings; what breaks the camera goes from the first by itself, and to
// nobody else.
func TestBundlesReachThreeMachines(t *testing.T) {
	broker, err := mosquitto.Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, broker.Stop()) })
	quiet := slog.New(slog.DiscardHandler)
	dial := func(client string) cloudsync.Dialer {
		return &mqtt.Dialer{Broker: "tcp://" + broker.Addr(), ClientID: client, Log: quiet}
	}
	newKey := func() ed25519.PrivateKey {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		require.NoError(t, err)
		return key
	}
	clock := edgetest.NewClock()
	h, err := hq.Open(t.Context(), hq.Options{Path: filepath.Join(t.TempDir(), "hq.db"), Key: newKey(), Now: clock.Now, NewID: uuid.NewString, Log: quiet})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	files := httptest.NewServer(h.Assets())
	t.Cleanup(files.Close)
	during(t, hq.NewCollector(hq.CollectorConfig{HQ: h, Dialer: dial("hq-1"), Log: quiet, Resend: 50 * time.Millisecond}).Run)

	var sites []*site
	for i := range 3 {
		s, node, key := newSite(t), fmt.Sprint("shop-", i), newKey()
		s.own(fmt.Sprintf("node: shop-7-gw-1\nshop: {id: shop-7, name: Seven}\ntill: T7\nmetrics: {addr: %q}\n", s.metrics))
		sites = append(sites, s)
		during(t, s.unit)
		require.NoError(t, h.Enrol(t.Context(), hq.Node{Node: node, Shop: node, Key: key.Public().(ed25519.PublicKey)}))
		db, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "shop.db"), Node: node, Shop: node, Till: "T1"})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		keys := []ed25519.PublicKey{h.PublicKey()}
		fetcher, err := release.New(release.Config{Store: db, Folder: t.TempDir(), Base: files.URL, Keys: keys, Log: quiet})
		require.NoError(t, err)
		agent, err := twin.New(t.Context(), twin.Config{
			File: filepath.Join(t.TempDir(), "twin.json"), Class: "minipc", Machine: s.inbox(), Fetch: fetcher.File, Zone: time.UTC, Now: clock.Now,
			Log: quiet, Look: 20 * time.Millisecond,
		})
		require.NoError(t, err)
		during(t, agent.Run)
		up, err := cloudsync.NewUplink(cloudsync.UplinkConfig{
			Node: node, Key: key, HQ: keys, Outbox: db, Dialer: dial(node), Log: quiet, Twin: agent, Probe: 100 * time.Millisecond,
			Backoff: cloudsync.Backoff{Base: 10 * time.Millisecond, Max: 50 * time.Millisecond},
		})
		require.NoError(t, err)
		during(t, up.Run)
	}
	qualities := func() (list []int) {
		for _, s := range sites {
			list = append(list, s.quality())
		}
		return list
	}
	until := func(what string, holds func() bool) {
		t.Helper()
		require.Eventually(t, func() bool { return h.Rollouts().Step(t.Context()) == nil && holds() }, 2*time.Minute, 20*time.Millisecond, what)
	}
	publish := func(version int64, quality int) (id string) {
		archive := sites[0].archive(version, sites[0].render(quality), sites[0].keys[:2]...)
		sum, err := h.PutAsset(t.Context(), archive)
		require.NoError(t, err)
		b := rollout.Bundle{Version: version, SHA256: sum, Size: int64(len(archive)), Classes: []string{"minipc"}, Expires: clock.Now().Add(240 * time.Hour)}
		id, err = h.Rollouts().Publish(t.Context(), b, rollout.DefaultPlan(), "mai")
		require.NoError(t, err)
		return id
	}
	only := func(id string) (o rollout.Rollout) {
		list, err := h.Rollouts().List(t.Context(), 10)
		require.NoError(t, err)
		for _, o = range list {
			if o.ID == id {
				break
			}
		}
		return o
	}
	until("all report", func() bool {
		fleets, err := h.Rollouts().Fleets(t.Context())
		return err == nil && len(fleets) == 1 && fleets[0].Gateways == 3
	})
	good := publish(1, 60)
	for _, ring := range []int{1, 3} {
		until(fmt.Sprintf("%d run it", ring), func() bool { return only(good).Counts.Committed == ring && !only(good).Ripe.IsZero() })
		require.Equal(t, ring, only(good).Counts.Told)
		clock.Advance(30 * time.Minute)
	}
	until("it is done", func() bool { return only(good).State == rollout.Done })
	require.Equal(t, []int{60, 60, 60}, qualities())

	broken := publish(2, 55)
	until("it is stopped", func() bool { return only(broken).State == rollout.Stopped })
	clock.Advance(24 * time.Hour)
	require.NoError(t, h.Rollouts().Step(t.Context()))
	require.Equal(t, rollout.Counts{Gateways: 3, Told: 1, Failed: 1}, only(broken).Counts)
	require.Equal(t, []int{60, 60, 60}, qualities())
	failed, err := h.Rollouts().Machines(t.Context(), broken, 10)
	require.NoError(t, err)
	require.Contains(t, failed[0].Message, "the camera gives no pictures")
}

func TestBundlesThatTheGatewayRefusesItself(t *testing.T) {
	s := newSite(t)
	m := s.inbox()
	file := filepath.Join(t.TempDir(), "v.bundle")
	verify := func(archive []byte) string {
		require.NoError(t, os.WriteFile(file, archive, 0o600))
		err := m.Verify(t.Context(), file)
		refused, ok := errors.AsType[*twin.Refused](err)
		if !ok {
			require.NoError(t, err)
			return ""
		}
		return refused.Reason
	}
	one := s.archive(1, s.render(60), s.keys[:2]...)
	require.Empty(t, verify(one))
	require.Equal(t, "unsigned", verify(s.archive(1, s.render(60))), "before the first bundle too")
	require.NoError(t, s.apply(one))
	require.Empty(t, verify(s.archive(2, s.render(60), s.keys[:2]...)))
	require.Equal(t, "too_few_signatures", verify(s.archive(2, s.render(60), s.keys[0])))
	require.Equal(t, "unsigned", verify(s.archive(2, s.render(60))))
	require.Equal(t, "tampered", verify([]byte("no bundle")))
	require.Equal(t, "mixed", verify(s.archive(1, s.render(61), s.keys[:2]...)))
	m.class = "tablet"
	require.Equal(t, "foreign", verify(s.archive(2, s.render(60), s.keys[:2]...)))

	status, err := m.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), status.Running)
	require.Equal(t, cloudsync.BundleCommitted, status.State)
	require.NotEqual(t, edge.Hash{}, status.Bundle)
	_, err = s.run("rollback")
	require.NoError(t, err)
	status, err = m.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, twin.Status{State: cloudsync.BundleRolledBack, Reason: "by_hand", Message: status.Message}, status)
}

// Where nothing says who may sign, the gateway fetches nothing and root's part
// refuses what is left for it all the same, and waits for no more of it.
func TestAMachineWithoutARootSetRefusesBundles(t *testing.T) {
	for name, spoil := range map[string]func(file string) error{
		"missing": os.Remove,
		"damaged": func(file string) error { return os.WriteFile(file, []byte("[]"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			roots, err := os.ReadFile(s.path(rootsPath))
			require.NoError(t, err)
			require.NoError(t, spoil(s.path(rootsPath)))
			m := s.inbox()
			status, err := m.Status(t.Context())
			require.NoError(t, err)
			require.Equal(t, "no_root_set", status.Unable.Reason)
			require.Contains(t, status.Unable.Message, s.path(rootsPath))

			archive := s.archive(1, s.render(60), s.keys[:2]...)
			require.NoError(t, bundle.Leave(s.path(gatewayPath), archive))
			_, err = s.run("apply", "--inbox")
			require.NoError(t, err, "nothing is tried again")
			left, err := os.ReadDir(s.path(gatewayPath + "/bundle/inbox"))
			require.NoError(t, err)
			require.Empty(t, left, "and the unit that waits for bundles sees none")
			status, err = m.Status(t.Context())
			require.NoError(t, err)
			require.Equal(t, cloudsync.BundleRefused, status.State)
			require.Equal(t, "no_root_set", status.Reason)
			require.Contains(t, status.Message, "no root set: ")
			require.Equal(t, 70, s.quality())

			require.NoError(t, os.WriteFile(s.path(rootsPath), roots, 0o600))
			status, err = m.Status(t.Context())
			require.NoError(t, err)
			require.Equal(t, twin.Status{State: cloudsync.BundleNone}, status, "it may come again")
			require.NoError(t, s.apply(archive))
			require.Equal(t, 60, s.quality())
		})
	}
}
