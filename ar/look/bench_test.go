package look

import (
	"testing"

	"github.com/mirrorcart/mirrorcart/ar"
)

// benchFace is a head 720p cameras see in a shop: the eyes 120 pixels apart,
// turned a little.
func benchFace(b *testing.B) (*Renderer, *ar.Frame, ar.Face) {
	fx := readFixtures(b)
	r := newRenderer(b, fx)
	f, face := fx.posed(1280, 720, 12, 680)
	for i := range f.Pix { // something for the colours to differ by
		f.Pix[i] += byte(i * 2654435761 >> 27)
	}
	return r, f, face
}

func benchmarkDraw(b *testing.B, layers ...ar.Layer) {
	r, f, face := benchFace(b)
	look := ar.Look{Layers: layers}
	if err := r.Check(look); err != nil {
		b.Fatal(err)
	}
	faces := []ar.Face{face}
	b.ReportMetric(eyeDistance(&face, f), "px_eyes")
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Draw(f, faces, look); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLipstick(b *testing.B) {
	benchmarkDraw(b, lipstick(red, ar.Gloss, 0.6).Layers...)
}

func BenchmarkGlasses(b *testing.B) {
	benchmarkDraw(b, spectacles("round.svg").Layers...)
}

func BenchmarkLipstickAndGlasses(b *testing.B) {
	benchmarkDraw(b, append(lipstick(red, ar.Gloss, 0.6).Layers, spectacles("round.svg").Layers...)...)
}

func BenchmarkSkin(b *testing.B) {
	for name, l := range skinLooks() {
		b.Run(name, func(b *testing.B) { benchmarkDraw(b, l.Layers...) })
	}
}
