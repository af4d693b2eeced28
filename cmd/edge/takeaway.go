package main

import (
	"context"
	"crypto/ed25519"
	"path/filepath"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/https"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
	"github.com/mirrorcart/mirrorcart/edge/photo"
)

// newCourier makes what brings shoppers' photos to HQ; nil in a shop that has no
// line, or no address to bring them to.
func (g *gateway) newCourier(key ed25519.PrivateKey) (*photo.Courier, error) {
	if g.cfg.HQ.MQTT.URL == "" || g.cfg.HQ.PublicURL == "" {
		return nil, nil
	}
	to := https.Photos{Post: g.post(key)}
	return photo.NewCourier(filepath.Join(g.cfg.DataDir, "photos-away"), to.Send, time.Now, g.log)
}

// recordsCame does at once what HQ's word asks for.
func (g *gateway) recordsCame(list []edge.Record) {
	for _, r := range list {
		if r.Kind != edge.RecordPhoto || r.State != edge.PhotoDeleted {
			continue
		}
		for _, s := range g.stations {
			s.kiosk.PhotoDeleted(r.ID)
		}
		if g.courier == nil {
			continue
		}
		if err := g.courier.Forget(r.ID); err != nil {
			g.log.Error("a photo that waits for the line could not be deleted", "err", err)
		}
	}
}

// fragment is what stands behind the # of a cart's link, for a kiosk's own screen.
func (g *gateway) fragment(ctx context.Context, cart edge.CartID) string {
	for _, s := range g.stations {
		if f := s.kiosk.Fragment(ctx, cart); f != "" {
			return f
		}
	}
	return ""
}

// photoLinks adds to the links that a browser opens what opens the photos which
// go along.
type photoLinks struct {
	links
	fragment func(context.Context, edge.CartID) string
}

func (p photoLinks) Link(ctx context.Context, c *edge.Cart, app edge.App) (*edge.Link, error) {
	link, err := p.links.Link(ctx, c, app)
	if err != nil || link.App != edge.Web {
		return link, err
	}
	with := *link
	if with.URL = p.with(ctx, link.URL, c.ID); with.URL == link.URL {
		return link, nil
	}
	if _, err := handoff.QRVersion(with.URL); err != nil { // it says less of the cart then
		return p.LinkWithin(ctx, c, len(link.URL))
	}
	return &with, nil
}

func (p photoLinks) LinkWithin(ctx context.Context, c *edge.Cart, most int) (*edge.Link, error) {
	fragment := p.with(ctx, "", c.ID)
	link, err := p.links.LinkWithin(ctx, c, most-len(fragment))
	if err != nil || fragment == "" {
		return link, err
	}
	with := *link
	with.URL += fragment
	return &with, nil
}

func (p photoLinks) with(ctx context.Context, url string, cart edge.CartID) string {
	if f := p.fragment(ctx, cart); f != "" {
		return url + "#" + f
	}
	return url
}
