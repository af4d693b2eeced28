package look

import (
	"math"
)

// Jewellery is lit by a made-up shop, in the camera's space (x to the right of
// the picture, y down, z away from the camera): bright from above, two lamps
// before the shopper, whose unit directions these are. What a piece mirrors of it changes as the head turns.
var (
	keyLamp  = [3]float64{-0.42616, -0.66292, -0.61557}
	fillLamp = [3]float64{0.66292, -0.23676, -0.71027}
)

const (
	// Cheeks are redder or paler than skin at large by so much (natural
	// logarithm), of which little is the light's; of what is beyond, more is.
	ruddy      = 0.35
	ruddyKept  = 0.15
	beyondKept = 0.6
	// Dark skin and dim light look alike: in doubt a picture is well exposed.
	lightTrust = 0.75
	// How far the light on the two sides of a head differs as its cheeks do,
	// and by what at most.
	sideTrust = 0.6
	sideMost  = 0.45
	// Glare makes a cheek whiter, which is not the light's colour either.
	glareOff = 0.3
)

// sideLights is the light that falls on what hangs on the right and the left
// side of a face. light is judged by the face's skin, whose own redness is
// not to be seen on gold and pearls.
func sideLights(light rgb, cheeks *[2]skinColour, seen bool) (sides [2]rgb) {
	grey := log(max(0.2126*light[0]+0.7152*light[1]+0.0722*light[2], 1e-3))
	for c, v := range light {
		off := log(max(v, 1e-3)) - grey
		own := within(off, ruddy)
		light[c] = exp(lightTrust*grey + ruddyKept*own + beyondKept*(off-own))
	}
	sides = [2]rgb{light, light}
	if !seen {
		return sides
	}
	a, b := cheeks[0].rgb(), cheeks[1].rgb()
	bright := log(max(a[1], 1e-3)) - log(max(b[1], 1e-3))
	for c := range light {
		off := log(max(a[c], 1e-3)) - log(max(b[c], 1e-3)) - bright
		half := sideTrust/2*bright + (off-within(off, glareOff))/2
		half = within(half, sideMost)
		sides[0][c], sides[1][c] = light[c]*exp(half), light[c]*exp(-half)
	}
	return sides
}

// rgb is the colour as red, green and blue.
func (s *skinColour) rgb() rgb { return rgb{s.r, s.g, s.b} }

// middleLight is the light on the middle of the face.
func (j *jewels) middleLight() (l rgb) {
	for c := range l {
		l[c] = (j.light[0][c] + j.light[1][c]) / 2
	}
	return l
}

func direction(x, y, z float64) [3]float64 {
	n := math.Sqrt(x*x + y*y + z*z)
	return [3]float64{x / n, y / n, z / n}
}

func dot3(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func cross3(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

// mirrored is where the camera, which looks along z, sees to in a mirror of
// normal n.
func mirrored(n [3]float64) [3]float64 {
	k := -2 * n[2]
	return [3]float64{k * n[0], k * n[1], k*n[2] + 1}
}

// lamps is how brightly the lamps shine from direction r; sharp is how many
// times the brightness is squared.
func lamps(r [3]float64, sharp int) float64 {
	k, f := max(dot3(r, keyLamp), 0), max(dot3(r, fillLamp), 0)
	for range sharp {
		k, f = k*k, f*f
	}
	return k + 0.5*f
}

// room is how bright the shop is in direction r: light above, a dark band at
// the height of the eyes, a floor between the two.
func room(r [3]float64) float64 {
	up := float32(-r[1])
	sky := smooth(up, 0.02, 0.55)
	floor := 1 - smooth(up, -0.75, -0.05)
	return float64(0.28+0.95*sky+0.45*floor) * (1 + 0.22*math.Sin(4*r[0]+1))
}

// shine is the light that a polished body of a material gives the camera at a
// place where its normal is n and its own colour base.
func (m material) shine(base [3]float32, n [3]float64) (out [3]float32) {
	r := mirrored(n)
	switch m {
	case metal:
		g, s := float32(room(r)), float32(lamps(r, 4))
		for i, b := range base {
			out[i] = b*g + (0.5*b+0.5)*s*1.2
		}
	case pearl:
		facing := -n[2]
		edge := float32((1 - facing) * (1 - facing))
		soft := float32(0.46 + 0.5*max(0.5+0.5*dot3(n, keyLamp), 0) - 0.10*max(n[1], 0))
		s := float32(0.85*lamps(r, 6) + 0.10*lamps(r, 3))
		// Nacre turns rosy where one looks along it.
		rosy := [3]float32{0.74, 0.66, 0.80}
		for i, b := range base {
			out[i] = (b+(rosy[i]*b-b)*min(edge*1.3, 1))*soft + s
		}
	default: // enamel, smooth and clear on top
		soft := float32(0.30 + 0.60*max(0.4+0.6*dot3(n, keyLamp), 0))
		s := float32(0.7*lamps(r, 5)) + 0.05*float32(room(r))
		for i, b := range base {
			out[i] = b*soft + s
		}
	}
	return out
}

// facets is the light of a cut stone seen along its axis from the camera: a
// table, and two rings of facets around it. x and y are places on it, -1 to 1;
// u, v and n are its axes in the camera's space, n towards the camera.
func facets(base [3]float32, x, y float64, u, v, n [3]float64) (out [3]float32) {
	radius := math.Hypot(x, y)
	ring, tilt, sectors := 0.0, 0.0, 1.0
	switch {
	case radius > 0.78:
		ring, tilt, sectors = 2, 0.62, 16
	case radius > 0.46:
		ring, tilt, sectors = 1, 0.36, 8
	}
	sector := math.Floor((math.Atan2(y, x)/(2*math.Pi)+0.5)*sectors + 0.5*ring)
	angle := (sector + 0.5 - 0.5*ring) / sectors * 2 * math.Pi
	sin, cos := math.Sincos(angle - math.Pi)
	var f [3]float64
	for i := range f {
		f[i] = n[i] + tilt*(cos*u[i]+sin*v[i])
	}
	f = direction(f[0], f[1], f[2])
	// What comes back from the stone's underside jumps from facet to facet and
	// with the least turn.
	inner := 0.0
	for k := 1.0; k <= 2; k++ {
		w := math.Sin(k*(2.4*sector+1.7*ring+1.2*x) + 9*k*(f[0]+0.6*n[0]) - 7*k*f[1] + k)
		inner += w * w / 2
	}
	inner *= inner
	s := float32(1.6 * lamps(mirrored(f), 4))
	spark := float32(max(inner-0.72, 0)) * 3
	for i, b := range base {
		out[i] = b*(0.30+0.95*float32(inner)) + (0.25+0.75*b)*spark + s
	}
	return out
}
