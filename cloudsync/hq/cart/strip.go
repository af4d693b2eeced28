package cart

import (
	"context"
	"fmt"

	"github.com/mirrorcart/mirrorcart/edge"
)

// strip leads from the cart to the page of photos and votes.
type strip struct{ Says, More string }

// strip is nil for a phone that does not own the cart, and where there is
// nothing to look at or to ask about.
func (p *Pages) strip(ctx context.Context, v *visit) (*strip, error) {
	if !v.stands().Owns() {
		return nil, nil
	}
	photos, err := p.HQ.Photos(ctx, v.cart.ID)
	if err != nil {
		return nil, err
	}
	vote, err := p.HQ.VoteOfCart(ctx, v.cart.ID)
	if err != nil && edge.KindOf(err) != edge.NotFound {
		return nil, err
	}
	w := looksWordsIn(v.lang)
	var s strip
	if len(photos) > 0 {
		s.More = fmt.Sprintf(w.StripPhotos, len(photos))
	}
	switch {
	case vote != nil && vote.Voted() > 0:
		s.Says = fmt.Sprintf(w.StripVotes, vote.Voted())
	case vote != nil || len(photos)+len(skusOf(v.cart)) >= edge.MinVoteLooks:
		s.Says = w.StripAskFriends
	case len(photos) > 0:
		s.Says = w.Photos
	default:
		return nil, nil
	}
	return &s, nil
}
