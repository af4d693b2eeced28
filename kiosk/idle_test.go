package kiosk

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// look has the camera see somebody every second for d.
func (f *fixture) look(d time.Duration) {
	for range int(d / time.Second) {
		time.Sleep(time.Second)
		f.mirror.see(time.Now())
	}
}

func (m *fakeMirror) see(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats.Camera, m.stats.LastFace = true, at
}

// watched is a session whose shopper stands before the mirror.
func watched(t *testing.T, f *fixture) {
	t.Helper()
	f.begin(true)
	f.ok("PUT", "/kiosk/v1/session/look", `{"skus":["LIP-1"]}`)
	f.ok("PUT", "/kiosk/v1/session/cart", `{"cart":"`+f.cart.ID.String()+`"}`)
	f.mirror.see(time.Now())
}

func TestLeavingTheMirrorWipes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		watched(t, f)
		left := func() time.Duration { return f.kiosk.session.snapshot().IdleLeft }
		f.look(20 * time.Second)
		require.Equal(t, 70*time.Second, left(), "the shopper is there: only touches count")
		time.Sleep(5 * time.Second)
		require.Equal(t, 65*time.Second, left(), "who bends to a shelf is not missed yet")
		time.Sleep(time.Second)
		require.Equal(t, 39*time.Second, left())
		f.look(time.Second)
		require.Equal(t, 63*time.Second, left(), "the shopper is back")
		time.Sleep(45*time.Second - time.Millisecond)
		synctest.Wait()
		require.Equal(t, Mirroring, f.kiosk.session.snapshot().State)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		requireWiped(t, f)
	})
}

func TestATouchTakesTheCountdownBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		watched(t, f)
		for range 4 { // nobody is seen, but somebody touches
			time.Sleep(44 * time.Second)
			f.ok("POST", "/kiosk/v1/session/touch", "")
		}
		require.Equal(t, 90*time.Second, f.kiosk.session.snapshot().IdleLeft)
		time.Sleep(45 * time.Second)
		synctest.Wait()
		requireWiped(t, f)
	})
}

// Nobody is missed who bends to the phone, looks at a picture that stands still,
// stands before a lost camera or goes without one.
func TestNobodyIsMissedWhileNotLookedFor(t *testing.T) {
	for name, c := range map[string]struct {
		begin func(f *fixture)
		until time.Duration // the wipe, from then on
	}{
		"at the phone":       {func(f *fixture) { f.ok("POST", "/kiosk/v1/session/touch?hold", "") }, 5 * time.Minute},
		"a moment held":      {func(f *fixture) { f.ok("PUT", "/kiosk/v1/session/compare", `{"mode":"off","freeze":true}`) }, 90 * time.Second},
		"a replay":           {func(f *fixture) { f.ok("POST", "/kiosk/v1/session/replay", "") }, 90 * time.Second},
		"without the camera": {func(f *fixture) { f.ok("POST", "/kiosk/v1/session/consent", `{"camera":false}`) }, 90 * time.Second},
		"the camera is lost": {func(f *fixture) { f.mirror.lose(); f.ok("POST", "/kiosk/v1/session/touch", "") }, 90 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, nil)
				watched(t, f)
				c.begin(f)
				time.Sleep(c.until - time.Millisecond)
				synctest.Wait()
				require.Equal(t, Mirroring, f.kiosk.session.snapshot().State)
				time.Sleep(time.Millisecond)
				synctest.Wait()
				requireWiped(t, f)
			})
		})
	}
}

func (m *fakeMirror) lose() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats = ar.Stats{}
}
