package handoff

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// packer writes or reads a sequence of choices as one number: of each choice
// the number takes as many bits as the choice was surprising, fractions
// included, so that what is usual costs next to nothing. It is range ANS
// (J. Duda, arXiv:1311.2540) on a whole number instead of a window of one.
//
// The same code writes and reads: every method takes the value that is to be
// written and returns the one that counts, so what a body holds is said once.
// After the first thing that cannot be, the packer is bad and gives zeros.
type packer struct {
	reading bool
	bad     bool
	number  *big.Int // what is left to read
	chosen  []chosen // what was written
}

// chosen is the part [low, low+width) of all.
type chosen struct{ low, width, all uint64 }

func unpack(b []byte) *packer {
	return &packer{reading: true, number: new(big.Int).SetBytes(b)}
}

// bytes is what was written, the last choice innermost, without leading zeros.
func (p *packer) bytes() []byte {
	number, rest, n := new(big.Int), new(big.Int), new(big.Int)
	for i := len(p.chosen) - 1; i >= 0; i-- {
		c := p.chosen[i]
		number.QuoRem(number, n.SetUint64(c.width), rest)
		number.Mul(number, n.SetUint64(c.all))
		number.Add(number, rest)
		number.Add(number, n.SetUint64(c.low))
	}
	return number.Bytes()
}

// end reports whether all was read, and nothing of it was wrong.
func (p *packer) end() bool { return !p.bad && p.number.Sign() == 0 }

func (p *packer) spoil() { p.bad, p.number, p.chosen = true, new(big.Int), nil }

// next is where in all the next choice to be read lies.
func (p *packer) next(all uint64) uint64 {
	rest := new(big.Int)
	p.number.QuoRem(p.number, new(big.Int).SetUint64(all), rest)
	return rest.Uint64()
}

func (p *packer) took(c chosen, at uint64) {
	p.number.Mul(p.number, new(big.Int).SetUint64(c.width))
	p.number.Add(p.number, new(big.Int).SetUint64(at-c.low))
}

// choose is one of several things, each as likely as its weight says.
func (p *packer) choose(v int, weights ...uint64) int {
	if p.bad || !p.reading && (v < 0 || v >= len(weights)) {
		p.spoil()
		return 0
	}
	var c chosen
	for _, w := range weights {
		c.all += w
	}
	if !p.reading {
		for _, w := range weights[:v] {
			c.low += w
		}
		c.width = weights[v]
		p.chosen = append(p.chosen, c)
		return v
	}
	at := p.next(c.all)
	for v = 0; at >= c.low+weights[v]; v++ {
		c.low += weights[v]
	}
	c.width = weights[v]
	p.took(c, at)
	return v
}

// is says yes or no, where no is so many times likelier.
func (p *packer) is(v bool, no uint64) bool {
	yes := 0
	if v {
		yes = 1
	}
	return p.choose(yes, no, 1) == 1
}

// below is one of 0 to n-1, all alike.
func (p *packer) below(v, n uint64) uint64 {
	switch {
	case p.bad || n == 0 || !p.reading && v >= n:
		p.spoil()
		return 0
	case p.reading:
		return p.next(n)
	}
	p.chosen = append(p.chosen, chosen{low: v, width: 1, all: n})
	return v
}

// count is a number up to most: in digits of so many bits, the lowest first,
// each with a bit that says whether one more follows.
func (p *packer) count(v, most uint64, bits uint) uint64 {
	if !p.reading && v > most {
		p.spoil()
	}
	digit := uint64(1) << bits
	var sum uint64
	for shift := uint(0); ; shift += bits {
		sum |= p.below(v%digit, digit) << shift
		v /= digit
		more := p.below(min(v, 1), 2) == 1
		switch {
		case sum > most || more && most>>shift < digit:
			p.spoil()
			return 0
		case p.bad || !more:
			return sum
		}
	}
}

// sized is a list as long as it is, or was.
func sized[T any](p *packer, list []T, most int, bits uint) []T {
	n := int(p.count(uint64(len(list)), uint64(most), bits))
	if p.reading {
		return make([]T, n)
	}
	return list
}

// time is a time in whole seconds, most likely within a day of another.
func (p *packer) time(t, near time.Time) time.Time {
	if p.is(t.IsZero(), 31) {
		return time.Time{}
	}
	away := t.Unix() - near.Unix()
	before := p.is(away < 0, 3)
	n := int64(p.count(uint64(max(away, -away)), 1<<36, 8))
	if before {
		n = -n
	}
	return time.Unix(near.Unix()+n, 0).UTC()
}

// writer is most likely that of a gateway, as edge.EpochWriter names them.
func (p *packer) writer(w edge.Writer) edge.Writer {
	const epochDigits = 8 // of 5 bits
	epoch, err := strconv.ParseUint(strings.TrimPrefix(string(w), "g"), 32, 64)
	if other := err != nil || len(w) != 1+epochDigits || w[0] != 'g'; !p.is(other, 15) {
		return edge.Writer(fmt.Sprintf("g%0*s", epochDigits, strconv.FormatUint(p.below(epoch, 1<<(5*epochDigits)), 32)))
	}
	name := make([]byte, p.count(uint64(len(w)), 16, 4))
	for i := range name {
		const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
		at := 0
		if !p.reading {
			at = strings.IndexByte(letters, w[i])
		}
		name[i] = letters[p.below(uint64(at), uint64(len(letters)))]
	}
	return edge.Writer(name)
}
