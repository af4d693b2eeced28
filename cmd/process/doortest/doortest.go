// Package doortest holds every route of a program to what all of them owe
// whoever asks, and to what none of them does for strangers.
package doortest

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

// Door is an address at which a program serves.
type Door struct {
	URL    string
	Routes gin.RoutesInfo
	Client *http.Client // one that trusts it; nil for the usual one
}

// fill is an address of a route.
func fill(path string) string { return regexp.MustCompile(`[:*][a-z0-9]+`).ReplaceAllString(path, "x") }

// changes reports whether a method may change something.
func changes(method string) bool {
	return slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, method)
}

// answer is what is asked about; page is its body where that is a page.
type answer struct {
	status int
	header http.Header
	page   string
}

func (d Door) ask(t *testing.T, method, path string, headers map[string]string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, d.URL+path, http.NoBody)
	require.NoError(t, err)
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	client := http.Client{}
	if d.Client != nil {
		client = *d.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	require.NoError(t, err, "%s %s", method, path)
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") { // others may be streams without end
		page, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		a.page = string(page)
	}
	return a
}

// each calls f for every route, once for each method that a browser may send.
func (d Door) each(t *testing.T, f func(t *testing.T, method, path string)) {
	require.NotEmpty(t, d.Routes)
	for _, r := range d.Routes {
		if r.Method == http.MethodConnect || r.Method == http.MethodTrace {
			continue
		}
		t.Run(r.Method+" "+r.Path, func(t *testing.T) { f(t, r.Method, fill(r.Path)) })
	}
}

// Headers wants of every answer, of an error's too, what keeps a browser from
// being turned against whoever uses it.
func (d Door) Headers(t *testing.T) {
	d.each(t, func(t *testing.T, method, path string) {
		d.ask(t, method, path, nil).requireProtected(t)
		d.ask(t, method, path, map[string]string{"Accept": "text/html", "Cookie": "mc_staff=x; hq_session=x"}).requireProtected(t)
	})
	for _, path := range []string{"/nothing-is-here", "/.git/config", "//example.com/%2e%2e", "/%00", "/staff/"} {
		a := d.ask(t, http.MethodGet, path, nil)
		require.GreaterOrEqual(t, a.status, 400, path)
		a.requireProtected(t)
	}
	a := d.ask(t, http.MethodPatch, "/", nil)
	require.Contains(t, []int{http.StatusMethodNotAllowed, http.StatusNotFound}, a.status)
	a.requireProtected(t)
}

func (a answer) requireProtected(t *testing.T) {
	t.Helper()
	h := a.header
	require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
	require.Equal(t, "DENY", h.Get("X-Frame-Options"))
	require.Contains(t, []string{"no-referrer", "same-origin"}, h.Get("Referrer-Policy"))
	require.Contains(t, h.Get("Permissions-Policy"), "microphone=()")
	require.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"))
	require.NotEmpty(t, h.Get("Cross-Origin-Resource-Policy"))
	require.NotEmpty(t, h.Get("Cache-Control"))
	for _, tells := range []string{"Server", "X-Powered-By"} {
		require.Empty(t, h.Get(tells))
	}
	for name, values := range h {
		require.Len(t, values, 1, "%s is there more than once", name)
	}
	policy := map[string]string{}
	for directive := range strings.SplitSeq(h.Get("Content-Security-Policy"), ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
		policy[name] = sources
	}
	require.NotEmpty(t, policy["default-src"])
	scripts, own := policy["script-src"]
	if !own {
		scripts = policy["default-src"]
	}
	require.NotContains(t, scripts, "unsafe")
	require.NotContains(t, scripts, "*")
	if _, sandboxed := policy["sandbox"]; !sandboxed {
		require.Equal(t, "'none'", policy["frame-ancestors"])
		require.Equal(t, "'none'", policy["base-uri"])
		require.NotContains(t, h.Get("Content-Security-Policy"), "unsafe")
	}
	for _, source := range []string{"*", "http:", "https:", "ws:", "wss:"} {
		require.NotContains(t, strings.Fields(h.Get("Content-Security-Policy")), source, "that is everybody")
	}
	requireNoInlineScript(t, a.page)
}

// requireNoInlineScript wants a page whose scripts come from files or have this
// answer's nonce: no other one runs.
func requireNoInlineScript(t *testing.T, page string) {
	t.Helper()
	for _, tag := range regexp.MustCompile(`(?is)<script\b[^>]*>`).FindAllString(page, -1) {
		require.Regexp(t, `(?i)\b(src|nonce)=`, tag)
	}
	require.NotRegexp(t, `(?is)<[^>]+\son[a-z]+\s*=`, page, "a handler in an attribute")
	require.NotRegexp(t, `(?i)(href|src|action)\s*=\s*["']?\s*javascript:`, page)
}

// Strangers wants every change refused that another site's page makes a browser
// ask for.
func (d Door) Strangers(t *testing.T) {
	asked := 0
	for _, r := range d.Routes {
		if !changes(r.Method) {
			continue
		}
		asked++
		a := d.ask(t, r.Method, fill(r.Path), map[string]string{
			"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Content-Type": "application/json",
		})
		require.Equal(t, http.StatusForbidden, a.status, "%s %s", r.Method, r.Path)
	}
	require.NotZero(t, asked)
}
