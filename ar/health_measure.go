package ar

import "math"

// measures are what a picture is judged by; brightness is from 0 to 255.
type measures struct {
	bright float64 // the brightest but for one sample in fifty
	spread float64 // standard deviation of the samples
	local  float64 // mean difference of a sample and its neighbour
	moved  float64 // mean difference of a sample and the same one a frame before
	edges  float64 // share of neighbours that differ by an edge
}

// measure samples f into h.now and compares it with h.was. A sample is the mean
// of four pixels; its neighbour is a 160th of the width away, so that a picture
// which was made larger is judged as it was.
func (h *Health) measure(f *Frame) measures {
	if f.Width < 4 || f.Height < 2 {
		return h.measureSpeck(f)
	}
	apart := max(f.Width/160, 1)
	var values, differences [256]int // how many samples have each
	var sum, squares, local, moved int
	h.view = view{}
	i := 0
	for r := range gridRows {
		y := min((2*r+1)*f.Height/(2*gridRows), f.Height-2)
		for c := range gridColumns {
			x := min((2*c+1)*f.Width/(2*gridColumns), f.Width-2-apart)
			v := brightness(f, x, y)
			px := f.Pix[3*(y*f.Width+x):][:3]
			h.view.add(c, r, px[0], px[1], px[2])
			d := distance(v, brightness(f, x+apart, y))
			local += d
			differences[d/16]++
			moved += distance(v, int(h.was[i]))
			sum += v
			squares += v * v
			values[v/16]++
			h.now[i] = uint16(v)
			i++
		}
	}
	const n = gridSamples
	mean := float64(sum) / n
	bright := highest(&values, n/50)
	edges := 0
	for _, count := range differences[int(min(max(edgeOf*bright, edgeMin), edgeMax)):] {
		edges += count
	}
	return measures{
		bright: bright,
		spread: math.Sqrt(max(float64(squares)/n-mean*mean, 0)) / 16,
		local:  float64(local) / n / 16,
		moved:  float64(moved) / n / 16,
		edges:  float64(edges) / n,
	}
}

// measureSpeck is measure for pictures too small to have neighbours: all that
// can be told is whether they are black.
func (h *Health) measureSpeck(f *Frame) measures {
	top := 0
	for i, v := range f.Pix[:min(len(f.Pix), gridSamples)] {
		top = max(top, int(v))
		h.now[i] = uint16(v)
	}
	return measures{bright: float64(top), edges: 1}
}

// brightness is that of the four pixels at x, y: 16 times 0 to 255.
func brightness(f *Frame, x, y int) int {
	i := 3 * (y*f.Width + x)
	a, b := f.Pix[i:i+6], f.Pix[i+3*f.Width:][:6]
	return int(a[0]) + 2*int(a[1]) + int(a[2]) + int(a[3]) + 2*int(a[4]) + int(a[5]) +
		int(b[0]) + 2*int(b[1]) + int(b[2]) + int(b[3]) + 2*int(b[4]) + int(b[5])
}

func distance(a, b int) int { return max(a-b, b-a) }

// highest is the value that all but skip samples stay below or at.
func highest(histogram *[256]int, skip int) float64 {
	v := 255
	for ; v > 0; v-- {
		if skip -= histogram[v]; skip < 0 {
			break
		}
	}
	return float64(v)
}
