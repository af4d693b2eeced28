package api

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
)

const (
	readerToken   = "reader-token-of-this-test"
	operatorToken = "operator-token-of-this-test"
	adminToken    = "admin-token-of-this-test"
)

// app is the API over an HQ, behind a server on a loopback port.
type app struct {
	t      *testing.T
	url    string
	engine *gin.Engine
	api    *API
	now    func() time.Time
}

func newApp(t *testing.T, h Headquarters, adjust ...func(*Options)) *app {
	t.Helper()
	a := &app{t: t, now: time.Now}
	book, ok := h.(interface{ Accounts() *account.Book })
	if !ok {
		book = hqtest.Open(t)
	}
	o := Options{
		HQ: h, Accounts: book.Accounts(), Now: func() time.Time { return a.now() }, Log: slog.New(slog.DiscardHandler),
		Tokens: []account.Token{
			{Name: "bi", Role: account.Viewer, SHA256: sha256.Sum256([]byte(readerToken))},
			{Name: "support", Role: account.Operator, SHA256: sha256.Sum256([]byte(operatorToken))},
			{Name: "root", Role: account.Admin, SHA256: sha256.Sum256([]byte(adminToken))},
		},
	}
	for _, f := range adjust {
		f(&o)
	}
	var err error
	a.api, err = New(o)
	require.NoError(t, err)
	gin.SetMode(gin.TestMode)
	a.engine = gin.New()
	a.api.Register(a.engine)
	server := httptest.NewServer(a.engine)
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

// request asks with a token; the caller closes the body.
func (a *app) request(method, target, token, body string, header ...string) *http.Response {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.url+target, strings.NewReader(body))
	require.NoError(a.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(a.t, err)
	return resp
}

// get reads a whole answer.
func (a *app) get(target string, header ...string) (*http.Response, string) {
	a.t.Helper()
	resp := a.request(http.MethodGet, target, readerToken, "", header...)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	return resp, string(b)
}

func (a *app) json(target string, v any) {
	a.t.Helper()
	resp, body := a.get(target)
	require.Equal(a.t, http.StatusOK, resp.StatusCode, body)
	require.NoError(a.t, json.Unmarshal([]byte(body), v))
}
