//go:build matprofile

package camera

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

func TestEveryMatIsClosed(t *testing.T) {
	path := clip(t, "x.mp4", 5)
	before := gocv.MatProfile.Count()
	var f ar.Frame
	for _, c := range []Config{
		{Source: path, Once: true, Width: 100, Height: 100, Rotate: 90},
		{Source: path},
		{Source: "still:" + photo, Once: true},
		{Source: "folder:" + album(t, 10, 200), Once: true, Rotate: 90},
		{Source: startRTSP(t, "127.0.0.1:0", "").url("")},
		{Source: "still:" + photo, Once: true, Rotate: 90},
	} {
		cam, err := Open(t.Context(), c)
		require.NoError(t, err)
		for range 8 {
			if err := cam.Read(t.Context(), &f); err != nil {
				break
			}
			_, err := (&JPEG{Mirror: true}).Encode(nil, &f)
			require.NoError(t, err)
		}
		require.NoError(t, cam.Close())
	}
	for _, format := range []Format{MJPEG, YUYV} {
		w := newWebcam(t)
		d, err := newDevice(Config{Format: format, Width: 640, Height: 360}, w)
		require.NoError(t, err)
		w.take(w.card(), 0)
		require.NoError(t, d.Read(t.Context(), &f))
		require.NoError(t, d.Close())
	}
	_, err := newDevice(Config{FPS: 99}, newWebcam(t))
	require.Error(t, err)
	require.NoError(t, ReadPicture(photo, &f))
	require.NoError(t, WritePicture(filepath.Join(t.TempDir(), "a.png"), &f))
	require.Error(t, ReadPicture(path, &f))
	_, err = Open(t.Context(), Config{Source: "still:" + path})
	require.Error(t, err)
	require.Equal(t, before, gocv.MatProfile.Count())
}
