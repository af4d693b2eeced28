package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
)

// noon in the shops, Vietnam's time.
var (
	ict  = time.FixedZone("ICT", 7*3600)
	noon = time.Date(2026, 11, 21, 12, 0, 0, 0, ict)
)

// app is the pages over a real HQ. What only a broker tells, whether a shop is
// connected, how its machine is and how a pull goes, is set by the test.
type app struct {
	*hq.HQ
	t       *testing.T
	pages   *Pages
	handler http.Handler
	engine  *gin.Engine
	log     *bytes.Buffer
	now     time.Time
	connect func(*hq.Shop)
	sample  func(node string) *cloudsync.Sample
	pulling func(*hq.Pull)
}

func (a *app) Shops(ctx context.Context) ([]hq.Shop, error) {
	shops, err := a.HQ.Shops(ctx)
	for i := range shops {
		a.connect(&shops[i])
	}
	return shops, err
}

func (a *app) LastSample(ctx context.Context, node string) (*cloudsync.Sample, time.Time, error) {
	if s := a.sample(node); s != nil {
		return s, a.now, nil
	}
	return a.HQ.LastSample(ctx, node)
}

func (a *app) Pulls(ctx context.Context, shop string, limit int) ([]hq.Pull, error) {
	pulls, err := a.HQ.Pulls(ctx, shop, limit)
	for i := range pulls {
		a.pulling(&pulls[i])
	}
	return pulls, err
}

func newApp(t *testing.T, tokens ...account.Token) *app {
	a := &app{
		t: t, now: noon, log: &bytes.Buffer{},
		connect: func(*hq.Shop) {}, sample: func(string) *cloudsync.Sample { return nil }, pulling: func(*hq.Pull) {},
	}
	clock := func() time.Time { return a.now }
	log := slog.New(slog.NewTextHandler(a.log, nil))
	a.HQ = hqtest.Open(t, func(o *hq.Options) { o.Now, o.Log = clock, log })
	pages, err := New(Options{HQ: a, Brand: "Hạ Vân", Zone: ict, Door: a.Accounts(), People: a.Accounts(), OwnMachine: account.Admin, Tokens: tokens, Secret: make([]byte, 32), Now: clock, Log: log})
	require.NoError(t, err)
	gin.SetMode(gin.TestMode)
	engine := gin.New()
	pages.Register(engine)
	a.pages, a.handler, a.engine = pages, engine, engine
	return a
}

// do asks from this machine, unless the headers say otherwise.
func (a *app) do(method, target, body string, header ...string) (*http.Response, string) {
	r := httptest.NewRequestWithContext(a.t.Context(), method, target, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:40000"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Remote" {
			r.RemoteAddr = header[i+1]
			continue
		}
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	require.NoError(a.t, err)
	return w.Result(), string(b)
}

func (a *app) get(target string, header ...string) (*http.Response, string) {
	return a.do(http.MethodGet, target, "", header...)
}

// page is a page that must be there.
func (a *app) page(target string) string {
	resp, body := a.get(target)
	require.Equal(a.t, http.StatusOK, resp.StatusCode, body)
	return body
}

// post sends a form and returns where it leads.
func (a *app) post(target string, form url.Values) string {
	resp, body := a.do(http.MethodPost, target, form.Encode())
	require.Equal(a.t, http.StatusSeeOther, resp.StatusCode, body)
	return resp.Header.Get("Location")
}

func (a *app) json(target string, v any) {
	resp, body := a.get(target)
	require.Equal(a.t, http.StatusOK, resp.StatusCode, body)
	require.NoError(a.t, json.Unmarshal([]byte(body), v))
}

func open(g *hqtest.Gateway, at time.Time) { g.Event(at, edge.EventEpoch, edge.EpochOpened{}) }

func offline(s *edge.Sale) { s.Offline = true }

func TestShopsPage(t *testing.T) {
	a := newApp(t)
	hqtest.NewGateway(t, a.HQ, "new-1", "dalat-1")
	good := hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	down := hqtest.NewGateway(t, a.HQ, "down-1", "saigon-1")
	a.now = noon.Add(-26 * time.Hour)
	open(good, a.now)
	good.Sell(a.now, 500000) // yesterday: not of today's
	open(down, a.now)
	a.now = noon.Add(-3 * time.Hour)
	down.Sell(a.now, 150000, offline)
	a.now = noon.Add(-5 * time.Minute)
	good.Sell(a.now, 329000)
	good.Sell(a.now, 199000)
	a.now = noon
	a.connect = func(s *hq.Shop) {
		switch s.Node {
		case "good-1":
			s.Up, s.Since = true, noon.Add(-time.Hour)
		case "down-1":
			s.Since, s.Waiting = noon.Add(-2*time.Hour), 3
		}
	}
	a.sample = func(node string) *cloudsync.Sample {
		if node != "good-1" {
			return nil
		}
		return &cloudsync.Sample{At: noon, Lanes: []cloudsync.LaneQueue{{Lane: edge.LaneSale, Waiting: 12, Oldest: noon.Add(-4 * time.Minute)}}}
	}
	for _, tt := range []struct {
		lang string
		want []string
	}{
		{"vi", []string{"2 trên 3 cửa hàng cần xem lại", "Đang kết nối từ 11:00:00", "Mất kết nối từ 10:00:00", "Chưa kết nối lần nào", "5 phút trước", "3 giờ trước", "Thay đổi đang chờ gửi tới cửa hàng: 3", "Bản ghi bán hàng và kho đang chờ: 12, lâu nhất 4 phút"}},
		{"en", []string{"Shops to look at: 2 of 3", "Line up since 11:00:00", "Line down since 10:00:00", "Has not connected yet", "5 min ago", "3 h ago", "Changes waiting to go to the shop: 3", "Sales and stock entries waiting: 12, oldest 4 min"}},
		{"zh", []string{"3 家门店中有 2 家需要查看", "线路自 11:00:00 起正常", "线路自 10:00:00 起中断", "尚未连接过", "5 分钟前", "3 小时前", "等待发送到门店的更改：3", "待上传的销售、库存记录：12 条，最早 4 分钟"}},
	} {
		resp, page := a.get("/?lang=" + tt.lang)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.NotContains(t, resp.Header.Get("Content-Security-Policy"), "unsafe")
		for _, want := range append(tt.want, "hanoi-1", "2 · <b>"+dong(528000).In(tt.lang)+"</b>", "1 · <b>"+dong(150000).In(tt.lang)+"</b>", "0 · <b>"+dong(0).In(tt.lang)+"</b>", `<html lang="`+tt.lang) {
			require.True(t, strings.Contains(page, want), want)
		}
	}
	page := a.page("/")
	require.Less(t, strings.Index(page, "saigon-1"), strings.Index(page, "hanoi-1"), "trouble comes first")
	require.Empty(t, a.log.String())
}

func TestShopsPageSaysWhatNeedsALook(t *testing.T) {
	a := newApp(t)
	require.Contains(t, a.page("/?lang=en"), "No shop is enrolled yet")
	open(hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1"), noon)
	up := func(s *hq.Shop) { s.Up, s.Since = true, noon.Add(-30*time.Hour) }
	a.connect = up
	require.Contains(t, a.page("/?lang=en"), "The shop is all right")
	a.sample = func(string) *cloudsync.Sample {
		return &cloudsync.Sample{At: noon.Add(3 * time.Minute), DiskFree: 2e9, DiskTotal: 100e9}
	}
	page := a.page("/?lang=en")
	require.Contains(t, page, "Shops to look at: 1 of 1")
	require.Contains(t, page, "Disk nearly full, 2 % left (2.0 GB)")
	require.Contains(t, page, "Clock 3 min ahead")
	a.sample = func(string) *cloudsync.Sample { return nil }
	a.connect = func(s *hq.Shop) {
		up(s)
		s.Quarantined, s.Differing, s.Incidents, s.Epochs, s.Renewed = 2, 3, 1, 2, noon.Add(-time.Hour)
		s.Lanes = []hq.Lane{{Lane: edge.LaneSale, Mark: 5, Seen: 9}, {Lane: edge.LaneOps, Mark: 7, Seen: 7}}
	}
	page = a.page("/?lang=en")
	for _, want := range []string{
		"Shops to look at: 1 of 1", "Events that could not be used: 2", "Records that do not add up: 3", "Open incidents: 1",
		"Events still missing and asked for again: 4", "Receipts began a new series at 11:00:00",
	} {
		require.True(t, strings.Contains(page, want), want)
	}
	a.connect = func(s *hq.Shop) { s.Up, s.Since = false, noon.Add(-30*time.Hour) }
	require.Contains(t, a.page("/?lang=en"), "Line down since 20/11/2026 06:00")
}

func TestSalesPage(t *testing.T) {
	a := newApp(t)
	for lang, says := range map[string]string{"vi": "Chưa có đơn bán nào", "en": "No sales yet", "zh": "还没有销售记录"} {
		require.Contains(t, a.page("/sales?lang="+lang), says)
	}
	g := hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	other := hqtest.NewGateway(t, a.HQ, "good-2", "saigon-1")
	open(g, noon)
	g.Sell(noon.Add(-2*time.Hour), 150000, offline)
	g.Sell(noon, 329000)
	other.Sell(noon.Add(-26*time.Hour), 1000000)
	other.Sell(noon.Add(-time.Hour), 4500, func(s *edge.Sale) { s.Total.Currency = "USD" })
	page := a.page("/sales?lang=en")
	for _, want := range []string{
		"T1-1-000001", "₫150,000", "recorded offline", "2 h later", "T1-1-000002", "₫329,000", "10:00:00", "12:00:00", "hanoi-1", "Cash",
		"<b>₫479,000</b> 2 sales", "<b>" + edge.Money{Amount: 4500, Currency: "USD"}.In("en") + "</b> 1 sale<", "most at 12:00: ₫329,000", "10:00: 1 sale, ₫150,000</title>",
	} {
		require.True(t, strings.Contains(page, want), want)
	}
	require.Less(t, strings.Index(page, "T1-1-000002<"), strings.LastIndex(page, "T1-1-000001<"), "newest first")
	require.Equal(t, 1, strings.Count(page, "recorded offline"))

	page = a.page("/sales?lang=en&period=yesterday")
	require.Contains(t, page, "<b>₫1,000,000</b> 1 sale<")
	page = a.page("/sales?lang=en&period=week")
	require.Contains(t, page, "<b>₫1,479,000</b> 3 sales")
	require.Contains(t, page, "20/11: 1 sale, ₫1,000,000")
	page = a.page("/sales?lang=en&shop=saigon-1&period=yesterday")
	require.Contains(t, page, "₫1,000,000")
	require.NotContains(t, page, "hanoi-1")
	resp, _ := a.get("/sales?period=year")
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
}

func TestSalesAPI(t *testing.T) {
	a := newApp(t)
	var empty SaleList
	a.json("/sales.json", &empty)
	require.Equal(t, SaleList{Sales: []hq.Sale{}}, empty)

	g := hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	open(g, noon)
	var sold []edge.Sale
	for i := range 5 {
		sold = append(sold, g.Sell(noon, int64(1000*(i+1))))
	}
	var held []edge.Sale
	for after := int64(0); ; {
		var page SaleList
		a.json("/sales.json?limit=2&after="+strconv.FormatInt(after, 10), &page)
		require.LessOrEqual(t, len(page.Sales), 2)
		if len(page.Sales) == 0 {
			require.Equal(t, after, page.Next)
			break
		}
		for _, s := range page.Sales {
			require.Equal(t, "good-1", s.Node)
			held = append(held, s.Sale)
		}
		after = page.Next
	}
	require.Equal(t, sold, held)

	for _, query := range []string{"after=-1", "after=x", "limit=0", "limit=1001", "limit=", "after=99999999999999999999"} {
		resp, body := a.get("/sales.json?" + query)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, query)
		require.Contains(t, body, `"kind":"invalid"`)
	}
}

func TestFaultsInside(t *testing.T) {
	a := newApp(t)
	require.NoError(t, a.HQ.Close())
	for _, target := range []string{"/", "/sales", "/shops/hanoi-1", "/incidents", "/incidents/event/1", "/sales.json", "/live?shop=hanoi-1"} {
		resp, body := a.get(target)
		require.Equal(t, http.StatusInternalServerError, resp.StatusCode, target)
		require.Regexp(t, "Trụ sở chưa trả lời được|HQ cannot answer right now", body)
		require.NotContains(t, body, "sql", "what went wrong inside is not shown")
	}
	require.Contains(t, a.log.String(), "closed")
}

// What is not done because HQ stops must not look as if it were.
func TestAStopIsNoSuccess(t *testing.T) {
	a := newApp(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, target := range []string{"/sales", "/sales.json"} {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
		r.RemoteAddr = "127.0.0.1:40000"
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, r)
		require.Equal(t, http.StatusServiceUnavailable, w.Code, target)
	}
}

func TestNewWantsAll(t *testing.T) {
	_, err := New(Options{})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}

func dong(amount int64) edge.Money { return edge.Money{Amount: amount, Currency: "VND"} }
