package cart

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
)

// open takes a token for the cart it names, as HQ knows it now. What the token
// knows and HQ does not is taken in first, and so is that a phone shows it.
// node is the gateway the cart comes from.
func (p *Pages) open(ctx context.Context, token string, onPhone bool) (cart *edge.Cart, node string, err error) {
	o, err := handoff.Decode(token, func(id handoff.KeyID) ([]handoff.Key, error) {
		nodes, err := p.HQ.KeysByPrefix(ctx, id)
		if err != nil {
			return nil, err
		}
		keys := make([]handoff.Key, len(nodes))
		for i, n := range nodes {
			keys[i] = handoff.Key{Node: n.Node, Public: n.Key}
		}
		return keys, nil
	}, p.Now())
	if err != nil {
		return nil, "", err
	}
	if !p.limit.allow(o.Cart.ID, p.Now()) {
		return nil, "", edge.Errorf("cart.open", edge.TooMany, "cart %s is asked for too often: wait a few seconds", o.Cart.ID)
	}
	have, owner, err := p.HQ.Cart(ctx, o.Cart.ID)
	switch {
	case edge.KindOf(err) == edge.NotFound:
	case err != nil:
		return nil, "", err
	case owner == o.Node && knows(have, o.Cart) && (have.Opened != nil || !onPhone):
		return have, owner, nil // the usual case writes nothing
	}
	cart, err = p.HQ.OpenCart(ctx, o.Cart, o.Node, onPhone)
	return cart, o.Node, err
}

// fetchedAhead reports whether a browser or a bot asks for a page that nobody
// may ever look at.
func fetchedAhead(h http.Header) bool {
	return strings.HasPrefix(h.Get("Sec-Purpose"), "prefetch") || strings.HasPrefix(h.Get("Purpose"), "prefetch")
}

// knows reports whether have would not change by taking in opened.
func knows(have, opened *edge.Cart) bool {
	merged := edge.Cart{ID: have.ID}
	return merged.Merge(have) == nil && merged.Merge(opened) == nil && reflect.DeepEqual(merged.Lines, have.Lines) &&
		merged.Claim == have.Claim && reflect.DeepEqual(merged.Closed, have.Closed)
}
