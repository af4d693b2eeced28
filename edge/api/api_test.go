package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// Every kind of error has its status, and what is internal stays inside.
func TestErrorTable(t *testing.T) {
	s := memoryShop(t)
	s.engine.GET("/fail/:kind", func(c *gin.Context) {
		s.server.Fail(c, fmt.Errorf("outer: %w", &edge.Error{Op: "x.Y", Kind: edge.Kind(c.Param("kind")), Msg: "mend it", Err: errors.New("secret cause")}))
	})
	s.engine.GET("/plain", func(c *gin.Context) { s.server.Fail(c, errors.New("secret cause")) })
	s.engine.GET("/panic", func(*gin.Context) { panic("secret cause") })
	for kind, status := range map[edge.Kind]int{
		edge.Invalid: 400, edge.Unauthorized: 401, edge.Forbidden: 403, edge.NotFound: 404, edge.Conflict: 409,
		edge.Expired: 410, edge.TooLarge: 413, edge.TooMany: 429, edge.Unavailable: 503,
	} {
		r := s.do("GET", "/fail/"+string(kind), "")
		body := text(t, r)
		require.Equal(t, status, r.StatusCode)
		require.JSONEq(t, `{"error":{"kind":"`+string(kind)+`","message":"mend it","op":"x.Y"}}`, body)
	}
	for _, path := range []string{"/fail/internal", "/plain", "/panic"} {
		r := s.do("GET", path, "")
		body := text(t, r)
		require.Equal(t, 500, r.StatusCode, path)
		require.Contains(t, body, `"kind":"internal"`)
		require.NotContains(t, body, "secret cause")
		require.NotContains(t, body, "mend it")
	}
	require.Equal(t, 5, strings.Count(s.log.String(), "secret cause"), "each 5xx is logged, the panic with its stack too:\n%s", s.log)
}

func TestRequests(t *testing.T) {
	s := memoryShop(t)
	c := s.fill(t, edgetest.Lipstick, 2)
	line := "/api/v1/carts/" + c.ID + "/lines/" + c.Lines[0].ID
	lines := "/api/v1/carts/" + c.ID + "/lines"
	for _, tc := range []struct {
		name, method, path, body string
		h                        header
		status                   int
		kind                     edge.Kind
		says                     string
	}{
		{"nothing there", "GET", "/api/v1/nothing", "", nil, 404, edge.NotFound, "nothing at"},
		{"wrong method", "PATCH", "/api/v1/carts", "", nil, 405, edge.Invalid, "does not take PATCH"},
		{"bad cart id", "GET", "/api/v1/carts/short", "", nil, 400, edge.Invalid, "16"},
		{"no such cart", "GET", "/api/v1/carts/AAAAAAAAAAAAAAAA", "", nil, 404, edge.NotFound, "no cart"},
		{"no such product", "POST", lines, `{"sku":"NOPE","quantity":1}`, nil, 404, edge.NotFound, "NOPE"},
		{"no quantity", "POST", lines, `{"sku":"LIP-01-RED"}`, nil, 400, edge.Invalid, "at least one"},
		{"too many", "POST", lines, `{"sku":"CAR-01","quantity":100}`, nil, 400, edge.Invalid, "99"},
		{"unknown key", "POST", lines, `{"sku":"CAR-01","quantity":1,"price":1}`, nil, 400, edge.Invalid, `unknown field "price"`},
		{"wrong type", "POST", lines, `{"sku":"CAR-01","quantity":"1"}`, nil, 400, edge.Invalid, "quantity"},
		{"broken JSON", "POST", lines, `{"sku":`, nil, 400, edge.Invalid, "body"},
		{"two values", "POST", lines, `{"sku":"CAR-01","quantity":1}{}`, nil, 400, edge.Invalid, "more than one"},
		{"empty body", "POST", lines, "", nil, 400, edge.Invalid, "empty"},
		{"a form", "POST", lines, `sku=CAR-01`, header{"Content-Type": "application/x-www-form-urlencoded"}, 400, edge.Invalid, "application/json"},
		{"no type", "POST", lines, `{}`, header{"Content-Type": "-"}, 400, edge.Invalid, "application/json"},
		{"oversize", "POST", lines, `{"sku":"` + strings.Repeat("x", 70<<10) + `"}`, nil, 413, edge.TooLarge, "65536"},
		{"oversize blanks", "POST", lines, `{"sku":"CAR-01","quantity":1}` + strings.Repeat(" ", 70<<10), nil, 413, edge.TooLarge, "65536"},
		{"bad line", "PUT", lines + "/x", `{"quantity":1}`, nil, 400, edge.Invalid, "writer-number"},
		{"no such line", "PUT", lines + "/x-9", `{"quantity":1}`, nil, 404, edge.NotFound, "x-9"},
		{"line without quantity", "PUT", line, `{}`, nil, 400, edge.Invalid, "quantity is missing"},
		{"line below zero", "PUT", line, `{"quantity":-1}`, nil, 400, edge.Invalid, "0 to 99"},
		{"foreign host", "GET", "/api/v1/status", "", header{"Host": "evil.example"}, 403, edge.Forbidden, "evil.example"},
		{"foreign host, port", "GET", "/api/v1/status", "", header{"Host": "evil.example:8080"}, 403, edge.Forbidden, "evil.example"},
		{"foreign host, unknown route", "GET", "/x", "", header{"Host": "evil.example"}, 403, edge.Forbidden, "evil.example"},
		{"foreign origin", "POST", "/api/v1/carts", "", header{"Origin": "https://evil.example"}, 403, edge.Forbidden, "evil.example"},
		{"no origin", "POST", "/api/v1/carts", "", header{"Origin": "null"}, 403, edge.Forbidden, "null"},
		{"other port's origin", "POST", "/api/v1/carts", "", header{"Origin": "http://localhost:9"}, 403, edge.Forbidden, "localhost:9"},
		{"QR too big", "GET", "/api/v1/carts/" + c.ID + "/qr.png?size=9999", "", nil, 400, edge.Invalid, "120 to 1024"},
		{"QR of no cart", "GET", "/api/v1/carts/AAAAAAAAAAAAAAAA/qr.png", "", nil, 404, edge.NotFound, "no cart"},
		{"hand-off of no cart", "POST", "/api/v1/carts/AAAAAAAAAAAAAAAA/handoff", "", nil, 404, edge.NotFound, "no cart"},
		{"events of no cart", "GET", "/api/v1/events?cart=AAAAAAAAAAAAAAAA", "", nil, 404, edge.NotFound, "no cart"},
		{"events of a bad cart", "GET", "/api/v1/events?cart=x", "", nil, 400, edge.Invalid, "16"},
		{"picture outside", "GET", "/api/v1/pictures/..%2f..%2fetc%2fpasswd.svg", "", nil, 404, edge.NotFound, ""},
		{"picture in a folder", "GET", "/api/v1/pictures/more%2fx.svg", "", nil, 404, edge.NotFound, ""},
		{"picture that is a folder", "GET", "/api/v1/pictures/dir.svg", "", nil, 404, edge.NotFound, "dir.svg"},
		{"no picture", "GET", "/api/v1/pictures/shop.yaml", "", nil, 404, edge.NotFound, "shop.yaml"},
		{"staff only", "GET", "/api/v1/staff/carts", "", nil, 401, edge.Unauthorized, "PIN"},
		{"staff only, events", "GET", "/api/v1/staff/events", "", nil, 401, edge.Unauthorized, "PIN"},
		{"staff only, sell", "POST", "/api/v1/staff/sales", "{}", nil, 401, edge.Unauthorized, "PIN"},
		{"made-up session", "GET", "/api/v1/staff/session", "", header{"Cookie": "mc_staff=AAAA"}, 401, edge.Unauthorized, "PIN"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := s.do(tc.method, tc.path, tc.body, tc.h)
			requireError(t, r, tc.status, tc.kind, tc.says)
			require.Contains(t, r.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
			require.Equal(t, "nosniff", r.Header.Get("X-Content-Type-Options"))
		})
	}
	require.Equal(t, c, decode[cart](t, s.do("GET", "/api/v1/carts/"+c.ID, ""), 200), "nothing of this changed the cart")
	for _, h := range []header{{"Host": "LOCALHOST"}, {"Host": "127.0.0.1:1"}, {"Origin": "http://localhost:8080"}} {
		decode[cart](t, s.do("POST", "/api/v1/carts", "", h), 201)
	}
	require.NotContains(t, s.log.String(), c.ID, "the log names no cart")
}

func TestCatalogueAndPictures(t *testing.T) {
	s := memoryShop(t)
	require.NoError(t, s.MoveStock(t.Context(), []edge.StockMove{{SKU: edgetest.Cream, Delta: 4, Reason: edge.StockGoodsIn, Ref: "n", At: s.Now()}}))
	r := s.do("GET", "/api/v1/catalogue", "")
	tag := r.Header.Get("ETag")
	body := text(t, r)
	require.Equal(t, 200, r.StatusCode)
	var v struct {
		Release  int
		Currency string
		Shop     api.Shop
		Products []struct {
			ID, Category, Brand, Picture string
			Name                         edge.Text
			Variants                     []map[string]any
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &v))
	require.Equal(t, 1, v.Release)
	require.Equal(t, "VND", v.Currency)
	require.Equal(t, "Huế", v.Shop.Name.VI)
	require.Len(t, v.Products, 3)
	require.Equal(t, "/api/v1/pictures/lipstick.svg", v.Products[0].Picture)
	require.Equal(t, map[string]any{"kind": "lipstick", "finish": "matte"}, v.Products[0].Variants[0]["tryon"])
	require.EqualValues(t, 0, v.Products[0].Variants[0]["stock"])
	require.NotContains(t, v.Products[2].Variants[0], "tryon")
	require.EqualValues(t, 4, v.Products[2].Variants[0]["stock"])

	r = s.do("GET", "/api/v1/catalogue", "", header{"If-None-Match": tag})
	require.Equal(t, 304, r.StatusCode)
	require.Empty(t, text(t, r))
	edgetest.Sell(t, s, edgetest.Cream)
	require.Equal(t, 200, s.do("GET", "/api/v1/catalogue", "", header{"If-None-Match": tag}).StatusCode, "stock moved")

	r = s.do("GET", v.Products[0].Picture, "")
	require.Contains(t, text(t, r), "<svg")
	require.Equal(t, "image/svg+xml", r.Header.Get("Content-Type"))
	require.Contains(t, r.Header.Get("Content-Security-Policy"), "sandbox")

	empty := newShop(t, func(now func() time.Time) edgetest.Shop { return noRelease{edgetest.NewMemory(now)} })
	requireError(t, empty.do("GET", "/api/v1/catalogue", ""), 503, edge.Unavailable, "no catalogue")
	st := decode[map[string]any](t, empty.do("GET", "/api/v1/status", ""), 200)
	require.EqualValues(t, 0, st["release"])

	alone := memoryShop(t, func(cfg *api.Config) { cfg.Line = nil })
	edgetest.Sell(t, alone, edgetest.Lipstick)
	st = decode[map[string]any](t, alone.do("GET", "/api/v1/status", ""), 200)
	require.Equal(t, map[string]any{"hq": false, "up": false, "since": "2026-11-21T08:00:00Z"}, st["line"])
	require.Equal(t, map[string]any{"sale": 0.0, "ops": 0.0}, st["waiting"], "there is nobody to send to")
}

// noRelease never takes a catalogue.
type noRelease struct{ *edgetest.Memory }

func (noRelease) PutRelease(context.Context, *edge.Release) error { return nil }

func TestCartAndHandoff(t *testing.T) {
	s := memoryShop(t)
	r := s.do("POST", "/api/v1/carts", "")
	empty := decode[cart](t, r, 201)
	require.Equal(t, "/api/v1/carts/"+empty.ID, r.Header.Get("Location"))
	require.NotNil(t, empty.Lines)
	require.Equal(t, edge.HeldByShop, empty.Claim.Holder)

	c := s.fill(t, edgetest.Lipstick, 2)
	c = decode[cart](t, s.do("POST", "/api/v1/carts/"+c.ID+"/lines", `{"sku":"CAR-01","quantity":1}`), 200)
	require.Equal(t, 3, c.Count)
	require.EqualValues(t, 2*199000+320000, c.Total.Amount)
	require.Equal(t, "Son lì", c.Lines[0].Name.VI)
	require.EqualValues(t, 398000, c.Lines[0].Total.Amount)
	c = decode[cart](t, s.do("PUT", "/api/v1/carts/"+c.ID+"/lines/"+c.Lines[0].ID, `{"quantity":0}`), 200)
	require.Len(t, c.Lines, 1)
	require.EqualValues(t, 320000, c.Total.Amount)

	require.Equal(t, `{"apps":["zalo","web"],"pays":false}`, text(t, s.do("GET", "/api/v1/handoff/apps", "")))
	for query, app := range map[string]edge.App{"": "web", "?app=web": "web", "?app=zalo": "zalo"} {
		h := decode[struct {
			edge.Link
			QR string
		}](t, s.do("POST", "/api/v1/carts/"+c.ID+"/handoff"+query, ""), 200)
		require.Equal(t, "https://hq.example/c/"+c.ID+"/"+string(app), h.URL)
		require.Equal(t, app, h.App)
		require.Equal(t, 2026, h.Expires.Year())
		r = s.do("GET", h.QR+"&size=300", "")
		require.Equal(t, "image/png", r.Header.Get("Content-Type"))
		require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
		require.Equal(t, "\x89PNG"+h.URL+" 300", text(t, r))
	}
	requireError(t, s.do("POST", "/api/v1/carts/"+c.ID+"/handoff?app=icq", ""), 404, edge.NotFound, "icq")
	requireError(t, s.do("GET", "/api/v1/carts/"+c.ID+"/qr.png?app=icq", ""), 404, edge.NotFound, "icq")
}

// Who takes the links back makes a new code: HQ hears of it with the cart.
func TestLinksAreWithdrawn(t *testing.T) {
	s := memoryShop(t)
	c := s.fill(t, edgetest.Lipstick, 1)
	code := func() string {
		return decode[edge.Link](t, s.do("POST", "/api/v1/carts/"+c.ID+"/handoff", ""), 200).Code
	}
	before := code()
	decode[cart](t, s.do("POST", "/api/v1/carts/"+c.ID+"/handoff/revoke", "{}"), 200)
	require.NotEqual(t, before, code())
	var id edge.CartID
	require.NoError(t, id.UnmarshalText([]byte(c.ID)))
	stored, err := s.Cart(t.Context(), id)
	require.NoError(t, err)
	require.EqualValues(t, 1, stored.Links)
	requireError(t, s.do("POST", "/api/v1/carts/AAAAAAAAAAAAAAAA/handoff/revoke", "{}"), 404, edge.NotFound, "no cart")
}

// A product that left the catalogue is shown, priced at nothing, and not sold.
func TestCartWithUnknownProduct(t *testing.T) {
	s := memoryShop(t)
	c := s.fill(t, edgetest.Cream, 1)
	next := edgetest.Release(2)
	next.Variants = next.Variants[:2]
	require.NoError(t, s.PutRelease(t.Context(), next))
	c = decode[cart](t, s.do("GET", "/api/v1/carts/"+c.ID, ""), 200)
	require.True(t, c.Lines[0].Unknown)
	require.Zero(t, c.Total.Amount)
	s.signIn(t)
	r := s.do("POST", "/api/v1/staff/sales", `{"cart":"`+c.ID+`","payments":[{"method":"cash","amount":0}]}`, header{"Idempotency-Key": "key-00001"})
	requireError(t, r, 404, edge.NotFound, "remove it")
}

func TestNewRefuses(t *testing.T) {
	_, err := api.New(api.Config{})
	require.ErrorContains(t, err, "must all be given")
	for name, staff := range map[string]api.Staff{
		"PIN hash": {Name: "Lan", Role: "clerk", PIN: "2468"},
		"bounds":   {Name: "Lan", Role: "clerk", PIN: "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		"base64":   {Name: "Lan", Role: "clerk", PIN: "$argon2id$v=19$m=19456,t=2,p=1$!!!$AAAA"},
		"role":     {Name: "Lan", Role: "queen", PIN: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
	} {
		cfg := memoryShop(t).cfg
		cfg.Staff = []api.Staff{staff}
		_, err := api.New(cfg)
		require.ErrorContains(t, err, name)
	}
	cfg := memoryShop(t).cfg
	cfg.Hosts = nil
	_, err = api.New(cfg)
	require.ErrorContains(t, err, "host")
}
