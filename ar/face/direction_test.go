package face_test

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/face"
)

// TestDirections looks at pictures whose heads turn and lean in ways that
// anyone can see.
func TestDirections(t *testing.T) {
	pose := func(name string) ar.Pose {
		faces := track(t, newTracker(t, face.Options{}), readFrame(t, name))
		require.Len(t, faces, 1)
		require.True(t, faces[0].Pose.Valid)
		return faces[0].Pose
	}
	require.Less(t, pose("group_s1a.png").Yaw, -15.0, "she turns to her right")
	require.Greater(t, pose("group_s5a.png").Yaw, 10.0, "she turns to her left")
	require.Greater(t, pose("group_s4d.png").Roll, 15.0, "she leans to her left")
	require.Greater(t, pose("group_s6c.png").Pitch, 15.0, "she lowers her head")
	level := pose("webcam_man.png")
	require.Less(t, math.Abs(level.Yaw), 10.0)
	require.Less(t, math.Abs(level.Pitch), 10.0)
	require.Less(t, math.Abs(level.Roll), 5.0)
}

// TestMirroredPicture: left becomes right, and nothing else changes.
func TestMirroredPicture(t *testing.T) {
	pool := newPool(t, 1)
	for name := range readReferences(t) {
		f := readFrame(t, name)
		plain := track(t, pooled(t, pool, face.Options{}), f)[0]
		// The mirrored picture's nearest may be another of two alike.
		all := track(t, pooled(t, pool, face.Options{MaxFaces: 3}), mirrored(f))
		other := slices.MinFunc(all, func(a, b ar.Face) int {
			return cmp.Compare(math.Abs(float64(a.Points[1].X+plain.Points[1].X)-1), math.Abs(float64(b.Points[1].X+plain.Points[1].X)-1))
		})
		p, q, within := plain.Pose, other.Pose, 3.0
		if name == "group_s4d.png" { // her hair hides half of her face, so its shape is a guess
			within = 8
		}
		require.InDelta(t, p.Yaw, -q.Yaw, within, "%s: yaw", name)
		require.InDelta(t, p.Roll, -q.Roll, within, "%s: roll", name)
		require.InDelta(t, p.Pitch, q.Pitch, within, "%s: pitch", name)
		require.InDelta(t, p.T[0], -q.T[0], 10, "%s: x", name)
		require.InEpsilon(t, p.T[2], q.T[2], 0.05, "%s: distance", name)
		// The shopper's right eye and iris are on the left of a plain picture.
		for _, pair := range [][2]int{{33, 263}, {61, 291}, {468, 473}} {
			right, left := plain.Points[pair[0]], plain.Points[pair[1]]
			require.Less(t, right.X, left.X, name)
			require.InDelta(t, 1-right.X, other.Points[pair[1]].X, 0.01, name)
			require.InDelta(t, right.Y, other.Points[pair[1]].Y, 0.01, name)
		}
	}
}

// TestPosedHeadLiesOnTheFace: the canonical head, carried by the pose and seen
// by its camera, falls on the landmarks.
func TestPosedHeadLiesOnTheFace(t *testing.T) {
	m := openModels(t)
	for name := range readReferences(t) {
		f := readFrame(t, name)
		faces := track(t, newTracker(t, face.Options{}), f)
		require.Len(t, faces, 1)
		p := faces[0].Pose
		eyes := math.Hypot(
			float64(faces[0].Points[33].X-faces[0].Points[263].X)*float64(f.Width),
			float64(faces[0].Points[33].Y-faces[0].Points[263].Y)*float64(f.Height))
		for _, i := range []int{6, 33, 133, 168, 263, 362} { // nose bridge, eyes' corners
			v := m.Head.Vertices[i]
			var c [3]float64
			for axis := range c {
				c[axis] = p.R[3*axis]*v[0] + p.R[3*axis+1]*v[1] + p.R[3*axis+2]*v[2] + p.T[axis]
			}
			x, y := p.CX+p.Focal*c[0]/c[2], p.CY+p.Focal*c[1]/c[2]
			off := math.Hypot(x-float64(faces[0].Points[i].X)*float64(f.Width), y-float64(faces[0].Points[i].Y)*float64(f.Height))
			require.Less(t, off/eyes, 0.12, "%s: point %d", name, i)
		}
	}
}
