package cloudsync_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/broker"
	"github.com/mirrorcart/mirrorcart/cloudsync/mqtt"
)

// network is a broker on a loopback port that can be cut off.
type network interface {
	start(t testing.TB)
	kill(t testing.TB)
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

func dial(addr, client string) cloudsync.Dialer {
	return &mqtt.Dialer{
		Broker: "tcp://" + addr, ClientID: client, Username: client, Password: password,
		Timeout: 2 * time.Second, KeepAlive: 5 * time.Second, Log: quiet(),
	}
}

// embedded is the broker of the demo.
type embedded struct {
	addr string
	stop func()
}

func newEmbedded(t testing.TB) network { return &embedded{addr: freeAddr(t)} }

func (e *embedded) start(t testing.TB) {
	users := []broker.User{{Name: node, Password: password}}
	for _, name := range []string{"hq-1", "hq-2"} {
		users = append(users, broker.User{Name: name, Password: password, HQ: true})
	}
	b, err := broker.Listen(e.addr, broker.Options{Users: users, Log: quiet()})
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

func (e *embedded) dialer(client string) cloudsync.Dialer { return dial(e.addr, client) }

// mosquitto is the broker of a small chain, without persistence.
type mosquitto struct {
	addr, conf string
	process    *exec.Cmd
}

func newMosquitto(t testing.TB) network {
	m := &mosquitto{addr: freeAddr(t), conf: filepath.Join(t.TempDir(), "mosquitto.conf")}
	host, port, err := net.SplitHostPort(m.addr)
	require.NoError(t, err)
	conf := fmt.Sprintf("listener %s %s\nset_tcp_nodelay true\npersistence false\nallow_anonymous true\nlog_type error\n", port, host)
	require.NoError(t, os.WriteFile(m.conf, []byte(conf), 0o600))
	return m
}

func (m *mosquitto) start(t testing.TB) {
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto"
	}
	_, err = os.Stat(program)
	require.NoError(t, err, "the MQTT broker mosquitto is not installed: apt-get install mosquitto")
	cmd := exec.Command(program, "-c", m.conf)
	require.NoError(t, cmd.Start())
	m.process = cmd
	t.Cleanup(func() { m.kill(t) })
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", m.addr)
		if err != nil {
			return false
		}
		return c.Close() == nil
	}, 30*time.Second, 10*time.Millisecond, "mosquitto does not listen on %s", m.addr)
}

func (m *mosquitto) kill(t testing.TB) {
	if m.process == nil {
		return
	}
	require.NoError(t, m.process.Process.Kill()) // SIGKILL: nothing is saved
	_ = m.process.Wait()                         // "signal: killed" is what was asked for
	m.process = nil
}

func (m *mosquitto) dialer(client string) cloudsync.Dialer { return dial(m.addr, client) }
