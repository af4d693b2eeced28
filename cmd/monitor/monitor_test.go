package monitor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process/doortest"
)

func fine(context.Context) error { return nil }

func broken(context.Context) error { return errors.New("no paper: put in a new roll") }

// serve serves m, and get asks it at a path.
func serve(t *testing.T, m *monitor.Monitor) (get func(path string) (int, string)) {
	srv := httptest.NewServer(m.Handler())
	t.Cleanup(srv.Close)
	return func(path string) (int, string) {
		resp, err := http.Get(srv.URL + path)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
		require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
		return resp.StatusCode, string(body)
	}
}

// What watches a program is as protected as what it serves, and changes nothing.
func TestWatchersAreProtected(t *testing.T) {
	m := monitor.New("1", slog.New(slog.DiscardHandler))
	srv := httptest.NewServer(m.Handler())
	t.Cleanup(srv.Close)
	doortest.Door{URL: srv.URL, Routes: monitor.Routes()}.Headers(t)
	for _, r := range monitor.Routes() {
		resp, err := http.Post(srv.URL+r.Path, "application/json", strings.NewReader("{}"))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode, r.Path)
		require.Equal(t, "DENY", resp.Header.Get("X-Frame-Options"))
	}
}

func report(t *testing.T, body string) monitor.Report {
	t.Helper()
	var r monitor.Report
	require.NoError(t, json.Unmarshal([]byte(body), &r))
	return r
}

func TestReadyIsWhatIsNeeded(t *testing.T) {
	m := monitor.New("1.2", slog.New(slog.DiscardHandler))
	get := serve(t, m)
	status, _ := get(monitor.ReadyPath)
	require.Equal(t, http.StatusServiceUnavailable, status, "before anything is there")
	status, _ = get(monitor.HealthPath)
	require.Equal(t, http.StatusOK, status)

	m.Watch(nil, []monitor.Part{{Name: "ledger", Needed: true, Ask: fine}, {Name: "printer", Ask: broken}})
	status, body := get(monitor.ReadyPath)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, monitor.Report{OK: true, Version: "1.2", Parts: []monitor.State{
		{Part: "ledger", OK: true, Needed: true},
		{Part: "printer", Why: "no paper: put in a new roll"},
	}}, report(t, body))

	m.Watch(nil, []monitor.Part{{Name: "ledger", Needed: true, Ask: broken}})
	status, body = get(monitor.ReadyPath)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.False(t, report(t, body).OK)
}

// What answers with an error is alive, and what hangs is not. It is asked once:
// questions do not pile up behind it.
func TestHealthIsWhoAnswers(t *testing.T) {
	t.Parallel() // it waits for the end of patience
	m := monitor.New("1", slog.New(slog.DiscardHandler))
	get := serve(t, m)
	m.Watch([]monitor.Part{{Name: "mirror", Needed: true, Ask: broken}}, nil)
	status, _ := get(monitor.HealthPath)
	require.Equal(t, http.StatusOK, status)

	asked := make(chan struct{}, 10)
	release := make(chan struct{})
	m.Watch([]monitor.Part{{Name: "mirror", Needed: true, Ask: func(context.Context) error {
		asked <- struct{}{}
		<-release
		return nil
	}}}, nil)
	both := make(chan int, 2)
	for range 2 {
		go func() {
			status, body := get(monitor.HealthPath)
			if !strings.Contains(body, "does not answer") {
				status = 0
			}
			both <- status
		}()
	}
	for range 2 {
		select {
		case status := <-both:
			require.Equal(t, http.StatusServiceUnavailable, status)
		case <-time.After(2 * time.Minute):
			require.Fail(t, "the answer waits for what hangs")
		}
	}
	require.Len(t, asked, 1)
	close(release)
	require.Eventually(t, func() bool { status, _ := get(monitor.HealthPath); return status == http.StatusOK }, 2*time.Minute, 10*time.Millisecond)
}

func TestFigures(t *testing.T) {
	var log bytes.Buffer
	m := monitor.New("1.2", slog.New(slog.NewTextHandler(&log, nil)))
	get := serve(t, m)
	var failure error
	m.Read([]monitor.Figure{
		{Name: "mirrorcart_a", Help: "A.", Labels: []string{"lane"}},
		{Name: "mirrorcart_b_total", Help: "B.", Count: true},
	}, func(_ context.Context, tell monitor.Tell) error {
		tell("mirrorcart_a", 3, "sale")
		if failure != nil {
			return failure
		}
		tell("mirrorcart_b_total", 4)
		return nil
	})
	status, body := get(monitor.MetricsPath)
	require.Equal(t, http.StatusOK, status)
	for _, want := range []string{
		"# TYPE mirrorcart_a gauge\nmirrorcart_a{lane=\"sale\"} 3\n", "# TYPE mirrorcart_b_total counter\nmirrorcart_b_total 4\n",
		"mirrorcart_build_info{version=\"1.2\"} 1\n", "\ngo_goroutines ", "\nprocess_resident_memory_bytes ",
	} {
		require.Contains(t, body, want)
	}

	failure = errors.New("the database is locked")
	status, body = get(monitor.MetricsPath)
	require.Equal(t, http.StatusOK, status, "the others count")
	require.Contains(t, body, "mirrorcart_a{lane=\"sale\"} 3\n")
	require.NotContains(t, body, "mirrorcart_b_total 4")
	require.Contains(t, log.String(), "the database is locked")
}

func TestAFigureThatWasNotDeclaredIsAnError(t *testing.T) {
	m := monitor.New("1", slog.New(slog.DiscardHandler))
	m.Read(nil, func(_ context.Context, tell monitor.Tell) error { tell("mirrorcart_x", 1); return nil })
	_, err := m.Gather()
	require.ErrorContains(t, err, "mirrorcart_x")
}

// Whatever is asked for, the figures stay few and name nobody.
func TestRequestsAreCountedByRoute(t *testing.T) {
	m := monitor.New("1", slog.New(slog.DiscardHandler))
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.Use(m.NewRequests().Gin)
	e.GET("/carts/:id", func(c *gin.Context) { c.Status(http.StatusTeapot) })
	for _, r := range []struct{ method, path string }{
		{"GET", "/carts/nguyen-van-a"}, {"GET", "/carts/0901234567"}, {"GET", "/nguyen-van-a"}, {"NGUYEN", "/carts/1"},
	} {
		e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(r.method, r.path, nil))
	}
	_, body := serve(t, m)(monitor.MetricsPath)
	require.Contains(t, body, `mirrorcart_http_requests_total{method="GET",route="/carts/:id",status="4xx"} 2`)
	require.Contains(t, body, `mirrorcart_http_requests_total{method="other",route="",status="4xx"} 1`)
	require.Contains(t, body, "mirrorcart_http_request_seconds_count 4")
	require.NotContains(t, strings.ToLower(body), "nguyen")
	require.NotContains(t, body, "0901234567")
}
