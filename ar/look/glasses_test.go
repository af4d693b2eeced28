package look

import (
	"bytes"
	"image"
	"math"
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// extent is the box around what differs, in pixels.
func extent(tb testing.TB, a, b *ar.Frame) image.Rectangle {
	tb.Helper()
	p := changed(a, b)
	require.NotEmpty(tb, p)
	return bounds(0, image.Rect(0, 0, a.Width, a.Height), p)
}

func TestGlassesSitBeforeTheEyes(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posed(1280, 720, 0, 600)
	box := extent(t, f, drawn(t, r, f, face, spectacles("round.svg")))
	perMM := 1280.0 / 573 // at the front of the frame
	require.InDelta(t, 141.6*perMM, box.Dx(), 8, "as wide as drawn")
	require.InDelta(t, 640, float64(box.Min.X+box.Max.X)/2, 2, "in the middle")
	for _, iris := range []int{468, 473} {
		p := pixel(&face, iris, f)
		require.True(t, image.Pt(int(p.x), int(p.y)).In(box.Inset(20)), "an eye behind a lens")
	}
	require.Less(t, float64(box.Max.Y), pixel(&face, 1, f).y, "above the tip of the nose")
}

func TestGlassesFollowTheHead(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posed(1280, 720, 0, 600)
	near := extent(t, f, drawn(t, r, f, face, spectacles("round.svg")))

	f, face = fx.posed(1280, 720, 0, 1200)
	far := extent(t, f, drawn(t, r, f, face, spectacles("round.svg")))
	require.InDelta(t, float64(near.Dx())/2, far.Dx(), 12, "half the size twice as far away")

	f, face = fx.posed(1280, 720, 0, 600)
	for i := range face.Points {
		face.Points[i].X += 100. / 1280
	}
	face.Pose.CX += 100
	moved := extent(t, f, drawn(t, r, f, face, spectacles("round.svg")))
	require.Equal(t, near.Add(image.Pt(100, 0)), moved)

	f, face = fx.posed(1280, 720, 0, 600)
	drawn(t, r, f, face, spectacles("round.svg"))
	wide := r.glasses.frontWidth()
	face.Pose.Scale = 1.2
	drawn(t, r, f, face, spectacles("round.svg"))
	require.InEpsilon(t, wide/1.2, r.glasses.frontWidth(), 0.01, "smaller on a larger head")
}

// TestTurnedHead: the lens that comes nearer is the wider one, the side piece
// on its side runs back to the ear, and the other one is behind the face.
func TestTurnedHead(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, yaw := range []float64{-30, 30} {
		f, face := fx.posed(1280, 720, yaw, 600)
		out := drawn(t, r, f, face, spectacles("round.svg"))
		box := extent(t, f, out)
		bridge := pixel(&face, nose, f).x
		left, right := bridge-float64(box.Min.X), float64(box.Max.X)-bridge
		// Yaw is positive to the shopper's own left, the right of the picture:
		// then the left of the picture comes nearer.
		wide, narrow := left, right
		if yaw < 0 {
			wide, narrow = right, left
		}
		require.Greater(t, wide, 1.4*narrow, "yaw %v", yaw)

		// A place half way back on each side piece.
		h := newHead(&r.head, &face, f)
		for _, side := range []float64{-1, 1} {
			p := h.project(side*h.width, earY-6, h.earZ*0.55)
			dark := math.Inf(1)
			for dy := -14; dy <= 14; dy++ {
				i := 3 * ((int(p.y)+dy)*f.Width + int(p.x))
				dark = min(dark, float64(out.Pix[i+1]))
			}
			if visible := side*yaw < 0; visible {
				require.Less(t, dark, 60.0, "yaw %v: the near side piece is seen", yaw)
			} else {
				require.Greater(t, dark, 85.0, "yaw %v: the far side piece is hidden", yaw)
			}
		}
	}
}

// TestNoseIsBeforeTheFarLens: of a head turned far to the side the nose hides
// the rim that is behind it, and on the near side nothing.
func TestNoseIsBeforeTheFarLens(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, yaw := range []float64{-48, 48} {
		f, face := fx.posed(1280, 720, yaw, 600)
		out := drawn(t, r, f, face, spectacles("round.svg"))
		rim, nose, hidden := &r.glasses.front, &r.glasses.nose, 0
		middle := pixel(&face, 6, f)
		for i, v := range rim.Pix {
			if v < 128 || nose.Pix[i] < 250 {
				continue
			}
			hidden++
			x, y := rim.Rect.Min.X+i%rim.Rect.Dx(), rim.Rect.Min.Y+i/rim.Rect.Dx()
			require.Greater(t, (float64(x)-middle.x)*yaw, 0., "on the side that turns away")
			require.Greater(t, float64(y), middle.y, "below the bridge")
			require.Greater(t, out.Pix[3*(y*f.Width+x)+1], uint8(85), "skin, not rim, at %d, %d", x, y)
		}
		require.Greater(t, hidden, 20, "yaw %v", yaw)
	}
	f, face := fx.posed(1280, 720, 5, 600)
	drawn(t, r, f, face, spectacles("round.svg"))
	for _, v := range r.glasses.nose.Pix {
		require.Zero(t, v, "rims sit beside the nose of who looks ahead")
	}
}

// TestSameFaceAtAnySizeWearsTheSameWidth: 0.6 to 1.4 times as large a picture of
// a face wears glasses as much larger, to 2 %, where nothing is known of the
// camera; where its focal length is, nearer glasses stand out more.
func TestSameFaceAtAnySizeWearsTheSameWidth(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	_, still := fx.posed(1280, 720, 0, 600)
	wide := func(k float64, calibrated bool) float64 {
		f, _ := fx.posed(1280, 720, 0, 600)
		face := still
		for i := range face.Points {
			p := &face.Points[i]
			p.X, p.Y = float32(0.5+k*(float64(p.X)-0.5)), float32(0.5+k*(float64(p.Y)-0.5))
		}
		face.Pose.T[2] /= k // what a larger picture seems to be
		face.Pose.Calibrated = calibrated
		drawn(t, r, f, face, spectacles("round.svg"))
		return r.glasses.frontWidth() / k
	}
	one := wide(1, false)
	for _, k := range []float64{0.6, 0.8, 1.2, 1.4} {
		require.InDelta(t, one, wide(k, false), 0.01*one, "%v times as large", k)
	}
	require.Greater(t, wide(1.4, true), 1.02*wide(0.6, true))
}

// frontWidth is how wide the front that was drawn last is, to parts of a pixel.
func (g *glasses) frontWidth() float64 {
	left, right := math.Inf(1), math.Inf(-1)
	m := &g.front
	for y := range m.Rect.Dy() {
		for x, v := range m.Pix[y*m.Rect.Dx():][:m.Rect.Dx()] {
			if v > 0 {
				part := float64(v) / 255
				left, right = min(left, float64(x+1)-part), max(right, float64(x)+part)
			}
		}
	}
	return right - left
}

func TestShortSidePiecesEndEarly(t *testing.T) {
	fx := readFixtures(t)
	f, face := fx.posed(1280, 720, -30, 600)
	width := func(temple string) int {
		data, err := os.ReadFile("testdata/glasses/round.svg")
		require.NoError(t, err)
		shapes := fstest.MapFS{"g.svg": {Data: bytes.Replace(data, []byte(`data-temple="145"`), []byte(`data-temple="`+temple+`"`), 1)}}
		r, err := New(fx.mesh(), shapes)
		require.NoError(t, err)
		return extent(t, f, drawn(t, r, f, face, spectacles("g.svg"))).Dx()
	}
	require.Less(t, width("60")+20, width("145"))
}

// TestGlassesStayInTheFrame: of faces at its edges and beyond they draw what
// fits.
func TestGlassesStayInTheFrame(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, x := range []float64{-500, -330, -180, 0, 180, 330, 500} {
		for _, y := range []float64{-200, -140, 0, 140, 200} {
			f, face := fx.posedEars(640, 360, 0, 500)
			face.Pose.T[0], face.Pose.T[1] = x, y
			dx, dy := float32(x*face.Pose.Focal/500/640), float32(y*face.Pose.Focal/500/360)
			for i := range face.Points {
				face.Points[i].X, face.Points[i].Y = face.Points[i].X+dx, face.Points[i].Y+dy
			}
			require.NotPanics(t, func() { drawn(t, r, f, face, spectacles("wire.svg")) }, "%v, %v", x, y)
		}
	}
}

func TestNoGlassesWithoutAPose(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posed(640, 360, 0, 600)
	for name, spoil := range map[string]func(p *ar.Pose){
		"not valid":       func(p *ar.Pose) { p.Valid = false },
		"not a number":    func(p *ar.Pose) { p.R[4] = math.NaN() },
		"behind":          func(p *ar.Pose) { p.T[2] = -600 },
		"no focal length": func(p *ar.Pose) { p.Focal = 0 },
		"from the side":   func(p *ar.Pose) { p.Yaw = 80 },
	} {
		spoilt := face
		spoil(&spoilt.Pose)
		require.Empty(t, changed(f, drawn(t, r, f, spoilt, spectacles("round.svg"))), name)
	}
}

func TestLensTintsWhatIsBehind(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.posed(1280, 720, 0, 600)
	out := drawn(t, r, f, face, spectacles("wire.svg"))
	p := pixel(&face, 468, f)
	i := 3 * (int(p.y)*f.Width + int(p.x))
	require.Less(t, out.Pix[i+1], f.Pix[i+1]/2, "72 % of a dark brown")
	require.Greater(t, out.Pix[i+1], uint8(20), "and the eye still shows")
}

func TestCheckNamesWhatIsMissing(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	require.NoError(t, r.Check(spectacles("round.svg")))
	require.ErrorContains(t, r.Check(spectacles("none.svg")), `glasses "none.svg"`)
	require.ErrorContains(t, r.Check(spectacles("../faces.json")), "not a file name")
	f, face := fx.posed(64, 36, 0, 600)
	require.ErrorContains(t, r.Draw(f, []ar.Face{face}, spectacles("none.svg")), "none.svg")

	_, err := New(ar.Mesh{}, nil)
	require.ErrorContains(t, err, "0 vertices")
	bare, err := New(fx.mesh(), nil)
	require.NoError(t, err)
	require.ErrorContains(t, bare.Check(spectacles("round.svg")), "no folder of shapes")
}
