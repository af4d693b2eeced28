package look

import (
	"math"

	"github.com/mirrorcart/mirrorcart/ar"
)

// frameMaterial is what a frame is made of.
type frameMaterial string

// The materials of frames, as data-material names them.
const (
	acetate      frameMaterial = "acetate" // polished plastic
	matteAcetate frameMaterial = "matte"
	metalFrame   frameMaterial = "metal"
)

func frameMaterials() []frameMaterial { return []frameMaterial{acetate, matteAcetate, metalFrame} }

// rimBack is the light on the inner side of the rims, of that on the front.
const rimBack = 0.42

// polishSteps is how finely the slopes of a frame's edges are told apart.
const polishSteps = 8

// polish is how a frame answers light by the slope of its surface to the right
// and downwards.
type polish struct {
	own, white [2*polishSteps + 1][2*polishSteps + 1]float32
	fine       [2]float32 // pixels a millimetre below which edges are not told, and from which all is
}

// fit makes the polish that of a front that stands as the head does.
func (p *polish) fit(h *head, m frameMaterial) {
	p.fine = [2]float32{0.3, 1.3}
	if m == metalFrame { // wires are thin, and would glitter
		p.fine = [2]float32{0.6, 2}
	}
	r := &h.pose.R
	for i := range p.own {
		for j := range p.own[i] {
			x, y := edgeRound*float64(j-polishSteps)/polishSteps, edgeRound*float64(i-polishSteps)/polishSteps
			own, white := m.answer(direction(x-r[2], y-r[5], min(-r[8], -0.2)))
			// Fronts are not so flat that a lamp could fill one.
			p.own[i][j], p.white[i][j] = own, white*float32(flatWhite+(1-flatWhite)*min(2*math.Hypot(x, y), 1))
		}
	}
}

// edgeRound is how steep the edges of a frame are where they end.
const edgeRound = 0.95

// flatWhite is how much of the white light the flat of a frame gives back, of
// what its edges do.
const flatWhite = 0.2

// answer is what a surface of normal n gives back of the light: of its own
// colour, and white.
func (m frameMaterial) answer(n [3]float64) (own, white float32) {
	back := mirrored(n)
	lit := float32(0.40 + 0.78*max(dot3(n, keyLamp), 0) + 0.16*max(dot3(n, fillLamp), 0))
	switch m {
	case metalFrame:
		return 0.30 + 1.05*float32(room(back)) + 0.9*float32(lamps(back, 3)), 0.55 * float32(lamps(back, 4))
	case matteAcetate:
		return 0.35 + 0.65*lit, float32(0.012 + 0.05*lamps(back, 1))
	}
	// Smooth plastic mirrors more the flatter it is looked along.
	grazing := 1 + n[2]
	mirrors := 0.025 + 0.4*grazing*grazing*grazing
	return lit, float32(mirrors*room(back) + 0.24*lamps(back, 4))
}

// drawFront paints the rims' inner sides, then the front, whose edges are
// round. white is how bright the light is.
func (g *glasses) drawFront(f *ar.Frame, white rgb, scale float64, alpha float32) {
	r := g.front.Rect
	w := r.Dx()
	column := r.Min.X - g.face.Rect.Min.X
	step := max(int(0.7*scale+0.5), 1)
	steep := int(256 * smooth(float32(scale), g.polish.fine[0], g.polish.fine[1]))
	part := int32(alpha * 257 * 256) // that 255 times it is 65536, nearly
	for y := range r.Dy() {
		row := f.Pix[3*((y+r.Min.Y)*f.Width+r.Min.X):]
		back, front := g.back.Pix[y*w:][:w], g.front.Pix[y*w:][:w]
		around := g.rowsAround(y, step)
		nose := g.nose.Pix[y*w:][:w]
		for x := range front {
			if back[x] == 0 && front[x] == 0 {
				continue
			}
			px := (*[3]uint8)(row[3*x:])
			seen := part * int32(255-nose[x]) / 255
			if back[x] > 0 && front[x] < 255 {
				lay(px, g.shone(column+x, rimBack, 0, white), seen*int32(back[x])>>8)
			}
			if front[x] > 0 {
				i, j := slope(&around, x, step, steep)
				lay(px, g.shone(column+x, g.polish.own[i][j], g.polish.white[i][j], white), seen*int32(front[x])>>8)
			}
		}
	}
}

// lay lays a colour over the pixel, a 65536ths of it.
func lay(px *[3]uint8, c [3]uint8, a int32) {
	for i, v := range c {
		old := int32(px[i])
		px[i] = uint8(old + ((int32(v)-old)*a+1<<15)>>16)
	}
}

// rowsAround are the front's rows two steps above row y to two below.
func (g *glasses) rowsAround(y, step int) (rows [5][]uint8) {
	w, h := g.front.Rect.Dx(), g.front.Rect.Dy()
	for k := range rows {
		rows[k] = g.front.Pix[min(max(y+(k-2)*step, 0), h-1)*w:][:w]
	}
	return rows
}

// slope is the step of the polish downwards and to the right: outwards, where
// less covers than on the other side. Rims are a few pixels wide, so it is
// judged over as many.
func slope(rows *[5][]uint8, x, step, steep int) (down, right int) {
	last := len(rows[0]) - 1
	for k := -step; k <= step; k += step {
		at := min(max(x+k, 0), last)
		down += int(rows[0][at]) + int(rows[1][at]) - int(rows[3][at]) - int(rows[4][at])
	}
	a, b := max(x-2*step, 0), max(x-step, 0)
	c, d := min(x+step, last), min(x+2*step, last)
	for _, row := range rows[1:4] {
		right += int(row[a]) + int(row[b]) - int(row[c]) - int(row[d])
	}
	const full = 6 * 255 * 256
	down, right = down*steep*polishSteps/full, right*steep*polishSteps/full
	return polishSteps + down, polishSteps + right
}

// shone is the colour of the frame in column x where it gives back so much of
// its own colour and so much white.
func (g *glasses) shone(x int, own, shine float32, white rgb) (c [3]uint8) {
	lit := &g.lit[x]
	for i := range c {
		c[i] = toByte(lit[i]*own + shine*white[2-i])
	}
	return c
}
