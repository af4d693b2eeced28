package web

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
)

// listen opens a stream; each value is an event's name.
func (a *app) listen(url string) <-chan string {
	ctx, cancel := context.WithCancel(a.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(a.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(a.t, err)
	require.Equal(a.t, "text/event-stream", resp.Header.Get("Content-Type"))
	a.t.Cleanup(func() { cancel(); resp.Body.Close() })
	names := make(chan string)
	go func() {
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			name, ok := strings.CutPrefix(lines.Text(), "event: ")
			if !ok {
				continue
			}
			select {
			case names <- name:
			case <-ctx.Done():
				return
			}
		}
	}()
	return names
}

func TestAStreamTellsOfChangesAndPulls(t *testing.T) {
	a := newApp(t)
	a.pages.heartbeat = time.Hour
	g := hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	open(g, noon)
	var done atomic.Uint64
	a.pulling = func(p *hq.Pull) { p.Phase, p.Done, p.Total = hq.PullSending, done.Load(), 100 }
	server := httptest.NewServer(a.handler)
	t.Cleanup(server.Close) // after the streams' own

	told := func(stream <-chan string, why string) {
		t.Helper()
		select {
		case name := <-stream:
			require.Equal(t, "changed", name)
		case <-time.After(2 * time.Minute):
			require.Fail(t, "nothing was told", why)
		}
	}
	all, shop := a.listen(server.URL+"/live"), a.listen(server.URL+"/live?shop=hanoi-1")
	told(all, "at once")
	told(shop, "at once")
	g.Sell(noon, 2000)
	told(all, "a sale")
	told(shop, "a sale")
	_, err := a.Pull(t.Context(), hq.PullRequest{Shop: "hanoi-1", Kind: hq.PullDigest})
	require.NoError(t, err)
	told(shop, "a pull began")
	done.Store(50)
	told(shop, "the pull moves")
}
