package look

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// meanLobes are those of the canonical head.
var meanLobes = [2][3]float64{{-81.3, 53.6, 83.8}, {81.3, 53.6, 83.8}}

func newJeweller(tb testing.TB, fx *fixtures) *Renderer {
	tb.Helper()
	r, err := New(fx.mesh(), os.DirFS(demoJewels))
	require.NoError(tb, err)
	return r
}

func wearing(kind ar.Kind, asset string, side ar.Side) ar.Look {
	return ar.Look{Layers: []ar.Layer{{
		Kind: kind, Asset: asset, Side: side, Color: ar.Color{R: 0xD4, G: 0xA6, B: 0x47}, Intensity: 1,
	}}}
}

// posedEars is posed with ears.
func (fx *fixtures) posedEars(width, height int, yaw, distance float64) (*ar.Frame, ar.Face) {
	f, face := fx.posed(width, height, yaw, distance)
	face.Lobes = meanLobes
	return f, face
}

// withLobes is read with the lobes where they were marked by hand.
func (fx *fixtures) withLobes(tb testing.TB, picture string) (*ar.Frame, ar.Face) {
	tb.Helper()
	f, face := fx.read(tb, picture)
	data, err := os.ReadFile("../face/testdata/lobes.json")
	require.NoError(tb, err)
	var marks map[string]map[string][2]float64
	require.NoError(tb, json.Unmarshal(data, &marks))
	for side, name := range [2]string{"right", "left"} {
		mark, ok := marks["faces/"+picture][name]
		if !ok {
			continue
		}
		face.Lobes[side] = seenThrough(&face.Pose, mark, meanLobes[side])
	}
	return f, face
}

// seenThrough is the place on the head that is seen at a pixel, as far from
// the camera as the place like.
func seenThrough(p *ar.Pose, at [2]float64, like [3]float64) (out [3]float64) {
	depth := p.R[6]*like[0] + p.R[7]*like[1] + p.R[8]*like[2] + p.T[2]
	q := [3]float64{(at[0]-p.CX)*depth/p.Focal - p.T[0], (at[1]-p.CY)*depth/p.Focal - p.T[1], depth - p.T[2]}
	for i := range out {
		out[i] = p.R[i]*q[0] + p.R[3+i]*q[1] + p.R[6+i]*q[2]
	}
	return out
}

func lobePixel(face *ar.Face, side int) (vec, float64) {
	h := head{pose: face.Pose}
	l := face.Lobes[side]
	depth := face.Pose.R[6]*l[0] + face.Pose.R[7]*l[1] + face.Pose.R[8]*l[2] + face.Pose.T[2]
	return h.project(l[0], l[1], l[2]), face.Pose.Focal / depth
}

// drawnBox is what the piece that was drawn last covers by half: left, top,
// right, bottom in pixels of the frame.
func (r *Renderer) drawnBox() (x0, y0, x1, y1 float64) {
	c := &r.jewels.canvas
	x0, y0, x1, y1 = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i, p := range c.pix {
		if p[3] < 0.5 {
			continue
		}
		x, y := float64(c.rect.Min.X+i%c.rect.Dx()), float64(c.rect.Min.Y+i/c.rect.Dx())
		x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
	}
	return x0, y0, x1, y1
}

// TestEarringsMeasureMillimetres: at any distance, on a head of any size.
func TestEarringsMeasureMillimetres(t *testing.T) {
	fx := readFixtures(t)
	bar := fstest.MapFS{"bar.svg": {Data: jewelFile(`data-jewel="drop"`, `<g class="hang"><rect class="metal" x="-2" y="0" width="4" height="40"/></g>`)}}
	r, err := New(fx.mesh(), bar)
	require.NoError(t, err)
	for _, distance := range []float64{350, 600, 900} {
		for _, size := range []float64{0.9, 1, 1.1} {
			f, face := fx.posedEars(640, 360, -20, distance)
			face.Pose.Scale = size
			drawn(t, r, f, face, wearing(ar.Earrings, "bar.svg", ar.Left))
			_, y0, _, y1 := r.drawnBox()
			_, scale := lobePixel(&face, 1)
			require.InDelta(t, 40/size*scale, y1-y0, 1.1, "%v mm away, a head of %v", distance, size)
		}
	}
}

// TestHoopsTurnWithTheHead: the nearer the camera stands to the plane of a
// hoop, the narrower it is seen; its height stays.
func TestHoopsTurnWithTheHead(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	size := func(yaw float64) (width, height float64) {
		f, face := fx.posedEars(640, 360, yaw, 600)
		drawn(t, r, f, face, wearing(ar.Earrings, "hoop.svg", ar.Left))
		x0, y0, x1, y1 := r.drawnBox()
		_, scale := lobePixel(&face, 1)
		return (x1 - x0) / scale, (y1 - y0) / scale
	}
	front, tall := size(-12)
	edge, edgeTall := size(-45)
	beyond, _ := size(-80)
	require.InDelta(t, 30.6, tall, 1.6, "28.4 mm from middle to middle of the tube, 2.2 mm thick")
	require.InDelta(t, tall, edgeTall, 1.6)
	require.Less(t, edge, 0.45*front)
	require.Greater(t, beyond, 1.5*edge)
}

// TestDropsHang straight down from the lobe, however the head leans; what is
// fixed on the lobe leans with it.
func TestDropsHang(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	for _, roll := range []float64{-40, 0, 30} {
		f, face := fx.posedEars(640, 360, -15, 600)
		sin, cos := math.Sincos(roll * math.Pi / 180)
		m := face.Pose.R
		for k := range 3 {
			face.Pose.R[k], face.Pose.R[3+k] = cos*m[k]-sin*m[3+k], sin*m[k]+cos*m[3+k]
		}
		face.Pose.Roll = roll
		for i, p := range face.Points { // about the middle of the picture, where the head's origin is
			x, y := float64(p.X-0.5)*640, float64(p.Y-0.5)*360
			face.Points[i].X, face.Points[i].Y = float32(0.5+(cos*x-sin*y)/640), float32(0.5+(sin*x+cos*y)/360)
		}
		drawn(t, r, f, face, wearing(ar.Earrings, "drop.svg", ar.Left))
		at, scale := lobePixel(&face, 1)
		x0, _, x1, y1 := r.drawnBox()
		require.InDelta(t, at.x, (x0+x1)/2, 1.8*scale, "roll %v", roll)
		require.InDelta(t, at.y+21*scale, y1, 1.5*scale, "roll %v", roll)
	}
}

// TestEarringsAreOnTheNamedEar and nowhere else: left is the shopper's own.
func TestEarringsAreOnTheNamedEar(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	f, face := fx.withLobes(t, "astronaut.png")
	for _, asset := range []string{"stud.svg", "hoop.svg", "drop.svg", "lotus-leaf.svg"} {
		pair := changed(f, drawn(t, r, f, face, wearing(ar.Earrings, asset, "")))
		both := 0
		for side, name := range [2]ar.Side{ar.Right, ar.Left} {
			spots := changed(f, drawn(t, r, f, face, wearing(ar.Earrings, asset, name)))
			require.NotEmpty(t, spots, "%s %s", asset, name)
			both += len(spots)
			at, scale := lobePixel(&face, side)
			piece, err := r.piece(ar.Earrings, asset)
			require.NoError(t, err)
			reach := (piece.reach/face.Pose.Scale + 6) * scale
			for _, p := range spots {
				require.Less(t, math.Hypot(p.x-at.x, p.y-at.y), reach, "%s %s changes a pixel far off", asset, name)
			}
			// The picture is not mirrored: the shopper's left is on its right.
			require.Equal(t, name == ar.Left, at.x > float64(face.Points[1].X)*float64(f.Width))
		}
		require.Len(t, pair, both, "a pair is both")
	}
}

// TestEarringsHideWithTheEar that the head turns away.
func TestEarringsHideWithTheEar(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	count := func(yaw float64, side ar.Side) int {
		f, face := fx.posedEars(640, 360, yaw, 700)
		return len(changed(f, drawn(t, r, f, face, wearing(ar.Earrings, "drop.svg", side))))
	}
	for _, yaw := range []float64{25, 40, 60} {
		require.Zero(t, count(yaw, ar.Left), "the head turns to the shopper's left, away from the camera's view of that ear")
		require.Positive(t, count(yaw, ar.Right))
		require.Zero(t, count(-yaw, ar.Right))
		require.Positive(t, count(-yaw, ar.Left))
	}
	for _, side := range []ar.Side{ar.Left, ar.Right} {
		require.Positive(t, count(0, side))
	}
	// A head that never was seen to have ears wears none.
	f, face := fx.posed(640, 360, 0, 600)
	require.Empty(t, changed(f, drawn(t, r, f, face, wearing(ar.Earrings, "drop.svg", ""))))
}

// cover paints a disc of a colour over the frame.
func cover(f *ar.Frame, at vec, radius float64, b, g, r byte) {
	for y := max(int(at.y-radius), 0); y < min(int(at.y+radius), f.Height); y++ {
		for x := max(int(at.x-radius), 0); x < min(int(at.x+radius), f.Width); x++ {
			if math.Hypot(float64(x)-at.x, float64(y)-at.y) < radius {
				copy(f.Pix[3*(y*f.Width+x):], []byte{b, g, r})
			}
		}
	}
}

// TestEarringsHideUnderHair, cloth and all else that does not look like skin,
// and fade: they never pop.
func TestEarringsHideUnderHair(t *testing.T) {
	fx := readFixtures(t)
	f, face := fx.posedEars(640, 360, 0, 600)
	at, scale := lobePixel(&face, 1)
	for name, c := range map[string][3]byte{"black hair": {24, 26, 30}, "brown hair": {22, 34, 52}, "a blue scarf": {150, 90, 60}, "white": {240, 240, 240}} {
		hidden := clone(f)
		cover(hidden, at, 20*scale, c[0], c[1], c[2])
		r := newJeweller(t, fx)
		require.Empty(t, changed(hidden, drawn(t, r, hidden, face, wearing(ar.Earrings, "stud.svg", ar.Left))), name)
	}

	r := newJeweller(t, fx)
	hidden := clone(f)
	cover(hidden, at, 20*scale, 24, 26, 30)
	shown := func() float32 { return r.jewels.faces[face.ID].ears[1].fader.shown }
	look := wearing(ar.Earrings, "stud.svg", ar.Left)
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	before := float32(1)
	for i := range 30 {
		frame := clone(f)
		if i >= 5 && i < 18 {
			frame = clone(hidden)
		}
		frame.At = start.Add(time.Duration(i) * time.Second / 30)
		require.NoError(t, r.Draw(frame, []ar.Face{face}, look))
		now := shown()
		if i > 1 { // the whole look fades in
			require.LessOrEqual(t, max(now-before, before-now), float32(1./30/fadeTime.Seconds()+1e-3), "frame %d", i)
		}
		before = now
		switch i {
		case 4, 29:
			require.Equal(t, float32(1), now, "frame %d", i)
		case 17:
			require.Zero(t, now, "frame %d", i)
		}
	}
}

// TestEarringsSwing when the head moves sideways, and hang still soon after.
// Drawing one frame several times, as for shades side by side, moves nothing.
func TestEarringsSwing(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	look := wearing(ar.Earrings, "drop.svg", ar.Left)
	most, rest := 0.0, 0.0
	f, face := fx.posedEars(640, 360, -15, 600)
	for i := range 75 {
		face.Pose.T[0] = 40 * min(float64(i)/6, 1)
		f.At = start.Add(time.Duration(i) * time.Second / 30)
		for range 3 {
			require.NoError(t, r.Draw(clone(f), []ar.Face{face}, look))
		}
		lean := math.Abs(r.jewels.faces[face.ID].ears[1].swing.x)
		most = max(most, lean)
		rest = lean
	}
	require.Greater(t, most, 1.0, "millimetres")
	require.Less(t, rest, 0.1)
}

// TestNoseStud sits on the wing of the nose on the named side and turns away
// with it.
func TestNoseStud(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	for _, picture := range []string{"group_s6a.png", "astronaut.png"} {
		f, face := fx.read(t, picture)
		eyes := eyeDistance(&face, f)
		for _, tt := range []struct {
			side ar.Side
			wing int
		}{{ar.Right, 48}, {ar.Left, 278}} {
			spots := changed(f, drawn(t, r, f, face, wearing(ar.NoseStud, "nose-stud.svg", tt.side)))
			require.NotEmpty(t, spots, "%s %s", picture, tt.side)
			for _, p := range spots {
				w := pixel(&face, tt.wing, f)
				require.Less(t, math.Hypot(p.x-w.x, p.y-w.y), 0.13*eyes, "%s %s", picture, tt.side)
			}
		}
	}
	for _, tt := range []struct {
		yaw  float64
		side ar.Side
		seen bool
	}{{0, ar.Left, true}, {0, ar.Right, true}, {-45, ar.Left, true}, {45, ar.Left, false}, {45, ar.Right, true}, {-45, ar.Right, false}} {
		f, face := fx.posed(640, 360, tt.yaw, 600)
		spots := changed(f, drawn(t, r, f, face, wearing(ar.NoseStud, "nose-stud.svg", tt.side)))
		require.Equal(t, tt.seen, len(spots) > 0, "yaw %v %s", tt.yaw, tt.side)
	}
}

// TestNecklace hangs below the chin, alike on both sides, from a chain that is
// seen all along the bare neck, and goes under cloth.
func TestNecklace(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	look := wearing(ar.Necklace, "necklace.svg", "")
	f, face := fx.posed(640, 360, 0, 750)
	spots := changed(f, drawn(t, r, f, face, look))
	require.NotEmpty(t, spots)
	chin := float64(face.Points[152].Y) * float64(f.Height)
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range spots {
		require.Greater(t, p.y, chin, "nothing is drawn on the face")
		lo, hi = min(lo, p.x), max(hi, p.x)
	}
	require.InDelta(t, float64(f.Width)-lo, hi, 6, "alike on both sides")
	perMM := face.Pose.Focal / 800
	require.InDelta(t, 2*neckHalf*perMM, hi-lo, 30*perMM)

	collar := clone(f)
	for i := 3 * f.Width * int(chin+10); i < len(collar.Pix); i += 3 {
		copy(collar.Pix[i:], []byte{120, 60, 30})
	}
	require.Empty(t, changed(collar, drawn(t, r, collar, face, look)), "a collar hides it")

	// A blouse that leaves the right half of the neck bare: the chain shows there.
	half := clone(f)
	for i := 0; i < len(half.Pix); i += 3 {
		if i/3%f.Width > f.Width/2+int(20*perMM) && i/3/f.Width > int(chin+10) {
			copy(half.Pix[i:], []byte{120, 60, 30})
		}
	}
	bare := changed(half, drawn(t, r, half, face, look))
	require.NotEmpty(t, bare)
	for _, p := range bare {
		require.Less(t, p.x, float64(f.Width)/2+40*perMM)
	}

	near, large := fx.posed(640, 360, 0, 330)
	require.Empty(t, changed(near, drawn(t, r, near, large, look)), "the neck is out of the frame")
}

// TestJewelsStayInTheFrame: faces at its edges and beyond draw what fits.
func TestJewelsStayInTheFrame(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	for _, x := range []float64{-500, -330, 330, 500} {
		for _, y := range []float64{-400, 0, 400} {
			f, face := fx.posedEars(640, 360, 0, 500)
			face.Pose.T[0], face.Pose.T[1] = x, y
			dx, dy := float32(x*face.Pose.Focal/500/640), float32(y*face.Pose.Focal/500/360)
			for i := range face.Points {
				face.Points[i].X, face.Points[i].Y = face.Points[i].X+dx, face.Points[i].Y+dy
			}
			for _, l := range []ar.Look{
				wearing(ar.Earrings, "hoop.svg", ""), wearing(ar.Necklace, "necklace.svg", ""), wearing(ar.NoseStud, "nose-stud.svg", ar.Left),
			} {
				require.NotPanics(t, func() { drawn(t, r, f, face, l) })
			}
		}
	}
}

// TestJewelsTakeNoMemory once they are worn.
func TestJewelsTakeNoMemory(t *testing.T) {
	fx := readFixtures(t)
	r := newJeweller(t, fx)
	f, face := fx.posedEars(640, 360, -5, 650)
	look := wearing(ar.Earrings, "lotus-leaf.svg", "")
	look.Layers = append(look.Layers, wearing(ar.Necklace, "necklace.svg", "").Layers[0],
		wearing(ar.NoseStud, "nose-stud.svg", ar.Left).Layers[0], wearing(ar.Earrings, "hoop.svg", "").Layers[0])
	requireNoAllocations(t, r, f, face, look)
}

func BenchmarkJewels(b *testing.B) {
	fx := readFixtures(b)
	for _, l := range []ar.Look{
		wearing(ar.Earrings, "stud.svg", ""), wearing(ar.Earrings, "hoop.svg", ""), wearing(ar.Earrings, "drop.svg", ""),
		wearing(ar.Earrings, "lotus-leaf.svg", ""), wearing(ar.NoseStud, "nose-stud.svg", ar.Left), wearing(ar.Necklace, "necklace.svg", ""),
	} {
		b.Run(l.Layers[0].Asset, func(b *testing.B) {
			r := newJeweller(b, fx)
			f, face := fx.posedEars(1280, 720, -5, 850) // eyes 130 px apart
			pristine := clone(f)
			faces := []ar.Face{face}
			b.ReportMetric(eyeDistance(&face, f), "px_eyes")
			b.ReportAllocs()
			for b.Loop() {
				copy(f.Pix, pristine.Pix)
				if err := r.Draw(f, faces, l); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// requireNoAllocations: frame after frame, a look that is worn takes no memory.
func requireNoAllocations(t *testing.T, r *Renderer, f *ar.Frame, face ar.Face, look ar.Look) {
	t.Helper()
	faces := []ar.Face{face}
	f.At = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	draw := func() {
		f.At = f.At.Add(time.Second / 30)
		if err := r.Draw(f, faces, look); err != nil {
			t.Fatal(err)
		}
	}
	draw()
	require.LessOrEqual(t, testing.AllocsPerRun(20, draw), 0.5)
}
