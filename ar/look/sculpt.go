package look

import (
	"github.com/mirrorcart/mirrorcart/ar"
)

// contourStrokes are where contour deepens the face's own shadows: the hollow
// below the cheekbone, the temple, the jaw, and the sides of the nose.
var contourStrokes = []stroke{
	{line: []vec{{96, 122}, {80, 130}, {64, 140}}, reach: 18, strength: 0.75},
	{line: []vec{{66, 41}, {82, 54}, {92, 68}}, reach: 17, strength: 0.6},
	{line: []vec{{98, 168}, {84, 184}, {64, 196}, {44, 206}}, reach: 14, strength: 0.6},
	{line: []vec{{12, 84}, {9, 96}, {8.5, 108}, {9.5, 121}}, reach: 6, strength: 0.5},
}

// contourPigments is how contour lies on skin: a shadow, not a colour.
var contourPigments = map[ar.Finish]pigment{
	ar.Matte: {hue: 0.42, light: 0.42},
}

// highlighterStrokes are where highlighter catches the light: the top of the
// cheekbone, the bone below the brow, the bridge and the tip of the nose, and
// the bow over the upper lip.
var highlighterStrokes = []stroke{
	{line: []vec{{60, 109}, {74, 101}, {86, 91}}, reach: 12, strength: 1},
	{line: []vec{{45, 73.5}, {55, 77.5}}, reach: 5.5, strength: 0.6},
	{line: []vec{{0, 86}, {0, 113}}, reach: 5, strength: 0.8},
	{line: []vec{{0, 124}, {0, 126}}, reach: 6, strength: 0.7},
	{line: []vec{{0, 153}, {7, 152}}, reach: 4, strength: 0.7},
}

// highlighterPigments is how highlighter lies on skin: it hides nothing, and
// gives back more of the light that the skin gives back there.
var highlighterPigments = map[ar.Finish]pigment{
	ar.Satin:    {hue: 0.3, light: 0.25, sheen: 0.35, lift: 0.2},
	ar.Metallic: {hue: 0.45, light: 0.3, sheen: 0.65, lift: 0.22},
	ar.Shimmer:  {hue: 0.35, light: 0.22, sheen: 0.5, lift: 0.2, glint: 0.9},
}

// sculptFeather is how far within the face's edge contour and highlighter run
// out, in millimetres.
const sculptFeather = 10.0

// sculpt paints a product that models the face: contour or highlighter.
type sculpt struct {
	powder
	zone     *zone
	pigments map[ar.Finish]pigment
}

func newSculpt(mesh *ar.Mesh, strokes []stroke, pigments map[ar.Finish]pigment) sculpt {
	return sculpt{pigments: pigments, zone: drawZone(mesh, func(p vec) float64 {
		return seen(1-bareness(strokes, p)) * inFace(p, sculptFeather)
	})}
}

func (c *sculpt) paint(f *ar.Frame, face *ar.Face, s *surface, e *eyes, m *mouth, bare *bareSkin, layer ar.Layer, alpha float32) {
	p := c.pigments[layer.Finish]
	if alpha <= 0 || !bare.seen || !c.lay(f, s, e, c.zone, p) {
		return
	}
	m.spare(&c.cover, face, f)
	t := bare.tint(layer.Color, p)
	t.paint(f, &c.cover, c.glints, alpha)
}
