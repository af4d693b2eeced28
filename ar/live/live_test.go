package live_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/live"
)

var _ ar.Sink = (*live.Hub)(nil)

func newHub(cfg live.Config) *live.Hub {
	cfg.Log = slog.New(slog.DiscardHandler)
	return live.NewHub(cfg)
}

func TestSlowViewerLosesPicturesAndHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(live.Config{})
		require.False(t, h.Wanted())
		quick, err := h.View()
		require.NoError(t, err)
		slow, err := h.View()
		require.NoError(t, err)
		require.True(t, h.Wanted())

		var got []string
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				p, err := quick.Next(t.Context())
				if err != nil {
					return
				}
				got = append(got, string(p))
			}
		}()
		var want []string
		for i := range 100 {
			want = append(want, fmt.Sprint(i))
			h.Publish([]byte(fmt.Sprint(i))) // in a bubble, waiting for a viewer would be a deadlock
			synctest.Wait()
		}
		p, err := slow.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, "99", string(p), "the newest")
		require.Equal(t, live.Stats{Viewers: 2, Published: 100, Sent: 101, Dropped: 99}, h.Stats())

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = slow.Next(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded, "and nothing twice")

		h.Close()
		<-done
		require.Equal(t, want, got)
		_, err = slow.Next(t.Context())
		require.ErrorIs(t, err, live.ErrClosed)
		slow.Close()
		quick.Close()
		require.False(t, h.Wanted())
		_, err = h.View()
		require.ErrorIs(t, err, live.ErrClosed)
		h.Close()
	})
}

func TestNewViewerSeesNothingOld(t *testing.T) {
	h := newHub(live.Config{})
	h.Publish([]byte("private"))
	v, err := h.View()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = v.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

// serve publishes pictures until the test ends.
func serve(t *testing.T, h *live.Hub) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/ws", h.WebSocket())
	mux.Handle("/mjpeg", h.MJPEG())
	s := httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				h.Publish(fmt.Appendf(nil, "picture %d %s", i, strings.Repeat("x", 50_000)))
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		h.Close()
		s.Close()
	})
	return s
}

func TestWebSocketGivesPictures(t *testing.T) {
	h := newHub(live.Config{})
	s := serve(t, h)
	c, _, err := websocket.Dial(t.Context(), s.URL+"/ws", nil)
	require.NoError(t, err)
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	last := -1
	for range 20 {
		kind, data, err := c.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, websocket.MessageBinary, kind)
		var n int
		_, err = fmt.Sscanf(string(data[:20]), "picture %d", &n)
		require.NoError(t, err)
		require.Greater(t, n, last)
		last = n
	}
	require.NoError(t, c.Close(websocket.StatusNormalClosure, ""))
	require.Eventually(t, func() bool { return !h.Wanted() }, 2*time.Minute, time.Millisecond, "who leaves is forgotten")
}

// TestAnsweringClientIsNeverFarBehind: while a client that answers shows
// nothing, nothing piles up on its way.
func TestAnsweringClientIsNeverFarBehind(t *testing.T) {
	h := newHub(live.Config{})
	s := serve(t, h)
	c, _, err := websocket.Dial(t.Context(), s.URL+"/ws", nil)
	require.NoError(t, err)
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	read := func() int {
		_, data, err := c.Read(t.Context())
		require.NoError(t, err)
		var n int
		_, err = fmt.Sscanf(string(data[:20]), "picture %d", &n)
		require.NoError(t, err)
		return n
	}
	answer := func() { require.NoError(t, c.Write(t.Context(), websocket.MessageText, []byte("shown"))) }
	got := uint64(0)
	for got < 10 || h.Stats().Sent > got+2 { // on a busy machine much is sent before the first answer is heard
		read()
		answer()
		got++
		require.Less(t, got, uint64(5000), "it never catches up")
	}
	// It now shows nothing for a while: at most what was on its way comes.
	dropped := h.Stats().Dropped
	require.Eventually(t, func() bool { return h.Stats().Dropped > dropped+100 }, 2*time.Minute, time.Millisecond)
	before := h.Stats().Sent
	require.Eventually(t, func() bool { return h.Stats().Dropped > dropped+150 }, 2*time.Minute, time.Millisecond)
	require.Equal(t, before, h.Stats().Sent, "no more is sent")
	require.LessOrEqual(t, before-got, uint64(3), "on their way")
	last := 0
	for ; got < before; got++ {
		last = read()
		answer()
	}
	require.Greater(t, read(), last+50, "what comes then is new")
}

func TestWebSocketRefusesOtherOrigins(t *testing.T) {
	s := serve(t, newHub(live.Config{Origins: []string{"*.shop.example"}}))
	for origin, ok := range map[string]bool{
		s.URL: true, "": true, "https://kiosk.shop.example": true, "https://evil.example": false,
	} {
		head := http.Header{}
		if origin != "" {
			head.Set("Origin", origin)
		}
		c, resp, err := websocket.Dial(t.Context(), s.URL+"/ws", &websocket.DialOptions{HTTPHeader: head})
		if !ok {
			require.Error(t, err, origin)
			require.Equal(t, http.StatusForbidden, resp.StatusCode, origin)
			continue
		}
		require.NoError(t, err, origin)
		require.NoError(t, c.CloseNow())
	}
}

func TestMJPEGGivesPictures(t *testing.T) {
	s := serve(t, newHub(live.Config{}))
	resp, err := http.Get(s.URL + "/mjpeg")
	require.NoError(t, err)
	defer resp.Body.Close()
	kind, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/x-mixed-replace", kind)
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	parts := multipart.NewReader(bufio.NewReader(resp.Body), params["boundary"])
	for range 5 {
		p, err := parts.NextPart()
		require.NoError(t, err)
		require.Equal(t, "image/jpeg", p.Header.Get("Content-Type"))
		data, err := io.ReadAll(p)
		require.NoError(t, err)
		require.Equal(t, p.Header.Get("Content-Length"), fmt.Sprint(len(data)))
		require.True(t, strings.HasPrefix(string(data), "picture "))
	}
}

func TestTooManyViewers(t *testing.T) {
	h := newHub(live.Config{MaxViewers: 2})
	s := serve(t, h)
	for range 2 {
		_, err := h.View()
		require.NoError(t, err)
	}
	for _, path := range []string{"/ws", "/mjpeg"} {
		resp, err := http.Get(s.URL + path)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
		require.Equal(t, "5", resp.Header.Get("Retry-After"))
		require.Equal(t, "already 2 viewers of this mirror: close another window first\n", string(body))
	}
}

// TestCloseEndsTheHandlers: a server that shuts down is not held up by
// viewers, and nothing of them stays.
func TestCloseEndsTheHandlers(t *testing.T) {
	before := runtime.NumGoroutine()
	h := newHub(live.Config{})
	mux := http.NewServeMux()
	mux.Handle("/ws", h.WebSocket())
	mux.Handle("/mjpeg", h.MJPEG())
	s := httptest.NewServer(mux)
	c, _, err := websocket.Dial(t.Context(), s.URL+"/ws", nil)
	require.NoError(t, err)
	resp, err := http.Get(s.URL + "/mjpeg")
	require.NoError(t, err)
	require.Equal(t, 2, h.Stats().Viewers)
	h.Close()
	_, _, err = c.Read(t.Context())
	require.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err))
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	http.DefaultClient.CloseIdleConnections()
	s.Close()
	require.Eventually(t, func() bool { return h.Stats().Viewers == 0 }, 2*time.Minute, time.Millisecond)
	for deadline := time.Now().Add(2 * time.Minute); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "goroutines are left behind")
	}
}
