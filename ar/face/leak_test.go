//go:build matprofile

package face_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar/face"
)

func TestEveryMatIsClosed(t *testing.T) {
	before := gocv.MatProfile.Count()
	m := openModels(t)
	tracker, err := face.New(m, face.Options{MaxFaces: 2})
	require.NoError(t, err)
	f := two(t)
	for i := range 20 {
		track(t, tracker, after(f, i))
		track(t, tracker, blank(320, 240))
	}
	require.NoError(t, tracker.Close())
	m.Landmarks = nil
	_, err = face.New(m, face.Options{})
	require.Error(t, err)
	require.Equal(t, before, gocv.MatProfile.Count())
}
