package look

import (
	"github.com/mirrorcart/mirrorcart/ar"
)

// blushZones are where blush goes on the flat map: the apples are below the
// pupils beside the nose's tip, the cheekbone runs from there to the temple.
// Each is a soft brush twice over, so that it is strongest in the middle and
// ends nowhere in particular.
var blushZones = map[ar.Placement][]stroke{
	ar.Apples: {
		{line: []vec{{46, 127}, {60, 118}}, reach: 19, strength: 0.45},
		{line: []vec{{46, 127}, {64, 116}}, reach: 28, strength: 0.62},
	},
	ar.Cheekbone: {
		{line: []vec{{58, 121}, {76, 109}, {90, 98}}, reach: 16, strength: 0.45},
		{line: []vec{{56, 121}, {76, 108}, {90, 96}}, reach: 24, strength: 0.6},
	},
	ar.UnderEye: {
		{line: []vec{{30, 112}, {46, 113}, {64, 108}}, reach: 12, strength: 0.5},
		{line: []vec{{30, 113}, {46, 115}, {66, 109}}, reach: 18, strength: 0.5},
		{line: []vec{{0, 112}, {30, 113}}, reach: 11, strength: 0.3}, // over the nose
	},
}

// blushPigments is how blush lies on skin: sheer, so that the skin seems to be
// flushed and not covered.
var blushPigments = map[ar.Finish]pigment{
	ar.Matte:   {hue: 0.58, light: 0.28, sheer: 0.6},
	ar.Satin:   {hue: 0.58, light: 0.28, sheer: 0.6, sheen: 0.22},
	ar.Shimmer: {hue: 0.56, light: 0.3, sheer: 0.5, sheen: 0.35, glint: 0.5},
}

// blushFeather is how far within the face's edge blush runs out, in millimetres.
const blushFeather = 12.0

// cheeks paints blush.
type cheeks struct {
	powder
	zones map[ar.Placement]*zone
}

func newCheeks(mesh *ar.Mesh) cheeks {
	c := cheeks{zones: map[ar.Placement]*zone{}}
	for placement, strokes := range blushZones {
		c.zones[placement] = drawZone(mesh, func(p vec) float64 {
			return seen(1-bareness(strokes, p)) * inFace(p, blushFeather)
		})
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
