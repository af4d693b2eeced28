package kiosk

import (
	"context"
	"image"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	photodir "github.com/mirrorcart/mirrorcart/edge/photo"
)

// fakeMirror remembers what it was told.
type fakeMirror struct {
	mu      sync.Mutex
	look    ar.Look
	paused  bool
	stats   ar.Stats
	compare ar.Compare
	replay  bool
	shoot   func() ([]byte, error) // what Snapshot does
	peek    func(context.Context) ([]byte, error)
	grey    func() (*image.Gray, error)
}

func (m *fakeMirror) SetLook(l ar.Look) error {
	if err := l.Check(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.look = l
	return nil
}

func (m *fakeMirror) SetPaused(v bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paused = v
	if v {
		m.compare, m.replay = ar.Compare{}, false
	}
}

func (m *fakeMirror) SetCompare(c ar.Compare) error {
	if err := c.Check(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.compare = c
	return nil
}

func (m *fakeMirror) Compare() ar.Compare {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.compare
}

func (m *fakeMirror) SetReplay(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.replay = on
}

func (m *fakeMirror) Replay() ar.Replay {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.replay {
		return ar.Replay{State: ar.ReplayRecording, Left: 2 * time.Second}
	}
	return ar.Replay{State: ar.ReplayOff}
}

func (m *fakeMirror) Snapshot(context.Context) ([]byte, error) { return m.shoot() }

func (m *fakeMirror) Preview(ctx context.Context) ([]byte, error) { return m.peek(ctx) }

func (m *fakeMirror) Grey(context.Context) (*image.Gray, error) { return m.grey() }

func (m *fakeMirror) Stats() ar.Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stats
}

func (m *fakeMirror) now() (layers int, paused bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.look.Layers), m.paused
}

// fakeShop has one release and one cart.
type fakeShop struct {
	release *edge.Release
	cart    *edge.Cart
}

func (s fakeShop) Release(context.Context) (*edge.Release, error) { return s.release, nil }

func (s fakeShop) Cart(_ context.Context, id edge.CartID) (*edge.Cart, error) {
	if id != s.cart.ID {
		return nil, edge.Errorf("fake", edge.NotFound, "no such cart")
	}
	return s.cart, nil
}

func testRelease() *edge.Release {
	return &edge.Release{Version: 1, Currency: "VND", Looks: []edge.Look{
		{ID: "tet", Items: []edge.LookItem{{SKU: "LIP-1", Intensity: 90}, {SKU: "EYE-1"}, {SKU: "GLS-1", Intensity: 50}}},
	}, Variants: []edge.Variant{
		{SKU: "LIP-1", GTIN: "8939990100013", Color: "#A63A2B", TryOn: &edge.TryOn{Kind: "lipstick", Finish: "matte"}},
		{SKU: "LIP-2", Color: "#E8836F", TryOn: &edge.TryOn{Kind: "lipstick", Finish: "gloss"}},
		{SKU: "GLS-1", Color: "#1E1C1C", TryOn: &edge.TryOn{Kind: "glasses", Asset: "round.svg"}},
		{SKU: "CHK-1", Color: "#EE9A8E", TryOn: &edge.TryOn{Kind: "blush", Finish: "satin"}},
		{SKU: "EYE-1", Color: "#A4573D", TryOn: &edge.TryOn{Kind: "eyeshadow", Finish: "metallic"}},
		{SKU: "EYE-2", Color: "#181414", TryOn: &edge.TryOn{Kind: "eyeliner", Finish: "matte"}},
		{SKU: "CARE-1"},
		{SKU: "BAD-COLOR", Color: "red", TryOn: &edge.TryOn{Kind: "lipstick", Finish: "matte"}},
		{SKU: "BAD-KIND", Color: "#FFFFFF", TryOn: &edge.TryOn{Kind: "hat"}},
	}}
}

type fixture struct {
	t      *testing.T
	kiosk  *Kiosk
	mirror *fakeMirror
	cart   *edge.Cart
	photos string // folder of sealed photos
	away   *fakeCourier
	office *edgetest.Memory
	engine *gin.Engine
	remote string // who connects
	// recorded is what was tried by those who are no screen of the kiosk's.
	recorded []api.Refusal
}

const jpegOfAFace = "\xff\xd8\xff\xe0 a face \xff\xd9"

// newFixture is a kiosk whose streams last as long as their requests.
func newFixture(t *testing.T, pages fstest.MapFS) *fixture {
	t.Helper()
	gin.SetMode(gin.TestMode)
	f := &fixture{t: t, mirror: &fakeMirror{}, cart: edge.NewCart(edge.CartID{1}, time.Now()), engine: gin.New(), remote: "127.0.0.1:40000"}
	stream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		<-r.Context().Done()
	})
	shop := fakeShop{testRelease(), f.cart}
	f.mirror.shoot = func() ([]byte, error) { return []byte(jpegOfAFace), nil }
	f.photos = t.TempDir()
	sealed, err := photodir.Open(f.photos, time.Now)
	require.NoError(t, err)
	f.away = &fakeCourier{}
	f.office = edgetest.NewMemory(time.Now)
	ids := 0
	fail := func(c *gin.Context, err error) {
		c.AbortWithStatusJSON(http.StatusTeapot, gin.H{"kind": edge.KindOf(err), "message": err.Error()})
	}
	k, err := New(Config{
		Mirror: f.mirror, Catalogue: shop, Carts: shop, WebSocket: stream, MJPEG: stream, Photos: sealed, Courier: f.away, Office: f.office, Consents: f.office, Place: "mirror-2", Pages: pages,
		Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.7.0/28"), netip.MustParsePrefix("fe80::7/128")},
		Idle:    90 * time.Second, Hold: 5 * time.Minute, Gone: 45 * time.Second,
		NewID: func() string { ids++; return "s" + strconv.Itoa(ids) },
		Fail:  fail,
		Refuse: func(c *gin.Context, what api.Refusal, err error) {
			f.recorded = append(f.recorded, what)
			fail(c, err)
		},
		Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(k.Close)
	f.kiosk = k
	k.Register(f.engine)
	return f
}

func (f *fixture) do(method, path, body string) *httptest.ResponseRecorder {
	f.t.Helper()
	return f.ask(httptest.NewRequest(method, path, strings.NewReader(body)))
}

// doWith is do of a request without a body that has these headers.
func (f *fixture) doWith(method, path string, h http.Header) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequest(method, path, http.NoBody)
	r.Header = h
	return f.ask(r)
}

func (f *fixture) ask(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.RemoteAddr = f.remote
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", "127.0.0.1") // anybody can write that
	r.Header.Set("X-Real-IP", "127.0.0.1")
	f.engine.ServeHTTP(w, r)
	return w
}

// ok is do that must be answered with 200.
func (f *fixture) ok(method, path, body string) string {
	f.t.Helper()
	w := f.do(method, path, body)
	require.Equal(f.t, http.StatusOK, w.Code, w.Body.String())
	return w.Body.String()
}

// refused is do that must be refused with kind.
func (f *fixture) refused(kind edge.Kind, method, path, body string) {
	f.t.Helper()
	w := f.do(method, path, body)
	require.Equal(f.t, http.StatusTeapot, w.Code, w.Body.String())
	require.Contains(f.t, w.Body.String(), `"kind":"`+string(kind)+`"`)
}

// begin brings a shopper to the mirror.
func (f *fixture) begin(camera bool) {
	f.t.Helper()
	f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`)
	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":`+strconv.FormatBool(camera)+`}`)
}
