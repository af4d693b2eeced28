package process

import (
	"fmt"
	"io"
	"time"
)

// progressEvery is how often a progress line is written.
const progressEvery = time.Second

// Progress tells a person how far something long has come: a line a second, and
// none for what is done sooner.
type Progress struct {
	w     io.Writer
	what  string
	total uint64
	told  time.Time
	begun time.Time
}

// NewProgress begins.
func NewProgress(w io.Writer, what string, total uint64) *Progress {
	return &Progress{w: w, what: what, total: total, told: time.Now(), begun: time.Now()}
}

// Set says how much of the total is done.
func (p *Progress) Set(done uint64) {
	if time.Since(p.told) < progressEvery || p.total == 0 {
		return
	}
	p.told = time.Now()
	spent := time.Since(p.begun)
	left := time.Duration(float64(spent) * float64(p.total-min(done, p.total)) / float64(max(done, 1)))
	fmt.Fprintf(p.w, "%s: %d of %d (%d %%), %s left\n", p.what, done, p.total, done*100/p.total, left.Round(time.Second))
}
