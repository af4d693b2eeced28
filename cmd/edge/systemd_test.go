package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startedBySystemd gives the test the variables that systemd gives a service, and
// returns what it is told.
func startedBySystemd(t *testing.T, watchdog time.Duration) (next func() string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", name)
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	t.Setenv("WATCHDOG_USEC", strconv.FormatInt(watchdog.Microseconds(), 10))
	return func() string {
		t.Helper()
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(2*time.Minute)))
		b := make([]byte, 4096)
		n, err := conn.Read(b)
		require.NoError(t, err, "systemd is told nothing")
		return string(b[:n])
	}
}

// A whole gateway tells that it is ready, alive and stopping: its ledger, pages and
// mirror answer.
func TestSystemdHearsOfTheGateway(t *testing.T) {
	next := startedBySystemd(t, 200*time.Millisecond)
	g := runGateway(t, testGateway(t, testShop(t, t.TempDir())))
	require.Len(t, g.parts(), 3)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- underSystemd(ctx, g.parts(), g.log) }()
	require.Equal(t, "READY=1", next())
	for range 3 {
		require.Equal(t, "WATCHDOG=1", next())
	}
	stop()
	require.NoError(t, <-done)
	last := next()
	for last == "WATCHDOG=1" {
		last = next()
	}
	require.Equal(t, "STOPPING=1", last)
}

// locked is a buffer for many.
type locked struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *locked) has(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.String(), s)
}

// While a part hangs systemd hears nothing, and the log says which; errors are
// answers.
func TestSystemdHearsNothingWhileAPartHangs(t *testing.T) {
	next := startedBySystemd(t, 200*time.Millisecond)
	var log locked
	hanging, release := make(chan struct{}), make(chan struct{})
	rounds := 0
	parts := []part{
		{"ledger", func(context.Context) error { return os.ErrInvalid }},
		{"pages of main", func(context.Context) error {
			if rounds++; rounds == 2 {
				close(hanging)
				<-release
			}
			return nil
		}},
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- underSystemd(ctx, parts, slog.New(slog.NewTextHandler(&log, nil))) }()
	require.Equal(t, "READY=1", next())
	<-hanging
	require.Eventually(t, func() bool { return log.has(`part="pages of main"`) }, 2*time.Minute, time.Millisecond)
	stop()
	close(release)
	require.NoError(t, <-done)
	require.Equal(t, "STOPPING=1", next(), "nothing was told while it hung")
	require.False(t, log.has("part=ledger"))
}

func TestWithoutSystemdNobodyIsTold(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "")
	asked := 0
	require.NoError(t, underSystemd(t.Context(), []part{{"ledger", func(context.Context) error { asked++; return nil }}}, slog.New(slog.DiscardHandler)))
	require.Equal(t, 1, asked)
}

// A mirror whose source has ended hangs not.
func TestMirrorThatHasEndedAnswers(t *testing.T) {
	s := &station{mirror: &mirror{pipeline: hungMirror{}}, ended: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- s.mirrorAnswers(t.Context()) }()
	close(s.ended)
	select {
	case err := <-done:
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(2 * time.Minute):
		require.Fail(t, "it hangs")
	}
}

// hungMirror never goes round.
type hungMirror struct{ tryOn }

func (hungMirror) Turn(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}
