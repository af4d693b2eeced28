package cloudsync_test

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cloudsync/mosquitto"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
)

// network is a broker on a loopback port that can be cut off.
type network interface {
	start(t testing.TB)
	kill(t testing.TB)
	addr() string
	dialer(client string) cloudsync.Dialer
}

const password = "only for this test"

func networks() map[string]func(testing.TB) network {
	return map[string]func(testing.TB) network{
		"mosquitto": newMosquitto,
		"embedded":  newEmbedded,
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func freeAddr(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func dial(addr, client string) *mqtt.Dialer {
	return &mqtt.Dialer{
		Broker: "tcp://" + addr, ClientID: client, Username: client, Password: password,
		Timeout: 2 * time.Second, KeepAlive: 5 * time.Second, Log: quiet(),
	}
}

// embedded is the broker of the demo.
type embedded struct {
	at   string
	stop func()
}

func newEmbedded(t testing.TB) network { return &embedded{at: freeAddr(t)} }

func (e *embedded) start(t testing.TB) {
	users := []broker.User{{Name: node, Password: password}}
	for _, name := range []string{"hq-1", "hq-2", "hq-3"} {
		users = append(users, broker.User{Name: name, Password: password, HQ: true})
	}
	b, err := broker.Listen(e.at, broker.Options{Users: users, Log: quiet()})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	e.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(e.stop)
}

func (e *embedded) kill(testing.TB) { e.stop() }

func (e *embedded) addr() string { return e.at }

func (e *embedded) dialer(client string) cloudsync.Dialer { return dial(e.at, client) }

// process is a Mosquitto of this test's own.
type process struct{ broker *mosquitto.Broker }

// newMosquitto has an address and is down until it is started.
func newMosquitto(t testing.TB) network { return newMosquittoWith(t) }

// newMosquittoWith has lines of mosquitto.conf besides.
func newMosquittoWith(t testing.TB, conf ...string) *process {
	b, err := mosquitto.Start(t.Context(), conf...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Stop()) })
	b.Kill()
	return &process{b}
}

func (p *process) start(t testing.TB) { require.NoError(t, p.broker.Restart(t.Context())) }

func (p *process) kill(testing.TB) { p.broker.Kill() }

func (p *process) addr() string { return p.broker.Addr() }

func (p *process) dialer(client string) cloudsync.Dialer { return dial(p.addr(), client) }
