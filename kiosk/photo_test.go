package kiosk

import (
	"bytes"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	photosPath = "/kiosk/v1/session/photos"
	ticked     = `{"consent":true,"of_16":true}`
)

// shoot takes a photo and returns its address.
func (f *fixture) shoot() string {
	f.t.Helper()
	w := f.do("POST", photosPath, ticked)
	require.Equal(f.t, http.StatusOK, w.Code, w.Body.String())
	return w.Header().Get("Location")
}

func (f *fixture) onDisk() int {
	f.t.Helper()
	files, err := os.ReadDir(f.photos)
	require.NoError(f.t, err)
	return len(files)
}

func TestPhotoIsInMemoryUntilItIsKept(t *testing.T) {
	f := newFixture(t, nil)
	f.begin(true)
	at := f.shoot()
	require.Zero(t, f.onDisk(), "it is stored before the shopper decided so")
	w := f.do("GET", at, "")
	require.Equal(t, jpegOfAFace, w.Body.String())
	require.Equal(t, "image/jpeg", w.Header().Get("Content-Type"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))

	v := f.view("PUT", at, `{"until":"finish"}`)
	require.Equal(t, 1, f.onDisk())
	require.True(t, v.Photos[0].Kept)
	require.Equal(t, "finish", v.Photos[0].Until)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), *v.Photos[0].Expires, time.Minute)
	require.Equal(t, jpegOfAFace, f.do("GET", at, "").Body.String())

	f.ok("DELETE", at, "")
	require.Zero(t, f.onDisk())
	f.refused(edge.NotFound, "GET", at, "")
	f.refused(edge.NotFound, "PUT", at, `{"until":"finish"}`)
	f.refused(edge.NotFound, "DELETE", at, "")
}

func TestPhotoNeedsItsOwnTick(t *testing.T) {
	f := newFixture(t, nil)
	f.begin(true) // consent to the camera is none to a photo
	f.mirror.shoot = func() ([]byte, error) { panic("a photo is taken without consent") }
	f.refused(edge.Forbidden, "POST", photosPath, `{}`)
	f.refused(edge.Forbidden, "POST", photosPath, `{"of_16":true}`)
	f.refused(edge.Forbidden, "POST", photosPath, `{"consent":true}`)
	f.refused(edge.Forbidden, "POST", photosPath, `{"consent":true,"of_16":false}`)
	f.refused(edge.Invalid, "POST", photosPath, `{"consent":"yes","of_16":true}`)
	require.Empty(t, f.kiosk.session.snapshot().Photos)
}

func TestPhotoAsItIsNot(t *testing.T) {
	f := newFixture(t, nil)
	f.begin(true)
	for _, tt := range []struct {
		err  error
		kind edge.Kind
	}{{ar.ErrNoFace, edge.Conflict}, {ar.ErrNotLooked, edge.Conflict}, {errors.New("no camera"), edge.Unavailable}} {
		f.mirror.shoot = func() ([]byte, error) { return nil, tt.err }
		f.refused(tt.kind, "POST", photosPath, ticked)
	}
	require.Empty(t, f.kiosk.session.snapshot().Photos)
	f.mirror.shoot = func() ([]byte, error) { return []byte(jpegOfAFace), nil }
	f.refused(edge.Invalid, "PUT", f.shoot(), `{"until":"tomorrow"}`)
	for range maxPhotos - 1 {
		f.shoot()
	}
	f.refused(edge.TooLarge, "POST", photosPath, ticked)
	f.kiosk.cfg.Photos = nil
	f.refused(edge.Unavailable, "POST", photosPath, ticked)
}

// Whatever ends the session deletes its photos, those in memory and those on
// disk.
func TestPhotosEndWithTheSession(t *testing.T) {
	ways := map[string]func(f *fixture){
		"finish":      func(f *fixture) { f.do("POST", "/kiosk/v1/session/finish", "") },
		"idle":        func(*fixture) { time.Sleep(90 * time.Second) },
		"new session": func(f *fixture) { f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`) },
		"shutdown":    func(f *fixture) { f.kiosk.Close() },
	}
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, nil)
				taken := []byte(jpegOfAFace)
				f.mirror.shoot = func() ([]byte, error) { return bytes.Clone([]byte(jpegOfAFace)), nil }
				f.begin(true)
				kept := f.shoot()
				f.ok("PUT", kept, `{"until":"finish"}`)
				f.mirror.shoot = func() ([]byte, error) { return taken, nil }
				f.shoot()
				require.Equal(t, 1, f.onDisk())
				end(f)
				synctest.Wait()
				require.Equal(t, make([]byte, len(taken)), taken, "a photo is left in memory")
				require.Zero(t, f.onDisk())
				f.refused(edge.NotFound, "GET", kept, "")
			})
		})
	}
}

// A photo that was not kept goes with the consent to the camera, also one that is
// being taken; what was kept had a consent of its own.
func TestPhotosEndWithTheConsent(t *testing.T) {
	f := newFixture(t, nil)
	taken, late := []byte(jpegOfAFace), []byte(jpegOfAFace)
	f.begin(true)
	kept := f.shoot()
	f.ok("PUT", kept, `{"until":"finish"}`)
	f.mirror.shoot = func() ([]byte, error) { return taken, nil }
	at := f.shoot()
	v := f.view("POST", "/kiosk/v1/session/consent", `{"camera":false}`)
	require.Len(t, v.Photos, 1)
	require.True(t, v.Photos[0].Kept)
	require.Equal(t, make([]byte, len(taken)), taken, "a photo is left in memory")
	f.refused(edge.NotFound, "GET", at, "")
	require.Equal(t, jpegOfAFace, f.do("GET", kept, "").Body.String())

	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":true}`)
	f.mirror.shoot = func() ([]byte, error) { // meanwhile the consent is taken back, and given anew
		f.ok("POST", "/kiosk/v1/session/consent", `{"camera":false}`)
		f.ok("POST", "/kiosk/v1/session/consent", `{"camera":true}`)
		return late, nil
	}
	f.refused(edge.Conflict, "POST", photosPath, ticked)
	require.Equal(t, make([]byte, len(late)), late)
	require.Len(t, f.kiosk.session.snapshot().Photos, 1)
}

// The session ends while the mirror takes the photo.
func TestPhotoComesTooLate(t *testing.T) {
	f := newFixture(t, nil)
	f.begin(true)
	late := []byte(jpegOfAFace)
	f.mirror.shoot = func() ([]byte, error) {
		f.kiosk.session.finish("")
		return late, nil
	}
	f.refused(edge.Conflict, "POST", photosPath, ticked)
	require.Equal(t, make([]byte, len(late)), late)
	require.Empty(t, f.kiosk.session.snapshot().Photos)
}

func TestConsentLogHasNoFace(t *testing.T) {
	f := newFixture(t, nil)
	var log bytes.Buffer
	f.kiosk.cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	f.begin(true)
	f.ok("PUT", f.shoot(), `{"until":"finish"}`)
	require.Contains(t, log.String(), `msg=consent purpose=photo version=1`)
	s := f.kiosk.session.snapshot()
	for _, secret := range []string{"a face", s.ID, s.Photos[0].id, s.Photos[0].name, base64.RawURLEncoding.EncodeToString(s.Photos[0].key)} {
		require.NotContains(t, log.String(), secret)
	}
}
