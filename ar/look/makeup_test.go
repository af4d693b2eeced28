package look

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// skinTones are shades of foundation.
var skinTones = []ar.Color{
	{R: 0xEA, G: 0xCB, B: 0xAE}, {R: 0xD6, G: 0xA8, B: 0x80}, {R: 0xB9, G: 0x87, B: 0x5E}, {R: 0x8C, G: 0x5C, B: 0x3C},
}

func base(c ar.Color, finish ar.Finish) ar.Look {
	return ar.Look{Layers: []ar.Layer{{Kind: ar.Foundation, Color: c, Finish: finish, Intensity: 1}}}
}

// cheekPlaces are the indices of pixels on the cheeks.
func cheekPlaces(f *ar.Frame, face *ar.Face) []int {
	var out []int
	for _, i := range []int{50, 280, 205, 425} {
		p := pixel(face, i, f)
		for dy := -2; dy <= 2; dy++ {
			for dx := -2; dx <= 2; dx++ {
				out = append(out, (int(p.y)+dy)*f.Width+int(p.x)+dx)
			}
		}
	}
	return out
}

// TestFoundationShadesStayApart: two foundations differ on the cheeks nearly as
// they do in the bottle in the same light.
func TestFoundationShadesStayApart(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, picture := range []string{"astronaut.png", "group_s6a.png"} {
		f, face := fx.read(t, picture)
		lights := newLights()
		light := lights.of(f, &face, nil)
		places := cheekPlaces(f, &face)
		mean := func(f *ar.Frame) cielab {
			var sum rgb
			for _, i := range places {
				for c := range sum {
					sum[c] += linear[f.Pix[3*i+2-c]] / float32(len(places))
				}
			}
			return cielabOf(sum)
		}
		for _, finish := range []ar.Finish{ar.Matte, ar.Satin} {
			var seen []cielab
			for i, c := range skinTones {
				seen = append(seen, mean(drawn(t, r, f, face, base(c, finish))))
				for j := range i {
					in := func(c ar.Color) cielab {
						v := lightOf(c)
						return cielabOf(rgb{v[0] * light[0], v[1] * light[1], v[2] * light[2]})
					}
					bottle := deltaE00(in(c), in(skinTones[j]))
					require.Greater(t, deltaE00(seen[i], seen[j]), 0.6*bottle, "%s %s %v %v", picture, finish, c, skinTones[j])
				}
			}
		}
	}
}

// TestFoundationAnswersLight: matte dulls the skin's shine, satin keeps it.
func TestFoundationAnswersLight(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.read(t, "astronaut.png")
	drawn(t, r, f, face, base(skinTones[1], ar.Matte))
	var places []vec // that wear all of it
	cover := &r.base.cover
	for i, v := range cover.Pix {
		if v > 220 {
			places = append(places, vec{float64(cover.Rect.Min.X + i%cover.Stride), float64(cover.Rect.Min.Y + i/cover.Stride)})
		}
	}
	slices.SortFunc(places, func(a, b vec) int { // brightest last
		return int(f.Pix[3*(int(a.y)*f.Width+int(a.x))+1]) - int(f.Pix[3*(int(b.y)*f.Width+int(b.x))+1])
	})
	shine := func(f *ar.Frame) float32 {
		light := func(p []vec) (sum float32) {
			for _, p := range p {
				sum += linear[f.Pix[3*(int(p.y)*f.Width+int(p.x))+1]]
			}
			return sum / float32(len(p))
		}
		return light(places[len(places)*19/20:]) / light(places)
	}
	matte, satin := drawn(t, r, f, face, base(skinTones[1], ar.Matte)), drawn(t, r, f, face, base(skinTones[1], ar.Satin))
	require.Less(t, shine(matte), 0.97*shine(f))
	require.Greater(t, shine(satin), 1.03*shine(matte))
}

// TestLightFoundationLeavesBrows: the hairs of the brows stay as dark as they
// are under a foundation much lighter than the skin.
func TestLightFoundationLeavesBrows(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.read(t, "group_s6a.png")
	out := drawn(t, r, f, face, base(ar.Color{R: 0xF6, G: 0xE2, B: 0xD0}, ar.Matte))
	brow := append(contour(nil, &face, browEdges[0][0], f), contour(nil, &face, []int{46, 53, 52, 65, 55}, f)...)
	bare := r.bare.mean[1]
	hairs, skin, n := 0., 0., 0
	for _, p := range changed(f, out) {
		i := int(p.y)*f.Width + int(p.x)
		if contains(brow, p) && linear[f.Pix[3*i+1]] < 0.1*bare {
			hairs = max(hairs, deltaE00(cielabAt(f, i), cielabAt(out, i)))
			n++
		}
	}
	for _, i := range cheekPlaces(f, &face) {
		skin = max(skin, deltaE00(cielabAt(f, i), cielabAt(out, i)))
	}
	require.Greater(t, skin, 4.)
	require.Less(t, hairs, skin/3, "%d pixels of hair", n)
}

// TestContourDarkensAndHighlighterBrightens: everywhere, and the highlighter
// most where the skin is bright.
func TestContourDarkensAndHighlighterBrightens(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, picture := range fewer(pictures) {
		f, face := fx.read(t, picture)
		for name, l := range skinLooks() {
			kind := l.Layers[0].Kind
			if kind != ar.Contour && kind != ar.Highlighter {
				continue
			}
			out := drawn(t, r, f, face, l)
			var more, less int
			for _, p := range changed(f, out) {
				i := 3 * (int(p.y)*f.Width + int(p.x))
				switch a, b := f.Pix[i+1], out.Pix[i+1]; {
				case b > a:
					more++
				case b < a:
					less++
				}
			}
			if kind == ar.Contour {
				require.Greater(t, less, 20*more, "%s %s", picture, name)
			} else {
				require.Greater(t, more, 20*less, "%s %s", picture, name)
			}
		}
	}
}

// lashed is the posed face with its eyes shut so far, 0–1, and how much of what
// lashes change lies above and below the upper lash line.
func lashed(t *testing.T, fx *fixtures, shut float32, l ar.Look) (above, below float64) {
	t.Helper()
	r := newRenderer(t, fx)
	f, face := fx.posed(1280, 960, 0, 500)
	for side := range lashLines {
		for k, upper := range lashLines[side] {
			u, lo := &face.Points[upper], face.Points[lowerLashLines[side][k]]
			u.Y += shut * (lo.Y - u.Y)
		}
	}
	line := append(contour(nil, &face, lashLines[0], f), contour(nil, &face, lashLines[1], f)...)
	out := drawn(t, r, f, face, l)
	for _, p := range changed(f, out) {
		nearest := slices.MinFunc(line, func(a, b vec) int { return int(math.Copysign(1, math.Abs(a.x-p.x)-math.Abs(b.x-p.x))) })
		i := int(p.y)*f.Width + int(p.x)
		if d := deltaE00(cielabAt(f, i), cielabAt(out, i)); p.y < nearest.y {
			above += d
		} else {
			below += d
		}
	}
	return above, below
}

// TestLashesFollowTheLid: they stand on an open eye and hang from a shut one.
func TestLashesFollowTheLid(t *testing.T) {
	fx := readFixtures(t)
	for _, shape := range fewer([]ar.Shape{ar.Natural, ar.Volume, ar.CatEye}) {
		l := skinLooks()["lashes "+string(shape)]
		above, below := lashed(t, fx, 0, l)
		require.Greater(t, above, 2*below, "%s, open", shape)
		above, below = lashed(t, fx, 1, l)
		require.Greater(t, below, 2*above, "%s, shut", shape)
	}
}

// TestLashesStayByTheEye: at any turn of the head none is longer than lashes
// are, and cat-eye's are the longest at the outer corner.
func TestLashesStayByTheEye(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, shape := range fewer([]ar.Shape{ar.Natural, ar.Volume, ar.CatEye}) {
		for _, yaw := range fewer([]float64{-40, -20, 0, 20, 40}) {
			f, face := fx.posed(1280, 960, yaw, 500)
			reach := 13 * faceScale(&face, f)
			for _, p := range changed(f, drawn(t, r, f, face, skinLooks()["lashes "+string(shape)])) {
				near := math.Inf(1)
				for _, eye := range eyeContours {
					near = min(near, edgeDistance(contour(nil, &face, eye, f), p))
				}
				require.Less(t, near, reach, "%s at yaw %v: %v", shape, yaw, p)
			}
		}
	}
	outer := func(shape ar.Shape) float64 { // how far they go beside the eye
		f, face := fx.posed(1280, 960, 0, 500)
		corner, far := pixel(&face, 263, f).x, 0.
		for _, p := range changed(f, drawn(t, r, f, face, skinLooks()["lashes "+string(shape)])) {
			far = max(far, p.x-corner)
		}
		return far
	}
	require.Greater(t, outer(ar.CatEye), 1.3*outer(ar.Natural))
}

// TestBrowsAreFilledBetweenTheHairs: the skin between them changes more than
// the hairs that are there.
func TestBrowsAreFilledBetweenTheHairs(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.read(t, "group_s1a.png")
	out := drawn(t, r, f, face, skinLooks()["brows"])
	places := changed(f, out)
	light := func(p vec) int { return int(f.Pix[3*(int(p.y)*f.Width+int(p.x))+1]) }
	slices.SortFunc(places, func(a, b vec) int { return light(a) - light(b) })
	change := func(part []vec) float64 {
		sum := 0.
		for _, p := range part {
			i := int(p.y)*f.Width + int(p.x)
			sum += deltaE00(cielabAt(f, i), cielabAt(out, i))
		}
		return sum / float64(len(part))
	}
	n := len(places) / 4
	require.Greater(t, change(places[2*n:3*n]), 2*change(places[:n]))
}

// TestLipLinerFollowsTheContour: it lies along the outer contour, runs out
// within the lip, and is seen with lipstick over it.
func TestLipLinerFollowsTheContour(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, picture := range fewer(pictures) {
		f, face := fx.read(t, picture)
		outer := curve(nil, contour(nil, &face, lipsOuter, f))
		inner := curve(nil, contour(nil, &face, lipsInner, f))
		scale := faceScale(&face, f)
		out := drawn(t, r, f, face, lipLiner(ar.Matte))
		reach := (linerIn+2*linerRunny)*scale + 3
		for _, p := range changed(f, out) {
			require.LessOrEqual(t, edgeDistance(outer, p), reach, "%s at %v", picture, p)
			if contains(inner, p) {
				require.LessOrEqual(t, edgeDistance(inner, p), math.Sqrt2/2, "%s inside the mouth at %v", picture, p)
			}
		}
		if picture == "group_s1a.png" { // wears lipstick as dark as the line
			continue
		}
		both := lipstick(pink, ar.Satin, 0.6)
		alone := drawn(t, r, f, face, both)
		both.Layers = append(both.Layers, lipLiner(ar.Matte).Layers...)
		lined := drawn(t, r, f, face, both)
		var edge, n float64
		for _, p := range outer {
			i := int(p.y)*f.Width + int(p.x)
			edge, n = edge+deltaE00(cielabAt(alone, i), cielabAt(lined, i)), n+1
		}
		require.Greater(t, edge/n, 2., "%s: the line is seen beside lipstick", picture)
	}
}

func TestLipLinerGrowsWithIntensity(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, picture := range fewer(pictures) {
		f, face := fx.read(t, picture)
		places := changed(f, drawn(t, r, f, face, lipLiner(ar.Satin)))
		last := 0.
		for i := 1; i <= 10; i++ {
			d := labDistance(meanAt(f, places), meanAt(drawn(t, r, f, face, withIntensity(lipLiner(ar.Satin), float64(i)/10)), places))
			require.Greater(t, d, last, "%s at %d/10", picture, i)
			last = d
		}
	}
}
