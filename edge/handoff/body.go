package handoff

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/mirrorcart/mirrorcart/edge"
)

const maxText = 64 // bytes of a SKU, a sale's id or a receipt's number

// Flags of a line, beside its writer.
const (
	lineGone  = 1
	linePlain = 2
	lineShift = 2
)

// leftOut reports a line that the token need not list, because its own number
// at or below the cut says all: own removed it and nobody else touched it.
func leftOut(l *edge.Line, own edge.Writer) bool {
	if !l.Gone || l.ID.Writer != own {
		return false
	}
	for w := range l.Counts {
		if w != own {
			return false
		}
	}
	return true
}

// plain reports a line on which its own writer alone counted, upwards only.
func plain(l *edge.Line) bool {
	c, ok := l.Counts[l.ID.Writer]
	return ok && len(l.Counts) == 1 && c.Removed == 0
}

func listed(cart *edge.Cart, own edge.Writer) []*edge.Line {
	var lines []*edge.Line
	for i := range cart.Lines {
		if l := &cart.Lines[i]; !leftOut(l, own) {
			lines = append(lines, l)
		}
	}
	return lines
}

// writerTable is own, then all others that the lines name, in order.
func writerTable(lines []*edge.Line, own edge.Writer) []edge.Writer {
	others := map[edge.Writer]bool{}
	for _, l := range lines {
		others[l.ID.Writer] = true
		for w := range l.Counts {
			others[w] = true
		}
	}
	delete(others, own)
	return append([]edge.Writer{own}, slices.Sorted(maps.Keys(others))...)
}

func appendBody(b []byte, cart *edge.Cart, meta Meta) []byte {
	b = append(b, cart.ID[:]...)
	lines := listed(cart, meta.Writer)
	writers := writerTable(lines, meta.Writer)
	place := make(map[edge.Writer]uint64, len(writers))
	b = binary.AppendUvarint(b, uint64(len(writers)))
	for i, w := range writers {
		place[w] = uint64(i)
		b = appendText(b, string(w))
	}
	b = binary.AppendUvarint(b, uint64(cart.Cut(meta.Writer)))
	b = binary.AppendUvarint(b, uint64(len(lines)))
	for _, l := range lines {
		b = appendLine(b, l, place)
	}
	b = binary.AppendUvarint(b, uint64(meta.Release))
	held := uint64(cart.Claim.N) << 1
	if cart.Claim.Holder == edge.HeldByPhone {
		held |= 1
	}
	b = binary.AppendUvarint(b, held)
	b = appendTime(b, cart.Claim.Until)
	b = appendTime(b, meta.Expires)
	if cart.Closed == nil {
		return append(b, 0)
	}
	b = appendText(append(b, 1), cart.Closed.Sale)
	b = appendText(b, cart.Closed.Receipt)
	return appendTime(b, cart.Closed.At)
}

func appendLine(b []byte, l *edge.Line, place map[edge.Writer]uint64) []byte {
	head := place[l.ID.Writer] << lineShift
	if l.Gone {
		head |= lineGone
	}
	if plain(l) {
		head |= linePlain
	}
	b = binary.AppendUvarint(b, head)
	b = binary.AppendUvarint(b, uint64(l.ID.N))
	b = appendText(b, string(l.SKU))
	if plain(l) {
		return binary.AppendUvarint(b, uint64(l.Counts[l.ID.Writer].Added))
	}
	b = binary.AppendUvarint(b, uint64(len(l.Counts)))
	for _, w := range slices.SortedFunc(maps.Keys(l.Counts), func(v, w edge.Writer) int {
		return int(place[v]) - int(place[w])
	}) {
		b = binary.AppendUvarint(b, place[w])
		b = binary.AppendUvarint(b, uint64(l.Counts[w].Added))
		b = binary.AppendUvarint(b, uint64(l.Counts[w].Removed))
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendTime writes t in whole seconds, 0 for the zero time.
func appendTime(b []byte, t time.Time) []byte {
	return binary.AppendUvarint(b, uint64(max(t.Unix(), 0)))
}

// reader takes a body apart. After the first mistake it is bad and returns
// zeros; every loop is bounded by the bytes that are there.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) num(limit uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > limit {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) text() string {
	b := r.take(int(r.num(maxText)))
	if !utf8.Valid(b) {
		r.bad = true
	}
	return string(b)
}

func (r *reader) time() time.Time {
	const year3000 = 32503680000
	s := r.num(year3000)
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}

// count reads how many things follow, of at least one byte each.
func (r *reader) count() int { return int(r.num(uint64(len(r.b)))) }

func (r *reader) body() *Opened {
	cart := &edge.Cart{Claim: edge.Claim{Holder: edge.HeldByShop}}
	copy(cart.ID[:], r.take(len(cart.ID)))
	writers := make([]edge.Writer, r.count())
	for i := range writers {
		writers[i] = edge.Writer(r.text())
		r.bad = r.bad || !writers[i].Valid()
	}
	if len(writers) == 0 {
		r.bad = true
	}
	if r.bad {
		return &Opened{Cart: cart}
	}
	o := &Opened{Cart: cart, Meta: Meta{Writer: writers[0]}}
	o.Cut = uint32(r.num(edge.MaxLines))
	cart.Lines = r.lines(writers)
	o.Release = uint32(r.num(1<<32 - 1))
	held := r.num(1<<33 - 1)
	cart.Claim.N = uint32(held >> 1)
	if held&1 == 1 {
		cart.Claim.Holder = edge.HeldByPhone
	}
	cart.Claim.Until = r.time()
	o.Expires = r.time()
	if r.num(1) == 1 {
		cart.Closed = &edge.Closing{Sale: r.text(), Receipt: r.text(), At: r.time()}
	}
	if !r.bad {
		addRemoved(cart, o.Writer, o.Cut)
	}
	return o
}

func (r *reader) lines(writers []edge.Writer) []edge.Line {
	last := uint64(len(writers) - 1)
	var lines []edge.Line
	for range r.count() {
		head := r.num(last<<lineShift | (1<<lineShift - 1))
		own := writers[head>>lineShift]
		l := edge.Line{
			ID:     edge.LineID{Writer: own, N: uint32(r.num(1<<32 - 1))},
			Gone:   head&lineGone != 0,
			SKU:    edge.SKU(r.text()),
			Counts: map[edge.Writer]edge.Count{},
		}
		if head&linePlain != 0 {
			l.Counts[own] = edge.Count{Added: uint32(r.num(1<<32 - 1))}
		} else {
			for range r.count() {
				w := writers[r.num(last)]
				l.Counts[w] = edge.Count{Added: uint32(r.num(1<<32 - 1)), Removed: uint32(r.num(1<<32 - 1))}
			}
		}
		if r.bad || l.ID.N == 0 {
			r.bad = true
			return nil
		}
		lines = append(lines, l)
	}
	return lines
}

// addRemoved puts in what the token left out: the removal of every line of own
// at or below the cut that it does not list.
func addRemoved(cart *edge.Cart, own edge.Writer, cut uint32) {
	seen := map[uint32]bool{}
	for i := range cart.Lines {
		if id := cart.Lines[i].ID; id.Writer == own {
			seen[id.N] = true
		}
	}
	for n := uint32(1); n <= cut; n++ {
		if !seen[n] {
			cart.Lines = append(cart.Lines, edge.Line{ID: edge.LineID{Writer: own, N: n}, Gone: true})
		}
	}
	slices.SortFunc(cart.Lines, func(a, b edge.Line) int {
		return cmp.Or(cmp.Compare(a.ID.Writer, b.ID.Writer), cmp.Compare(a.ID.N, b.ID.N))
	})
}
