package web

import (
	"fmt"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

// A plot is drawn this large, and stretched to where it stands.
const (
	plotWidth  = 960
	plotHeight = 200
	miniWidth  = 240
	miniHeight = 40
)

// column is one bar of a plot.
type column struct {
	Label string // of its time
	Short string // the same below the plot; empty for none
	Sales string
	Sum   string
	X, Y  int
	W, H  int
	Below bool // more was given back than sold

	amount int64
}

// plot is money over time.
type plot struct {
	Title         string
	Says          string // the plot in a sentence, for who cannot see it
	Unit          string // the table's first column
	Columns       []column
	Shorts        []string
	Top, Mid, Low string // labels of the scale
	Zero          int    // y of nothing
	Width, Height int
}

// scale is from where to where a plot goes: round numbers around all amounts,
// and nothing between them.
func scale(amounts []int64) (low, top int64) {
	for _, a := range amounts {
		low, top = min(low, a), max(top, a)
	}
	if low < 0 {
		low = -roundUp(-low)
	}
	if top > 0 || low == 0 {
		top = roundUp(max(top, 1))
	}
	return low, top
}

// roundUp is the next number of 1, 2, 4, 6 or 8 and zeros.
func roundUp(n int64) int64 {
	for step := int64(1); ; step *= 10 {
		for _, first := range []int64{1, 2, 4, 6, 8} {
			if first*step >= n {
				return first * step
			}
		}
	}
}

// lay places the bars.
func (p *plot) lay(w words, currency string) {
	amounts := make([]int64, len(p.Columns))
	for i := range p.Columns {
		amounts[i] = p.Columns[i].amount
	}
	low, top := scale(amounts)
	y := func(amount int64) int { return int(float64(top-amount) / float64(top-low) * plotHeight) }
	money := func(n int64) string { return edge.Money{Amount: n, Currency: currency}.In(w.lang) }
	p.Width, p.Height, p.Zero = plotWidth, plotHeight, y(0)
	p.Top, p.Mid, p.Low = money(top), money((top+low)/2), money(low)
	wide := plotWidth / max(len(p.Columns), 1)
	for i := range p.Columns {
		c := &p.Columns[i]
		c.X, c.W = i*wide+wide/8, wide-wide/4
		c.Y, c.H = y(max(c.amount, 0)), y(min(c.amount, 0))-y(max(c.amount, 0))
		c.Below = c.amount < 0
		if c.amount != 0 {
			c.H = max(c.H, 2)
		}
		p.Shorts = append(p.Shorts, c.Short)
	}
}

// mini is the path of small bars on a scale that many share.
func mini(amounts []int64, top int64) string {
	var b strings.Builder
	wide := miniWidth / max(len(amounts), 1)
	for i, a := range amounts {
		if a <= 0 || top <= 0 {
			continue
		}
		high := max(int(float64(a)/float64(top)*miniHeight), 1)
		fmt.Fprintf(&b, "M%d %dv-%dh%dv%dz", i*wide+wide/8, miniHeight, high, wide-wide/4, high)
	}
	return b.String()
}
