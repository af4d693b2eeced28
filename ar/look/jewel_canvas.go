package look

import (
	"image"
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// stand is how a piece stands before the camera: where its hook is seen, how
// many pixels a millimetre of its drawing makes there, and the directions of
// the drawing's x and y and of its face in the camera's space.
type stand struct {
	at      vec
	scale   float64
	u, v, n [3]float64
}

// newStand is that of a drawing with the directions u and v, nearly at right
// angles.
func newStand(at vec, scale float64, u, v [3]float64) stand {
	along := dot3(u, v)
	u = direction(u[0]-along*v[0], u[1]-along*v[1], u[2]-along*v[2])
	n := cross3(u, v)
	if n[2] > 0 { // seen from behind it looks the same
		n = [3]float64{-n[0], -n[1], -n[2]}
	}
	return stand{at: at, scale: scale, u: u, v: v, n: n}
}

// thin keeps a flat piece from vanishing when it is seen from the side: the
// real one is never thinner than a part of its width.
const thin = 0.28

// axes are the drawing's x and y in the picture, pixels a millimetre. Flat
// pieces are foreshortened, round ones are not.
func (s *stand) axes(round bool) (x, y vec) {
	y = vec{s.scale * s.v[0], s.scale * s.v[1]}
	length := max(math.Hypot(s.v[0], s.v[1]), 1e-3)
	side := vec{s.v[1] / length, -s.v[0] / length} // across y, to the right
	along := s.u[0]*side.x + s.u[1]*side.y
	x = vec{s.scale * s.u[0], s.scale * s.u[1]}
	if want := math.Copysign(max(math.Abs(along), thin), along); round {
		x = vec{s.scale * side.x * math.Copysign(1, along), s.scale * side.y * math.Copysign(1, along)}
	} else if want != along {
		x = vec{s.scale * (s.u[0] + (want-along)*side.x), s.scale * (s.u[1] + (want-along)*side.y)}
	}
	return x, y
}

// canvas is where a piece is drawn before it is laid on the frame as one, so
// that it fades as one: blue, green, red light, and how much it covers, which
// the colours are multiplied by.
type canvas struct {
	rect image.Rectangle
	pix  [][4]float32

	outline mask
	points  []vec
	tubes   []tubePixel
	shade   mask
	clip    mask
	tmp     []uint8
}

// reset empties the canvas and makes it r.
func (c *canvas) reset(r image.Rectangle) {
	n := r.Dx() * r.Dy()
	if cap(c.pix) < n {
		c.pix = make([][4]float32, n)
	}
	c.pix, c.rect = c.pix[:n], r
	clear(c.pix)
}

// over lays light on pixel i, as far as it covers.
func (c *canvas) over(i int, light [3]float32, covers float32) {
	p := &c.pix[i]
	left := 1 - covers
	for k, l := range light {
		p[k] = p[k]*left + l*covers
	}
	p[3] = p[3]*left + covers
}

// part draws a part in colour base, as far as much says (0-1).
func (c *canvas) part(p *jewelPart, s *stand, base [3]float32, much float32) {
	ax, ay := s.axes(p.style.material == pearl)
	det := ax.x*ay.y - ax.y*ay.x
	if math.Abs(det) < 1e-6 {
		return
	}
	c.points = c.points[:0]
	lo, hi := vec{p.mid.x - p.half.x, p.mid.y - p.half.y}, vec{p.mid.x + p.half.x, p.mid.y + p.half.y}
	at := func(q vec) vec { return vec{s.at.x + q.x*ax.x + q.y*ay.x, s.at.y + q.x*ax.y + q.y*ay.y} }
	c.points = append(c.points, at(lo), at(vec{hi.x, lo.y}), at(hi), at(vec{lo.x, hi.y}))
	r := bounds(1, c.rect, c.points)
	if r.Empty() {
		return
	}
	c.outline.reset(r)
	for _, contour := range p.contours {
		c.points = c.points[:0]
		for _, q := range contour {
			c.points = append(c.points, at(q))
		}
		c.outline.outline(c.points)
	}
	c.outline.fill()
	middle := at(p.mid)
	// How far across the part a pixel is, -1 to 1.
	xx, xy := ay.y/det/p.half.x, -ay.x/det/p.half.x
	yx, yy := -ax.y/det/p.half.y, ax.x/det/p.half.y
	across, down := s.upright()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.outline.Pix[(y-r.Min.Y)*r.Dx():][:r.Dx()]
		i := (y-c.rect.Min.Y)*c.rect.Dx() + r.Min.X - c.rect.Min.X
		for x, v := range row {
			if v == 0 {
				continue
			}
			dx, dy := float64(x+r.Min.X)+0.5-middle.x, float64(y)+0.5-middle.y
			px, py := dx*xx+dy*xy, dx*yx+dy*yy
			var light [3]float32
			switch p.style.material {
			case gem:
				light = gemLight(base, px, py, 0.25*(xx+xy), 0.25*(yx+yy), s)
			case pearl:
				light = pearl.shine(base, bulge(px, py, 1, across, down, [3]float64{0, 0, -1}))
			default:
				light = p.style.material.shine(base, bulge(px, py, 0.6, s.u, s.v, s.n))
			}
			c.over(i+x, light, much*float32(v)/255)
		}
	}
}

// upright are the picture's axes across and along the piece.
func (s *stand) upright() (across, down [3]float64) {
	length := max(math.Hypot(s.v[0], s.v[1]), 1e-3)
	down = [3]float64{s.v[0] / length, s.v[1] / length, 0}
	across = [3]float64{down[1], -down[0], 0}
	if s.u[0]*across[0]+s.u[1]*across[1] < 0 {
		across = [3]float64{-across[0], -across[1], 0}
	}
	return across, down
}

// bulge is the normal of a body that bulges so much towards the camera, at x
// and y of -1 to 1 along u and v; n is its normal in the middle.
func bulge(x, y, much float64, u, v, n [3]float64) [3]float64 {
	x, y = much*x, much*y
	if r := x*x + y*y; r > 0.98 {
		k := math.Sqrt(0.98 / r)
		x, y = x*k, y*k
	}
	z := math.Sqrt(1 - x*x - y*y)
	return [3]float64{x*u[0] + y*v[0] + z*n[0], x*u[1] + y*v[1] + z*n[1], x*u[2] + y*v[2] + z*n[2]}
}

// gemLight is the mean light of four places in a pixel of a stone, stepX and stepY
// from its middle: facets are smaller than pixels.
func gemLight(base [3]float32, x, y, stepX, stepY float64, s *stand) (out [3]float32) {
	for _, d := range [4]vec{{-stepX, -stepY}, {stepX, -stepY}, {-stepX, stepY}, {stepX, stepY}} {
		for i, l := range facets(base, x+d.x, y+d.y, s.u, s.v, s.n) {
			out[i] += l / 4
		}
	}
	return out
}

// hide takes away what lies behind the outline, a polygon in the frame, as far
// as much says (0-1).
func (c *canvas) hide(outline []vec, much float32) {
	if much <= 0 {
		return
	}
	c.clip.reset(c.rect)
	c.clip.outline(outline)
	c.clip.fill()
	for i, v := range c.clip.Pix {
		if v > 0 {
			left := 1 - much*float32(v)/255
			for k := range c.pix[i] {
				c.pix[i][k] *= left
			}
		}
	}
}

// The shadow that a piece throws on the skin behind it: how much of the light
// it takes, and where it falls, millimetres.
const (
	jewelShadow = 0.42
	shadowRight = 0.5
	shadowDown  = 1.3
)

// lay puts the canvas on the frame, lit by light, after its shadow, which falls
// on skin alone.
func (c *canvas) lay(f *ar.Frame, skin *skinColour, light rgb, scale float64, alpha float32) {
	c.drawShade(scale)
	w := c.rect.Dx()
	right, down := int(math.Round(shadowRight*scale)), int(math.Round(shadowDown*scale))
	for y := range c.rect.Dy() {
		row := f.Pix[3*((y+c.rect.Min.Y)*f.Width+c.rect.Min.X):]
		var shade []uint8
		if y >= down {
			shade = c.shade.Pix[(y-down)*w:][:w]
		}
		for x := range w {
			p := &c.pix[y*w+x]
			dark := uint8(0)
			if x >= right && shade != nil {
				dark = shade[x-right]
			}
			if p[3] == 0 && dark == 0 {
				continue
			}
			px := row[3*x:][:3]
			b, g, r := linear[px[0]], linear[px[1]], linear[px[2]]
			if dark > 0 && p[3] < 1 {
				keep := 1 - alpha*jewelShadow*float32(dark)/255*skin.like(b, g, r)
				b, g, r = b*keep, g*keep, r*keep
			}
			left := 1 - alpha*p[3]
			px[0] = toByte(b*left + alpha*p[0]*light[2])
			px[1] = toByte(g*left + alpha*p[1]*light[1])
			px[2] = toByte(r*left + alpha*p[2]*light[0])
		}
	}
}

// drawShade makes the soft outline of what is drawn.
func (c *canvas) drawShade(scale float64) {
	n := len(c.pix)
	if cap(c.shade.Pix) < n {
		c.shade.Pix = make([]uint8, n)
	}
	c.shade.Pix, c.shade.Rect, c.shade.Stride = c.shade.Pix[:n], c.rect, c.rect.Dx()
	for i := range c.pix {
		c.shade.Pix[i] = uint8(255*min(c.pix[i][3], 1) + 0.5)
	}
	c.tmp = c.shade.blur(max(int(0.8*scale+0.5), 1), 1, c.tmp)
}
