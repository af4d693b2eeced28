package look

import (
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
}

// fit makes the polish that of a front that stands as the head does.
func (p *polish) fit(h *head, m frameMaterial) {
	r := &h.pose.R
	for i := range p.own {
		for j := range p.own[i] {
			x, y := edgeRound*float64(j-polishSteps)/polishSteps, edgeRound*float64(i-polishSteps)/polishSteps
			p.own[i][j], p.white[i][j] = m.answer(direction(x-r[2], y-r[5], min(-r[8], -0.2)))
		}
	}
}

// edgeRound is how steep the edges of a frame are where they end.
const edgeRound = 0.95

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
	return lit, float32(mirrors*room(back) + 0.22*lamps(back, 3))
}

// drawFront paints the rims' inner sides, then the front, whose edges are
// round. white is how bright the light is.
func (g *glasses) drawFront(f *ar.Frame, white rgb, scale float64, alpha float32) {
	r := g.front.Rect
	w, h := r.Dx(), r.Dy()
	step := max(int(0.7*scale+0.5), 1)
	// Its slopes are those of its outline made soft: a rim is a pixel or two
	// wide, whose own edges say little.
	g.relief.blank(r)
	copy(g.relief.Pix, g.front.Pix)
	g.tmp = g.relief.blur(step, 1, g.tmp)
	steep := int(256 * smooth(float32(scale), 0.3, 1.3)) // of smaller ones nothing is told
	for y := range h {
		row := f.Pix[3*((y+r.Min.Y)*f.Width+r.Min.X):]
		back, front := g.back.Pix[y*w:][:w], g.front.Pix[y*w:][:w]
		above, below := g.relief.Pix[max(y-step, 0)*w:][:w], g.relief.Pix[min(y+step, h-1)*w:][:w]
		here := g.relief.Pix[y*w:][:w]
		nose := g.nose.Pix[y*w:][:w]
		for x := range front {
			if back[x] == 0 && front[x] == 0 {
				continue
			}
			px := row[3*x:][:3]
			seen := alpha * float32(255-nose[x]) / (255 * 255)
			if back[x] > 0 && front[x] < 255 {
				blend(px, g.shone(x, rimBack, 0, white), seen*float32(back[x]))
			}
			if front[x] > 0 {
				// Outwards is where there is less of the frame.
				i := polishSteps + slope(above[x], below[x], steep)
				j := polishSteps + slope(here[max(x-step, 0)], here[min(x+step, w-1)], steep)
				blend(px, g.shone(x, g.polish.own[i][j], g.polish.white[i][j], white), seen*float32(front[x]))
			}
		}
	}
}

// slope is a step of the polish: as steep as what covers before differs from
// what does after.
func slope(before, after uint8, steep int) int {
	s := (int(before) - int(after)) * steep * polishSteps / (170 * 256)
	return min(max(s, -polishSteps), polishSteps)
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
