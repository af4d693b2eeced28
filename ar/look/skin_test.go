package look

import (
	"encoding/json"
	"hash/crc32"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/ar"
)

// skinLooks are looks of one layer each that lies on skin, by name.
func skinLooks() map[string]ar.Look {
	looks := map[string]ar.Look{}
	add := func(name string, l ar.Layer) {
		l.Intensity = 1
		looks[name] = ar.Look{Layers: []ar.Layer{l}}
	}
	coral := ar.Color{R: 0xEE, G: 0x7F, B: 0x6B}
	for _, p := range []ar.Placement{ar.Apples, ar.Cheekbone, ar.UnderEye} {
		add("blush "+string(p), ar.Layer{Kind: ar.Blush, Color: coral, Finish: ar.Matte, Placement: p})
	}
	add("blush shimmer", ar.Layer{Kind: ar.Blush, Color: coral, Finish: ar.Shimmer, Placement: ar.Apples})
	brown, cocoa := ar.Color{R: 0xA4, G: 0x57, B: 0x3D}, ar.Color{R: 0x6B, G: 0x45, B: 0x35}
	add("eyeshadow", ar.Layer{Kind: ar.Eyeshadow, Color: brown, Finish: ar.Matte})
	add("eyeshadow of 2", ar.Layer{Kind: ar.Eyeshadow, Color: coral, Colors: []ar.Color{brown}, Finish: ar.Satin})
	add("eyeshadow of 3", ar.Layer{Kind: ar.Eyeshadow, Color: coral, Colors: []ar.Color{brown, cocoa}, Finish: ar.Shimmer})
	add("eyeshadow metallic", ar.Layer{Kind: ar.Eyeshadow, Color: cocoa, Finish: ar.Metallic})
	for _, shape := range []ar.Shape{ar.Thin, ar.Classic, ar.Winged} {
		add("eyeliner "+string(shape), ar.Layer{Kind: ar.Eyeliner, Color: ar.Color{R: 24, G: 20, B: 20}, Finish: ar.Matte, Shape: shape})
	}
	beige, taupe, champagne := ar.Color{R: 0xC9, G: 0x9A, B: 0x76}, ar.Color{R: 0x8A, G: 0x62, B: 0x4A}, ar.Color{R: 0xF6, G: 0xDF, B: 0xC4}
	add("foundation matte", ar.Layer{Kind: ar.Foundation, Color: beige, Finish: ar.Matte})
	add("foundation satin", ar.Layer{Kind: ar.Foundation, Color: taupe, Finish: ar.Satin})
	add("contour", ar.Layer{Kind: ar.Contour, Color: taupe, Finish: ar.Matte})
	for _, finish := range []ar.Finish{ar.Satin, ar.Metallic, ar.Shimmer} {
		add("highlighter "+string(finish), ar.Layer{Kind: ar.Highlighter, Color: champagne, Finish: finish})
	}
	add("brows", ar.Layer{Kind: ar.Brows, Color: cocoa, Finish: ar.Matte})
	for _, shape := range []ar.Shape{ar.Natural, ar.Volume, ar.CatEye} {
		add("lashes "+string(shape), ar.Layer{Kind: ar.Lashes, Color: ar.Color{R: 24, G: 20, B: 20}, Shape: shape})
	}
	return looks
}

// fewerLooks is looks, or fewer of them where races are looked for.
func fewerLooks(looks map[string]ar.Look) map[string]ar.Look {
	out := map[string]ar.Look{}
	for _, name := range fewer(slices.Sorted(maps.Keys(looks))) {
		out[name] = looks[name]
	}
	return out
}

// someLooks is about every third of skinLooks, others for each test and picture.
func someLooks(t *testing.T) map[string]ar.Look {
	looks := skinLooks()
	maps.DeleteFunc(looks, func(name string, _ ar.Look) bool {
		return crc32.ChecksumIEEE([]byte(t.Name()+name))%3 > 0
	})
	return fewerLooks(looks)
}

// withIntensity is l at another intensity.
func withIntensity(l ar.Look, intensity float64) ar.Look {
	l.Layers = slices.Clone(l.Layers)
	l.Layers[0].Intensity = intensity
	return l
}

// eachFace calls check with every picture of a face, fewer where races are
// looked for.
func eachFace(t *testing.T, check func(t *testing.T, f *ar.Frame, face ar.Face)) {
	t.Helper()
	data, err := os.ReadFile("../face/testdata/faces/landmarks.json")
	require.NoError(t, err)
	var found map[string]struct {
		Points [][3]float32 `json:"tracked12"`
	}
	require.NoError(t, json.Unmarshal(data, &found))
	require.GreaterOrEqual(t, len(found), 8)
	for _, name := range fewer(slices.Sorted(maps.Keys(found))) {
		t.Run(name, func(t *testing.T) {
			face := ar.Face{ID: 1, Score: 1}
			for i, p := range found[name].Points {
				face.Points[i] = ar.Point{X: p[0], Y: p[1], Z: p[2]}
			}
			check(t, readPicture(t, name), face)
		})
	}
}

// outlineOf is the convex hull of a face.
func outlineOf(face *ar.Face, f *ar.Frame) []vec {
	var points []vec
	for i := range ar.MeshPoints {
		points = append(points, pixel(face, i, f))
	}
	slices.SortFunc(points, func(a, b vec) int { return int(math.Copysign(1, a.x-b.x)) })
	return hull(nil, points)
}

func TestSkinLayersKeepOffEyesLipsAndBackground(t *testing.T) {
	r := newRenderer(t, readFixtures(t))
	eachFace(t, func(t *testing.T, f *ar.Frame, face ar.Face) {
		outline := outlineOf(&face, f)
		lips := curve(nil, contour(nil, &face, lipsOuter, f))
		for name, l := range someLooks(t) {
			out := drawn(t, r, f, face, l)
			pixels := changed(f, out)
			require.NotEmpty(t, pixels, name)
			for _, p := range pixels {
				require.True(t, contains(outline, p), "%s beside the face at %v", name, p)
				if contains(lips, p) {
					require.LessOrEqual(t, edgeDistance(lips, p), math.Sqrt2/2, "%s on the lips at %v", name, p)
				}
				for _, eye := range eyeContours {
					open := curve(nil, contour(nil, &face, eye, f))
					if contains(open, p) {
						require.LessOrEqual(t, edgeDistance(open, p), math.Sqrt2/2, "%s in the eye at %v", name, p)
					}
				}
			}
		}
	})
}

func TestSkinLayersOfNoIntensityChangeNothing(t *testing.T) {
	r := newRenderer(t, readFixtures(t))
	f, face := readFixtures(t).read(t, "astronaut.png")
	for name, l := range skinLooks() {
		require.Equal(t, f.Pix, drawn(t, r, f, face, withIntensity(l, 0)).Pix, name)
	}
}

// meanAt is the mean colour of the given pixels.
func meanAt(f *ar.Frame, pixels []vec) lab {
	c := make([]lab, len(pixels))
	for i, p := range pixels {
		px := f.Pix[3*(int(p.y)*f.Width+int(p.x)):]
		c[i] = toLab(px[0], px[1], px[2])
	}
	return meanLab(c)
}

func labDistance(a, b lab) float64 {
	return math.Sqrt(float64((a.L-b.L)*(a.L-b.L) + (a.a-b.a)*(a.a-b.a) + (a.b-b.b)*(a.b-b.b)))
}

func TestSkinLayersGrowWithIntensity(t *testing.T) {
	r := newRenderer(t, readFixtures(t))
	eachFace(t, func(t *testing.T, f *ar.Frame, face ar.Face) {
		for name, l := range someLooks(t) {
			if l.Layers[0].Kind == ar.Highlighter && strings.HasSuffix(t.Name(), "group_s4d.png") {
				continue // the camera has cut off this skin's light: it cannot be brighter
			}
			pixels := changed(f, drawn(t, r, f, face, l))
			bare, last := meanAt(f, pixels), 0.0
			for _, intensity := range []float64{0.25, 0.5, 0.75, 1} {
				d := labDistance(bare, meanAt(drawn(t, r, f, face, withIntensity(l, intensity)), pixels))
				require.Greater(t, d, last, "%s at %v", name, intensity)
				last = d
			}
			least := 0.01
			switch l.Layers[0].Kind {
			case ar.Highlighter: // a good one is hardly seen
				least = 0.005
			case ar.Lashes: // one face has black paint around its eyes
				least = 0.005
			}
			require.Greater(t, last, least, "%s can be seen", name)
		}
	})
}

// TestSkinLayersAreInTheLight: painted and then put in another light is the
// same as painted in that light.
func TestSkinLayersAreInTheLight(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for light, at := range map[string]rgb{"2700 K": planck(2700), "6500 K": planck(6500), "-2 EV": {0.25, 0.25, 0.25}} {
		for _, picture := range fewer(pictures) {
			f, face := fx.read(t, picture)
			for name, l := range fewerLooks(skinLooks()) {
				painted := drawn(t, r, f, face, l)
				before, after := relit(painted, at), drawn(t, r, relit(f, at), face, l)
				var off []float64
				for k, p := range changed(f, painted) {
					if k%5 > 0 { // enough of them
						continue
					}
					i := int(p.y)*f.Width + int(p.x)
					// What the camera has cut off at white cannot come back.
					if slices.Max(painted.Pix[3*i:3*i+3]) < 255 {
						off = append(off, deltaE00(cielabAt(before, i), cielabAt(after, i)))
					}
				}
				require.NotEmpty(t, off)
				slices.Sort(off)
				require.Less(t, off[len(off)*95/100], 3., "%s %s %s", light, picture, name)
			}
		}
	}
}

// contrast is how much the light of 5 × 5 pixels around p differs, against its
// mean.
func contrast(f *ar.Frame, p vec) float64 {
	var sum, squares float64
	for dy := -2; dy <= 2; dy++ {
		for dx := -2; dx <= 2; dx++ {
			v := float64(linear[f.Pix[3*((int(p.y)+dy)*f.Width+int(p.x)+dx)+1]])
			sum, squares = sum+v, squares+v*v
		}
	}
	mean := sum / 25
	return math.Sqrt(max(squares/25-mean*mean, 0)) / mean
}

func TestSkinKeepsItsTexture(t *testing.T) {
	r := newRenderer(t, readFixtures(t))
	eachFace(t, func(t *testing.T, f *ar.Frame, face ar.Face) {
		for name, l := range someLooks(t) {
			out := drawn(t, r, f, face, l)
			var before, after float64
			for _, p := range changed(f, out) {
				if p.x > 3 && p.y > 3 && int(p.x) < f.Width-3 && int(p.y) < f.Height-3 {
					before += contrast(f, p)
					after += contrast(out, p)
				}
			}
			require.Greater(t, after, 0.8*before, name)
		}
	})
}

// TestFarSideFades: on a head that turns away, what lies on its far side goes
// with that side, and nothing hangs over the outline.
func TestFarSideFades(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	// sides are how much changes on the shopper's right and on the left.
	sides := func(name string, l ar.Look, yaw float64) (right, left float64) {
		f, face := fx.posed(640, 480, yaw, 500)
		out := drawn(t, r, f, face, l)
		outline := outlineOf(&face, f)
		// The middle of the face is a line from brow to chin.
		top, chin := pixel(&face, 9, f), pixel(&face, 152, f)
		for _, p := range changed(f, out) {
			if l.Layers[0].Kind != ar.Lashes { // which stand off the face
				require.True(t, contains(outline, p), "%s beside the face at yaw %v: %v", name, yaw, p)
			}
			i := 3 * (int(p.y)*f.Width + int(p.x))
			d := labDistance(toLab(f.Pix[i], f.Pix[i+1], f.Pix[i+2]), toLab(out.Pix[i], out.Pix[i+1], out.Pix[i+2]))
			if p.x < top.x+(chin.x-top.x)*(p.y-top.y)/(chin.y-top.y) {
				right += d
			} else {
				left += d
			}
		}
		return right, left
	}
	for name, l := range fewerLooks(skinLooks()) {
		right, left := sides(name, l, 0)
		require.InEpsilon(t, right, left, 0.05, "%s: the same on both sides", name)
		right, left = sides(name, l, 40)
		far := 1.4
		if l.Layers[0].Kind == ar.Lashes { // those of the far eye are seen from their side
			far = 0.9
		}
		require.Greater(t, right, far*left, "%s: the far side is smaller", name)
		mirroredRight, mirroredLeft := sides(name, l, -40)
		require.InEpsilon(t, right, mirroredLeft, 0.05, name)
		require.InDelta(t, left, mirroredRight, 0.05*right, name)
	}
	_, whole := sides("cheekbone", skinLooks()["blush cheekbone"], 0)
	_, far := sides("cheekbone", skinLooks()["blush cheekbone"], 40)
	require.Less(t, far, whole/5, "the far cheek fades")
}

func TestSkinLayersDoNotAllocate(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posed(640, 480, 10, 500)
	faces := []ar.Face{face}
	for name, l := range fewerLooks(skinLooks()) {
		require.Zero(t, testing.AllocsPerRun(20, func() {
			if err := r.Draw(f, faces, l); err != nil {
				t.Fatal(err)
			}
		}), name)
	}
}

func TestSkinLayersOnWildLandmarks(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	_, good := fx.read(t, "astronaut.png")
	looks := fewerLooks(skinLooks())
	rapid.Check(t, func(t *rapid.T) {
		f := &ar.Frame{}
		f.Resize(rapid.IntRange(1, 90).Draw(t, "width"), rapid.IntRange(1, 90).Draw(t, "height"))
		face := good
		k := rapid.Float32Range(-3, 3).Draw(t, "k")
		dx, dy := rapid.Float32Range(-2, 2).Draw(t, "dx"), rapid.Float32Range(-2, 2).Draw(t, "dy")
		for i := range face.Points {
			p := &face.Points[i]
			*p = ar.Point{X: p.X*k + dx, Y: p.Y*k + dy, Z: p.Z * k}
		}
		for range rapid.IntRange(0, 20).Draw(t, "wild") {
			i := rapid.IntRange(0, ar.Points-1).Draw(t, "i")
			face.Points[i] = ar.Point{X: rapid.Float32().Draw(t, "x"), Y: rapid.Float32().Draw(t, "y"), Z: rapid.Float32().Draw(t, "z")}
		}
		for _, l := range looks {
			if err := r.Draw(f, []ar.Face{face}, l); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestCanonicalHeadIsChecked(t *testing.T) {
	fx := readFixtures(t)
	for name, spoil := range map[string]func(*ar.Mesh){
		"vertices":  func(m *ar.Mesh) { m.Vertices = m.Vertices[:10] },
		"flat map":  func(m *ar.Mesh) { m.UV = nil },
		"triangles": func(m *ar.Mesh) { m.Triangles = nil },
		"vertex":    func(m *ar.Mesh) { m.Triangles = [][3]uint16{{0, 1, ar.MeshPoints}} },
	} {
		head := fx.mesh()
		spoil(&head)
		_, err := New(head, nil)
		require.ErrorContains(t, err, name)
	}
}
