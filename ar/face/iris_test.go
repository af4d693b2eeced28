package face

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/ar"
)

const (
	sceneWidth  = 1280
	sceneHeight = 720
)

// looking gives the landmarks of a head of the given scale before a camera of
// the given focal length, whose irises are 11.7 mm wide and look into it, and
// that camera's picture, in which there are only the eyes.
func looking(p *poser, at ar.Pose, scale float64) (*[ar.Points]ar.Point, *ar.Frame) {
	at.T = [3]float64{at.T[0] / scale, at.T[1] / scale, at.T[2] / scale} // in the canonical head's millimetres
	points := posed(p.mesh, at)
	f := &ar.Frame{}
	f.Resize(sceneWidth, sceneHeight)
	copy(f.Pix, bytes.Repeat([]byte{150}, len(f.Pix)))
	for i, eye := range irises {
		q := turn(at.R, p.eyes[i])
		z := q[2] + at.T[2]
		x, y := at.CX+at.Focal*(q[0]+at.T[0])/z, at.CY+at.Focal*(q[1]+at.T[1])/z
		r := irisWidth / 2 / scale * at.Focal / z
		paintEye(f, x, y, r)
		// The model's iris is too wide.
		points[eye.middle] = ar.Point{X: float32(x), Y: float32(y)}
		points[eye.a] = ar.Point{X: float32(x - irisModel*r), Y: float32(y)}
		points[eye.b] = ar.Point{X: float32(x + irisModel*r), Y: float32(y)}
	}
	return points, f
}

// paintEye paints a dark disc on white, its edge as blurred as a camera's.
func paintEye(f *ar.Frame, x, y, r float64) {
	for py := int(y - 2*r); py <= int(y+2*r); py++ {
		for px := int(x - 2*r); px <= int(x+2*r); px++ {
			if px < 0 || py < 0 || px >= f.Width || py >= f.Height {
				continue
			}
			away := math.Hypot(float64(px)+0.5-x, float64(py)+0.5-y) - r
			v := 60 + 140*0.5*(1+math.Erf(away/(math.Sqrt2*0.8)))
			for c := range 3 {
				f.Pix[3*(py*f.Width+px)+c] = byte(v)
			}
		}
	}
}

// wide is how many pixels of the picture a pair of glasses of so many
// millimetres takes up, held centred before the bridge of a head in this pose.
func wide(p *poser, pose ar.Pose, mm float64) float64 {
	const bridge = 6
	half, z := mm/2/pose.Scale, p.mesh.Vertices[bridge][2]
	at := func(x float64) ar.Point {
		q := turn(pose.R, [3]float64{x, 0, z})
		depth := q[2] + pose.T[2]
		return ar.Point{
			X: float32(pose.CX + pose.Focal*(q[0]+pose.T[0])/depth),
			Y: float32(pose.CY + pose.Focal*(q[1]+pose.T[1])/depth),
		}
	}
	return span(at(-half), at(half))
}

// found is the pose, with its scale, after so many frames of the scene.
func found(t require.TestingT, p *poser, points *[ar.Points]ar.Point, f *ar.Frame, focal float64) ar.Pose {
	h := &head{}
	pose := p.pose(h, points, focal, f.Width, f.Height)
	pose.Calibrated = true
	require.True(t, pose.Valid)
	for range irisFrames {
		pose.Scale = p.scale(&h.iris, f, points, &pose)
	}
	return pose
}

// TestKnownWidth: with a camera whose focal length is known, glasses of a known
// width are drawn as wide as they would be seen, to 3 %, on small and large
// heads, near and far.
func TestKnownWidth(t *testing.T) {
	p, err := newPoser(openHead(t))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		const mm = 140
		focal := rapid.Float64Range(700, 1400).Draw(t, "focal")
		eyes := rapid.Float64Range(90, 180).Draw(t, "pixels between the eyes")
		scale := rapid.Float64Range(0.85, 1.15).Draw(t, "scale")
		truth := ar.Pose{
			Focal: focal, CX: sceneWidth / 2, CY: sceneHeight / 2, Scale: 1,
			R: turned(rapid.Float64Range(-9, 9).Draw(t, "yaw"), rapid.Float64Range(-10, 10).Draw(t, "pitch"), 0),
			T: [3]float64{0, 0, 88.9 * scale * focal / eyes},
		}
		points, f := looking(p, truth, scale)
		got := found(t, p, points, f, focal)
		truth.T[2] /= scale
		truth.Scale = scale
		want := wide(p, truth, mm)
		require.InDelta(t, want, wide(p, got, mm), 0.03*want)
		require.InDelta(t, scale, got.Scale, 0.03*scale)
	})
}

// TestWrongFocalLengthCosts: what the setting is for. Near a wide-angle camera
// a wrong focal length makes the same glasses some percent too small or large,
// and puts the head at a wrong distance.
func TestWrongFocalLengthCosts(t *testing.T) {
	p, err := newPoser(openHead(t))
	require.NoError(t, err)
	const focal, mm = 700., 140.
	truth := ar.Pose{
		Focal: focal, CX: sceneWidth / 2, CY: sceneHeight / 2, Scale: 1,
		R: turned(0, 0, 0), T: [3]float64{0, 0, 350},
	}
	points, f := looking(p, truth, 1)
	want := wide(p, truth, mm)
	off := func(focal float64) float64 { return wide(p, found(t, p, points, f, focal), mm)/want - 1 }
	require.InDelta(t, 0, off(focal), 0.01)
	require.Less(t, off(2*focal), -0.015)
	require.InDelta(t, 700, found(t, p, points, f, 2*focal).T[2], 40, "twice as far as it is")
}

// TestScaleFromIris: irises that look larger beside the head make it smaller,
// and it stays so once it was measured.
func TestScaleFromIris(t *testing.T) {
	p, err := newPoser(openHead(t))
	require.NoError(t, err)
	at := func(yaw, scale float64) (*[ar.Points]ar.Point, *ar.Frame) {
		return looking(p, ar.Pose{
			Focal: 900, CX: sceneWidth / 2, CY: sceneHeight / 2, R: turned(yaw, 0, 0), T: [3]float64{0, 0, 600},
		}, scale)
	}
	h := &head{}
	scale := func(points *[ar.Points]ar.Point, f *ar.Frame) float64 {
		pose := p.pose(h, points, 900, f.Width, f.Height)
		require.True(t, pose.Valid)
		return p.scale(&h.iris, f, points, &pose)
	}
	require.Equal(t, 1.0, scale(at(45, 0.9)), "not measured on a head that is turned far")
	require.InDelta(t, 0.95, scale(at(25, 0.9)), 0.02, "for now half way, from a head that is turned")
	require.InDelta(t, 1.1, scale(at(0, 1.1)), 0.02, "and at once from one that is not")
	require.InDelta(t, 1.1, scale(at(25, 0.9)), 0.02)
	for range irisFrames - 1 {
		scale(at(0, 1.1))
	}
	for range 100 {
		require.InDelta(t, 1.1, scale(at(0, 0.9)), 0.02, "settled")
	}
	h = &head{}
	require.Equal(t, maxScale, scale(at(0, 2)), "an impossible one is bounded")
}

// TestScaleOutlivesBlinks: what is measured while the eyes are shut, look aside
// or are squeezed counts for nothing.
func TestScaleOutlivesBlinks(t *testing.T) {
	p, err := newPoser(openHead(t))
	require.NoError(t, err)
	pose := ar.Pose{Focal: 900, CX: sceneWidth / 2, CY: sceneHeight / 2, R: turned(0, 0, 0), T: [3]float64{0, 0, 600}}
	spoil := map[string]func(*[ar.Points]ar.Point, irisPoints, float32){
		"shut": func(pt *[ar.Points]ar.Point, e irisPoints, wide float32) {
			pt[e.upper].Y = pt[e.lower].Y - 0.1*wide
		},
		"aside": func(pt *[ar.Points]ar.Point, e irisPoints, wide float32) {
			pt[e.middle].X += 0.25 * wide
		},
	}
	for name, wrong := range spoil {
		s := &iris{}
		for i := range 60 {
			points, f := looking(p, pose, 1.05)
			if i%2 == 0 {
				for _, e := range irises {
					points[e.a].X, points[e.b].X = points[e.a].X-4, points[e.b].X+4
					wrong(points, e, float32(span(points[e.outer], points[e.inner])))
				}
			}
			got := p.pose(&head{}, points, pose.Focal, f.Width, f.Height)
			require.True(t, got.Valid)
			scale := p.scale(s, f, points, &got)
			if i == 0 {
				require.Equal(t, 1.0, scale, name)
			} else {
				require.InDelta(t, 1.05, scale, 0.02, name)
			}
		}
		require.Len(t, s.front, 30, name)
	}
}

func TestNoIrisWithoutAnEdge(t *testing.T) {
	f := &ar.Frame{}
	f.Resize(100, 100)
	for i := range f.Pix {
		f.Pix[i] = 90
	}
	a, m, b := ar.Point{X: 42, Y: 50}, ar.Point{X: 50, Y: 50}, ar.Point{X: 58, Y: 50}
	_, ok := irisDiameter(f, m, a, b)
	require.False(t, ok, "a plain surface")
	_, ok = irisDiameter(f, ar.Point{X: 97, Y: 50}, ar.Point{X: 89, Y: 50}, ar.Point{X: 105, Y: 50})
	require.False(t, ok, "half out of the picture")
	nan := float32(math.NaN())
	_, ok = irisDiameter(f, ar.Point{X: nan, Y: nan}, a, ar.Point{X: nan})
	require.False(t, ok, "no number")
	paintEye(f, 50.3, 49.8, 7.4)
	d, ok := irisDiameter(f, m, a, b)
	require.True(t, ok)
	require.InDelta(t, 14.8, d, 0.2)
}
