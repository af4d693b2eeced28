package cart

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
)

// visit is a phone's request for a cart.
type visit struct {
	cart        *edge.Cart // as HQ knows it now
	node        string     // the gateway that the cart comes from
	links       uint32     // the token's: see edge.Cart.Admits
	token, lang string
	phone       phone
	phones      hq.Phones // how the phone stands
}

// visit opens the cart that a request names. shown says that a phone shows it.
func (p *Pages) visit(c *gin.Context, shown bool) (*visit, error) {
	ctx := c.Request.Context()
	v := &visit{token: c.Param("token"), lang: langOf(c)}
	var err error
	if err := p.open(ctx, v, shown); err != nil {
		return nil, err
	}
	if v.phone, err = phoneOf(c); err != nil {
		return nil, err
	}
	// A phone that comes back with what it was given is no bot that only looks.
	if v.phone.known && shown {
		v.phones, err = p.HQ.BindPhone(ctx, v.cart.ID, v.cart.Links, v.key())
	} else {
		v.phones, err = p.HQ.Phones(ctx, v.cart.ID, v.cart.Links, v.key())
	}
	return v, err
}

// again looks at the cart and its phones once more.
func (p *Pages) again(ctx context.Context, v *visit) (err error) {
	if v.cart, v.node, err = p.HQ.Cart(ctx, v.cart.ID); err != nil {
		return err
	}
	if err := v.cart.Admits(v.links); err != nil {
		return err
	}
	v.phones, err = p.HQ.Phones(ctx, v.cart.ID, v.cart.Links, v.key())
	return err
}

func (v *visit) key() hq.PhoneKey { return hq.PhoneKeyOf(v.cart.ID, v.phone.secret) }

// open finds the cart that the visit's token names, as HQ knows it now. What
// the token knows and HQ does not is taken in first, and so is that a phone
// shows it.
func (p *Pages) open(ctx context.Context, v *visit, onPhone bool) error {
	opened, err := p.decode(ctx, v)
	if err != nil {
		return err
	}
	if !p.limit.allow(opened.ID, p.Now()) {
		return edge.Errorf("cart.open", edge.TooMany, "cart %s is asked for too often: wait a few seconds", opened.ID)
	}
	have, owner, err := p.HQ.Cart(ctx, opened.ID)
	switch short := opened.Claim == (edge.Claim{}); {
	case edge.KindOf(err) == edge.NotFound && short:
		return edge.Errorf("cart.open", edge.Unavailable, "the shop has not told of this cart yet: try again in a few minutes")
	case err != nil && edge.KindOf(err) != edge.NotFound:
		return err
	case err == nil:
		if err := have.Admits(v.links); err != nil {
			return err
		}
		if short {
			opened = have
		}
		if owner == v.node && knows(have, opened) && (have.Opened != nil || !onPhone) {
			v.cart = have
			return nil // the usual case writes nothing
		}
	}
	if v.cart, err = p.HQ.OpenCart(ctx, opened, v.node, onPhone); err != nil {
		return err
	}
	return v.cart.Admits(v.links)
}

// keys finds gateways' keys at HQ, for handoff.Decode and DecodeShort.
func (p *Pages) keys(ctx context.Context) func(handoff.KeyID) ([]handoff.Key, error) {
	return func(id handoff.KeyID) ([]handoff.Key, error) {
		nodes, err := p.HQ.KeysByPrefix(ctx, id)
		if err != nil {
			return nil, err
		}
		keys := make([]handoff.Key, len(nodes))
		for i, n := range nodes {
			keys[i] = handoff.Key{Node: n.Node, Public: n.Key}
		}
		return keys, nil
	}
}

// decode reads the token: the whole cart, or its id alone from a short one.
func (p *Pages) decode(ctx context.Context, v *visit) (*edge.Cart, error) {
	find := p.keys(ctx)
	if len(v.token) == handoff.ShortLen {
		s, err := handoff.DecodeShort(v.token, find, p.Key, p.Now())
		if err != nil {
			return nil, err
		}
		v.node, v.links = s.Node, s.Links
		return &edge.Cart{ID: s.Cart}, nil
	}
	o, err := handoff.Decode(v.token, find, p.Now())
	if err != nil {
		return nil, err
	}
	v.node, v.links = o.Node, o.Cart.Links
	return o.Cart, nil
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
		merged.Claim == have.Claim && merged.Links == have.Links && reflect.DeepEqual(merged.Closed, have.Closed)
}
