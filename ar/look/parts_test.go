package look

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// TestPartsByKind: all make-up is judged by the lips, what lies on skin leaves
// the eyes free, and nothing that hangs on the head needs either.
func TestPartsByKind(t *testing.T) {
	r := newRenderer(t, readFixtures(t))
	var all ar.Look
	for _, kind := range ar.Kinds() {
		want := ar.AllParts
		switch kind {
		case ar.LipLiner, ar.Lipstick:
			want = ar.PartLips
		case ar.Necklace, ar.Earrings, ar.NoseStud, ar.Glasses:
			want = 0
		}
		layer := ar.Layer{Kind: kind}
		require.Equal(t, want, r.Parts(ar.Look{Layers: []ar.Layer{layer}}), kind)
		all.Layers = append(all.Layers, layer)
	}
	require.Equal(t, ar.AllParts, r.Parts(all))
	require.Zero(t, r.Parts(ar.Look{}))
}

// TestUnwantedPartsDoNotShow: what wants no closer look is drawn the same
// wherever lips and lids are thought to be.
func TestUnwantedPartsDoNotShow(t *testing.T) {
	fx := readFixtures(t)
	picture, face := fx.withLobes(t, "astronaut.png")
	off := face
	for _, points := range [][]int{lipsOuter, lipsInner, {159, 145, 386, 374, 105, 334, 52, 282}} {
		for _, i := range points {
			off.Points[i].X += 2 / float32(picture.Width)
			off.Points[i].Y -= 2 / float32(picture.Height)
		}
	}
	looks := map[*Renderer][]ar.Look{
		newRenderer(t, fx): {spectacles("round.svg")},
		newJeweller(t, fx): {wearing(ar.Earrings, "drop.svg", ""), wearing(ar.NoseStud, "nose-stud.svg", ar.Left)},
	}
	for r, worn := range looks {
		for _, l := range worn {
			require.Zero(t, r.Parts(l))
			plain := drawn(t, r, picture, face, l)
			require.NotEmpty(t, changed(picture, plain), "%v is drawn", l.Layers[0].Kind)
			require.Empty(t, changed(plain, drawn(t, r, picture, off, l)), "%v", l.Layers[0].Kind)
		}
	}
	red := lipstick(ar.Color{R: 200}, ar.Matte, 1)
	r := newRenderer(t, fx)
	require.NotEmpty(t, changed(drawn(t, r, picture, face, red), drawn(t, r, picture, off, red)), "lipstick goes with the lips")
}
