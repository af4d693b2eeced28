package web

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// noon in the shops, Vietnam's time.
var (
	ict  = time.FixedZone("ICT", 7*3600)
	noon = time.Date(2026, 11, 21, 12, 0, 0, 0, ict)
)

// app is the pages over a real HQ. What only a broker tells, whether a shop is
// connected, is set by connect.
type app struct {
	*hq.HQ
	t       *testing.T
	handler http.Handler
	log     *bytes.Buffer
	now     time.Time
	connect func(*hq.Shop)
}

func (a *app) Shops(ctx context.Context) ([]hq.Shop, error) {
	shops, err := a.HQ.Shops(ctx)
	for i := range shops {
		a.connect(&shops[i])
	}
	return shops, err
}

func newApp(t *testing.T) *app {
	a := &app{t: t, now: noon, log: &bytes.Buffer{}, connect: func(*hq.Shop) {}}
	clock := func() time.Time { return a.now }
	log := slog.New(slog.NewTextHandler(a.log, nil))
	ids := 0
	var err error
	a.HQ, err = hq.Open(t.Context(), hq.Options{
		Path: filepath.Join(t.TempDir(), "hq.db"), Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), Now: clock, Log: log,
		NewID: func() string { ids++; return strconv.Itoa(ids) },
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.HQ.Close() }) // a test may have closed it
	pages, err := New(Options{HQ: a, Brand: "Hạ Vân", Zone: ict, Now: clock, Log: log})
	require.NoError(t, err)
	gin.SetMode(gin.TestMode)
	engine := gin.New()
	pages.Register(engine)
	a.handler = engine
	return a
}

func (a *app) get(target string, header ...string) (*http.Response, string) {
	r := httptest.NewRequestWithContext(a.t.Context(), http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	require.NoError(a.t, err)
	return w.Result(), string(b)
}

func (a *app) json(target string, v any) {
	resp, body := a.get(target)
	require.Equal(a.t, http.StatusOK, resp.StatusCode, body)
	require.NoError(a.t, json.Unmarshal([]byte(body), v))
}

func TestShopsPage(t *testing.T) {
	a := newApp(t)
	newGateway(t, a.HQ, "new-1", "dalat-1")
	good := newGateway(t, a.HQ, "good-1", "hanoi-1")
	down := newGateway(t, a.HQ, "down-1", "saigon-1")
	a.now = noon.Add(-26 * time.Hour)
	good.open(a.now)
	good.sell(a.now, 500000, false) // yesterday: not of today's
	down.open(a.now)
	a.now = noon.Add(-3 * time.Hour)
	down.sell(a.now, 150000, true)
	a.now = noon.Add(-5 * time.Minute)
	good.sell(a.now, 329000, false)
	good.sell(a.now, 199000, false)
	a.now = noon
	a.connect = func(s *hq.Shop) {
		switch s.Node {
		case "good-1":
			s.Up, s.Since = true, noon.Add(-time.Hour)
		case "down-1":
			s.Since, s.Waiting = noon.Add(-2*time.Hour), 3
		}
	}
	for _, tt := range []struct {
		lang string
		want []string
	}{
		{"vi", []string{"2 trên 3 cửa hàng cần xem lại", "Mọi thứ ổn", "Mất kết nối từ 10:00:00", "Chưa kết nối lần nào", "5 phút trước", "3 giờ trước", "Thay đổi đang chờ gửi tới cửa hàng: 3"}},
		{"en", []string{"2 of 3 shops need a look", "All right", "Line down since 10:00:00", "Has not connected yet", "5 min ago", "3 h ago", "Changes waiting to go to the shop: 3"}},
		{"zh", []string{"3 家门店中有 2 家需要查看", "一切正常", "线路自 10:00:00 起中断", "尚未连接过", "5 分钟前", "3 小时前", "等待发送到门店的更改：3"}},
	} {
		resp, page := a.get("/?lang=" + tt.lang)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.NotContains(t, resp.Header.Get("Content-Security-Policy"), "unsafe")
		for _, want := range append(tt.want, "hanoi-1", "<b>2</b> · <b>528.000 ₫</b>", "<b>1</b> · <b>150.000 ₫</b>", "<b>0</b> · <b>0 ₫</b>", `<html lang="`+tt.lang) {
			require.Contains(t, page, want)
		}
	}

	_, page := a.get("/")
	require.Less(t, strings.Index(page, "saigon-1"), strings.Index(page, "hanoi-1"), "trouble comes first")

	var list ShopList
	a.json("/shops.json", &list)
	require.Len(t, list.Shops, 3)
	require.Equal(t, noon.UTC(), list.Time)
	require.Equal(t, "hanoi-1", list.Shops[1].Shop.Shop)
	require.Equal(t, []hq.Turnover{{Node: "good-1", Sales: 2, Sum: edge.Money{Amount: 528000, Currency: "VND"}}}, list.Shops[1].Today)
	require.Empty(t, a.log.String())
}

func TestShopsPageSaysWhatNeedsALook(t *testing.T) {
	a := newApp(t)
	_, page := a.get("/?lang=en")
	require.Contains(t, page, "No shop is enrolled yet")
	newGateway(t, a.HQ, "good-1", "hanoi-1").open(noon)
	up := func(s *hq.Shop) { s.Up, s.Since = true, noon.Add(-30*time.Hour) }
	a.connect = up
	_, page = a.get("/?lang=en")
	require.Contains(t, page, "The shop is all right")
	a.connect = func(s *hq.Shop) {
		up(s)
		s.Quarantined = 2
		s.Lanes = []hq.Lane{{Lane: edge.LaneSale, Mark: 5, Seen: 9}, {Lane: edge.LaneOps, Mark: 7, Seen: 7}}
	}
	_, page = a.get("/?lang=en")
	require.Contains(t, page, "Needs a look")
	require.Contains(t, page, "Events that could not be used and wait for a person: 2")
	require.Contains(t, page, "Events still missing and asked for again: 4")
	a.connect = func(s *hq.Shop) {
		up(s)
		s.Differing = 3
	}
	_, page = a.get("/?lang=en")
	require.Contains(t, page, "Needs a look")
	require.Contains(t, page, "Records that do not add up with others: 3")
	a.connect = func(s *hq.Shop) { s.Up, s.Since = false, noon.Add(-30*time.Hour) }
	_, page = a.get("/?lang=en")
	require.Contains(t, page, "Line down since 20/11/2026 06:00")
}

func TestSalesPage(t *testing.T) {
	a := newApp(t)
	for lang, says := range map[string]string{"vi": "Chưa có đơn bán nào", "en": "No sales yet", "zh": "还没有销售记录"} {
		_, page := a.get("/sales?lang=" + lang)
		require.Contains(t, page, says)
	}
	g := newGateway(t, a.HQ, "good-1", "hanoi-1")
	g.open(noon)
	g.sell(noon.Add(-2*time.Hour), 150000, true)
	g.sell(noon, 329000, false)
	_, page := a.get("/sales", "Accept-Language", "en")
	for _, want := range []string{"T1-1-000001", "150.000 ₫", "recorded offline", "2 h later", "T1-1-000002", "329.000 ₫", "10:00:00", "12:00:00", "hanoi-1", "Cash"} {
		require.Contains(t, page, want)
	}
	require.Less(t, strings.Index(page, "T1-1-000002"), strings.Index(page, "T1-1-000001"), "newest first")
	require.Equal(t, 1, strings.Count(page, "recorded offline"))

	_, part := a.get("/sales?part=1&lang=zh")
	require.NotContains(t, part, "<html")
	require.Contains(t, part, "离线记录")
}

func TestSalesAPI(t *testing.T) {
	a := newApp(t)
	var empty SaleList
	a.json("/sales.json", &empty)
	require.Equal(t, SaleList{Sales: []hq.Sale{}}, empty)

	g := newGateway(t, a.HQ, "good-1", "hanoi-1")
	g.open(noon)
	var sold []edge.Sale
	for i := range 5 {
		sold = append(sold, g.sell(noon, int64(1000*(i+1)), false))
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
	for _, target := range []string{"/", "/sales", "/shops.json", "/sales.json", "/live"} {
		resp, body := a.get(target)
		require.Equal(t, http.StatusInternalServerError, resp.StatusCode, target)
		require.Contains(t, body, `"kind":"internal"`)
		require.NotContains(t, body, "sql", "what went wrong inside is not shown")
	}
	require.Contains(t, a.log.String(), "closed")
}

// news reads a stream.
type news struct {
	t    *testing.T
	r    *bufio.Reader
	stop context.CancelFunc
}

func (a *app) stream(url string, header ...string) *news {
	ctx, cancel := context.WithCancel(a.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(a.t, err)
	if len(header) > 0 {
		req.Header.Set(header[0], header[1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(a.t, err)
	require.Equal(a.t, "text/event-stream", resp.Header.Get("Content-Type"))
	a.t.Cleanup(func() { cancel(); resp.Body.Close() })
	return &news{a.t, bufio.NewReader(resp.Body), cancel}
}

// next is the next event: its id, its name and its data.
func (n *news) next() (id, name, data string) {
	for {
		line, err := n.r.ReadString('\n')
		require.NoError(n.t, err)
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = value
		case "":
			return id, name, data
		}
	}
}

// sale is the next sale in the stream.
func (n *news) sale() (string, hq.Sale) {
	for {
		id, name, data := n.next()
		if name != "sale" {
			require.Equal(n.t, "shops", name)
			continue
		}
		var s hq.Sale
		require.NoError(n.t, json.Unmarshal([]byte(data), &s))
		return id, s
	}
}

func TestEvents(t *testing.T) {
	a := newApp(t)
	g := newGateway(t, a.HQ, "good-1", "hanoi-1")
	g.open(noon)
	old := g.sell(noon, 1000, false)
	server := httptest.NewServer(a.handler)
	t.Cleanup(server.Close) // after the streams' own

	fresh := a.stream(server.URL + "/live")
	_, name, data := fresh.next()
	require.Equal(t, "shops", name, "the state at once, no old sales")
	var list ShopList
	require.NoError(t, json.Unmarshal([]byte(data), &list))
	require.EqualValues(t, 1, list.Shops[0].Today[0].Sales)

	sold := g.sell(noon, 2000, true)
	id, s := fresh.sale()
	require.Equal(t, sold, s.Sale)
	require.Equal(t, strconv.FormatInt(s.Cursor, 10), id)
	fresh.stop()

	last := g.sell(noon, 3000, false)
	_, s = a.stream(server.URL+"/live", "Last-Event-ID", id).sale()
	require.Equal(t, last, s.Sale, "a reader that comes back misses nothing and gets nothing twice")
	all := a.stream(server.URL + "/live?after=0")
	for _, want := range []edge.Sale{old, sold, last} {
		_, s = all.sale()
		require.Equal(t, want, s.Sale)
	}
	resp, _ := a.get("/live?after=x")
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
}

func TestNewWantsAll(t *testing.T) {
	_, err := New(Options{})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}
