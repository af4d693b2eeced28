package broker_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/authority"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
	"github.com/mirrorcart/mirrorcart/edge"
)

const patience = 2 * time.Minute

func newAuthority(t *testing.T) *authority.Authority {
	t.Helper()
	a, err := authority.Create(t.TempDir(), "Test", time.Now())
	require.NoError(t, err)
	return a
}

// sign makes a certificate with its key by one of an authority's ways to sign.
func sign(t *testing.T, as func(*ecdsa.PublicKey) ([]byte, error)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := as(&key.PublicKey)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// client is a certificate for name, which holds for so long.
func client(t *testing.T, a *authority.Authority, name string, life time.Duration) tls.Certificate {
	t.Helper()
	return sign(t, func(key *ecdsa.PublicKey) ([]byte, error) { return a.SignClient(name, key, time.Now(), life) })
}

// listenTLS is a broker of an authority, whose collector is hq-1.
func listenTLS(t *testing.T, a *authority.Authority) (addr string) {
	t.Helper()
	c, err := a.ServerTLS([]string{"127.0.0.1"}, time.Now)
	require.NoError(t, err)
	b, err := broker.Listen("127.0.0.1:0", broker.Options{
		Users: []broker.User{{Name: "hq-1", HQ: true}}, TLS: c, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return b.Addr().String()
}

// dialTLS connects with certificates, under a username that counts for nothing.
func dialTLS(t *testing.T, addr, clientID string, c *tls.Config, s cloudsync.Session) (cloudsync.Link, error) {
	t.Helper()
	d := mqtt.Dialer{
		Broker: "ssl://" + addr, ClientID: clientID, Username: "hq-1", TLS: c,
		Timeout: patience, Confirm: patience, Log: slog.New(slog.DiscardHandler),
	}
	l, err := d.Dial(t.Context(), s)
	if err == nil {
		t.Cleanup(l.Close)
	}
	return l, err
}

func TestCertificatesAreWantedAndForeignOnesRefused(t *testing.T) {
	a, foreign := newAuthority(t), newAuthority(t)
	addr := listenTLS(t, a)
	with := func(certs ...tls.Certificate) *tls.Config {
		return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: a.Pool(), Certificates: certs}
	}
	old := with(client(t, a, "shop-1", time.Hour))
	old.MaxVersion = tls.VersionTLS12
	for name, c := range map[string]*tls.Config{
		"none":            with(),
		"of another":      with(client(t, foreign, "shop-1", time.Hour)),
		"run out":         with(client(t, a, "shop-1", -time.Minute)),
		"of another name": with(client(t, a, "shop-2", time.Hour)),
		"without a name":  with(client(t, a, "", time.Hour)),
		"in an older TLS": old,
		"not for a client's": with(sign(t, func(key *ecdsa.PublicKey) ([]byte, error) {
			return a.SignServer([]string{"shop-1"}, key, time.Now(), time.Hour)
		})),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dialTLS(t, addr, "shop-1", c, cloudsync.Session{})
			require.Equal(t, edge.Unavailable, edge.KindOf(err), "%v", err)
		})
	}
	_, err := dial(t, addr, "shop-1", "shop-1", "p1", cloudsync.Session{})
	require.Error(t, err, "in the clear")
	_, err = dialTLS(t, addr, "shop-1", with(client(t, a, "shop-1", time.Hour)), cloudsync.Session{})
	require.NoError(t, err)
}

func TestTopicsGoByTheCertificate(t *testing.T) {
	a := newAuthority(t)
	addr := listenTLS(t, a)
	in := func(name, clientID string, filters ...string) (cloudsync.Link, error) {
		c := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: a.Pool(), Certificates: []tls.Certificate{client(t, a, name, time.Hour)}}
		return dialTLS(t, addr, clientID, c, cloudsync.Session{Filters: filters})
	}
	hq, err := in("hq-1", "any", cloudsync.SharedFilters("hq")[0])
	require.NoError(t, err)
	_, err = in("shop-1", "shop-1", cloudsync.SharedFilters("hq")[0])
	require.ErrorContains(t, err, "not allowed", "although it calls itself hq-1")
	_, err = in("shop-1", "shop-1", topic("shop-2", cloudsync.BranchDown, ""))
	require.ErrorContains(t, err, "not allowed")

	shop, err := in("shop-1", "shop-1", topic("shop-1", cloudsync.BranchDown, ""))
	require.NoError(t, err)
	own := cloudsync.Message{Topic: topic("shop-1", cloudsync.BranchUp, edge.LaneSale), Payload: []byte("own")}
	require.NoError(t, shop.Publish(t.Context(), own))
	require.Equal(t, own, receive(t, hq))
	down := cloudsync.Message{Topic: topic("shop-1", cloudsync.BranchDown, ""), Payload: []byte("down")}
	require.NoError(t, hq.Publish(t.Context(), down))
	require.Equal(t, down, receive(t, shop))
	require.Error(t, shop.Publish(t.Context(), cloudsync.Message{Topic: topic("shop-2", cloudsync.BranchUp, edge.LaneSale), Payload: []byte("foreign")}))
}

func TestCertificatesNeedAnAuthority(t *testing.T) {
	for name, o := range map[string]broker.Options{
		"no authority":   {TLS: &tls.Config{MinVersion: tls.VersionTLS13}},
		"and a password": {TLS: &tls.Config{MinVersion: tls.VersionTLS13, ClientCAs: newAuthority(t).Pool()}, Users: users},
	} {
		o.Log = slog.New(slog.DiscardHandler)
		_, err := broker.Listen("127.0.0.1:0", o)
		require.Equal(t, edge.Invalid, edge.KindOf(err), name)
	}
}
