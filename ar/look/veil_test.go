package look

import (
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

func boundsOf(f *ar.Frame) image.Rectangle { return image.Rect(0, 0, f.Width, f.Height) }

// fullMakeup covers most of a face.
func fullMakeup() ar.Look {
	return ar.Look{Layers: []ar.Layer{
		{Kind: ar.Foundation, Color: ar.Color{R: 0xF0, G: 0xC8, B: 0xA8}, Finish: ar.Matte, Intensity: 1},
		{Kind: ar.Blush, Color: ar.Color{R: 0xE0, G: 0x50, B: 0x60}, Finish: ar.Matte, Placement: ar.Cheekbone, Intensity: 1},
		{Kind: ar.Blush, Color: ar.Color{R: 0xE0, G: 0x50, B: 0x60}, Finish: ar.Matte, Placement: ar.Apples, Intensity: 1},
		{Kind: ar.Eyeshadow, Color: ar.Color{R: 0x60, G: 0x40, B: 0x90}, Finish: ar.Matte, Intensity: 1},
		{Kind: ar.Eyeliner, Color: ar.Color{R: 0x18, G: 0x14, B: 0x14}, Finish: ar.Matte, Shape: ar.Winged, Intensity: 1},
		{Kind: ar.Lipstick, Color: red, Finish: ar.Matte, Intensity: 1},
	}}
}

// cheekLight is the light that the face's cheeks give back.
func cheekLight(r *Renderer, f *ar.Frame, face *ar.Face) rgb {
	r.surface.fit(&r.head, face, f)
	var cover mask
	r.bare.zone.carry(&cover, nil, &r.surface, nil, boundsOf(f))
	mean, _ := meanLight(f, &cover)
	return rgb{mean[2], mean[1], mean[0]}
}

func occluders(t *testing.T, skin rgb) []occluder {
	hair := readPicture(t, "astronaut.png")
	darker := rgb{0.35 * skin[0], 0.28 * skin[1], 0.22 * skin[2]}
	return []occluder{
		maskOver("blue mask", ar.Color{R: 0x6C, G: 0xA8, B: 0xCC}),
		maskOver("white mask", ar.Color{R: 0xE8, G: 0xE8, B: 0xE6}),
		maskOver("black mask", ar.Color{R: 0x20, G: 0x20, B: 0x22}),
		scarf("black hijab", ar.Color{R: 0x18, G: 0x18, B: 0x1A}),
		scarf("navy hijab", ar.Color{R: 0x20, G: 0x2C, B: 0x50}),
		scarf("beige hijab", ar.Color{R: 0xC8, G: 0xB0, B: 0x90}),
		scarf("rose hijab", ar.Color{R: 0xC0, G: 0x80, B: 0x88}),
		strands(hair, 170, 40, 100, 28),
		plain("cup", rounded(0, 0.75, 0.42, 0.5, 5), glazed(ar.Color{R: 0xE0, G: 0xE0, B: 0xDC}, 0, 0.42)),
		plain("red cup", rounded(0, 0.75, 0.42, 0.5, 5), glazed(ar.Color{R: 0xA8, G: 0x18, B: 0x18}, 0, 0.42)),
		plain("microphone", rounded(0.1, 0.75, 0.3, 0.34, 2), wire),
		plain("phone", rounded(-0.75, 0.2, 0.36, 0.75, 6), glass),
		hand("hand of another tone, cheek", darker, 0.3, 0.25),
		hand("hand of another tone, mouth", darker, 0.1, 0.6),
		hand("hand of the same tone, cheek", skin, 0.3, 0.25),
		hand("hand of the same tone, mouth", skin, 0.1, 0.6),
	}
}

// painted is which part of the thing's pixels on the face is seen to change.
func painted(face *ar.Face, before, after *ar.Frame, cover *mask) float64 {
	outline := outlineOf(face, before)
	var thing []vec
	for i, a := range cover.Pix {
		p := vec{float64(i%before.Width) + 0.5, float64(i/before.Width) + 0.5}
		if a > 127 && contains(outline, p) {
			thing = append(thing, p)
		}
	}
	return float64(seenChange(before, after, thing)) / float64(max(len(thing), 1))
}

// thingLimit is how much of each thing may be painted at most that has come over
// a known face, three frames after it stopped.
const thingLimit = 0.01

// knownFaces are pictures whose faces are seen evenly enough to put things over.
var knownFaces = []string{"group_s6a.png", "group_s6c.png", "astronaut.png"}

// onStage shows a renderer one frame after the other, 30 a second.
type onStage struct {
	r     *Renderer
	face  ar.Face
	frame int
}

func (s *onStage) at(f *ar.Frame) {
	f.At = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(s.frame) * time.Second / 30)
	s.frame++
}

// show lets the renderer see a frame as Draw does, without painting.
func (s *onStage) show(f *ar.Frame) {
	s.at(f)
	skin := &s.r.surface
	skin.fit(&s.r.head, &s.face, f)
	skin.veil.fit(f, &s.face, skin)
	light := s.r.lights.of(f, &s.face, skin)
	s.r.eyes.fit(&s.face, f)
	s.r.bare.fit(f, skin, &s.r.eyes, light, s.r.lights.known(f, &s.face))
}

// painted is a frame with all of the look on it.
func (s *onStage) painted(t *testing.T, f *ar.Frame) *ar.Frame {
	s.at(f)
	s.r.fades[s.face.ID] = fade{1, f.At}
	return drawn(t, s.r, f, s.face, fullMakeup())
}

// TestWhatLiesOverAFaceStaysBare, and what is beside it stays as it was.
func TestWhatLiesOverAFaceStaysBare(t *testing.T) {
	r := newRenderer(t, readFixtures(t))
	stage := onStage{r: r}
	eachFace(t, func(t *testing.T, bare *ar.Frame, face ar.Face) {
		if !slices.ContainsFunc(knownFaces, func(n string) bool { return strings.HasSuffix(t.Name(), n) }) {
			return
		}
		for _, o := range fewer(occluders(t, cheekLight(r, bare, &face))) {
			face.ID++
			stage.face = face
			for range 10 {
				stage.show(bare)
			}
			was := stage.painted(t, bare)
			for i := range 3 {
				f := clone(bare)
				o.put(f, &face, 2*(1-float64(i)/3))
				stage.show(f)
			}
			f := clone(bare)
			cover := o.put(f, &face, 0)
			stage.show(f)
			stage.show(f)
			out := stage.painted(t, f)
			on := painted(&face, f, out, cover)
			kept, shift := besides(&face, bare, was, out, cover)
			t.Logf("%-30s %5.2f %% painted; beside it %.3f of the strength, another colour by %.2f", o.name, 100*on, kept, shift)
			require.LessOrEqual(t, on, thingLimit, o.name)
			require.GreaterOrEqual(t, kept, 0.9, "strength beside the "+o.name)
			require.LessOrEqual(t, kept, 1.15, "strength beside the "+o.name)
			require.LessOrEqual(t, shift, 2., "colour beside the "+o.name)
		}
	})
}

// besides compares the make-up beside a thing with what it was before: its
// strength, and the median difference of its colour.
func besides(face *ar.Face, bare, was, out *ar.Frame, cover *mask) (kept, shift float64) {
	margin := int(0.12 * eyeDistance(face, bare))
	var near mask
	near.reset(cover.Rect)
	copy(near.Pix, cover.Pix)
	for range 2 { // a box is as far as its corners
		var soft mask
		soft.reset(near.Rect)
		boxRows(soft.Pix, near.Pix, bare.Width, bare.Height, margin)
		boxColumns(near.Pix, soft.Pix, make([]uint32, bare.Width), bare.Height, margin)
		for i, v := range near.Pix {
			near.Pix[i] = 255 * min(v, 1)
		}
	}
	now, before, shifts := 0., 0., []float64(nil)
	for i := range bare.Width * bare.Height {
		if near.Pix[i] > 0 || [3]byte(bare.Pix[3*i:]) == [3]byte(was.Pix[3*i:]) {
			continue
		}
		now += float64(labDistance(labAt(bare, i), labAt(out, i)))
		before += float64(labDistance(labAt(bare, i), labAt(was, i)))
		shifts = append(shifts, deltaE00(cielabAt(was, i), cielabAt(out, i)))
	}
	slices.Sort(shifts)
	return now / before, shifts[len(shifts)/2]
}

// drawnBare is drawn as if nothing ever lay over a face.
func drawnBare(t *testing.T, r *Renderer, f *ar.Frame, face ar.Face, l ar.Look) *ar.Frame {
	t.Helper()
	v := r.surface.veil
	patches, patchOf := v.patches, v.patchOf
	defer func() { v.patches, v.patchOf = patches, patchOf }()
	v.patches, v.patchOf = nil, slices.Repeat([]int32{-1}, len(patchOf))
	return drawn(t, r, f, face, l)
}

// keptOf is how much of a layer's paint is left where nothing lies over the
// face.
func keptOf(t *testing.T, r *Renderer, f *ar.Frame, face ar.Face, l ar.Look) float64 {
	t.Helper()
	sum := func(out *ar.Frame) (d float64) {
		for i := range f.Width * f.Height {
			if [3]byte(f.Pix[3*i:]) != [3]byte(out.Pix[3*i:]) {
				d += float64(labDistance(labAt(f, i), labAt(out, i)))
			}
		}
		return d
	}
	with := sum(drawn(t, r, f, face, l))
	all := drawnBare(t, r, f, face, l)
	return with / sum(all)
}

func TestBareFacesKeepTheirMakeup(t *testing.T) {
	r := newRenderer(t, readFixtures(t))
	// Less than all of it where hair, glasses and painted shapes lie on cheeks
	// and lids, or half of the face is in light of another colour.
	least := map[string]float64{
		"group_s6a.png lipstick": 0.95, "group_s6a.png blush": 0.95, "group_s6a.png shadow": 0.9, "group_s6a.png liner": 0.87,
		"group_s1a.png": 0.8, "group_s1a.png blush": 0.7, "group_s3b.png": 0.88, "group_s4d.png": 0.88, "webcam_man.png": 0.5,
	}
	eachFace(t, func(t *testing.T, f *ar.Frame, face ar.Face) {
		for name, l := range map[string]ar.Look{
			"blush":    skinLooks()["blush apples"],
			"shadow":   skinLooks()["eyeshadow"],
			"liner":    skinLooks()["eyeliner thin"],
			"lipstick": lipstick(red, ar.Matte, 1),
		} {
			kept := keptOf(t, r, f, face, l)
			_, picture, _ := strings.Cut(t.Name(), "/")
			want := 0.95
			for _, key := range []string{picture, picture + " " + name} {
				if v, ok := least[key]; ok {
					want = v
				}
			}
			t.Logf("%s keeps %.3f", name, kept)
			require.GreaterOrEqual(t, kept, want, name)
		}
	})
}

func BenchmarkVeil(b *testing.B) {
	r, f, face := benchFace(b)
	r.surface.fit(&r.head, &face, f)
	b.ReportAllocs()
	for b.Loop() {
		f.At = f.At.Add(time.Second / 30)
		r.surface.veil.fit(f, &face, &r.surface)
	}
}
