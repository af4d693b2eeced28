package look

import (
	"github.com/mirrorcart/mirrorcart/ar"
)

// shadowStrokes are where the colours of eyeshadow go on the flat map: the lid,
// the crease above it, and the outer corner.
var shadowStrokes = [ar.ShadowColors]stroke{
	{line: []vec{{51, 86.5}, {43.5, 83.5}, {37.5, 82.5}, {31, 83}, {24, 86.5}}, reach: 9, strength: 1},
	{line: []vec{{55, 81}, {45, 78.5}, {37.5, 77.5}, {30, 78.5}}, reach: 7.5, strength: 0.9},
	{line: []vec{{60, 82}, {54, 84}, {48, 82}}, reach: 8, strength: 0.95},
}

// shadowPigments is how eyeshadow lies on lids.
var shadowPigments = map[ar.Finish]pigment{
	ar.Matte:    {hue: 0.9, light: 0.7},
	ar.Satin:    {hue: 0.9, light: 0.7, sheen: 0.3},
	ar.Metallic: {hue: 0.95, light: 0.8, sheen: 0.8, glint: 0.2},
	ar.Shimmer:  {hue: 0.9, light: 0.7, sheen: 0.35, glint: 0.5},
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
			l.zones[n] = append(l.zones[n], newZone(mesh, shadowStrokes[i:i+1], shadowStrokes[i+1:n+1]...))
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
