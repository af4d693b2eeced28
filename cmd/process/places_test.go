package process

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// calls is a listener of callers in memory.
type calls struct {
	coming chan net.Conn
	closed chan struct{}
}

func newCalls() *calls { return &calls{make(chan net.Conn), make(chan struct{})} }

type caller struct {
	net.Conn
	from net.Addr
}

func (c *caller) RemoteAddr() net.Addr { return c.from }

func (l *calls) Accept() (net.Conn, error) {
	select {
	case c := <-l.coming:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *calls) Close() error   { close(l.closed); return nil }
func (l *calls) Addr() net.Addr { return &net.TCPAddr{} }

// call connects from an address.
func (l *calls) call(from string) net.Conn {
	here, there := net.Pipe()
	l.coming <- &caller{there, net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 5000))}
	return here
}

// shut reports whether the other side has closed the connection, or does within
// the given time.
func shut(c net.Conn, within time.Duration) bool {
	_ = c.SetReadDeadline(time.Now().Add(within))
	_, err := c.Read(make([]byte, 1))
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe)
}

func loopback(a netip.Addr) bool { return a.IsLoopback() }

// Whoever opens connections and says nothing takes an eighth of the places, for
// ten seconds; the screens of the machine itself never miss theirs.
func TestPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln, refused := newCalls(), 0
		bound := Places{Max: 16, Spared: loopback, Refused: func() { refused++ }}.Bound(ln)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- Serve(ctx, bound, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
		}()
		open := map[string][]net.Conn{}
		for _, from := range []string{"10.0.0.1", "10.0.0.1", "10.0.0.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"} {
			open[from] = append(open[from], ln.call(from))
		}
		synctest.Wait()
		require.Equal(t, 2, refused, "the third of one client, and of one network")
		require.True(t, shut(open["10.0.0.1"][2], time.Millisecond))
		require.True(t, shut(open["2001:db8::3"][0], time.Millisecond))
		require.False(t, shut(open["10.0.0.1"][1], time.Millisecond))
		for i := range 6 {
			addr := netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}).String()
			ln.call(addr)
			ln.call(addr)
		}
		synctest.Wait()
		require.Equal(t, 2, refused, "all sixteen are taken")
		require.True(t, shut(ln.call("10.0.0.9"), time.Millisecond))
		for range 16 {
			require.False(t, shut(ln.call("127.0.0.1"), time.Millisecond))
		}
		require.True(t, shut(ln.call("127.0.0.1"), time.Millisecond))

		time.Sleep(11 * time.Second) // in the bubble's time: nobody has said anything
		synctest.Wait()
		require.True(t, shut(open["10.0.0.1"][0], time.Millisecond))
		require.Equal(t, http.StatusNoContent, talk(t, ln.call("10.0.0.1")))
		stop()
		require.NoError(t, <-done)
	})
}

// talk asks for / on a connection.
func talk(t *testing.T, c net.Conn) int {
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return c, nil },
	}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://x/", http.NoBody)
	require.NoError(t, err)
	resp, err := client.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// Whoever sends a byte now and then (slow loris) is shut out: within ten seconds
// in the headers or the TLS handshake, within thirty in the body.
func TestSlowClientsAreShutOut(t *testing.T) {
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	for name, tc := range map[string]struct {
		begin string // all at once
		tls   bool
		least time.Duration
		most  time.Duration
	}{
		"headers":   {"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", false, 9 * time.Second, 11 * time.Second},
		"handshake": {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", true, 9 * time.Second, 11 * time.Second},
		"body":      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", false, 29 * time.Second, 31 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := newCalls()
				ln := Places{Max: 8}.Bound(calls)
				if tc.tls {
					ln = tls.NewListener(ln, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none") }, MinVersion: tls.VersionTLS13})
				}
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- Serve(ctx, ln, handler) }()
				c, began := calls.call("10.0.0.1"), time.Now()
				go func() { _, _ = io.Copy(io.Discard, c) }()
				_, err := io.WriteString(c, tc.begin)
				for err == nil {
					time.Sleep(time.Second) // in the bubble's time
					_, err = c.Write([]byte("a"))
				}
				took := time.Since(began)
				require.True(t, tc.least <= took && took <= tc.most, "after %v", took)
				stop()
				require.NoError(t, <-done)
			})
		})
	}
}
