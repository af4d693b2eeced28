package face

import (
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// rotation is Rodrigues' formula: the matrix that turns about v by |v| radians.
func rotation(v [3]float64) [9]float64 {
	angle := math.Sqrt(dot(v, v))
	if angle < 1e-12 {
		return [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}
	}
	x, y, z := v[0]/angle, v[1]/angle, v[2]/angle
	s, c := math.Sincos(angle)
	k := 1 - c
	return [9]float64{
		c + k*x*x, k*x*y - s*z, k*x*z + s*y,
		k*x*y + s*z, c + k*y*y, k*y*z - s*x,
		k*x*z - s*y, k*y*z + s*x, c + k*z*z,
	}
}

// angles takes R apart as Ry(−yaw)·Rx(pitch)·Rz(roll), degrees; ar.Pose says
// which way each is positive.
func angles(r [9]float64) (yaw, pitch, roll float64) {
	const degrees = 180 / math.Pi
	return degrees * math.Atan2(-r[2], r[8]),
		degrees * math.Asin(min(max(-r[5], -1), 1)),
		degrees * math.Atan2(r[3], r[4])
}

func multiply(a, b [9]float64) (out [9]float64) {
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				out[3*i+j] += a[3*i+k] * b[3*k+j]
			}
		}
	}
	return out
}

func turn(r [9]float64, v [3]float64) [3]float64 {
	return [3]float64{
		r[0]*v[0] + r[1]*v[1] + r[2]*v[2],
		r[3]*v[0] + r[4]*v[1] + r[5]*v[2],
		r[6]*v[0] + r[7]*v[1] + r[8]*v[2],
	}
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func unit(v [3]float64) [3]float64 {
	n := math.Sqrt(dot(v, v))
	return [3]float64{v[0] / n, v[1] / n, v[2] / n}
}

// between is the way from a to b.
func between(a, b ar.Point) [3]float64 {
	return [3]float64{float64(b.X - a.X), float64(b.Y - a.Y), float64(b.Z - a.Z)}
}

func distance(a, b ar.Point) float64 {
	v := between(a, b)
	return math.Sqrt(dot(v, v))
}
