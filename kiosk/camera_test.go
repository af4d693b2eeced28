package kiosk

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

// oneTablet is enrolled with the code "good".
type oneTablet struct{}

func (oneTablet) Enrol(code string, secure bool) (*http.Cookie, error) {
	switch code {
	case "good":
	case "full":
		return nil, edge.Errorf("test", edge.Conflict, "too many tablets")
	case "disk":
		return nil, errors.New("disk full")
	default:
		return nil, edge.Errorf("test", edge.Unauthorized, "wrong code")
	}
	return &http.Cookie{Name: "tablet", Value: "secret", Secure: secure}, nil
}

func (oneTablet) Enrolled(r *http.Request) (bool, error) {
	c, err := r.Cookie("tablet")
	if err == nil && c.Value == "unread" {
		return false, errors.New("disk gone")
	}
	return err == nil && c.Value == "secret", nil
}

// A tablet's pictures are taken from a screen of this kiosk, over TLS or from
// this machine, if it is enrolled, while a shopper agrees to the camera.
func TestTabletIsTheCamera(t *testing.T) {
	f := newFixture(t, nil)
	taken := 0
	f.kiosk.RegisterTablet(f.engine, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { taken++ }), oneTablet{})
	ask := func(method, path, body string, overTLS bool, cookie *http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.RemoteAddr = f.remote
		r.Header.Set("Content-Type", "application/json")
		if overTLS {
			r.TLS = &tls.ConnectionState{}
		}
		if cookie != nil {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		f.engine.ServeHTTP(w, r)
		return w
	}
	refused := func(w *httptest.ResponseRecorder, kind edge.Kind) {
		t.Helper()
		require.Equal(t, http.StatusTeapot, w.Code)
		require.Contains(t, w.Body.String(), `"kind":"`+string(kind)+`"`)
	}
	const camera, enrol = "/kiosk/v1/camera", "/kiosk/v1/camera/enrol"

	f.remote = "10.0.7.3:1"
	refused(ask("POST", enrol, `{"code":"good"}`, false, nil), edge.Forbidden)
	refused(ask("POST", enrol, `{"code":"bad"}`, true, nil), edge.Unauthorized)
	refused(ask("POST", enrol, `{"code":"full"}`, true, nil), edge.Conflict)
	refused(ask("POST", enrol, `{"code":"disk"}`, true, nil), edge.Internal)
	refused(ask("POST", enrol, `{"pin":"good"}`, true, nil), edge.Invalid)
	w := ask("POST", enrol, `{"code":"good"}`, true, nil)
	require.Equal(t, http.StatusNoContent, w.Code)
	cookie := w.Result().Cookies()[0]
	require.True(t, cookie.Secure)

	refused(ask("GET", camera, "", true, cookie), edge.Conflict) // nobody is at the mirror
	f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`)
	refused(ask("GET", camera, "", true, cookie), edge.Conflict)
	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":false}`)
	refused(ask("GET", camera, "", true, cookie), edge.Forbidden)
	require.Zero(t, taken)
	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":true}`)
	require.Equal(t, http.StatusOK, ask("GET", camera, "", true, cookie).Code)
	require.Equal(t, 1, taken)

	refused(ask("GET", camera, "", false, cookie), edge.Forbidden)
	refused(ask("GET", camera, "", true, nil), edge.Unauthorized)
	refused(ask("GET", camera, "", true, &http.Cookie{Name: "tablet", Value: "unread"}), edge.Internal)
	f.remote = "192.0.2.1:1"
	refused(ask("GET", camera, "", true, cookie), edge.Forbidden)
	f.remote = "127.0.0.1:1"
	require.Equal(t, http.StatusOK, ask("GET", camera, "", false, cookie).Code, "this machine itself needs no TLS")
	require.Equal(t, 2, taken)
}

func TestPageLearnsOfTheCamerasFault(t *testing.T) {
	f := newFixture(t, nil)
	f.mirror.stats = ar.Stats{Camera: true, CameraFault: ar.FaultBlack}
	require.Contains(t, f.ok("GET", "/kiosk/v1/session", ""), `"camera":{"consent":false,"ok":true,"message":"","fault":"black"}`)
	f.kiosk.RegisterTablet(f.engine, http.NotFoundHandler(), oneTablet{})
	require.Contains(t, f.ok("GET", "/kiosk/v1/session", ""), `"fault":"black","tablet":true}`)
}
