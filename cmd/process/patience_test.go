package process

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// serve serves h, with patience for what is written.
func serve(t *testing.T, h http.Handler, limit time.Duration) (addr string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, ln, withPatience(h, limit)) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return ln.Addr().String()
}

// ask sends a request and reads nothing.
func ask(t *testing.T, addr string) net.Conn {
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	_, err = fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	return c
}

func ended(t *testing.T, told <-chan error) error {
	t.Helper()
	select {
	case err := <-told:
		return err
	case <-time.After(2 * time.Minute):
		require.Fail(t, "it still writes")
		return nil
	}
}

// endless writes until it cannot, and tells why.
func endless(told chan<- error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				told <- err
				return
			}
		}
	}
}

func TestWhoNeverReadsIsLeft(t *testing.T) {
	told := make(chan error, 1)
	ask(t, serve(t, endless(told), 50*time.Millisecond))
	require.ErrorIs(t, ended(t, told), os.ErrDeadlineExceeded)
}

func TestAHandlerHasDeadlinesOfItsOwn(t *testing.T) {
	told := make(chan error, 1)
	h := func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			told <- err
			return
		}
		endless(told)(w, r)
	}
	ask(t, serve(t, http.HandlerFunc(h), time.Hour))
	require.ErrorIs(t, ended(t, told), os.ErrDeadlineExceeded)
}

// A connection that was quiet for longer than the limit is as good as new, with
// answers that have no body too.
func TestAQuietConnectionStays(t *testing.T) {
	t.Parallel()
	const limit = 250 * time.Millisecond
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			_, _ = io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			time.Sleep(2 * limit)
			_, _ = io.WriteString(w, "b")
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
		}
	})
	c, err := net.Dial("tcp", serve(t, h, limit))
	require.NoError(t, err)
	defer c.Close()
	in := bufio.NewReader(c)
	for _, path := range []string{"/slow", "/empty", "/silent", "/empty", "/slow"} {
		_, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
		require.NoError(t, err)
		resp, err := http.ReadResponse(in, nil)
		require.NoError(t, err, path)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		if path == "/slow" {
			require.Equal(t, "ab", string(body))
		}
		time.Sleep(2 * limit)
	}
}

func TestAConnectionThatIsTakenOver(t *testing.T) {
	t.Parallel()
	const limit = 250 * time.Millisecond
	told := make(chan error, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			told <- err
			return
		}
		go func() {
			defer c.Close()
			time.Sleep(2 * limit)
			_, err := io.WriteString(c, "late")
			told <- err
		}()
	})
	c := ask(t, serve(t, h, limit))
	require.NoError(t, ended(t, told))
	b, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, "late", string(b))
}

// A request that never comes to an end is left as well.
func TestWhoNeverEndsARequestIsLeft(t *testing.T) {
	t.Parallel() // it waits ten seconds
	addr := serve(t, http.NotFoundHandler(), time.Hour)
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(2*time.Minute)))
	_, err = io.ReadAll(c)
	require.NoError(t, err, "the server has closed it")
}
