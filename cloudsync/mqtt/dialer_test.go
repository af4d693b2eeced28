package mqtt

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

func testDialer(addr string) *Dialer {
	return &Dialer{Broker: "tcp://" + addr, ClientID: "a", Timeout: 300 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}
}

// silent takes connections and never says a word.
func silent(t *testing.T) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	return l.Addr().String()
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	_, err = testDialer(addr).Dial(t.Context(), cloudsync.Session{})
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
	require.ErrorContains(t, err, addr)
}

func TestSilentBrokerIsGivenUp(t *testing.T) {
	begun := time.Now()
	_, err := testDialer(silent(t)).Dial(t.Context(), cloudsync.Session{})
	require.Equal(t, edge.Unavailable, edge.KindOf(err), "%v", err)
	require.Less(t, time.Since(begun), 5*time.Second)
}

func TestDialEndsWithItsContext(t *testing.T) {
	d := testDialer(silent(t))
	d.Timeout = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := d.Dial(ctx, cloudsync.Session{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// What decides about losing sales is set as it must be.
func TestPahoIsAPipeOnly(t *testing.T) {
	l := &link{}
	o := testDialer("127.0.0.1:1").options(t.Context(), cloudsync.Session{Will: &cloudsync.Message{Topic: "t", Retain: true}}, l)
	require.True(t, o.CleanSession)
	require.False(t, o.AutoReconnect)
	require.False(t, o.ConnectRetry)
	require.Equal(t, 300*time.Millisecond, o.WriteTimeout)
	require.EqualValues(t, 30, o.KeepAlive)
	require.EqualValues(t, 4, o.ProtocolVersion)
	require.NotNil(t, o.DefaultPublishHandler)
	require.True(t, o.WillEnabled && o.WillRetained)
	require.EqualValues(t, 1, o.WillQos)
}
