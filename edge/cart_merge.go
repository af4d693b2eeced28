package edge

import (
	"fmt"
	"maps"
	"slices"
)

// Merge takes into c all that o knows. It is commutative, associative and
// idempotent: per line and writer the larger counters stand, a removal
// stands, the later text of a field and the later claim stand, the earlier
// closing and opening stand, and so does every withdrawal of links.
func (c *Cart) Merge(o *Cart) error {
	if c.ID != o.ID {
		return Errorf("edge.Cart.Merge", Invalid, "cart %s cannot take in cart %s", c.ID, o.ID)
	}
	for i := range o.Lines {
		ol := &o.Lines[i]
		j, ok := c.search(ol.ID)
		if !ok {
			l := *ol
			l.Counts, l.Fields = maps.Clone(ol.Counts), maps.Clone(ol.Fields)
			c.Lines = slices.Insert(c.Lines, j, l)
			continue
		}
		c.Lines[j].merge(ol)
	}
	c.Fields = mergeFields(c.Fields, o.Fields)
	c.Claim = laterClaim(c.Claim, o.Claim)
	c.Links = max(c.Links, o.Links)
	c.Closed = FirstClosing(c.Closed, o.Closed)
	if o.Opened != nil && (c.Opened == nil || o.Opened.Before(*c.Opened)) {
		c.Opened = o.Opened
	}
	return nil
}

// Changes counts what was done to the cart, as far as this party has heard. It
// never falls: of two states that one party told, the one with more is the later.
// Changes of a text, or of a claim or closing that was there, count nothing more.
func (c *Cart) Changes() uint64 {
	n := uint64(c.Claim.N) + uint64(c.Links) + uint64(len(c.Fields))
	for i := range c.Lines {
		l := &c.Lines[i]
		n += uint64(len(l.Fields))
		if l.Gone {
			n++
		}
		for _, of := range l.Counts {
			n += uint64(of.Added) + uint64(of.Removed)
		}
	}
	if c.Closed != nil {
		n++
	}
	if c.Opened != nil {
		n++
	}
	return n
}

func (l *Line) merge(o *Line) {
	l.SKU = max(l.SKU, o.SKU) // one of them is empty, or they are equal
	l.Gone = l.Gone || o.Gone
	l.Fields = mergeFields(l.Fields, o.Fields)
	if l.Counts == nil && len(o.Counts) > 0 {
		l.Counts = map[Writer]Count{}
	}
	for w, oc := range o.Counts {
		c := l.Counts[w]
		l.Counts[w] = Count{max(c.Added, oc.Added), max(c.Removed, oc.Removed)}
	}
}

// Check reports the first thing that no cart of ours holds: it guards carts
// that come from outside.
func (c *Cart) Check() error {
	const op = "edge.Cart.Check"
	if len(c.Lines) > maxMergedLines {
		return Errorf(op, TooLarge, "%d lines, at most %d", len(c.Lines), maxMergedLines)
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		if j, ok := c.search(l.ID); !ok || i != j {
			return Errorf(op, Invalid, "line %s is out of order or there twice", l.ID)
		}
		if err := l.check(); err != nil {
			return Errorf(op, Invalid, "line %s: %v", l.ID, err)
		}
	}
	if n := c.fields(); n > maxMergedFields {
		return Errorf(op, TooLarge, "%d notes and options, at most %d", n, maxMergedFields)
	}
	if err := checkFields(c.Fields); err != nil {
		return err
	}
	if c.Closed != nil {
		if err := c.Closed.check(); err != nil {
			return err
		}
	}
	if c.Opened != nil && !universal(*c.Opened) {
		return Errorf(op, Invalid, "the time of opening is not in UTC")
	}
	if c.Links > maxWithdrawals {
		return Errorf(op, Invalid, "links withdrawn %d times, at most %d", c.Links, maxWithdrawals)
	}
	return c.Claim.check()
}

func (l *Line) check() error {
	const maxCount = 1 << 20 // a counter no honest writer reaches
	if len(l.Counts) > maxMergedWriters {
		return fmt.Errorf("%d writers, at most %d", len(l.Counts), maxMergedWriters)
	}
	switch {
	case l.SKU == "" && !l.Gone:
		return fmt.Errorf("sku is missing")
	case len(l.SKU) > maxLineSKU || !plainText(string(l.SKU)):
		return fmt.Errorf("sku %.70q is not plain text of at most %d bytes", l.SKU, maxLineSKU)
	case !l.ID.Writer.Valid() || l.ID.N < 1 || l.ID.N > maxLineNumber:
		return fmt.Errorf("its number is out of bounds")
	}
	if err := checkFields(l.Fields); err != nil {
		return err
	}
	for w, c := range l.Counts {
		if !w.Valid() || c.Added > maxCount || c.Removed > maxCount {
			return fmt.Errorf("counter of %.20q is out of bounds", w)
		}
	}
	return nil
}
