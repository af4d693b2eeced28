package identity_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/authority"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/cloudsync/identity"
	"github.com/mirrorcart/mirrorcart/edge"
)

const patience = 2 * time.Minute

// log keeps what was written, for tests that look for a line of it.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// office is a headquarters with its door for gateways open.
type office struct {
	*hq.HQ
	url string
	log log

	mu  sync.Mutex
	now time.Time
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) pass(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func newOffice(t *testing.T) *office {
	o := &office{now: time.Now()}
	a, err := authority.Create(t.TempDir(), "Test", o.now)
	require.NoError(t, err)
	o.HQ = hqtest.Open(t, func(h *hq.Options) {
		h.Authority, h.Now = a, o.clock
		h.Log = slog.New(slog.NewTextHandler(&o.log, nil))
		h.Refused = func(what hq.Refused, node string) { h.Log.Warn("refused", "what", what, "node", node) }
	})
	c, err := a.ServerTLS([]string{"127.0.0.1"}, o.clock)
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := &http.Server{Handler: o.DeviceDoor(), ReadHeaderTimeout: patience, ErrorLog: slog.NewLogLogger(slog.NewTextHandler(&o.log, nil), slog.LevelWarn)}
	go func() { _ = srv.Serve(tls.NewListener(ln, c)) }()
	t.Cleanup(func() { srv.Close() })
	o.url = "https://" + ln.Addr().String()
	return o
}

func (o *office) keeper(t *testing.T, node string) *identity.Keeper {
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return identity.New(identity.Config{
		Dir: filepath.Join(t.TempDir(), "identity"), URL: o.url, Node: node, Key: key, HQ: o.PublicKey(), Now: o.clock, Log: slog.New(slog.DiscardHandler),
	})
}

func (o *office) claimed(t *testing.T, node string) *identity.Keeper {
	k := o.keeper(t, node)
	c, err := o.MakeClaim(t.Context(), node, "shop-1", time.Hour)
	require.NoError(t, err)
	_, err = k.Claim(t.Context(), c.Code)
	require.NoError(t, err)
	return k
}

// send brings a batch-less list of messages through the door, with the machine's
// certificate.
func (o *office) send(t *testing.T, k *identity.Keeper, list ...cloudsync.Message) (int, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(k.Dir, identity.MachineFile), filepath.Join(k.Dir, identity.MachineFile))
	require.NoError(t, err)
	return o.sendWith(t, k, []tls.Certificate{pair}, list...)
}

func (o *office) sendWith(t *testing.T, k *identity.Keeper, certs []tls.Certificate, list ...cloudsync.Message) (int, error) {
	authority, err := os.ReadFile(filepath.Join(k.Dir, identity.AuthorityFile))
	require.NoError(t, err)
	c := &tls.Config{Certificates: certs, RootCAs: x509.NewCertPool(), Time: o.clock}
	require.True(t, c.RootCAs.AppendCertsFromPEM(authority))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+cloudsync.IngestPath, bytes.NewReader(cloudsync.EncodeMessages(list)))
	require.NoError(t, err)
	req.Header.Set("Content-Type", cloudsync.MessagesType)
	resp, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: c, DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	require.EqualValues(t, tls.VersionTLS13, resp.TLS.Version)
	return resp.StatusCode, nil
}

// batch is one that the machine signed, in the name of node.
func batch(t *testing.T, k *identity.Keeper, node string) cloudsync.Message {
	codec, err := cloudsync.NewCodec()
	require.NoError(t, err)
	e := edge.Event{Node: node, Epoch: "01939c3a-0000-7000-8000-000000000001", Lane: edge.LaneOps, Seq: 1, ID: "first", Type: "x", Data: []byte("{}")}
	hash := e.Hash(edge.Hash{})
	body, err := codec.EncodeBatch(&cloudsync.Batch{V: 1, Node: node, Epoch: e.Epoch, Lane: e.Lane, From: 1, To: 1, Hash: hash, N: 1, Events: []edge.Event{e}})
	require.NoError(t, err)
	topic := cloudsync.Topic{Node: node, Branch: cloudsync.BranchUp, Lane: e.Lane}.String()
	return cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(k.Key, cloudsync.KindBatch, topic, body)}
}

// heard reports whether HQ has taken a batch of the node in.
func (o *office) heard(t *testing.T, node string) bool {
	shops, err := o.Shops(t.Context())
	require.NoError(t, err)
	for _, s := range shops {
		if s.Node == node {
			return !s.Seen.IsZero()
		}
	}
	return false
}

func TestACodeMakesAMachineAGateway(t *testing.T) {
	o := newOffice(t)
	k := o.keeper(t, "gw-1")
	_, err := k.Certificate()
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Contains(t, k.Trouble(), "no certificate yet")
	_, err = k.Claim(t.Context(), "K7QF-2M9X")
	require.ErrorContains(t, err, "is no code")
	_, err = k.Claim(t.Context(), "K7QF-2M9X-8TRW")
	require.Equal(t, edge.Forbidden, edge.KindOf(err))
	require.ErrorContains(t, err, "not known")
	require.Contains(t, o.log.String(), `what=claim`)

	c, err := o.MakeClaim(t.Context(), "gw-1", "shop-1", time.Hour)
	require.NoError(t, err)
	until, err := k.Claim(t.Context(), c.Code)
	require.NoError(t, err)
	require.WithinDuration(t, o.clock().Add(90*24*time.Hour), until, time.Second)
	require.Empty(t, k.Trouble())
	for _, name := range []string{identity.AuthorityFile, identity.MachineFile} {
		info, err := os.Stat(filepath.Join(k.Dir, name))
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), name)
	}
	left, err := filepath.Glob(filepath.Join(k.Dir, "*"))
	require.NoError(t, err)
	require.Len(t, left, 2)

	status, err := o.send(t, k, batch(t, k, "gw-1"))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.True(t, o.heard(t, "gw-1"), "what came through the door counts")

	_, err = o.keeper(t, "gw-1").Claim(t.Context(), c.Code)
	require.ErrorContains(t, err, "used by another machine")
}

// The answer was lost: the machine asks again and gets in.
// A small computer without a battery begins in 1970; nobody is sent to look for a
// cable then.
func TestAWrongClockIsNamed(t *testing.T) {
	o := newOffice(t)
	for _, year := range []int{1970, 2060} {
		k := o.keeper(t, "gw-1")
		wrong := time.Date(year, 1, 1, 0, 3, 0, 0, time.UTC)
		k.Now = func() time.Time { return wrong }
		c, err := o.MakeClaim(t.Context(), "gw-1", "shop-1", time.Hour)
		require.NoError(t, err)
		_, err = k.Claim(t.Context(), c.Code)
		told, ok := errors.AsType[*edge.Error](err)
		require.True(t, ok)
		require.Equal(t, edge.Unavailable, told.Kind, "the code will do once the clock is right")
		require.Contains(t, told.Msg, wrong.Format(time.DateOnly)+" 00:03 UTC")
		require.Contains(t, told.Msg, "set the clock")
		k.Now = o.clock
		_, err = k.Claim(t.Context(), c.Code)
		require.NoError(t, err)
		require.NoError(t, o.RevokeDevice(t.Context(), "gw-1"))
	}
}

func TestAnAnswerThatWasLostIsAskedForAgain(t *testing.T) {
	o := newOffice(t)
	k := o.keeper(t, "gw-1")
	c, err := o.MakeClaim(t.Context(), "gw-1", "shop-1", time.Hour)
	require.NoError(t, err)
	first, err := k.Claim(t.Context(), c.Code)
	require.NoError(t, err)
	cert, err := k.Certificate()
	require.NoError(t, err)
	// As if the machine had stopped between HQ's signature and its own disk.
	machine := filepath.Join(k.Dir, identity.MachineFile)
	text, err := os.ReadFile(machine)
	require.NoError(t, err)
	at := bytes.Index(text, []byte("-----BEGIN PRIVATE KEY"))
	require.NoError(t, os.WriteFile(filepath.Join(k.Dir, "next.key"), text[at:], 0o600))
	require.NoError(t, os.Remove(machine))
	again, err := k.Claim(t.Context(), c.Code)
	require.NoError(t, err)
	require.Equal(t, first, again)
	same, err := k.Certificate()
	require.NoError(t, err)
	require.Equal(t, cert.Raw, same.Raw)
}

func TestCertificatesAreRenewedInTime(t *testing.T) {
	for name, after := range map[string]time.Duration{
		"at two thirds of its life, by the certificate": 61 * 24 * time.Hour,
		"after it has run out, by the ledger's key":     400 * 24 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			k := o.claimed(t, "gw-1")
			before, err := k.Certificate()
			require.NoError(t, err)
			o.pass(after)
			if after > 90*24*time.Hour {
				require.Contains(t, k.Trouble(), "ran out")
				_, err := o.send(t, k)
				require.Error(t, err, "and nobody lets it in")
			}
			run(t, k)
			require.Eventually(t, func() bool {
				now, err := k.Certificate()
				return err == nil && now.NotAfter.After(before.NotAfter)
			}, patience, 10*time.Millisecond)
			now, err := k.Certificate()
			require.NoError(t, err)
			require.NotEqual(t, before.PublicKey, now.PublicKey, "with a new key")
			require.Empty(t, k.Trouble())
			status, err := o.send(t, k, batch(t, k, "gw-1"))
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status)
		})
	}
}

func TestAYoungCertificateIsLeftAlone(t *testing.T) {
	o := newOffice(t)
	k := o.claimed(t, "gw-1")
	before, err := k.Certificate()
	require.NoError(t, err)
	o.pass(59 * 24 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // it looks once before it notices
	require.NoError(t, k.Run(ctx))
	now, err := k.Certificate()
	require.NoError(t, err)
	require.Equal(t, before.Raw, now.Raw)
}

func run(t *testing.T, k *identity.Keeper) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- k.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

func TestAStolenCertificateIsRefused(t *testing.T) {
	o := newOffice(t)
	k := o.claimed(t, "gw-1")
	require.NoError(t, o.RevokeDevice(t.Context(), "gw-1"))
	status, err := o.send(t, k, batch(t, k, "gw-1"))
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, o.log.String(), `what=revoked node=gw-1`)
	_, err = k.Claim(t.Context(), "")
	require.Equal(t, edge.Forbidden, edge.KindOf(err))
	require.ErrorContains(t, err, "taken back")

	require.Empty(t, k.Trouble())
	o.pass(61 * 24 * time.Hour)
	run(t, k)
	require.Eventually(t, func() bool {
		return strings.Contains(k.Trouble(), "does not renew it: this certificate was taken back")
	}, patience, 10*time.Millisecond)
}

func TestWhoIsNotLetInAtTheDoor(t *testing.T) {
	o := newOffice(t)
	one, two := o.claimed(t, "gw-1"), o.claimed(t, "gw-2")
	status, err := o.sendWith(t, one, nil, batch(t, one, "gw-1"))
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, status, "without a certificate")
	require.Contains(t, o.log.String(), `what=certificate`)

	foreign := newOffice(t).claimed(t, "gw-1")
	pair, err := tls.LoadX509KeyPair(filepath.Join(foreign.Dir, identity.MachineFile), filepath.Join(foreign.Dir, identity.MachineFile))
	require.NoError(t, err)
	_, err = o.sendWith(t, one, []tls.Certificate{pair}, batch(t, one, "gw-1"))
	require.Error(t, err, "another authority's")
	require.Eventually(t, func() bool { return bytes.Contains([]byte(o.log.String()), []byte("unknown authority")) }, patience, 10*time.Millisecond)

	status, err = o.send(t, two, batch(t, one, "gw-1")) // authentic, and carried by the wrong one
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, "the list was read")
	require.Contains(t, o.log.String(), "gw-2 sent in the name of gw-1")
	require.False(t, o.heard(t, "gw-1"))
}

// Somebody on the way answers in HQ's place.
func TestOnlyHQsWordCounts(t *testing.T) {
	o := newOffice(t)
	k := o.keeper(t, "gw-1")
	other, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	k.HQ = other
	c, err := o.MakeClaim(t.Context(), "gw-1", "shop-1", time.Hour)
	require.NoError(t, err)
	_, err = k.Claim(t.Context(), c.Code)
	require.Equal(t, edge.Forbidden, edge.KindOf(err))
	require.ErrorContains(t, err, "not the headquarters whose key is hq.key")
	_, err = k.Certificate()
	require.True(t, errors.Is(err, fs.ErrNotExist))
	k.HQ = o.PublicKey()
	_, err = k.Claim(t.Context(), c.Code)
	require.NoError(t, err, "and the code was not told to the other")
}
