package look

import (
	"image"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

var shades = []ar.Color{red, pink, {R: 0x5A, G: 0x12, B: 0x30}, {R: 0xE8, G: 0x83, B: 0x6F}, {R: 0xA6, G: 0x3A, B: 0x2B}}

// lipPlaces are the indices of the pixels well inside the lips.
func lipPlaces(f *ar.Frame, face *ar.Face) []int {
	outer := contour(nil, face, lipsOuter, f)
	inner := contour(nil, face, lipsInner, f)
	margin := 1.6 * lipFeather * eyeDistance(face, f)
	var out []int
	box := bounds(0, image.Rect(0, 0, f.Width, f.Height), outer)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			p := vec{float64(x) + 0.5, float64(y) + 0.5}
			if contains(outer, p) && !contains(inner, p) && min(edgeDistance(outer, p), edgeDistance(inner, p)) > margin {
				out = append(out, y*f.Width+x)
			}
		}
	}
	return out
}

func labAt(f *ar.Frame, i int) lab { return toLab(f.Pix[3*i], f.Pix[3*i+1], f.Pix[3*i+2]) }

func cielabAt(f *ar.Frame, i int) cielab {
	return cielabOf(rgb{linear[f.Pix[3*i+2]], linear[f.Pix[3*i+1]], linear[f.Pix[3*i]]})
}

// TestRelightingCommutes: to paint and then change the light is to change the
// light and then paint.
func TestRelightingCommutes(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, light := range []struct {
		name string
		rgb
	}{{"2700 K", planck(2700)}, {"6500 K", planck(6500)}, {"-2 EV", rgb{0.25, 0.25, 0.25}}} {
		for _, picture := range fewer(pictures) {
			f, face := fx.read(t, picture)
			bare := relit(f, light.rgb)
			for i, finish := range ar.Finishes() {
				c := []ar.Color{red, shades[3]}[i%2]
				look := lipstick(c, finish, 0.8)
				worn := drawn(t, r, f, face, look)
				before := relit(worn, light.rgb)
				after := drawn(t, r, bare, face, look)
				var off []float64
				for _, p := range changed(f, worn) {
					i := int(p.y)*f.Width + int(p.x)
					off = append(off, deltaE00(cielabAt(before, i), cielabAt(after, i)))
				}
				slices.Sort(off)
				require.Less(t, off[len(off)*95/100], 3., "%s %s %s %v", light.name, picture, finish, c)
			}
		}
	}
}

func TestFinishesAnswerLight(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.read(t, "astronaut.png")
	// How far the brightest twentieth of the lips stands out.
	shine := func(f *ar.Frame) float32 {
		c := lipColors(f, &face)
		return meanLab(c[len(c)*19/20:]).L - meanLab(c).L
	}
	of := func(finish ar.Finish) float32 { return shine(drawn(t, r, f, face, lipstick(red, finish, 1))) }
	bare := shine(f)
	require.Less(t, of(ar.Matte), bare*0.8, "matte dulls")
	require.Greater(t, of(ar.Gloss), bare*5/4, "gloss shines")
	require.Greater(t, of(ar.Satin), of(ar.Matte)*1.1, "satin is between")
	require.Less(t, of(ar.Satin), of(ar.Gloss)*4/5, "satin is between")
	require.Greater(t, of(ar.Metallic), of(ar.Matte)*1.1, "metal shines")
}

// TestMetalShinesInItsShade: the bright spots of metal keep the shade's hue,
// those of gloss have the light's.
func TestMetalShinesInItsShade(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.read(t, "group_s6a.png")
	chroma := func(finish ar.Finish) float64 {
		c := lipColors(drawn(t, r, f, face, lipstick(red, finish, 1)), &face)
		m := meanLab(c[len(c)*19/20:])
		return math.Hypot(float64(m.a), float64(m.b))
	}
	require.Greater(t, chroma(ar.Metallic), 1.15*chroma(ar.Gloss))
}

// TestLocalContrastStays: what distinguishes a pixel of the lips from its
// neighbours is still there under the paint.
func TestLocalContrastStays(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, picture := range fewer(pictures[1:]) { // the first shows too little lip beside the teeth
		f, face := fx.read(t, picture)
		contrast := func(f *ar.Frame) float64 {
			sum, n := 0., 0.
			for _, i := range lipPlaces(f, &face) {
				for _, j := range []int{i + 2, i + 2*f.Width} {
					d := float64(labAt(f, i).L - labAt(f, j).L)
					sum, n = sum+d*d, n+1
				}
			}
			return math.Sqrt(sum / n)
		}
		bare := contrast(f)
		for _, finish := range ar.Finishes() {
			for _, c := range shades {
				kept := contrast(drawn(t, r, f, face, lipstick(c, finish, 1))) / bare
				require.Greater(t, kept, 0.8, "%s %s %v", picture, finish, c)
			}
		}
	}
}

// TestShadesStayApart: two shades differ on the lips nearly as they do in the
// tube in the same light.
func TestShadesStayApart(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, picture := range fewer(pictures[1:]) { // the first shows little more of the lip than its highlight
		f, face := fx.read(t, picture)
		lights := newLights()
		light := lights.of(f, &face, nil)
		places := lipPlaces(f, &face)
		for _, finish := range ar.Finishes() {
			var seen []*ar.Frame
			for _, c := range shades {
				seen = append(seen, drawn(t, r, f, face, lipstick(c, finish, 1)))
			}
			for i, a := range shades {
				for j, b := range shades[:i] {
					tube := deltaE00(cielabOf(lightOf(a).under(light)), cielabOf(lightOf(b).under(light)))
					apart := 0.
					for _, k := range places {
						apart += deltaE00(cielabAt(seen[i], k), cielabAt(seen[j], k)) / float64(len(places))
					}
					require.Greater(t, apart, 0.6*tube, "%s %s %v %v", picture, finish, a, b)
				}
			}
		}
	}
}

func TestColourGrowsWithIntensity(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, picture := range fewer(pictures) {
		f, face := fx.read(t, picture)
		bare := cielabOf(lipLight(f, &face))
		for _, finish := range ar.Finishes() {
			for _, c := range []ar.Color{red, shades[3]} {
				last := 0.
				for i := 2; i <= 10; i += 2 {
					out := drawn(t, r, f, face, lipstick(c, finish, float64(i)/10))
					now := deltaE00(bare, cielabOf(lipLight(out, &face)))
					require.Greater(t, now, last, "%s %s %v at %d/10", picture, finish, c, i)
					last = now
				}
			}
		}
	}
}

// TestGradientFadesOutwards: strong at the inner lip, faint at the outer, and
// never stronger than the full shade.
func TestGradientFadesOutwards(t *testing.T) {
	fx := readFixtures(t)
	f, face := fx.read(t, "group_s6a.png")
	r := newRenderer(t, fx)
	look := lipstick(red, ar.Matte, 1)
	full := drawn(t, r, f, face, look)
	look.Layers[0].Gradient = true
	faded := drawn(t, r, f, face, look)
	outer := contour(nil, &face, lipsOuter, f)
	inner := contour(nil, &face, lipsInner, f)
	var near, far, n, m float64
	for _, i := range lipPlaces(f, &face) {
		p := vec{float64(i%f.Width) + 0.5, float64(i/f.Width) + 0.5}
		strength := deltaE00(cielabAt(f, i), cielabAt(faded, i)) / deltaE00(cielabAt(f, i), cielabAt(full, i))
		require.Less(t, strength, 1.1)
		in, out := edgeDistance(inner, p), edgeDistance(outer, p)
		switch out := in / (in + out); {
		case out < 0.35:
			near, n = near+strength, n+1
		case out > 0.65:
			far, m = far+strength, m+1
		}
	}
	require.Greater(t, near/n, 0.8)
	require.Less(t, far/m, 0.4)
}

// TestGrainsMoveWithTheLips: shifted by whole pixels, a face sparkles in the
// same places.
func TestGrainsMoveWithTheLips(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	skin, lips := lightFrom(skins[0].skin), lightFrom(skins[0].lips)
	f, face := fx.painted(skin, lips, skin, rgb{1, 1, 1})
	fill(f, lips, rgb{1, 1, 1}, vec{0, 0}, vec{640, 0}, vec{640, 480}, vec{0, 480}) // nothing but grain to tell places apart
	const dx, dy = 7, 5
	moved := face
	for i := range moved.Points {
		moved.Points[i].X += float32(dx) / 640
		moved.Points[i].Y += float32(dy) / 480
	}
	a := drawn(t, r, f, face, lipstick(red, ar.Shimmer, 1))
	b := drawn(t, r, f, moved, lipstick(red, ar.Shimmer, 1))
	var spread []float64
	for _, i := range lipPlaces(f, &face) {
		j := i + dy*f.Width + dx
		require.Less(t, deltaE00(cielabAt(a, i), cielabAt(b, j)), 2.)
		spread = append(spread, cielabAt(a, i).L)
	}
	require.Greater(t, slices.Max(spread)-slices.Min(spread), 15., "grains are seen")
}

func TestLipstickAllocatesNothing(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.read(t, "group_s6a.png")
	faces := []ar.Face{face}
	for _, finish := range ar.Finishes() {
		look := lipstick(red, finish, 0.7)
		look.Layers[0].Gradient = true
		require.Zero(t, testing.AllocsPerRun(5, func() {
			if err := r.Draw(f, faces, look); err != nil {
				t.Fatal(err)
			}
		}), finish)
	}
}
