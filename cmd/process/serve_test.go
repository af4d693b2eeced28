package process

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// What net/http says of clients is kept without their addresses.
func TestServersNameNoClient(t *testing.T) {
	for line, want := range map[string]string{
		"http: panic serving 203.0.113.7:5000: odd\n":                                                 "http: panic serving a client: odd\n",
		"http2: server connection error from [2001:db8::7]:5000: reset\n":                             "http2: server connection error from a client: reset\n",
		"http: TLS handshake error from 203.0.113.7:5000: EOF\n":                                      "",
		"level=ERROR msg=\"http: TLS handshake error from [2001:db8::7]:5000: bad certificate: x\"\n": "",
	} {
		var out bytes.Buffer
		var told []string
		n, err := discreet{&out, func(why string) { told = append(told, why) }}.Write([]byte(line))
		require.NoError(t, err)
		require.Len(t, line, n)
		require.Equal(t, want, out.String())
		if bytes.Contains([]byte(line), []byte("certificate")) {
			require.Equal(t, []string{"bad certificate: x"}, told)
		} else {
			require.Empty(t, told)
		}
	}
}

// A browser's connection in advance, on which nothing was asked yet, and a request
// that never ends make no stop a failure.
func TestAStopEndsWhoeverIsLeft(t *testing.T) {
	t.Parallel() // it takes as long as requests are given
	ctx, stop := context.WithCancel(t.Context())
	ln, err := Listen(ctx, "127.0.0.1:0")
	require.NoError(t, err)
	begun, release := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(release) })
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, ln, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(begun)
			<-release
		}))
	}()
	var d net.Dialer
	early, err := d.DialContext(t.Context(), "tcp", ln.Addr().String())
	require.NoError(t, err)
	defer early.Close()
	asking, err := d.DialContext(t.Context(), "tcp", ln.Addr().String())
	require.NoError(t, err)
	defer asking.Close()
	_, err = asking.Write([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	require.NoError(t, err)
	<-begun
	stop()
	require.NoError(t, <-served)
}
