package ar_test

import (
	"testing"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// BenchmarkCompare is what comparing costs beside tracking and drawing.
func BenchmarkCompare(b *testing.B) {
	for name, c := range map[string]ar.Compare{
		"off":    {Mode: ar.CompareOff},
		"split":  {Mode: ar.CompareSplit, At: 0.5},
		"shades": {Mode: ar.CompareShades, Looks: []ar.Look{look(red), look(red), look(red), look(red)}, Columns: 2, Aspect: 0.94},
	} {
		b.Run(name, func(b *testing.B) {
			r := newRig()
			r.cfg.Tracker = &fake.Tracker{Script: fake.Still(faceAt(0.42, 0.3, 0.16, 0.35))}
			p, err := ar.NewPipeline(r.cfg)
			if err != nil {
				b.Fatal(err)
			}
			if err := p.SetLook(look(red)); err != nil {
				b.Fatal(err)
			}
			if err := p.SetCompare(c); err != nil {
				b.Fatal(err)
			}
			card := testCard(1280, 720)
			var f ar.Frame
			b.ReportAllocs()
			for b.Loop() {
				f.Resize(card.Width, card.Height)
				copy(f.Pix, card.Pix)
				if _, err := p.Process(&f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
