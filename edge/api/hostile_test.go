package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// FuzzBodies sends bodies to every route that takes one: it is an answer of ours
// with a message, never a fault inside, and whatever is sold is sold once.
func FuzzBodies(f *testing.F) {
	routes := []struct{ method, path string }{
		{http.MethodPost, "/api/v1/carts/{cart}/lines"},
		{http.MethodPut, "/api/v1/carts/{cart}/lines/{line}"},
		{http.MethodPut, "/api/v1/carts/{cart}/fields/note"},
		{http.MethodPost, "/api/v1/carts/{cart}/claim"},
		{http.MethodPost, "/api/v1/staff/session"},
		{http.MethodPost, "/api/v1/staff/sales"},
		{http.MethodPost, "/api/v1/staff/sales/x/void"},
		{http.MethodPost, "/api/v1/staff/sales/x/refunds"},
		{http.MethodPost, "/api/v1/staff/second-payments"},
		{http.MethodPost, "/api/v1/staff/stock/moves"},
		{http.MethodPost, "/api/v1/staff/z-reports"},
	}
	for i, body := range []string{
		`{"sku":"LIP-01","quantity":1}`, `{"quantity":99}`, `{"text":"gift","turn":0}`, `{"to":"phone"}`, `{"pin":"0000"}`,
		`{"cart":"AAAAAAAAAAAAAAAA","payments":[{"method":"cash","amount":9223372036854775807,"tendered":-1}],"buyer":{"tax_code":"0100109106"}}`,
		`{"reason":"a","approval":{"pin":"2468","reason":"b"}}`, `{"lines":[{"line":1,"quantity":1}],"reason":"a","method":"cash"}`,
		`{"cart":"AAAAAAAAAAAAAAAA","payments":[{"method":"card","amount":1,"reference":"4111111111111111"}]}`,
		`{"reason":"count","as_of":{"epoch":"e","seq":18446744073709551615},"lines":[{"sku":"LIP-01","quantity":-9223372036854775808}]}`, `{}`,
	} {
		f.Add(i, []byte(body))
	}
	f.Add(5, []byte(`[[[[[`))
	f.Add(9, []byte("{\"reason\":\"\xff\\u0000\\ud800\"}"))
	s := memoryShop(f)
	n := 0
	f.Fuzz(func(t *testing.T, route int, body []byte) {
		if s.Advance(time.Second); n%1000 == 0 { // before the session ends, and after every lock
			s.Advance(24 * time.Hour)
			s.signIn(t)
		}
		n++
		c := s.fill(t, edgetest.Lipstick, 1)
		r := routes[((route%len(routes))+len(routes))%len(routes)]
		path := strings.NewReplacer("{cart}", c.ID, "{line}", c.Lines[0].ID).Replace(r.path)
		key := header{"Idempotency-Key": fmt.Sprintf("key-%08d", n)}
		first := s.do(r.method, path, string(body), key)
		require.Less(t, first.StatusCode, 500, "%s %s: %s", r.method, path, text(t, first))
		again := s.do(r.method, path, string(body), key)
		require.Less(t, again.StatusCode, 500)
		if first.StatusCode == http.StatusCreated && strings.HasSuffix(path, "/sales") {
			require.Equal(t, text(t, first), text(t, again), "sold once")
		}
	})
}
