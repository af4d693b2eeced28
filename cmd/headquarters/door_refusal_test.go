package headquarters

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/cart"
)

// knocker asks at a door behind which there is a little of everything.
type knocker struct {
	*gin.Engine
	log bytes.Buffer
	now time.Time
}

func newKnocker(t *testing.T, proxies ...string) *knocker {
	k := &knocker{now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	d := newDoor(proxies, func() time.Time { return k.now }, slog.New(slog.NewTextHandler(&k.log, nil)))
	var err error
	k.Engine, err = d.engine(func(*gin.Context) {}, func(c *gin.Context, status int) { c.String(status, "explained") })
	require.NoError(t, err)
	k.GET("/picture", func(c *gin.Context) { c.String(http.StatusOK, "a picture") })
	k.POST("/cart", func(c *gin.Context) { c.String(http.StatusOK, "changed") })
	k.POST("/bank", func(c *gin.Context) {
		if c.GetHeader("Authorization") != "Apikey right" {
			c.Status(http.StatusUnauthorized)
		}
	})
	office := k.Group("/", d.onlyHosts([]string{"hq.example.com"}), d.checkOrigin)
	office.POST("/settle", func(c *gin.Context) { c.String(http.StatusOK, "settled") })
	return k
}

// ask is the status of a request; "Host" and "From" are who is asked, and whose
// address it comes from.
func (k *knocker) ask(method, path string, header ...string) int {
	r := httptest.NewRequest(method, "http://hq.example.com"+path, http.NoBody)
	r.RemoteAddr = "203.0.113.7:5000"
	for i := 0; i < len(header); i += 2 {
		switch name, value := header[i], header[i+1]; name {
		case "Host":
			r.Host = value
		case "From":
			r.RemoteAddr = value
		default:
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	k.ServeHTTP(w, r)
	return w.Code
}

// What is tried at the door is refused, and the log says what it was and nothing
// of who it was.
func TestTheDoorRecordsWhatItRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		method, path string
		header       []string
		status       int
		what         string
	}{
		"cross-site change":  {"POST", "/cart", []string{"Sec-Fetch-Site", "cross-site"}, 403, "site"},
		"cross-site office":  {"POST", "/settle", []string{"Origin", "https://evil.example"}, 403, "site"},
		"same site, not us":  {"POST", "/settle", []string{"Sec-Fetch-Site", "same-site"}, 403, "site"},
		"a name of its own":  {"POST", "/settle", []string{"Host", "evil.example"}, 403, "host"},
		"path traversal":     {"GET", "/picture/..%2f..%2fetc%2fpasswd", nil, 404, "path"},
		"path traversal too": {"GET", "/../../etc/passwd", nil, 404, "path"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKnocker(t)
			require.Equal(t, tc.status, k.ask(tc.method, tc.path, tc.header...))
			require.Contains(t, k.log.String(), "level=WARN msg=refused audit=true what="+tc.what+" ")
			for _, who := range []string{"203.0.113.7", "evil", "passwd"} {
				require.NotContains(t, k.log.String(), who)
			}
		})
	}
	k := newKnocker(t)
	require.Equal(t, 200, k.ask("POST", "/cart"))
	require.Equal(t, 200, k.ask("POST", "/cart", "Sec-Fetch-Site", "cross-site", cart.PhoneHeader, "x"), "a mini program in a browser")
	require.Equal(t, 200, k.ask("POST", "/settle", "Origin", "http://hq.example.com"))
	require.Equal(t, 200, k.ask("GET", "/picture", "Sec-Fetch-Site", "cross-site"), "a mini program shows it")
	require.Empty(t, k.log.String())
}

// Secrets are not guessed: after sixty an address waits, and nobody else does.
func TestWrongSecretsShutTheDoor(t *testing.T) {
	k := newKnocker(t, "10.0.0.5")
	guess := func(from string) int { return k.ask("POST", "/bank", "From", from, "Authorization", "Apikey wrong") }
	for range 60 {
		require.Equal(t, http.StatusUnauthorized, guess("203.0.113.7:1"))
	}
	require.Equal(t, http.StatusTooManyRequests, guess("203.0.113.7:2"))
	require.Equal(t, http.StatusTooManyRequests, k.ask("POST", "/bank", "Authorization", "Apikey right"), "he may have found it")
	require.Contains(t, k.log.String(), "audit=true what=stranger ")
	require.Equal(t, 200, k.ask("GET", "/picture"), "who only looks is not in the way")
	require.Equal(t, 200, k.ask("POST", "/bank", "From", "198.51.100.9:1", "Authorization", "Apikey right"))
	for _, asker := range []string{"203.0.113.7", "198.51.100.9"} {
		want := map[bool]int{true: http.StatusTooManyRequests, false: http.StatusOK}[asker == "203.0.113.7"]
		require.Equal(t, want, k.ask("POST", "/bank", "From", "10.0.0.5:1", "X-Forwarded-For", asker, "Authorization", "Apikey right"), "by way of the proxy")
		require.Equal(t, http.StatusOK, k.ask("POST", "/bank", "From", "192.0.2.2:1", "X-Forwarded-For", asker, "Authorization", "Apikey right"), "nobody else's word is taken")
	}
	k.now = k.now.Add(2 * time.Second)
	require.Equal(t, 200, k.ask("POST", "/bank", "Authorization", "Apikey right"))
}

func TestOneAddressCannotAskForEverything(t *testing.T) {
	k := newKnocker(t)
	codes := map[int]int{}
	for range requestsAtOnce + 100 {
		codes[k.ask("GET", "/picture")]++
	}
	require.Equal(t, map[int]int{200: requestsAtOnce, 429: 100}, codes)
	require.Equal(t, 1, strings.Count(k.log.String(), "what=rate"))
	require.Equal(t, 200, k.ask("GET", "/picture", "From", "198.51.100.9:1"))
	for range requestsAtOnce + 100 {
		require.Equal(t, 200, k.ask("GET", "/picture", "From", "127.0.0.1:1"), "a proxy on this machine is everybody")
	}
}

// Whoever opens what is not there, or what goes wrong, reads a page; a program is
// told in JSON.
func TestBareAnswersAreExplained(t *testing.T) {
	k := newKnocker(t)
	k.GET("/breaks", func(*gin.Context) { panic("on purpose") })
	k.GET("/half", func(c *gin.Context) { c.Status(http.StatusForbidden); _, _ = c.Writer.WriteString("its own words") })
	ask := func(method, path, accept string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://hq.example.com"+path, http.NoBody)
		r.RemoteAddr = "203.0.113.7:5000"
		r.Header.Set("Accept", accept)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		k.ServeHTTP(w, r)
		return w
	}
	const page, data = "text/html,application/xhtml+xml,*/*;q=0.8", "application/json"
	for _, tc := range []struct {
		method, path, accept string
		status               int
		want                 string
		header               []string
	}{
		{"GET", "/nowhere", page, 404, "explained", nil},
		{"GET", "/settle", page, 405, "explained", nil},
		{"GET", "/breaks", page, 500, "explained", nil},
		{"GET", "/..%2f", page, 404, "explained", nil},
		{"POST", "/settle", page, 403, "explained", []string{"Origin", "https://evil.example"}},
		{"GET", "/half", page, 403, "its own words", nil},
		{"GET", "/nowhere", data, 404, `{"error":{"kind":"not_found","message":"there is nothing here"}}`, nil},
		{"GET", "/v1/nowhere", page, 404, `{"error":{"kind":"not_found","message":"there is nothing here"}}`, nil},
		{"GET", "/nowhere", "", 404, `{"error":{"kind":"not_found","message":"there is nothing here"}}`, nil},
		{"GET", "/breaks", data, 500, "", nil},
		{"POST", "/settle", data, 403, `{"error":{"kind":"forbidden","message":"this came from another page: use headquarters' own"}}`, []string{"Origin", "https://evil.example"}},
	} {
		w := ask(tc.method, tc.path, tc.accept, tc.header...)
		require.Equal(t, tc.status, w.Code, "%s %s", tc.method, tc.path)
		require.Equal(t, tc.want, w.Body.String(), "%s %s", tc.method, tc.path)
		require.Equal(t, "DENY", w.Header().Get("X-Frame-Options"), "%s %s", tc.method, tc.path)
	}
	require.Contains(t, k.log.String(), "on purpose")
}
