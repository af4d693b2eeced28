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

// BenchmarkLayers measures what one layer takes by itself, the face being read.
func BenchmarkLayers(b *testing.B) {
	looks := skinLooks()
	looks["lipstick"] = lipstick(red, ar.Gloss, 0.6)
	looks["lip liner"] = ar.Look{Layers: []ar.Layer{{Kind: ar.LipLiner, Color: red, Finish: ar.Matte, Intensity: 1}}}
	for name, l := range looks {
		b.Run(name, func(b *testing.B) {
			fx := readFixtures(b)
			r := newRenderer(b, fx)
			f, face := fx.read(b, "group_s6a.png") // eyes 104 pixels apart
			if err := r.Draw(clone(f), []ar.Face{face}, l); err != nil {
				b.Fatal(err)
			}
			light := r.lights.of(f, &face, nil)
			r.surface.fit(&r.head, &face, f)
			r.eyes.fit(&face, f)
			r.bare.fit(f, &r.surface, &r.eyes, light, nil)
			b.ReportAllocs()
			for b.Loop() {
				if err := r.layer(f, &face, l.Layers[0], light, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
