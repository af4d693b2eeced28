package kiosk

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// requireWiped checks that nothing of a shopper is left.
func requireWiped(t *testing.T, f *fixture) {
	t.Helper()
	layers, paused := f.mirror.now()
	require.Zero(t, layers, "a look is left")
	require.True(t, paused, "the camera is still looked at")
	s := f.kiosk.session.snapshot()
	require.Equal(t, snapshot{N: s.N, State: Attract}, s)
}

func TestNobodyThere(t *testing.T) {
	f := newFixture(t, nil)
	requireWiped(t, f)
	f.refused(edge.Conflict, "POST", "/kiosk/v1/session/consent", `{"camera":true}`)
	f.refused(edge.Conflict, "PUT", "/kiosk/v1/session/look", `{"skus":["LIP-1"]}`)
	f.refused(edge.Conflict, "PUT", "/kiosk/v1/session/cart", `{"cart":"`+f.cart.ID.String()+`"}`)
	f.refused(edge.Conflict, "POST", "/kiosk/v1/session/touch", "")
	f.refused(edge.Conflict, "GET", "/kiosk/v1/mirror", "")
	require.Equal(t, 204, f.do("POST", "/kiosk/v1/session/finish", "").Code)
	requireWiped(t, f)
}

func TestCameraOnlyWithConsent(t *testing.T) {
	f := newFixture(t, nil)
	f.ok("POST", "/kiosk/v1/session", `{"language":"en"}`)
	_, paused := f.mirror.now()
	require.True(t, paused, "the camera looks before consent")
	f.refused(edge.Conflict, "GET", "/kiosk/v1/mirror.mjpeg", "")
	f.refused(edge.Conflict, "PUT", "/kiosk/v1/session/look", `{"skus":["LIP-1"]}`)

	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":false}`)
	_, paused = f.mirror.now()
	require.True(t, paused, "the camera looks without consent")
	f.refused(edge.Forbidden, "GET", "/kiosk/v1/mirror", "")

	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":true}`)
	_, paused = f.mirror.now()
	require.False(t, paused)
}

func TestFinishWipes(t *testing.T) {
	f := newFixture(t, nil)
	f.begin(true)
	f.ok("PUT", "/kiosk/v1/session/look", `{"skus":["LIP-1","GLS-1"],"intensity":0.4}`)
	f.ok("PUT", "/kiosk/v1/session/cart", `{"cart":"`+f.cart.ID.String()+`"}`)
	layers, _ := f.mirror.now()
	require.Equal(t, 2, layers)
	require.Equal(t, 204, f.do("POST", "/kiosk/v1/session/finish", "").Code)
	requireWiped(t, f)
}

func TestNewSessionWipesTheOld(t *testing.T) {
	f := newFixture(t, nil)
	f.begin(true)
	f.ok("PUT", "/kiosk/v1/session/look", `{"skus":["LIP-1"]}`)
	f.ok("PUT", "/kiosk/v1/session/cart", `{"cart":"`+f.cart.ID.String()+`"}`)
	require.JSONEq(t, `{"run":"s1","id":"s3","state":"consent","camera":false}`,
		f.ok("POST", "/kiosk/v1/session", `{"language":"zh"}`))
	layers, paused := f.mirror.now()
	require.Zero(t, layers)
	require.True(t, paused)
	s := f.kiosk.session.snapshot()
	require.Nil(t, s.Cart)
	require.False(t, s.Camera)
	require.Equal(t, "zh", s.Language)
}

func TestIdleWipes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.begin(true)
		f.ok("PUT", "/kiosk/v1/session/look", `{"skus":["LIP-1"]}`)
		time.Sleep(90*time.Second - time.Millisecond)
		synctest.Wait()
		require.Equal(t, Mirroring, f.kiosk.session.snapshot().State)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		requireWiped(t, f)
	})
}

func TestTouchPutsTheWipeOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.begin(true)
		for range 5 {
			time.Sleep(80 * time.Second)
			f.ok("POST", "/kiosk/v1/session/touch", "")
		}
		// Busy with the phone: the wipe waits for the hold time, no longer.
		f.ok("POST", "/kiosk/v1/session/touch?hold", "")
		time.Sleep(5*time.Minute - time.Millisecond)
		synctest.Wait()
		s := f.kiosk.session.snapshot()
		require.Equal(t, Mirroring, s.State)
		require.Equal(t, time.Millisecond, s.IdleLeft)
		// Back at the mirror the ordinary time counts again.
		f.ok("POST", "/kiosk/v1/session/touch", "")
		time.Sleep(90 * time.Second)
		synctest.Wait()
		requireWiped(t, f)
	})
}

func TestLookingAtTheSessionIsNoTouch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.begin(true)
		for range 9 {
			time.Sleep(10 * time.Second)
			f.ok("GET", "/kiosk/v1/session", "")
		}
		synctest.Wait()
		requireWiped(t, f)
	})
}

// A timer of a session that is over must not wipe the next one.
func TestOldTimerSparesTheNewSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.begin(true)
		time.Sleep(89 * time.Second)
		f.begin(true)
		f.kiosk.session.expire("s2")
		time.Sleep(89 * time.Second)
		synctest.Wait()
		require.Equal(t, "s3", f.kiosk.session.snapshot().ID)
		f.kiosk.session.expire("s3") // fired, but a touch was faster
		require.Equal(t, "s3", f.kiosk.session.snapshot().ID)
	})
}

func TestViewersEndWithTheSession(t *testing.T) {
	ways := map[string]func(f *fixture){
		"finish":            func(f *fixture) { f.do("POST", "/kiosk/v1/session/finish", "") },
		"idle":              func(*fixture) { time.Sleep(90 * time.Second) },
		"new session":       func(f *fixture) { f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`) },
		"consent withdrawn": func(f *fixture) { f.ok("POST", "/kiosk/v1/session/consent", `{"camera":false}`) },
		"shutdown":          func(f *fixture) { f.kiosk.Close() },
	}
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, nil)
				f.begin(true)
				gone := make(chan int)
				go func() { gone <- f.do("GET", "/kiosk/v1/mirror", "").Code }()
				synctest.Wait()
				select {
				case <-gone:
					t.Fatal("the viewer was sent away while the session lasts")
				default:
				}
				end(f)
				require.Equal(t, 200, <-gone)
			})
		})
	}
}

func TestConsentMayChangeTheLanguage(t *testing.T) {
	f := newFixture(t, nil)
	f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`)
	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":true,"language":"zh"}`)
	require.Contains(t, f.ok("GET", "/kiosk/v1/session", ""), `"language":"zh"`)
	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":false}`)
	require.Contains(t, f.ok("GET", "/kiosk/v1/session", ""), `"language":"zh"`, "where it is left out, it stays")
}

// Before consent nothing is shown but a preview, and that only while consent is
// asked for.
func TestPreviewOnlyWhileConsentIsAsked(t *testing.T) {
	f := newFixture(t, nil)
	const preview = "/kiosk/v1/session/preview"
	f.mirror.peek = func(context.Context) ([]byte, error) { panic("looked at without being asked") }
	f.refused(edge.Conflict, "GET", preview, "")
	f.begin(true)
	f.refused(edge.Conflict, "GET", preview, "")
	f.begin(false)
	f.refused(edge.Conflict, "GET", preview, "")

	f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`)
	f.mirror.peek = func(ctx context.Context) ([]byte, error) {
		_, limited := ctx.Deadline()
		require.True(t, limited)
		_, paused := f.mirror.now()
		require.True(t, paused)
		return []byte("blur"), nil
	}
	w := f.do("GET", preview, "")
	require.Equal(t, "blur", w.Body.String())
	require.Equal(t, "image/jpeg", w.Header().Get("Content-Type"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	f.refused(edge.Conflict, "GET", "/kiosk/v1/mirror", "")

	f.mirror.peek = func(context.Context) ([]byte, error) { return nil, errors.New("no camera") }
	require.Equal(t, http.StatusNoContent, f.do("GET", preview, "").Code)
	f.mirror.peek = func(context.Context) ([]byte, error) { // the shopper answers meanwhile
		f.ok("POST", "/kiosk/v1/session/consent", `{"camera":false}`)
		return []byte("blur"), nil
	}
	f.refused(edge.Conflict, "GET", preview, "")
}
