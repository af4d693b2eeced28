package api_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// refusals are what the shop's audit log has of them, oldest first.
func (s *shop) refusals(t *testing.T) (list []edge.AuditRecord) {
	t.Helper()
	records, err := s.AuditRecords(t.Context(), 100)
	require.NoError(t, err)
	for _, r := range records {
		if r.Kind == edge.AuditRefused {
			list = append([]edge.AuditRecord{r}, list...)
		}
	}
	return list
}

// Whatever is tried at the gateway is refused, changes nothing, and leaves a
// record that says what it was and nothing of who it was.
func TestRefusalsAreRecorded(t *testing.T) {
	const cross, evil = "cross-site", "https://evil.example"
	foreign := "https://hq.example/s/" + strings.Repeat("A", 60)
	for name, tc := range map[string]struct {
		method, path, body string
		h                  header
		status             int
		what               api.Refusal
		staff              string
	}{
		"another name":             {"GET", "/api/v1/catalogue", "", header{"Host": "evil.example"}, 403, api.RefusedHost, ""},
		"another name, to sell":    {"POST", "/api/v1/staff/sales", "{}", header{"Host": "evil.example"}, 403, api.RefusedHost, ""},
		"cross-site post":          {"POST", "/api/v1/carts", "{}", header{"Origin": evil}, 403, api.RefusedSite, ""},
		"cross-site post, no name": {"POST", "/api/v1/carts", "{}", header{"Origin": "null"}, 403, api.RefusedSite, ""},
		"cross-site sale":          {"POST", "/api/v1/staff/sales", "{}", header{"Origin": evil}, 403, api.RefusedSite, ""},
		"cross-site form":          {"POST", "/api/v1/staff/session", "{}", header{"Sec-Fetch-Site": cross, "Sec-Fetch-Mode": "navigate"}, 403, api.RefusedSite, ""},
		"cross-site look":          {"GET", "/api/v1/staff/carts", "", header{"Sec-Fetch-Site": cross, "Sec-Fetch-Mode": "no-cors"}, 403, api.RefusedSite, ""},
		"no token":                 {"POST", "/api/v1/staff/cash", "{}", header{"X-CSRF": "-"}, 403, api.RefusedToken, "Lan"},
		"another's token":          {"POST", "/api/v1/staff/cash", "{}", header{"X-CSRF": "AAAA"}, 403, api.RefusedToken, "Lan"},
		"path traversal":           {"GET", "/api/v1/pictures/..%2f..%2fetc%2fpasswd.svg", "", nil, 404, api.RefusedPath, ""},
		"path traversal, open":     {"GET", "/api/v1/pictures/../../../etc/passwd", "", nil, 404, api.RefusedPath, ""},
		"path traversal, Windows":  {"GET", `/api/v1/pictures/..%5c..%5cshop.yaml`, "", nil, 404, api.RefusedPath, ""},
		"path that ends early":     {"GET", "/api/v1/pictures/lipstick.svg%00.png", "", nil, 404, api.RefusedPath, ""},
		"oversized body":           {"POST", "/api/v1/carts/{cart}/lines", `{"sku":"` + strings.Repeat("A", 70<<10) + `"}`, nil, 413, api.RefusedSize, ""},
		"foreign shop's cart":      {"POST", "/api/v1/staff/carts/find", `{"text":"` + foreign + `"}`, nil, 400, api.RefusedCode, "Lan"},
	} {
		t.Run(name, func(t *testing.T) {
			s := memoryShop(t)
			s.signIn(t)
			c := s.fill(t, edgetest.Lipstick, 1)
			r := s.do(tc.method, strings.ReplaceAll(tc.path, "{cart}", c.ID), tc.body, tc.h)
			require.Equal(t, tc.status, r.StatusCode, text(t, r))
			require.Equal(t, c, decode[cart](t, s.do("GET", "/api/v1/carts/"+c.ID, ""), 200))
			list := s.refusals(t)
			require.Len(t, list, 1)
			require.Equal(t, string(tc.what), list[0].About)
			require.Equal(t, tc.staff, list[0].Staff)
			require.Empty(t, list[0].Reason)
			require.Contains(t, s.log.String(), "audit=true what="+string(tc.what))
			for _, secret := range []string{"192.0.2.1", "evil.example", c.ID, "passwd"} {
				require.NotContains(t, fmt.Sprintf("%+v", list), secret)
				require.NotContains(t, s.log.String(), secret)
			}
		})
	}
}

// PINs and carts do not cross the network in the clear, but where the shop's
// settings say so.
func TestOtherMachinesComeOverTLS(t *testing.T) {
	s := memoryShop(t, func(cfg *api.Config) { cfg.Sealed = true })
	ask := func(remote string, over *tls.ConnectionState) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost:8080/api/v1/carts", strings.NewReader("{}"))
		require.NoError(t, err)
		r.RemoteAddr, r.TLS = remote, over
		return s.serve(r).StatusCode
	}
	require.Equal(t, 403, ask("10.0.0.7:1", nil))
	require.Equal(t, 201, ask("10.0.0.7:1", &tls.ConnectionState{}))
	require.Equal(t, 201, ask("127.0.0.1:1", nil))
	require.Equal(t, 201, ask("[::1]:1", nil))
	list := s.refusals(t)
	require.Len(t, list, 1)
	require.Equal(t, "clear", list[0].About)
}

// Links from elsewhere lead to our pages.
func TestOthersMayLeadHere(t *testing.T) {
	s := memoryShop(t)
	require.Equal(t, 200, s.do("GET", "/api/v1/shop", "", header{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).StatusCode)
	require.Equal(t, 200, s.do("GET", "/api/v1/shop", "", header{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}).StatusCode)
	require.Empty(t, s.refusals(t))
}

// Whoever tries again and again fills neither log.
func TestRefusalsAreRecordedAtGrowingIntervals(t *testing.T) {
	s := memoryShop(t)
	for range 24 * 60 {
		require.Equal(t, 403, s.do("GET", "/api/v1/shop", "", header{"Host": "evil.example"}).StatusCode)
		s.Advance(time.Minute)
	}
	list := s.refusals(t)
	require.Greater(t, len(list), 20)
	require.Less(t, len(list), 32, "an hour apart in the end")
	require.Empty(t, list[0].Reason)
	require.Equal(t, "× 60", list[len(list)-1].Reason)
	s.Advance(24 * time.Hour)
	s.do("GET", "/api/v1/shop", "", header{"Host": "evil.example"})
	require.Len(t, s.refusals(t), len(list)+1)
}

// One client that asks for everything at once waits; a screen of this machine's
// own does not, nor does anybody else. All addresses of a network are one client.
func TestOneClientCannotAskForEverything(t *testing.T) {
	s := memoryShop(t)
	from := func(addr string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8080/api/v1/shop", http.NoBody)
		require.NoError(t, err)
		r.RemoteAddr = addr
		return s.serve(r).StatusCode
	}
	const enough = 1600
	refused := 0
	for i := range enough {
		if from(fmt.Sprintf("[2001:db8::%x]:1", i)) == http.StatusTooManyRequests {
			refused++
		}
	}
	require.Equal(t, enough-1500, refused)
	require.Equal(t, 200, from("[2001:db8:1::1]:1"), "a neighbour")
	for range enough {
		require.Equal(t, 200, from("127.0.0.1:1"))
	}
	list := s.refusals(t)
	require.Len(t, list, 1)
	require.Equal(t, "rate", list[0].About)
}

// A guessed PIN locks whoever guesses, and the log says so.
func TestBruteForcedPIN(t *testing.T) {
	s := memoryShop(t)
	codes := map[int]int{}
	for i := range 200 {
		codes[s.do("POST", "/api/v1/staff/session", fmt.Sprintf(`{"pin":"%04d"}`, i)).StatusCode]++
	}
	require.Equal(t, map[int]int{http.StatusUnauthorized: 5, http.StatusTooManyRequests: 195}, codes)
	records, err := s.AuditRecords(t.Context(), 100)
	require.NoError(t, err)
	kinds := map[edge.AuditKind]int{}
	for _, r := range records {
		kinds[r.Kind]++
		require.NotContains(t, r.About, "192.0.2.1")
	}
	require.Equal(t, map[edge.AuditKind]int{edge.AuditWrongPIN: 5, edge.AuditLockedOut: 1}, kinds)
}
