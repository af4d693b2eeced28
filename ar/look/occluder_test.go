package look

import (
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// occluder is a thing that is drawn over a face. Its places are in units of the
// distance between the eyes: x to the right of the picture from the nose's tip,
// y down from there.
type occluder struct {
	name    string
	outline [][]vec
	// surface is the light (blue, green, red) of a place; edge is how far it is
	// from the outline.
	surface func(p vec, edge float64) [3]float64
}

// put draws the thing dx aside of its place and returns how much of each pixel
// it covers.
func (o *occluder) put(f *ar.Frame, face *ar.Face, dx float64) *mask {
	unit, origin := eyeDistance(face, f), pixel(face, 4, f)
	var cover mask
	cover.reset(boundsOf(f))
	var pixels [][]vec
	for _, c := range o.outline {
		var line []vec
		for _, p := range c {
			line = append(line, vec{origin.x + (p.x+dx)*unit, origin.y + p.y*unit})
		}
		pixels = append(pixels, line)
		cover.outline(line)
	}
	cover.fill()
	for i, a := range cover.Pix {
		if a == 0 {
			continue
		}
		p := vec{float64(i%f.Width) + 0.5, float64(i/f.Width) + 0.5}
		edge := math.Inf(1)
		for _, c := range pixels {
			if contains(c, p) {
				edge = min(edge, edgeDistance(c, p))
			}
		}
		if math.IsInf(edge, 1) {
			edge = 0
		}
		light := o.surface(vec{(p.x-origin.x)/unit - dx, (p.y - origin.y) / unit}, edge/unit)
		for k, v := range light {
			old := float64(linear[f.Pix[3*i+k]])
			f.Pix[3*i+k] = toByte(float32(old + (v-old)*float64(a)/255))
		}
	}
	return &cover
}

// noise is between −1 and 1, even within squares of a given side.
func noise(p vec, side float64) float64 {
	return 2*float64(grain(float32(p.x/side+100), float32(p.y/side+100))) - 1
}

// rounded is an oval, or nearer to a rectangle the greater power is.
func rounded(cx, cy, rx, ry, power float64) []vec {
	var c []vec
	for i := range 48 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 48)
		fit := func(v float64) float64 { return math.Copysign(math.Pow(math.Abs(v), 2/power), v) }
		c = append(c, vec{cx + rx*fit(cos), cy + ry*fit(sin)})
	}
	return c
}

// cloth is woven and lies in folds; light is its colour's.
func cloth(c ar.Color) func(vec, float64) [3]float64 {
	light := lightOf(c)
	return func(p vec, edge float64) [3]float64 {
		k := 1 + 0.18*math.Sin(9*p.y+3*p.x) + 0.05*math.Sin(90*p.x)*math.Sin(90*p.y) + 0.04*noise(p, 0.05)
		k *= 0.75 + 0.25*min(edge/0.04, 1)
		return [3]float64{k * float64(light[2]), k * float64(light[1]), k * float64(light[0])}
	}
}

// hand is a palm and four fingers that come from the right: round, lighter in
// the middle, dark between the fingers.
func hand(name string, skin rgb, cx, cy float64) occluder {
	o := occluder{name: name}
	o.outline = append(o.outline, rounded(cx+0.75, cy+0.05, 0.55, 0.46, 2.5))
	for i := range 4 {
		y := cy - 0.33 + 0.23*float64(i)
		length := []float64{0.62, 0.78, 0.72, 0.5}[i]
		o.outline = append(o.outline, rounded(cx+0.45-length/2, y, length, 0.105, 3.2))
	}
	o.surface = func(p vec, edge float64) [3]float64 {
		k := 0.45 + 0.6*min(math.Sqrt(edge/0.09), 1) + 0.05*noise(p, 0.02) + 0.06*noise(p, 0.15)
		if d := math.Mod(p.x-cx+5, 0.3); d < 0.02 { // creases of the joints
			k *= 0.8
		}
		return [3]float64{k * float64(skin[2]), k * float64(skin[1]), k * float64(skin[0])}
	}
	return o
}

// strands are locks of hair whose colours are of a picture of hair.
func strands(hair *ar.Frame, x0, y0, w, h int) occluder {
	o := occluder{name: "hair strands"}
	for i := range 9 {
		x := -0.95 + 0.09*float64(i) + 0.03*math.Sin(5*float64(i))
		wide := 0.018 + 0.012*math.Abs(math.Sin(7*float64(i)))
		var left, right []vec
		for j := range 25 {
			y := -1.2 + 0.09*float64(j)
			bend := 0.12*math.Sin(1.3*y+0.4*float64(i)) + 0.1*y
			left, right = append(left, vec{x + bend - wide, y}), append(right, vec{x + bend + wide, y})
		}
		for j := len(right) - 1; j >= 0; j-- {
			left = append(left, right[j])
		}
		o.outline = append(o.outline, left)
	}
	o.surface = func(p vec, _ float64) [3]float64 {
		px, py := int(math.Abs(p.x)*90), int((p.y+2)*50)
		i := 3 * ((y0+py%h)*hair.Width + x0 + px%w)
		return [3]float64{float64(linear[hair.Pix[i]]), float64(linear[hair.Pix[i+1]]), float64(linear[hair.Pix[i+2]])}
	}
	return o
}

// scarf covers the forehead and the sides of the face.
func scarf(name string, c ar.Color) occluder {
	var left, right, top []vec
	for i := range 21 {
		y := -1.5 + 0.15*float64(i)
		inner := 0.72 - 0.25*math.Pow(max(y-0.3, 0), 2)
		right = append(right, vec{inner, y})
		left = append([]vec{{-inner, y}}, left...)
	}
	right = append(right, vec{1.6, 1.5}, vec{1.6, -1.5})
	left = append(left, vec{-1.6, -1.5}, vec{-1.6, 1.5})
	top = []vec{{-0.72, -1.7}, {0.72, -1.7}, {0.72, -0.95}, {0, -1.02}, {-0.72, -0.95}}
	return occluder{name: name, outline: [][]vec{left, right, top}, surface: cloth(c)}
}

// maskOver is a surgical mask: from the nose's bridge to below the chin.
func maskOver(name string, c ar.Color) occluder {
	return occluder{name: name, surface: cloth(c), outline: [][]vec{maskEdge()}}
}

// maskEdge is a mask's outline.
func maskEdge() []vec {
	var half []vec
	for i, x := range []float64{0, 0.2, 0.6, 1.1, 1.1, 0.7, 0.3} {
		half = append(half, vec{x, []float64{-0.42, -0.38, -0.2, -0.15, 0.7, 1.2, 1.5}[i]})
	}
	whole := half
	for i := len(half) - 1; i > 0; i-- {
		whole = append(whole, vec{-half[i].x, half[i].y})
	}
	return whole
}

// plain is one thing of one material.
func plain(name string, outline []vec, surface func(vec, float64) [3]float64) occluder {
	return occluder{name: name, outline: [][]vec{outline}, surface: surface}
}

// glazed is pottery, round from side to side, with a bright streak.
func glazed(c ar.Color, cx, r float64) func(vec, float64) [3]float64 {
	light := lightOf(c)
	return func(p vec, _ float64) [3]float64 {
		x := (p.x - cx) / r
		k, shine := 0.5+0.5*math.Sqrt(max(1-x*x, 0)), 0.5*math.Exp(-square64((x+0.4)/0.1))
		return [3]float64{k*float64(light[2]) + shine, k*float64(light[1]) + shine, k*float64(light[0]) + shine}
	}
}

func square64(x float64) float64 { return x * x }

// wire is a microphone's head: a dark ball of wire.
func wire(p vec, edge float64) [3]float64 {
	k := 0.02 + 0.06*math.Abs(math.Sin(70*p.x)*math.Sin(70*p.y)) + 0.05*min(edge/0.2, 1)
	return [3]float64{k, k, k}
}

// glass is a phone's back: dark, with a pale reflection.
func glass(p vec, edge float64) [3]float64 {
	k := 0.015
	if edge < 0.02 {
		k = 0.25
	}
	k += 0.1 * smooth64(math.Mod(p.x+p.y+5, 0.8), 0.5, 0.7)
	return [3]float64{1.1 * k, k, k}
}

func smooth64(x, lo, hi float64) float64 {
	return float64(smooth(float32(x), float32(lo), float32(hi)))
}
