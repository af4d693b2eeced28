package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

const pin = "2468"

// pinHash is made once: a hash is dear.
var pinHash = sync.OnceValues(func() (string, error) { return api.HashPIN(pin) })

// links stands in for the hand-off.
type links struct{}

func (links) Apps() []edge.App { return []edge.App{"zalo", edge.Web} }

func (links) Link(_ context.Context, c *edge.Cart, app edge.App) (*edge.Link, error) {
	if app != "zalo" && app != edge.Web {
		return nil, edge.Errorf("links", edge.NotFound, "no app %s", app)
	}
	return &edge.Link{
		App: app, Mode: edge.LinkSigned, URL: "https://hq.example/c/" + c.ID.String() + "/" + string(app), Token: c.ID.String(), Code: c.Code(),
		CodeAt: "hq.example/k", Expires: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC),
	}, nil
}

func (links) Read(text string) (*edge.CartName, error) {
	var id edge.CartID
	if link, ok := strings.CutPrefix(text, "https://hq.example/c/"); ok {
		return &edge.CartName{ID: &id}, id.UnmarshalText([]byte(link))
	}
	if code, ok := edge.ParseCode(text); ok {
		return &edge.CartName{Code: code}, nil
	}
	return nil, edge.Errorf("links", edge.Invalid, "this names no cart")
}

func (links) QR(url string, size int) ([]byte, error) {
	return fmt.Appendf([]byte("\x89PNG"), "%s %d", url, size), nil
}

// shop is a server on a shop, and a browser in front of it.
type shop struct {
	edgetest.Shop
	*edgetest.Clock
	cfg    api.Config
	server *api.Server
	engine *gin.Engine
	log    *bytes.Buffer

	mu   sync.Mutex
	up   bool
	bad  []api.Fault
	cook []*http.Cookie
	csrf string
}

func (s *shop) line() (bool, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.up, time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
}

func (s *shop) setLine(up bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up = up
}

func (s *shop) faults() []api.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bad
}

func (s *shop) setFaults(list ...api.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bad = list
}

func newShop(t testing.TB, db func(now func() time.Time) edgetest.Shop, change ...func(*api.Config)) *shop {
	t.Helper()
	hash, err := pinHash()
	require.NoError(t, err)
	s := &shop{Clock: edgetest.NewClock(), log: &bytes.Buffer{}, up: true}
	s.Shop = db(s.Now)
	require.NoError(t, s.PutRelease(t.Context(), edgetest.Release(1)))
	cfg := api.Config{
		Shop:  api.Shop{ID: "hue", Name: edge.Text{VI: "Huế", EN: "Hue", ZH: "顺化"}, Timezone: "Asia/Ho_Chi_Minh"},
		Carts: s, Ledger: s, CashBook: s, Audit: s, Catalogue: s, Outbox: s, Office: s, Handoff: links{},
		Pictures: fstest.MapFS{
			"lipstick.svg": {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
			"shop.yaml":    {Data: []byte("secret: yes")},
			"more/x.svg":   {Data: []byte("<svg/>")},
			"dir.svg/y":    {Data: []byte("y")},
		},
		Hosts: []string{"localhost", "127.0.0.1"}, Staff: []api.Staff{{Name: "Lan", Role: "manager", PIN: hash}},
		Version: "test", Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Line: s.line, Faults: s.faults, Now: s.Now, TillKey: make([]byte, 32),
	}
	for _, f := range change {
		f(&cfg)
	}
	s.cfg = cfg
	s.server, err = api.New(cfg)
	require.NoError(t, err)
	s.engine = s.server.Engine("main")
	return s
}

func memoryShop(t testing.TB, change ...func(*api.Config)) *shop {
	return newShop(t, func(now func() time.Time) edgetest.Shop { return edgetest.NewMemory(now) }, change...)
}

type header map[string]string

// do sends a request as the shop's own page would; "-" takes a header away.
func (s *shop) do(method, path, body string, hs ...header) *http.Response {
	r := httptest.NewRequest(method, "http://localhost:8080"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for _, c := range s.cook {
		r.AddCookie(c)
	}
	if s.csrf != "" {
		r.Header.Set("X-CSRF", s.csrf)
	}
	for _, h := range hs {
		for k, v := range h {
			if k == "Host" {
				r.Host = v
			}
			r.Header.Set(k, v)
			if v == "-" {
				r.Header.Del(k)
			}
		}
	}
	return s.serve(r)
}

func (s *shop) serve(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	return w.Result()
}

func text(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(b)
}

func decode[T any](t testing.TB, r *http.Response, status int) T {
	t.Helper()
	var v T
	body := text(t, r)
	require.Equal(t, status, r.StatusCode, body)
	require.NoError(t, json.Unmarshal([]byte(body), &v), body)
	return v
}

type errorBody struct {
	Error struct {
		Kind    edge.Kind
		Message string
	}
}

func requireError(t testing.TB, r *http.Response, status int, kind edge.Kind, says string) {
	t.Helper()
	e := decode[errorBody](t, r, status)
	require.Equal(t, kind, e.Error.Kind)
	require.Contains(t, e.Error.Message, says)
}

func (s *shop) signIn(t testing.TB) {
	t.Helper()
	r := s.do("POST", "/api/v1/staff/session", `{"pin":"`+pin+`"}`)
	v := decode[struct{ Name, Role, CSRF string }](t, r, 200)
	require.Equal(t, "Lan", v.Name)
	require.Equal(t, "manager", v.Role)
	s.cook, s.csrf = r.Cookies(), v.CSRF
}

type cart struct {
	ID    string
	Lines []struct {
		ID, SKU, Picture string
		Quantity         int
		Price, Total     edge.Money
		Name             edge.Text
		Unknown          bool
	}
	Total  edge.Money
	Count  int
	Closed *edge.Closing
	Opened *time.Time
	Claim  edge.Claim
}

func (s *shop) fill(t testing.TB, sku edge.SKU, n int) cart {
	t.Helper()
	c := decode[cart](t, s.do("POST", "/api/v1/carts", ""), 201)
	return decode[cart](t, s.do("POST", "/api/v1/carts/"+c.ID+"/lines", fmt.Sprintf(`{"sku":%q,"quantity":%d}`, sku, n)), 200)
}

// idAt is a UUIDv7 of that moment.
func idAt(at time.Time) string {
	id := uuid.Must(uuid.NewV7())
	for i := range 6 {
		id[i] = byte(at.UnixMilli() >> (40 - 8*i))
	}
	return id.String()
}

func sqliteShop(t testing.TB) *shop {
	return newShop(t, func(now func() time.Time) edgetest.Shop {
		db, err := sqlite.Open(t.Context(), sqlite.Options{
			Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "hue", Till: "T1", Now: now,
			NewID: func() string { return idAt(now()) },
		})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return db
	})
}
