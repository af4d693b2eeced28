package kiosk

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

func TestSessionView(t *testing.T) {
	f := newFixture(t, nil)
	f.mirror.stats = ar.Stats{CameraError: "no /dev/video0"}
	require.JSONEq(t, `{"run":"s1","n":1,"id":"","state":"attract","language":"","shop_language":"","camera":{"consent":false,"ok":false,"message":"no /dev/video0"},
		"look":{"layers":[]},"skus":[],"intensity":0,"look_id":"","compare":{"mode":"off","at":0,"skus":[],"columns":0,"freeze":false},
		"replay":{"state":"off","left_s":0},"photos":[],"cart":null,"model":false,"mirror":{"fps":0,"faces":0,"face":false,"wears_glasses":false,"far":false},"idle":{"after_s":90,"left_s":0}}`,
		f.ok("GET", "/kiosk/v1/session", ""))

	f.begin(true)
	f.mirror.stats = ar.Stats{Camera: true, FPS: 30, Faces: 7, LastFace: time.Now(), WearsGlasses: true, Far: true}
	f.ok("PUT", "/kiosk/v1/session/cart", `{"cart":"`+f.cart.ID.String()+`"}`)
	var v sessionView
	require.NoError(t, json.Unmarshal([]byte(f.ok("PUT", "/kiosk/v1/session/look", `{"skus":["GLS-1","LIP-2"]}`)), &v))
	require.Equal(t, Mirroring, v.State)
	require.Equal(t, cameraView{Consent: true, OK: true}, v.Camera)
	require.Equal(t, mirrorView{FPS: 30, Faces: 7, Face: true, WearsGlasses: true, Far: true}, v.Mirror)
	require.Equal(t, f.cart.ID, *v.Cart)
	require.Equal(t, []edge.SKU{"GLS-1", "LIP-2"}, v.SKUs)
	require.Equal(t, []ar.Layer{
		{Kind: ar.Glasses, Color: ar.Color{R: 0x1E, G: 0x1C, B: 0x1C}, Intensity: 1, Asset: "round.svg"},
		{Kind: ar.Lipstick, Color: ar.Color{R: 0xE8, G: 0x83, B: 0x6F}, Finish: ar.Gloss, Intensity: defaultIntensity},
	}, v.Look.Layers)
	var later sessionView
	require.NoError(t, json.Unmarshal([]byte(f.ok("GET", "/kiosk/v1/session", "")), &later))
	require.Greater(t, later.N, v.N, "answers overtake each other: the page knows the later one")
}

func TestRefusals(t *testing.T) {
	const look, session = "/kiosk/v1/session/look", "/kiosk/v1/session"
	cases := []struct {
		name         string
		kind         edge.Kind
		method, path string
		body         string
	}{
		{"unknown language", edge.Invalid, "POST", session, `{"language":"de"}`},
		{"unknown key", edge.Invalid, "POST", session, `{"language":"vi","age":16}`},
		{"no JSON", edge.Invalid, "POST", session, `language=vi`},
		{"no body", edge.Invalid, "POST", session, ``},
		{"two objects", edge.Invalid, "POST", session, `{"language":"vi"}{}`},
		{"consent unsaid", edge.Invalid, "POST", session + "/consent", `{}`},
		{"consent in no language", edge.Invalid, "POST", session + "/consent", `{"camera":true,"language":"xx"}`},
		{"unknown product", edge.NotFound, "PUT", look, `{"skus":["NO-1"]}`},
		{"product without try-on", edge.Invalid, "PUT", look, `{"skus":["CARE-1"]}`},
		{"two lipsticks", edge.Invalid, "PUT", look, `{"skus":["LIP-1","LIP-2"]}`},
		{"too many products", edge.TooLarge, "PUT", look, `{"skus":["LIP-1"` + strings.Repeat(`,"LIP-1"`, maxWorn) + `]}`},
		{"intensity out of range", edge.Invalid, "PUT", look, `{"skus":["LIP-1"],"intensity":1.2}`},
		{"colour of the catalogue", edge.Invalid, "PUT", look, `{"skus":["BAD-COLOR"]}`},
		{"kind of the catalogue", edge.Invalid, "PUT", look, `{"skus":["BAD-KIND"]}`},
		{"malformed cart id", edge.Invalid, "PUT", session + "/cart", `{"cart":"x"}`},
		{"unknown cart", edge.NotFound, "PUT", session + "/cart", `{"cart":"` + edge.CartID{2}.String() + `"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, nil)
			f.begin(true)
			f.ok("PUT", look, `{"skus":["GLS-1"]}`)
			f.refused(c.kind, c.method, c.path, c.body)
			s := f.kiosk.session.snapshot()
			require.Equal(t, "s2", s.ID, "a refused request touched the session")
			require.Equal(t, []edge.SKU{"GLS-1"}, s.Worn.skus)
			require.Nil(t, s.Cart)
		})
	}
}

// Nobody but the kiosk's own screens runs the mirror or sees its camera; the
// pages that staff uses are for the whole shop.
func TestOnlyScreensRunTheMirror(t *testing.T) {
	f := newFixture(t, fstest.MapFS{"staff.html": {Data: []byte("<p>staff")}})
	f.begin(true)
	for _, remote := range []string{"192.0.2.1:1", "10.0.7.16:1", "[fd00::1]:1", "[fe80::8%eth0]:1", "", "@"} {
		f.remote = remote
		for _, route := range f.engine.Routes() {
			if strings.HasPrefix(route.Path, "/kiosk/v1/") {
				f.recorded = nil
				f.refused(edge.Forbidden, route.Method, route.Path, "")
				require.Equal(t, []api.Refusal{api.RefusedScreen}, f.recorded)
				require.Contains(t, f.do(route.Method, route.Path, "").Body.String(), "http.kiosks")
			}
		}
		f.ok("GET", "/staff", "")
	}
	require.Equal(t, "s2", f.kiosk.session.snapshot().ID)
	for _, remote := range []string{"127.0.0.1:1", "127.8.9.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "10.0.7.15:1", "[::ffff:10.0.7.1]:1", "[fe80::7%eth0]:1"} {
		f.remote = remote
		f.ok("GET", "/kiosk/v1/session", "")
	}
}

func TestPages(t *testing.T) {
	f := newFixture(t, fstest.MapFS{
		"index.html":       {Data: []byte("<p>kiosk")},
		"staff.html":       {Data: []byte("<p>staff")},
		"assets/a-1.js":    {Data: []byte("1")},
		"assets/b-2.woff2": {Data: []byte("2")},
	})
	for path, want := range map[string]string{"/": "<p>kiosk", "/staff": "<p>staff"} {
		w := f.do("GET", path, "")
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, want, w.Body.String())
		require.Equal(t, "no-cache", w.Header().Get("Cache-Control"))
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'self'")
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'")
	}
	for path, want := range map[string]string{"/assets/a-1.js": "text/javascript; charset=utf-8", "/assets/b-2.woff2": "font/woff2"} {
		w := f.do("GET", path, "")
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, want, w.Header().Get("Content-Type"))
		require.Contains(t, w.Header().Get("Cache-Control"), "immutable")
	}
	for _, path := range []string{"/assets/", "/assets/none.js", "/assets/../index.html", "/assets/%2e%2e/index.html"} {
		require.NotEqual(t, http.StatusOK, f.do("GET", path, "").Code, path)
	}
}

// A browser keeps a page and asks whether it is still the same.
func TestPageIsSentOnce(t *testing.T) {
	f := newFixture(t, fstest.MapFS{"index.html": {Data: []byte("<p>kiosk")}, "staff.html": {Data: []byte("<p>staff")}})
	tag := f.do("GET", "/", "").Header().Get("ETag")
	require.NotEmpty(t, tag)
	for path, want := range map[string]int{"/": http.StatusNotModified, "/staff": http.StatusOK} {
		w := f.doWith("GET", path, http.Header{"If-None-Match": {tag}})
		require.Equal(t, want, w.Code, path)
		require.Equal(t, want == http.StatusNotModified, w.Body.Len() == 0, path)
		require.Equal(t, "no-cache", w.Header().Get("Cache-Control"))
	}
}

func TestAssetsAreSentCompressed(t *testing.T) {
	f := newFixture(t, fstest.MapFS{
		"assets/a-1.js": {Data: []byte("as it is")}, "assets/a-1.js.gz": {Data: []byte("gz")}, "assets/a-1.js.br": {Data: []byte("br")},
		"assets/b-2.woff2": {Data: []byte("font")},
	})
	for _, tc := range []struct{ file, accept, encoding, body string }{
		{"a-1.js", "", "", "as it is"},
		{"a-1.js", "gzip, deflate, br, zstd", "br", "br"},
		{"a-1.js", "gzip, deflate", "gzip", "gz"},
		{"a-1.js", "GZIP;q=0.5, br;q=0", "gzip", "gz"},
		{"a-1.js", "br; q=0.000,gzip; q=0", "", "as it is"},
		{"a-1.js", "zstd, *", "", "as it is"},
		{"b-2.woff2", "gzip, br", "", "font"},
	} {
		w := f.doWith("GET", "/assets/"+tc.file, http.Header{"Accept-Encoding": {tc.accept}})
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, tc.encoding, w.Header().Get("Content-Encoding"), tc.accept)
		require.Equal(t, tc.body, w.Body.String(), tc.accept)
		require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
		require.Equal(t, contentType(tc.file), w.Header().Get("Content-Type"))
	}
}

func TestPagesNotBuilt(t *testing.T) {
	f := newFixture(t, fstest.MapFS{".gitkeep": {}})
	w := f.do("GET", "/", "")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, notBuilt, w.Body.String())
}

func TestNewNeedsEverything(t *testing.T) {
	_, err := New(Config{})
	require.Error(t, err)
}
