package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/ar/look"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

// TestDrawnGlassesAreSeen draws the demo shop's glasses on bare faces as if the
// camera saw them: the tracker takes each pair for the shopper's own, and the
// bare faces for bare.
func TestDrawnGlassesAreSeen(t *testing.T) {
	set, err := models.Open(lookModels)
	require.NoError(t, err, "this test needs the face models")
	tracker, err := newTracker(set, 1, 0, true)
	require.NoError(t, err)
	defer func() { require.NoError(t, tracker.Close()) }()
	renderer, err := look.New(set.Head, os.DirFS("demo/shop/tryon"))
	require.NoError(t, err)
	// A plain frame in the skin's own colour may be missed; these are not.
	colors := []ar.Color{{R: 0x1E, G: 0x1C, B: 0x1C}, {R: 0x8B, G: 0x20, B: 0x30}, {R: 0x20, G: 0x30, B: 0x60}, {R: 0xD8, G: 0xD8, B: 0xE0}}
	for _, name := range []string{"astronaut.png", "group_s1a.png", "group_s3b.png", "group_s5a.png", "group_s6a.png", "group_s6c.png"} {
		var bare ar.Frame
		require.NoError(t, camera.ReadPicture(filepath.Join(lookFaces, name), &bare))
		faces, err := tracker.Track(nil, &bare)
		require.NoError(t, err)
		require.Len(t, faces, 1, name)
		require.False(t, faces[0].WearsGlasses, name)
		for i, shape := range []string{"round.svg", "rectangle.svg", "cat-eye.svg", "aviator.svg"} {
			worn := &ar.Frame{Pix: bytes.Clone(bare.Pix), Width: bare.Width, Height: bare.Height}
			require.NoError(t, renderer.Draw(worn, faces, ar.Look{Layers: []ar.Layer{
				{Kind: ar.Glasses, Asset: shape, Color: colors[(i+len(name))%len(colors)], Intensity: 1},
			}}))
			seen, err := tracker.Track(nil, worn)
			require.NoError(t, err)
			require.Len(t, seen, 1)
			require.True(t, seen[0].WearsGlasses, "%s on %s", shape, name)
		}
	}
}
