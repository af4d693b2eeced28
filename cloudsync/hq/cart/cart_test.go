package cart

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/address"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
)

const gateway = edge.Writer("gk3f9a1c7")

var (
	noon   = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	cartID = edge.CartID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
)

// app is the pages over a real HQ that has enrolled one gateway.
type app struct {
	t       *testing.T
	hq      *hq.HQ
	pages   *Pages
	handler http.Handler
	log     *bytes.Buffer
	now     atomic.Pointer[time.Time]
	gateway ed25519.PrivateKey
}

func testKey(n byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return ed25519.NewKeyFromSeed(seed)
}

func newApp(t *testing.T) *app {
	a := &app{t: t, gateway: testKey(1), log: &bytes.Buffer{}}
	a.now.Store(&noon)
	clock := func() time.Time { return *a.now.Load() }
	log := slog.New(slog.NewTextHandler(a.log, nil))
	ids := 0
	var err error
	a.hq, err = hq.Open(t.Context(), hq.Options{
		Path: filepath.Join(t.TempDir(), "hq.db"), Key: testKey(9), Now: clock, Log: log,
		NewID:  func() string { ids++; return strconv.Itoa(ids) },
		Places: map[string]edge.Place{"saigon-1": {Name: "Sài Gòn Một", Address: "1 Đồng Khởi"}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.hq.Close()) })
	require.NoError(t, a.hq.Enrol(t.Context(), hq.Node{Node: "shop1", Shop: "saigon-1", Key: a.gateway.Public().(ed25519.PublicKey)}))
	require.NoError(t, a.hq.PutRelease(t.Context(), testRelease()))
	places, err := address.Load()
	require.NoError(t, err)
	a.pages, err = New(Options{
		HQ: a.hq, Key: testKey(9), Brand: "Hạ Vân", Zone: time.FixedZone("ICT", 7*3600), Now: clock, Log: log,
		DeliverTo: []string{"VN", "CN"}, Places: places,
		Pictures: fstest.MapFS{"lip.svg": {Data: []byte("<svg/>")}, "secret.txt": {Data: []byte("no")}},
	})
	require.NoError(t, err)
	gin.SetMode(gin.TestMode)
	engine := gin.New()
	a.pages.Register(engine)
	a.handler = engine
	return a
}

func testRelease() *edge.Release {
	r := &edge.Release{Version: 1, Effective: noon.Add(-time.Hour), Currency: "VND"}
	for i, name := range []string{"Silk Velvet Matte Lipstick", "Morning Dew Glossy Lip Tint", "Old Saigon Matte Lipstick", "River Wind Aviator Glasses", "Lotus Leaf Earrings"} {
		n := strconv.Itoa(i + 1)
		r.Variants = append(r.Variants, edge.Variant{
			SKU: edge.SKU("LIP-VEL-0" + n), Product: "p" + n, Brand: "Hạ Vân", Picture: "lip.svg", Color: "#A63A2" + n,
			Name:  edge.Text{VI: "Son lì Nhung Lụa " + n, EN: name, ZH: "丝绒哑光口红" + n},
			Shade: edge.Text{VI: "Đỏ gạch", EN: "Brick Red", ZH: "砖红"},
			Price: edge.Money{Amount: int64(199000 + 10000*i), Currency: "VND"},
		})
	}
	return r
}

func cartOf(t *testing.T, n int) *edge.Cart {
	c := edge.NewCart(cartID, noon.Add(2*time.Hour))
	for i := range n {
		_, err := c.Add(gateway, edge.SKU("LIP-VEL-0"+strconv.Itoa(i+1)), 1+i%2)
		require.NoError(t, err)
	}
	return c
}

// pass lets time go by.
func (a *app) pass(d time.Duration) {
	now := a.now.Load().Add(d)
	a.now.Store(&now)
}

func (a *app) token(c *edge.Cart) string {
	token, err := handoff.Encode(a.gateway, c, handoff.Meta{Writer: gateway, Release: 1, Issued: noon, Expires: noon.Add(24 * time.Hour)})
	require.NoError(a.t, err)
	return token
}

func (a *app) do(method, target string, body io.Reader, header ...string) *http.Response {
	r := httptest.NewRequestWithContext(a.t.Context(), method, target, body)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w.Result()
}

func (a *app) text(resp *http.Response) string {
	b, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	return string(b)
}

func (a *app) quantity(line edge.LineID) int {
	c, _, err := a.hq.Cart(a.t.Context(), cartID)
	require.NoError(a.t, err)
	l, ok := c.Line(line)
	require.True(a.t, ok)
	return l.Quantity()
}

func TestPageOpensACartThatHQNeverHeardOf(t *testing.T) {
	a := newApp(t)
	_, _, err := a.hq.Cart(t.Context(), cartID)
	require.Equal(t, edge.NotFound, edge.KindOf(err))

	resp := a.do("GET", "/c/"+a.token(cartOf(t, 2)), nil, "Accept-Language", "en-GB,vi;q=0.5")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	page := a.text(resp)
	for _, want := range []string{"Silk Velvet Matte Lipstick", "Morning Dew", "Brick Red", "#A63A22", "₫199,000", "₫418,000", "₫617,000", `loading="lazy"`, "Pay at the till"} {
		require.Contains(t, page, want)
	}
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	require.Equal(t, "no-referrer", resp.Header.Get("Referrer-Policy"))
	require.Contains(t, resp.Header.Get("X-Robots-Tag"), "noindex")
	csp := resp.Header.Get("Content-Security-Policy")
	require.NotContains(t, csp, "unsafe")
	_, nonce, _ := strings.Cut(csp, "script-src 'nonce-")
	nonce, _, _ = strings.Cut(nonce, "'")
	require.Contains(t, page, `<script nonce="`+nonce+`">`)
	require.Len(t, resp.Cookies(), 1)
	cookie := resp.Cookies()[0]
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)

	c, node, err := a.hq.Cart(t.Context(), cartID)
	require.NoError(t, err)
	require.Equal(t, "shop1", node)
	require.Len(t, c.Lines, 2)
}

func TestPageAgainWritesNothing(t *testing.T) {
	a := newApp(t)
	token := a.token(cartOf(t, 2))
	changed, cancel := a.hq.WatchCart(cartID)
	defer cancel()
	a.do("GET", "/c/"+token, nil)
	<-changed
	a.do("GET", "/c/"+token, nil)
	select {
	case <-changed:
		t.Fatal("the second opening changed the cart")
	default:
	}
}

func TestTheFirstLookIsTold(t *testing.T) {
	a := newApp(t)
	token := a.token(cartOf(t, 2))
	opened := func() *time.Time {
		c, _, err := a.hq.Cart(t.Context(), cartID)
		require.NoError(t, err)
		return c.Opened
	}
	told := func() int64 {
		shops, err := a.hq.Shops(t.Context())
		require.NoError(t, err)
		return shops[0].Waiting
	}
	for _, header := range [][]string{{"Purpose", "prefetch"}, {"Sec-Purpose", "prefetch;prerender"}} {
		require.Equal(t, http.StatusOK, a.do("GET", "/c/"+token, nil, header...).StatusCode)
		require.Nil(t, opened(), "nobody has looked yet")
	}
	require.Zero(t, told())
	require.Equal(t, http.StatusOK, a.do("GET", "/c/"+token, nil).StatusCode)
	require.Equal(t, &noon, opened())
	require.EqualValues(t, 1, told(), "the news is on its way to the shop")

	a.pass(time.Hour)
	require.Equal(t, http.StatusOK, a.do("GET", "/c/"+token, nil).StatusCode)
	require.Equal(t, &noon, opened())
	require.EqualValues(t, 1, told())
}

func TestPageFitsOneRoundTrip(t *testing.T) {
	a := newApp(t)
	for _, lang := range []string{"vi", "en", "zh"} {
		resp := a.do("GET", "/c/"+a.token(cartOf(t, 5))+"?lang="+lang, nil, "Accept-Encoding", "br, gzip")
		require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
		packed := a.text(resp)
		z, err := gzip.NewReader(strings.NewReader(packed))
		require.NoError(t, err)
		page, err := io.ReadAll(z)
		require.NoError(t, err)
		require.Equal(t, 5, strings.Count(string(page), "<li>"))
		t.Logf("%s: %d bytes, %d compressed", lang, len(page), len(packed))
		require.LessOrEqual(t, len(packed), 14<<10)
	}
}

func TestCodesThatDoNotOpen(t *testing.T) {
	a := newApp(t)
	good := a.token(cartOf(t, 1))
	foreign, err := handoff.Encode(testKey(5), cartOf(t, 1), handoff.Meta{Writer: gateway, Issued: noon, Expires: noon.Add(time.Hour)})
	require.NoError(t, err)
	expired, err := handoff.Encode(a.gateway, cartOf(t, 1), handoff.Meta{Writer: gateway, Issued: noon.Add(-time.Hour), Expires: noon})
	require.NoError(t, err)
	changed := []byte(good)
	changed[30] ^= 1
	for _, tt := range []struct {
		name, token string
		status      int
		says        [3]string
	}{
		{"damaged", string(changed), 400, [3]string{"Không đọc được", "cannot be read", "无法读取"}},
		{"nonsense", "hello", 400, [3]string{"Không đọc được", "cannot be read", "无法读取"}},
		{"odd characters", "%00%ff%3Cscript%3E", 400, [3]string{"Không đọc được", "cannot be read", "无法读取"}},
		{"endless", strings.Repeat("A", 20000), 400, [3]string{"Không đọc được", "cannot be read", "无法读取"}},
		{"expired", expired, 410, [3]string{"hết hạn", "expired", "已过期"}},
		{"foreign", foreign, 404, [3]string{"không phải của cửa hàng", "not from one of our shops", "不属于我们的门店"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for i, lang := range []string{"vi", "en", "zh"} {
				resp := a.do("GET", "/c/"+tt.token+"?lang="+lang, nil)
				require.Equal(t, tt.status, resp.StatusCode)
				page := a.text(resp)
				require.Contains(t, page, tt.says[i])
				require.NotContains(t, page, "<script>")
			}
			resp := a.do("GET", "/c/"+tt.token+"/events", nil)
			require.Equal(t, tt.status, resp.StatusCode)
			resp = a.do("PUT", "/c/"+tt.token+"/lines/"+string(gateway)+"-1", strings.NewReader(`{"quantity":1}`), "Content-Type", "application/json")
			require.Equal(t, tt.status, resp.StatusCode)
		})
	}
	require.Empty(t, a.log.String(), "what others send is no fault of ours")
}

func TestCartOfAnotherGateway(t *testing.T) {
	a := newApp(t)
	other := testKey(2)
	require.NoError(t, a.hq.Enrol(t.Context(), hq.Node{Node: "shop2", Shop: "hanoi-1", Key: other.Public().(ed25519.PublicKey)}))
	require.Equal(t, http.StatusOK, a.do("GET", "/c/"+a.token(cartOf(t, 1)), nil).StatusCode)
	a.gateway = other
	require.Equal(t, http.StatusConflict, a.do("GET", "/c/"+a.token(cartOf(t, 3)), nil).StatusCode)
	c, _, err := a.hq.Cart(t.Context(), cartID)
	require.NoError(t, err)
	require.Len(t, c.Lines, 1)
}

func TestPageOfAPaidCart(t *testing.T) {
	a := newApp(t)
	c := cartOf(t, 2)
	c.Closed = &edge.Closing{Sale: "s1", Receipt: "T1-1-000042", At: noon}
	token := a.token(c)
	page := a.text(a.do("GET", "/c/"+token+"?lang=vi", nil))
	require.Contains(t, page, "T1-1-000042")
	require.Contains(t, page, "21/11/2026 19:00")
	require.NotContains(t, page, "<form")
	resp := a.do("POST", "/c/"+token+"/lines/"+string(gateway)+"-1", strings.NewReader(`{"quantity":5}`), "Content-Type", "application/json")
	require.Equal(t, http.StatusConflict, resp.StatusCode)
	require.Contains(t, a.text(resp), `"kind":"conflict"`)
	require.Equal(t, 1, a.quantity(edge.LineID{Writer: gateway, N: 1}))
}

func TestLanguage(t *testing.T) {
	a := newApp(t)
	token := a.token(cartOf(t, 1))
	for _, tt := range []struct{ query, header, lang string }{
		{"", "", "vi"},
		{"", "fr", "vi"},
		{"", ";;;broken", "vi"},
		{"", "zh-TW,en;q=0.4", "zh"},
		{"", "en-US,en;q=0.9", "en"},
		{"?lang=zh", "en", "zh"},
		{"?lang=xx", "en", "en"},
	} {
		page := a.text(a.do("GET", "/c/"+token+tt.query, nil, "Accept-Language", tt.header))
		require.True(t, strings.Contains(page, `<html lang="`+tt.lang+`">`), "%v", tt)
	}
}

func TestPictures(t *testing.T) {
	a := newApp(t)
	resp := a.do("GET", "/pictures/lip.svg", nil)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "image/svg+xml", resp.Header.Get("Content-Type"))
	require.Contains(t, resp.Header.Get("Content-Security-Policy"), "sandbox")
	for _, name := range []string{"secret.txt", "none.svg", "..%2fcart.svg", "%2e%2e", "."} {
		require.Equal(t, http.StatusNotFound, a.do("GET", "/pictures/"+name, nil).StatusCode, name)
	}
}

func TestNewWantsAll(t *testing.T) {
	_, err := New(Options{})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}
