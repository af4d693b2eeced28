package cart

import (
	"fmt"
	"slices"

	"github.com/mirrorcart/mirrorcart/edge"
)

// shownLook is a look as the template draws it: Src leads the address of its
// sealed photo, Up that of the pictures.
type shownLook struct {
	L       look
	W       looksWords
	Src, Up string
}

// With shows a look.
func (v *looksView) With(l look, src, up string) shownLook {
	return shownLook{L: l, W: v.Words, Src: src + l.Photo, Up: up}
}

// WithOwn shows a look of a vote to the shopper, who has the photo's own key.
func (v *looksView) WithOwn(l look, src, up string) shownLook {
	l.Wrapped = ""
	return v.With(l, src, up)
}

// CanAsk reports whether there are enough looks to ask about.
func (v *looksView) CanAsk() bool { return len(v.Choices) >= edge.MinVoteLooks }

// Chosen reports whether this friend has voted.
func (v *looksView) Chosen() bool {
	return slices.ContainsFunc(v.Vote.Looks, func(l look) bool { return l.Chosen })
}

// Count says how many have voted.
func (w looksWords) Count(n, most int) string { return fmt.Sprintf(w.Voted, n, most) }
