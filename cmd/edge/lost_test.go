package main

import (
	"bytes"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/ar/look"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

// TestLostFaceIsBackAtOnce: a face that was hidden, for a moment or for long,
// wears its look again within three frames; after a moment, nearly all of it.
func TestLostFaceIsBackAtOnce(t *testing.T) {
	set, err := models.Open(lookModels)
	require.NoError(t, err)
	tracker, err := newTracker(set, 1, 0, false)
	require.NoError(t, err)
	defer func() { require.NoError(t, tracker.Close()) }()
	renderer, err := look.New(set.Head, os.DirFS("demo/shop/tryon"))
	require.NoError(t, err)
	p, err := ar.NewPipeline(ar.PipelineConfig{Tracker: tracker, Renderer: renderer, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, p.SetLook(ar.Look{Layers: []ar.Layer{
		{Kind: ar.Glasses, Color: ar.Color{R: 0x20, G: 0x20, B: 0x20}, Intensity: 1, Asset: "round.svg"},
	}}))
	var picture ar.Frame
	require.NoError(t, camera.ReadPicture("../../ar/face/testdata/faces/webcam_man.png", &picture))
	seq := 0
	nobody := make([]byte, len(picture.Pix))
	// show shows some frames of a picture and gives the last as it was drawn on.
	show := func(pix []byte, frames int) []byte {
		f := ar.Frame{Pix: make([]byte, len(pix)), Width: picture.Width, Height: picture.Height}
		for range frames {
			copy(f.Pix, pix)
			seq++
			f.At = time.Unix(1000, 0).Add(time.Duration(seq) * time.Second / 30)
			_, err := p.Process(&f)
			require.NoError(t, err)
		}
		return f.Pix
	}
	// change is how much of the look is on the picture.
	change := func(drawn []byte) (sum int) {
		for i, b := range drawn {
			sum += max(int(b)-int(picture.Pix[i]), int(picture.Pix[i])-int(b))
		}
		return sum
	}
	whole := change(show(picture.Pix, 20))
	require.Positive(t, whole)
	for away, least := range map[int]int{3: whole / 3, 10: whole / 2, 40: 1} {
		require.True(t, bytes.Equal(nobody, show(nobody, away)), "nobody wears it")
		require.GreaterOrEqual(t, change(show(picture.Pix, 3)), least, "away for %d frames", away)
		require.InEpsilon(t, whole, change(show(picture.Pix, 12)), 0.1, "away for %d frames", away)
	}
}
