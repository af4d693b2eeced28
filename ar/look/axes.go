package look

import (
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Landmarks that hardly move with expression, by which the way a head looks is
// read: the brows' middle and the nose's base.
const (
	foreheadPoint = 168
	nosePoint     = 2
)

// vec3 is a direction or a place: x to the right of the picture, y down, z away
// from the camera.
type vec3 [3]float64

// axes turn directions on the canonical head to how they are seen in a frame.
type axes struct{ right, down, back vec3 }

// newAxes reads them from the landmarks: rigid points of the face as they lie
// now and as they lie on the canonical head.
func newAxes(mesh *ar.Mesh, face *ar.Face, f *ar.Frame) axes {
	at := func(i int) vec3 {
		p := face.Points[i]
		return vec3{float64(p.X) * float64(f.Width), float64(p.Y) * float64(f.Height), float64(p.Z) * float64(f.Width)}
	}
	rest := func(i int) vec3 { return vec3(mesh.Vertices[i]) }
	span := func(at func(int) vec3) [3]vec3 {
		x := at(leftEye).minus(at(rightEye)).unit()
		y := at(nosePoint).minus(at(foreheadPoint))
		y = y.minus(x.times(x.dot(y))).unit()
		return [3]vec3{x, y, x.cross(y)}
	}
	now, then := span(at), span(rest)
	turn := func(d vec3) (out vec3) {
		for i := range now {
			part := then[i].dot(d)
			for k := range out {
				out[k] += part * now[i][k]
			}
		}
		return out
	}
	return axes{turn(vec3{1, 0, 0}), turn(vec3{0, 1, 0}), turn(vec3{0, 0, 1})}
}

// seen is how the direction x, y, z of the canonical head is seen.
func (a *axes) seen(x, y, z float64) vec {
	return vec{
		x*a.right[0] + y*a.down[0] + z*a.back[0],
		x*a.right[1] + y*a.down[1] + z*a.back[1],
	}
}

func (a vec3) minus(b vec3) vec3    { return vec3{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }
func (a vec3) times(k float64) vec3 { return vec3{k * a[0], k * a[1], k * a[2]} }
func (a vec3) dot(b vec3) float64   { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
func (a vec3) cross(b vec3) vec3 {
	return vec3{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

// unit is a made one long; nothing stays nothing.
func (a vec3) unit() vec3 {
	n := math.Sqrt(a.dot(a))
	if n == 0 {
		return a
	}
	return a.times(1 / n)
}
