package kiosk

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNothingThere(t *testing.T) {
	f := newFixture(t, nil)
	ask := func(method, accept string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, "/stuff", nil)
		r.Header.Set("Accept", accept)
		f.engine.ServeHTTP(w, r)
		return w
	}
	page := ask("GET", "text/html,application/xhtml+xml;q=0.9")
	require.Equal(t, http.StatusNotFound, page.Code)
	for _, text := range []string{"Không có trang nào", "There is no page", "此地址没有页面", `href="/staff"`} {
		require.Contains(t, page.Body.String(), text)
	}
	require.Equal(t, 1, strings.Count(page.Body.String(), "<style>"), "the policy allows one style")
	require.Contains(t, page.Header().Get("Content-Security-Policy"), "style-src 'self' 'sha256-")
	for _, w := range []*httptest.ResponseRecorder{ask("GET", "*/*"), ask("POST", "text/html")} {
		require.Equal(t, http.StatusTeapot, w.Code)
		require.Contains(t, w.Body.String(), `there is nothing at \"/stuff\"`)
	}
}
