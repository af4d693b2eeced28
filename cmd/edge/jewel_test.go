package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/ar/face"
	"github.com/mirrorcart/mirrorcart/ar/look"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

// TestLeftStudIsOnTheLeftEar follows an unmatched stud from the tracker to the
// picture that viewers see, plain and as a mirror shows it.
func TestLeftStudIsOnTheLeftEar(t *testing.T) {
	set, err := models.Open(lookModels)
	require.NoError(t, err, "this test needs the face models")
	tracker, err := face.New(faceModels(set), face.Options{Raw: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, tracker.Close()) }()
	renderer, err := look.New(set.Head, os.DirFS("demo/shop/tryon"))
	require.NoError(t, err)
	file, err := os.Open(filepath.Join(lookFaces, "astronaut.png"))
	require.NoError(t, err)
	defer file.Close()
	img, _, err := image.Decode(file)
	require.NoError(t, err)
	bare := &ar.Frame{}
	bare.Resize(img.Bounds().Dx(), img.Bounds().Dy())
	for i := 0; i < len(bare.Pix); i += 3 {
		r, g, b, _ := img.At(i/3%bare.Width, i/3/bare.Width).RGBA()
		bare.Pix[i], bare.Pix[i+1], bare.Pix[i+2] = byte(b>>8), byte(g>>8), byte(r>>8)
	}
	faces, err := tracker.Track(nil, bare)
	require.NoError(t, err)
	require.Len(t, faces, 1)
	nose := float64(faces[0].Points[1].X) * float64(bare.Width)
	eye := float64(faces[0].Points[263].X) * float64(bare.Width) // the shopper's left

	worn := &ar.Frame{Pix: bytes.Clone(bare.Pix), Width: bare.Width, Height: bare.Height}
	require.NoError(t, renderer.Draw(worn, faces, ar.Look{Layers: []ar.Layer{
		{Kind: ar.Earrings, Asset: "hoop.svg", Side: ar.Left, Color: ar.Color{R: 0x20, G: 0x60, B: 0xE0}, Intensity: 1},
	}}))
	for _, mirror := range []bool{false, true} {
		encoder := camera.JPEG{Quality: 95, Mirror: mirror}
		differ := meanChange(t, &encoder, bare, worn)
		if mirror {
			differ = float64(bare.Width) - differ
		}
		require.Greater(t, differ, nose, "mirror %v: on the shopper's own left", mirror)
		require.Greater(t, differ, eye, "mirror %v: at the ear", mirror)
		require.Less(t, differ, eye+(eye-nose), "mirror %v: at the ear", mirror)
	}
}

// meanChange is where, from the left, two frames differ in the picture that the
// encoder makes of them.
func meanChange(t *testing.T, encoder ar.Encoder, a, b *ar.Frame) float64 {
	t.Helper()
	decode := func(f *ar.Frame) image.Image {
		data, err := encoder.Encode(nil, f)
		require.NoError(t, err)
		img, err := jpeg.Decode(bytes.NewReader(data))
		require.NoError(t, err)
		return img
	}
	p, q := decode(a), decode(b)
	sum, count := 0.0, 0.0
	for y := range a.Height {
		for x := range a.Width {
			_, g, _, _ := p.At(x, y).RGBA()
			_, h, _, _ := q.At(x, y).RGBA()
			if max(g, h)-min(g, h) > 60<<8 {
				sum, count = sum+float64(x)+0.5, count+1
			}
		}
	}
	require.Positive(t, count)
	return sum / count
}
