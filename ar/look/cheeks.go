package look

import (
	"github.com/mirrorcart/mirrorcart/ar"
)

// blushZones are where blush goes on the flat map: the apples are below the
// pupils beside the nose's tip, the cheekbone runs from there to the temple.
var blushZones = map[ar.Placement][]stroke{
	ar.Apples: {
		{line: []vec{{46, 126}, {58, 120}}, reach: 22, strength: 0.95},
	},
	ar.Cheekbone: {
		{line: []vec{{56, 121}, {76, 109}, {90, 98}}, reach: 19, strength: 0.8},
	},
	ar.UnderEye: {
		{line: []vec{{30, 112}, {46, 113}, {64, 108}}, reach: 14, strength: 0.9},
		{line: []vec{{0, 112}, {30, 113}}, reach: 10, strength: 0.3}, // over the nose
	},
}

// blushPigments is how blush lies on skin: sheer, so that the skin seems to be
// flushed and not covered.
var blushPigments = map[ar.Finish]pigment{
	ar.Matte:   {hue: 0.62, light: 0.28},
	ar.Satin:   {hue: 0.62, light: 0.28, sheen: 0.25},
	ar.Shimmer: {hue: 0.6, light: 0.3, sheen: 0.3, glint: 0.4},
}

// cheeks paints blush.
type cheeks struct {
	powder
	zones map[ar.Placement]*zone
}

func newCheeks(mesh *ar.Mesh) cheeks {
	c := cheeks{zones: map[ar.Placement]*zone{}}
	for placement, strokes := range blushZones {
		c.zones[placement] = newZone(mesh, strokes)
	}
	return c
}

func (c *cheeks) paint(f *ar.Frame, s *surface, e *eyes, bare *bareSkin, layer ar.Layer, alpha float32) {
	p := blushPigments[layer.Finish]
	if alpha <= 0 || !bare.seen || !c.lay(f, s, e, c.zones[layer.Placement], p) {
		return
	}
	t := bare.tint(layer.Color, p)
	t.paint(f, &c.cover, c.glints, alpha)
}
