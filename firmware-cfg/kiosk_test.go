package firmwarecfg

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestKiosksAreFilledIn(t *testing.T) {
	e, err := LoadEdge(write(t, smallEdge+`
camera: {source: /dev/video0, quality: 60}
kiosks:
  - id: window
    addr: 127.0.0.1:8081
    screens: [10.0.0.8]
    camera: {source: /dev/video2, rotate: 90}
  - id: back
    addr: 127.0.0.1:8082
    camera: {source: fake, mirror: false, width: 640, height: 360}
    mirror: {max_faces: 2, idle_timeout: 30s}
`), nil)
	require.NoError(t, err)
	d := DefaultEdge()
	window := Kiosk{ID: "window", Addr: "127.0.0.1:8081", Screens: []string{"10.0.0.8"}, Camera: d.Camera, Mirror: d.Mirror}
	window.Camera.Source, window.Camera.Rotate = "/dev/video2", 90
	back := Kiosk{ID: "back", Addr: "127.0.0.1:8082", Camera: d.Camera, Mirror: Mirror{MaxFaces: 2, IdleTimeout: 30 * time.Second, GoneTimeout: 45 * time.Second}}
	back.Camera.Source, back.Camera.Mirror, back.Camera.Width, back.Camera.Height = "fake", false, 640, 360
	require.Equal(t, []Kiosk{window, back}, e.Kiosks)
	require.Equal(t, 60, e.Camera.Quality)
}

func TestKiosksAreRefused(t *testing.T) {
	for want, kiosk := range map[string]string{
		"kiosks[0].id":                   "{addr: '127.0.0.1:8081', camera: {source: fake}}",
		"kiosks[0].addr":                 "{id: a, camera: {source: fake}}",
		"another kiosk's":                "{id: a, addr: '127.0.0.1:8080', camera: {source: fake}}",
		"kiosks[0].camera.source":        "{id: a, addr: '127.0.0.1:8081'}",
		"another kiosk's camera":         "{id: a, addr: '127.0.0.1:8081', camera: {source: /dev/video0}}",
		"kiosks[0].camera.quality":       "{id: a, addr: '127.0.0.1:8081', camera: {source: fake, quality: 101}}",
		"40 million":                     "{id: a, addr: '127.0.0.1:8081', camera: {source: fake, width: 8192, height: 8192}}",
		"kiosks[0].mirror.max_faces":     "{id: a, addr: '127.0.0.1:8081', camera: {source: fake}, mirror: {max_faces: 9}}",
		"kiosks[0].screens":              "{id: a, addr: '127.0.0.1:8081', camera: {source: fake}, screens: [0.0.0.0/0]}",
		"did you mean kiosks[0].screens": "{id: a, addr: '127.0.0.1:8081', camera: {source: fake}, screen: []}",
	} {
		_, err := LoadEdge(write(t, smallEdge+"kiosks:\n  - "+kiosk+"\n"), nil)
		require.ErrorContains(t, err, want)
	}
	two := "\n  - {id: a, addr: '127.0.0.1:8081', camera: {source: fake}}"
	_, err := LoadEdge(write(t, smallEdge+"kiosks:"+two+two+"\n"), nil)
	require.ErrorContains(t, err, `"a" is there twice`)
}
