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
	// show gives how much the look has changed the picture.
	show := func(there bool) (change int) {
		f := ar.Frame{Pix: bytes.Clone(picture.Pix), Width: picture.Width, Height: picture.Height}
		if !there {
			clear(f.Pix)
		}
		seq++
		f.At = time.Unix(1000, 0).Add(time.Duration(seq) * time.Second / 30)
		before := bytes.Clone(f.Pix)
		_, err := p.Process(&f)
		require.NoError(t, err)
		for i, b := range f.Pix {
			change += max(int(b)-int(before[i]), int(before[i])-int(b))
		}
		return change
	}
	whole := 0
	for range 20 {
		whole = show(true)
	}
	require.Positive(t, whole)
	for away, least := range map[int]int{3: whole / 3, 10: whole / 2, 40: 1, 200: 1} {
		for range away {
			require.Zero(t, show(false))
		}
		show(true)
		show(true)
		require.GreaterOrEqual(t, show(true), least, "away for %d frames", away)
		for range 12 {
			show(true)
		}
		require.InEpsilon(t, whole, show(true), 0.1, "away for %d frames", away)
	}
}
