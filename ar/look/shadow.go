package look

import (
	"github.com/mirrorcart/mirrorcart/ar"
)

// shadowStrokes are where the colours of eyeshadow go on the flat map: the lid,
// the crease above it, and the outer corner with the end of the lower lash line.
// Each is blended out by a second, wider brush.
var shadowStrokes = [ar.ShadowColors][]stroke{
	{
		{line: []vec{{52, 86.5}, {43.5, 83.5}, {37.5, 82.5}, {31, 83}, {24, 87}}, reach: 7, strength: 0.85},
		{line: []vec{{55, 84.5}, {45, 81}, {37.5, 80}, {30, 81.5}}, reach: 10.5, strength: 0.55},
	},
	{
		{line: []vec{{55, 82}, {46, 79.5}, {38, 79}, {31, 80.5}}, reach: 6, strength: 0.55},
		{line: []vec{{58, 82}, {47, 78.5}, {38, 78}}, reach: 9.5, strength: 0.5},
	},
	{
		{line: []vec{{58, 84.5}, {53, 85}, {49, 83.5}}, reach: 7, strength: 0.75},
		{line: []vec{{60, 82.5}, {53, 82}, {45, 79.5}}, reach: 9, strength: 0.5},
		{line: []vec{{55, 91}, {49, 94.5}, {43, 97}}, reach: 4, strength: 0.5},
	},
}

// shadowPigments is how eyeshadow lies on lids.
var shadowPigments = map[ar.Finish]pigment{
	ar.Matte:    {hue: 0.9, light: 0.7},
	ar.Satin:    {hue: 0.9, light: 0.7, sheen: 0.3},
	ar.Metallic: {hue: 0.95, light: 0.8, sheen: 0.8, lift: 0.12, glint: 0.5},
	ar.Shimmer:  {hue: 0.9, light: 0.7, sheen: 0.5, lift: 0.15, glint: 1.5},
}

// lids paints eyeshadow.
type lids struct {
	powder
	// zones are those of each colour by how many colours there are, less one.
	zones [ar.ShadowColors][]*zone
}

func newLids(mesh *ar.Mesh) lids {
	var l lids
	for n := range l.zones {
		for i := range n + 1 {
			var over []stroke
			for _, later := range shadowStrokes[i+1 : n+1] {
				over = append(over, later...)
			}
			l.zones[n] = append(l.zones[n], drawZone(mesh, func(p vec) float64 {
				return seen((1 - bareness(shadowStrokes[i], p)) * bareness(over, p))
			}))
		}
	}
	return l
}

func (l *lids) paint(f *ar.Frame, s *surface, e *eyes, bare *bareSkin, layer ar.Layer, alpha float32) {
	if alpha <= 0 || !bare.seen {
		return
	}
	p := shadowPigments[layer.Finish]
	color := layer.Color
	for i, z := range l.zones[min(len(layer.Colors), len(l.zones)-1)] {
		if i > 0 {
			color = layer.Colors[i-1]
		}
		if l.lay(f, s, e, z, p) {
			t := bare.tint(color, p)
			t.paint(f, &l.cover, l.glints, alpha)
		}
	}
}
