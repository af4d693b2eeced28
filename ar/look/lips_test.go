package look

import (
	"image"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/ar"
)

var (
	red  = ar.Color{R: 0xB4, G: 0x24, B: 0x3C}
	pink = ar.Color{R: 0xD9, G: 0x88, B: 0x80}
)

var pictures = []string{"astronaut.png", "group_s1a.png", "group_s6a.png"}

func TestLipstickStaysOnTheLips(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, name := range pictures {
		t.Run(name, func(t *testing.T) {
			f, face := fx.read(t, name)
			out := drawn(t, r, f, face, lipstick(red, ar.Shimmer, 1))
			outer := curve(nil, contour(nil, &face, lipsOuter, f))
			inner := curve(nil, contour(nil, &face, lipsInner, f))
			// The feather and the pixel that the contour crosses.
			reach := 2*lipFeather*eyeDistance(&face, f) + 3
			pixels := changed(f, out)
			require.NotEmpty(t, pixels)
			for _, p := range pixels {
				if !contains(outer, p) {
					require.LessOrEqual(t, edgeDistance(outer, p), reach, "painted beside the lips at %v", p)
				}
				if contains(inner, p) {
					require.LessOrEqual(t, edgeDistance(inner, p), math.Sqrt2/2, "painted inside the mouth at %v", p)
				}
			}
		})
	}
}

func TestIntensityZeroChangesNothing(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.read(t, "astronaut.png")
	for _, finish := range ar.Finishes() {
		require.Equal(t, f.Pix, drawn(t, r, f, face, lipstick(red, finish, 0)).Pix)
	}
	l := spectacles("round.svg")
	l.Layers[0].Intensity = 0
	require.Equal(t, f.Pix, drawn(t, r, f, face, l).Pix)
	require.Equal(t, f.Pix, drawn(t, r, f, face, ar.Look{}).Pix)
}

// lipColors are the colours well inside the lips, darkest first.
func lipColors(f *ar.Frame, face *ar.Face) []lab {
	outer := contour(nil, face, lipsOuter, f)
	inner := contour(nil, face, lipsInner, f)
	margin := 1.6 * lipFeather * eyeDistance(face, f)
	var out []lab
	box := bounds(0, image.Rect(0, 0, f.Width, f.Height), outer)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			p := vec{float64(x) + 0.5, float64(y) + 0.5}
			if contains(outer, p) && !contains(inner, p) && min(edgeDistance(outer, p), edgeDistance(inner, p)) > margin {
				px := f.Pix[3*(y*f.Width+x):]
				out = append(out, toLab(px[0], px[1], px[2]))
			}
		}
	}
	slices.SortFunc(out, func(a, b lab) int { return int(math.Copysign(1, float64(a.L-b.L))) })
	return out
}

func meanLab(c []lab) lab {
	var m lab
	for _, v := range c {
		m.L, m.a, m.b = m.L+v.L, m.a+v.a, m.b+v.b
	}
	n := float32(len(c))
	return lab{m.L / n, m.a / n, m.b / n}
}

func TestLooksFadeAndNeverPop(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.read(t, "astronaut.png")
	look := lipstick(ar.Color{R: 0x20, G: 0x10, B: 0x80}, ar.Matte, 1)
	strength := func() float64 { // of the paint, in levels of the mean lip colour
		out := drawn(t, r, f, face, look)
		a, b := meanLab(lipColors(f, &face)), meanLab(lipColors(out, &face))
		return math.Hypot(float64(a.a-b.a), float64(a.b-b.b))
	}
	full := strength() // a picture without a time does not fade
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	last := 0.0
	step := func(i int, score float32) float64 {
		f.At = start.Add(time.Duration(i) * time.Second / 30)
		face.Score = score
		s := strength()
		require.LessOrEqual(t, math.Abs(s-last), full/5, "frame %d pops", i)
		last = s
		return s
	}
	for i := range 12 {
		step(i, 1)
	}
	require.InDelta(t, full, last, full/50, "a sure face wears the whole look")
	for i := range 12 {
		step(12+i, 0.2)
	}
	require.InDelta(t, 0, last, full/50, "a doubtful one wears none")
	require.Positive(t, step(24, 1), "and it comes back")

	face.ID = 2
	f.At = start.Add(time.Minute)
	require.Less(t, strength(), full/5, "another face begins anew")
	require.Len(t, r.fades, 1, "and the first is forgotten")
}

// TestWildLandmarks: whatever the landmarks are, drawing neither panics nor
// writes outside the frame.
func TestWildLandmarks(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	_, good := fx.read(t, "astronaut.png")
	rapid.Check(t, func(t *rapid.T) {
		f := &ar.Frame{}
		f.Resize(rapid.IntRange(1, 120).Draw(t, "width"), rapid.IntRange(1, 120).Draw(t, "height"))
		face := good
		wild := rapid.Float32()
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0: // shifted and scaled, perhaps far outside
			dx, dy := rapid.Float32Range(-2, 2).Draw(t, "dx"), rapid.Float32Range(-2, 2).Draw(t, "dy")
			k := rapid.Float32Range(-4, 4).Draw(t, "k")
			for i := range face.Points {
				face.Points[i].X = face.Points[i].X*k + dx
				face.Points[i].Y = face.Points[i].Y*k + dy
			}
		case 1: // some landmarks anywhere
			for range 20 {
				i := rapid.IntRange(0, ar.Points-1).Draw(t, "i")
				face.Points[i] = ar.Point{X: wild.Draw(t, "x"), Y: wild.Draw(t, "y")}
			}
		case 2: // not numbers
			nan := float32(math.NaN())
			for i := range face.Points {
				face.Points[i] = ar.Point{X: nan, Y: nan}
			}
		case 3: // a wild pose
			for i := range face.Pose.R {
				face.Pose.R[i] = rapid.Float64().Draw(t, "r")
			}
			for i := range face.Pose.T {
				face.Pose.T[i] = rapid.Float64().Draw(t, "t")
			}
			face.Pose.Scale = rapid.Float64().Draw(t, "scale")
		}
		look := lipstick(red, ar.Gloss, 1)
		look.Layers = append(look.Layers, spectacles("wire.svg").Layers...)
		if err := r.Draw(f, []ar.Face{face}, look); err != nil {
			t.Fatal(err)
		}
	})
}

// parted is the posed face with its lips so many millimetres apart.
func parted(fx *fixtures, mm float64) (*ar.Frame, ar.Face) {
	f, face := fx.posed(640, 480, 0, 500)
	n := len(lipsInner)
	for i := 1; i < n/2; i++ {
		a, b := &face.Points[lipsInner[i]], &face.Points[lipsInner[n-i]]
		y, half := (a.Y+b.Y)/2, float32(mm*faceScale(&face, f)/480/2)
		a.Y, b.Y, b.X = y-half, y+half, a.X
	}
	return f, face
}

// TestShutLipsHaveNoBareSeam: where lips touch, but for what landmarks err, the
// line between them is painted like the rest.
func TestShutLipsHaveNoBareSeam(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	for _, gradient := range []bool{false, true} {
		for _, gap := range []float64{0, 0.5, 1, 1.5} {
			look := lipstick(red, ar.Matte, 1)
			look.Layers[0].Gradient = gradient
			f, face := parted(fx, gap)
			out := drawn(t, r, f, face, look)
			painted := func(p vec) float64 {
				i := int(p.y)*f.Width + int(p.x)
				return deltaE00(cielabAt(f, i), cielabAt(out, i))
			}
			a, b := pixel(&face, 13, f), pixel(&face, 14, f)
			below := pixel(&face, 17, f)
			lip := painted(vec{b.x, b.y + 0.4*(below.y-b.y)})
			for _, k := range []float64{0, 0.5, 1} {
				require.Greater(t, painted(vec{a.x, a.y + k*(b.y-a.y)}), 0.9*lip, "gradient %v, %v mm apart", gradient, gap)
			}
		}
	}
}

// TestOpeningMouthNeverPops: the opening comes free of lipstick little by
// little as the lips part.
func TestOpeningMouthNeverPops(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	painted := func(gap float64) (sum float64) {
		f, face := parted(fx, gap)
		out := drawn(t, r, f, face, lipstick(red, ar.Matte, 1))
		for _, p := range changed(f, out) {
			i := int(p.y)*f.Width + int(p.x)
			sum += deltaE00(cielabAt(f, i), cielabAt(out, i))
		}
		return sum
	}
	shut := painted(0)
	last := shut
	for gap := 0.2; gap < 6; gap += 0.2 {
		now := painted(gap)
		require.Less(t, math.Abs(last-now), 0.1*shut, "at %v mm", gap)
		last = now
	}
	require.Less(t, last, 0.8*shut, "an open mouth is free")
}

// TestLipsFoldBack: where a lip turns away from the camera, its contour runs over
// what lies before it: there it goes back to the inner contour, mirrored or not,
// and stays where it is elsewhere.
func TestLipsFoldBack(t *testing.T) {
	for _, way := range []float64{1, -1} {
		var l lips
		n := len(lipsOuter)
		for i := range n {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
			l.inner = append(l.inner, vec{way * 30 * cos, 10 * sin})
			l.outer = append(l.outer, vec{way * 40 * cos, 20 * sin})
		}
		seen := slices.Clone(l.outer)
		l.foldBack(1)
		require.InDeltaSlice(t, flat(seen), flat(l.outer), 1e-9, "all of it is seen")
		for _, i := range []int{8, 9, 10, 11} { // the far corner's are seen through the head
			in := l.inner[i]
			l.outer[i] = vec{in.x + (in.x-seen[i].x)/2, in.y + (in.y-seen[i].y)/2}
		}
		l.foldBack(1)
		for i := range n {
			want := seen[i]
			if i >= 7 && i <= 12 { // those beside them too: half of what is next to them is not seen
				continue
			}
			require.InDelta(t, want.x, l.outer[i].x, 1e-9)
			require.InDelta(t, want.y, l.outer[i].y, 1e-9)
		}
		for _, i := range []int{8, 9, 10, 11} {
			require.InDelta(t, l.inner[i].x, l.outer[i].x, 1e-9, "point %d", i)
			require.InDelta(t, l.inner[i].y, l.outer[i].y, 1e-9, "point %d", i)
		}
	}
}

// flat is the numbers of points.
func flat(c []vec) (out []float64) {
	for _, p := range c {
		out = append(out, p.x, p.y)
	}
	return out
}
