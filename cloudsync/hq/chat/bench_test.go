package chat

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkWebhook takes 200 messages a second from forty people who ask for
// prices, over HTTP, until each is answered in the queue and on disk.
func BenchmarkWebhook(b *testing.B) {
	s := newScene(b, withTelegram)
	srv := httptest.NewServer(s.engine)
	defer srv.Close()
	took := make([]time.Duration, b.N)
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / 200)
	defer tick.Stop()
	b.ResetTimer()
	for i := range b.N {
		<-tick.C
		wg.Go(func() {
			body := fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":%d,"from":{"id":%d,"is_bot":false},"chat":{"id":%d,"type":"private"},"text":"giá son đỏ gạch"}}`,
				i+1, i+1, s.now().Unix(), i%40+1, i%40+1)
			start := time.Now()
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL+"/chat/telegram", strings.NewReader(body))
			if err == nil {
				req.Header.Set("X-Telegram-Bot-Api-Secret-Token", "hook-secret")
				var resp *http.Response
				if resp, err = srv.Client().Do(req); err == nil {
					err = resp.Body.Close()
					if resp.StatusCode != http.StatusOK {
						err = fmt.Errorf("status %s", resp.Status)
					}
				}
			}
			took[i] = time.Since(start)
			if err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	talks, err := s.hq.Talks().List(b.Context(), false, 100)
	require.NoError(b, err)
	require.Len(b, talks, min(40, b.N))
	slices.Sort(took)
	b.ReportMetric(float64(took[b.N/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[b.N*99/100].Microseconds())/1000, "p99-ms")
}
