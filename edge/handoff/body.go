package handoff

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// What a body may hold; more than any cart of ours does.
const (
	maxOthers  = 4 * edge.MaxLines // lines of other writers
	maxWriters = 512
	maxHours   = 1 << 12 // from issue to expiry
	maxMinutes = 1 << 24 // from beginning to issue, in 2057
)

// What the first texts of a cart are guessed to look like.
const (
	likeSKU     = "AAA-AAA-00"
	likeSale    = "00000000-0000-7000-8000-000000000000"
	likeReceipt = "A0-0-000000"
)

// body is what a token says of a cart beside its id.
type body struct {
	Meta
	links   uint32
	claim   edge.Claim
	closed  edge.Closing  // the zero one where the cart is open
	writers []edge.Writer // beside the gateway's own, in order
	own     []edge.Line   // the gateway's, by their numbers from 1 to the cut
	others  []edge.Line
}

func bodyOf(cart *edge.Cart, meta Meta) *body {
	b := &body{Meta: meta, links: cart.Links, claim: cart.Claim}
	if cart.Closed != nil {
		b.closed = *cart.Closed
	}
	b.own = make([]edge.Line, cart.Cut(meta.Writer))
	named := map[edge.Writer]bool{}
	for i := range cart.Lines {
		l := cart.Lines[i]
		switch {
		case leftOut(&l, meta.Writer):
			continue
		case l.ID.Writer == meta.Writer:
			b.own[l.ID.N-1] = l
		default:
			b.others = append(b.others, l)
		}
		named[l.ID.Writer] = true
		for w := range l.Counts {
			named[w] = true
		}
	}
	delete(named, meta.Writer)
	b.writers = slices.Sorted(maps.Keys(named))
	return b
}

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

// cart is the cart that a body was read of. What was left out was removed.
func (b *body) cart(id edge.CartID) *edge.Cart {
	c := &edge.Cart{ID: id, Links: b.links, Claim: b.claim, Lines: slices.Concat(b.own, b.others)}
	if b.closed != (edge.Closing{}) {
		c.Closed = &b.closed
	}
	for i := range b.own {
		if l := &c.Lines[i]; l.ID == (edge.LineID{}) {
			*l = edge.Line{ID: edge.LineID{Writer: b.Writer, N: uint32(i + 1)}, Gone: true}
		}
	}
	slices.SortFunc(c.Lines, func(a, b edge.Line) int {
		return cmp.Or(cmp.Compare(a.ID.Writer, b.ID.Writer), cmp.Compare(a.ID.N, b.ID.N))
	})
	return c
}

// pack writes or reads the body.
func (b *body) pack(p *packer) {
	b.Writer = p.writer(b.Writer)
	b.Release = uint32(p.count(uint64(b.Release), 1<<32-1, 7))
	b.packTimes(p)
	b.Partial = p.is(b.Partial, 15)
	b.links = uint32(p.count(uint64(b.links), 1<<32-1, 1))
	b.packClaim(p)
	if p.is(b.closed != (edge.Closing{}), 7) {
		b.closed.Sale = p.text(b.closed.Sale, likeSale, false)
		b.closed.Receipt = p.text(b.closed.Receipt, likeReceipt, false)
		b.closed.At = p.time(b.closed.At, b.Issued)
	}
	b.writers = sized(p, b.writers, maxWriters, 1)
	for i := range b.writers {
		b.writers[i] = p.writer(b.writers[i])
	}
	b.own = sized(p, b.own, edge.MaxLines, 3)
	if len(b.writers) > 0 {
		b.others = sized(p, b.others, maxOthers, 3)
	}
	t := linePacker{packer: p, writers: append([]edge.Writer{b.Writer}, b.writers...), like: likeSKU}
	for i := range b.own {
		b.own[i] = t.ownLine(b.own[i], uint32(i+1))
	}
	for i := range b.others {
		b.others[i] = t.otherLine(b.others[i])
	}
}

func (b *body) packTimes(p *packer) {
	minutes := b.Issued.Sub(beginning()) / time.Minute
	hours := b.Expires.Sub(b.Issued) / time.Hour
	minutes = time.Duration(p.below(uint64(minutes), maxMinutes))
	hours = time.Duration(p.count(uint64(hours), maxHours, 7))
	b.Issued = beginning().Add(minutes * time.Minute)
	b.Expires = b.Issued.Add(hours * time.Hour)
}

func (b *body) packClaim(p *packer) {
	cl := b.claim
	b.claim = edge.Claim{Holder: edge.HeldByShop}
	if p.is(cl.N > 0 || cl.Holder != edge.HeldByShop, 7) {
		b.claim.N = uint32(p.count(uint64(cl.N), 1<<32-1, 2))
		if p.is(cl.Holder == edge.HeldByPhone, 1) {
			b.claim.Holder = edge.HeldByPhone
		}
	}
	b.claim.Until = p.time(cl.Until, b.Issued)
}

// linePacker packs the lines of a body, one after the other.
type linePacker struct {
	*packer
	writers []edge.Writer
	like    string // the SKU before
	further bool   // there was one
}

// How much is said of a line.
const (
	removed = iota // no more than that
	plain          // its own writer alone counted, upwards only
	full
)

func saidOf(l *edge.Line) int {
	if l.ID == (edge.LineID{}) {
		return removed
	}
	c, ok := l.Counts[l.ID.Writer]
	if ok && len(l.Counts) == 1 && c.Added > 0 && c.Removed == 0 && !l.Gone {
		return plain
	}
	return full
}

func (t *linePacker) ownLine(l edge.Line, n uint32) edge.Line {
	said := t.choose(saidOf(&l), 1, 14, 1)
	if said == removed {
		return edge.Line{}
	}
	return t.line(l, edge.LineID{Writer: t.writers[0], N: n}, said)
}

func (t *linePacker) otherLine(l edge.Line) edge.Line {
	w := t.writer(l.ID.Writer)
	n := uint32(t.count(uint64(l.ID.N)-1, 1<<31, 3)) + 1
	return t.line(l, edge.LineID{Writer: w, N: n}, t.choose(saidOf(&l), 1, 14, 14))
}

func (t *linePacker) line(l edge.Line, id edge.LineID, said int) edge.Line {
	packed := edge.Line{ID: id, SKU: edge.SKU(t.text(string(l.SKU), t.like, t.further)), Counts: map[edge.Writer]edge.Count{}}
	t.like, t.further = string(packed.SKU), true
	if said == plain {
		packed.Counts[id.Writer] = edge.Count{Added: t.counter(l.Counts[id.Writer].Added-1) + 1}
		return packed
	}
	packed.Gone = t.is(l.Gone, 1)
	var counted []edge.Writer
	for _, w := range t.writers {
		if _, ok := l.Counts[w]; ok {
			counted = append(counted, w)
		}
	}
	for _, w := range sized(t.packer, counted, len(t.writers), 2) {
		w = t.writer(w)
		c := l.Counts[w]
		packed.Counts[w] = edge.Count{Added: t.counter(c.Added), Removed: t.counter(c.Removed)}
	}
	return packed
}

// writer is one of the writers of the cart.
func (t *linePacker) writer(w edge.Writer) edge.Writer {
	return t.writers[t.below(uint64(max(slices.Index(t.writers, w), 0)), uint64(len(t.writers)))]
}

func (t *linePacker) counter(n uint32) uint32 { return uint32(t.count(uint64(n), 1<<31, 1)) }
