package face

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

func openHead(tb testing.TB) ar.Mesh {
	tb.Helper()
	set, err := models.Open(filepath.Join("..", "..", "build", "models"))
	require.NoError(tb, err, "the tests of this package need the face models")
	return set.Head
}

// posed gives the landmarks, in pixels, of a head that is the canonical one in
// a pose.
func posed(mesh ar.Mesh, p ar.Pose) *[ar.Points]ar.Point {
	out := &[ar.Points]ar.Point{}
	for i, v := range mesh.Vertices {
		q := turn(p.R, v)
		z := q[2] + p.T[2]
		out[i] = ar.Point{
			X: float32(p.CX + p.Focal*(q[0]+p.T[0])/z),
			Y: float32(p.CY + p.Focal*(q[1]+p.T[1])/z),
			Z: float32(p.Focal * q[2] / p.T[2]),
		}
	}
	return out
}

// turned is Ry(−yaw)·Rx(pitch)·Rz(roll), degrees.
func turned(yaw, pitch, roll float64) [9]float64 {
	const degree = math.Pi / 180
	return multiply(rotation([3]float64{0, -yaw * degree, 0}),
		multiply(rotation([3]float64{pitch * degree, 0, 0}), rotation([3]float64{0, 0, roll * degree})))
}

// TestPoseIsFound: whatever the pose of a canonical head, it is found from its
// landmarks, with and without the pose of the frame before.
func TestPoseIsFound(t *testing.T) {
	mesh := openHead(t)
	p, err := newPoser(mesh)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		const width, height = 1280, 720
		h := &head{}
		for range rapid.IntRange(1, 3).Draw(t, "frames") {
			yaw := rapid.Float64Range(-60, 60).Draw(t, "yaw")
			pitch := rapid.Float64Range(-50, 50).Draw(t, "pitch")
			roll := rapid.Float64Range(-170, 170).Draw(t, "roll")
			want := ar.Pose{
				Focal: rapid.Float64Range(500, 2000).Draw(t, "focal"), CX: width / 2, CY: height / 2,
				R: turned(yaw, pitch, roll),
			}
			depth := rapid.Float64Range(300, 3000).Draw(t, "depth")
			want.T = [3]float64{
				rapid.Float64Range(-0.5, 0.5).Draw(t, "x") * depth,
				rapid.Float64Range(-0.3, 0.3).Draw(t, "y") * depth, depth,
			}
			got := p.pose(h, posed(mesh, want), want.Focal, width, height)
			require.True(t, got.Valid)
			require.InDelta(t, yaw, got.Yaw, 0.05)
			require.InDelta(t, pitch, got.Pitch, 0.05)
			require.InDelta(t, roll, got.Roll, 0.05)
			for i := range want.R {
				require.InDelta(t, want.R[i], got.R[i], 1e-3)
			}
			for i := range want.T {
				require.InDelta(t, want.T[i], got.T[i], 2e-3*depth)
			}
		}
	})
}

func TestNoPoseOfNoHead(t *testing.T) {
	p, err := newPoser(openHead(t))
	require.NoError(t, err)
	for name, points := range map[string]func(int) ar.Point{
		"one place": func(int) ar.Point { return ar.Point{X: 100, Y: 100} },
		"a line":    func(i int) ar.Point { return ar.Point{X: float32(i), Y: 100} },
		"a spiral": func(i int) ar.Point {
			s, c := math.Sincos(float64(i))
			return ar.Point{X: float32(300 + float64(i)*c), Y: float32(300 + float64(i)*s), Z: float32(i % 7)}
		},
		"no numbers": func(int) ar.Point { return ar.Point{X: float32(math.NaN())} },
	} {
		all := &[ar.Points]ar.Point{}
		for i := range all {
			all[i] = points(i)
		}
		require.False(t, p.pose(&head{}, all, 900, 1280, 720).Valid, name)
	}
}
