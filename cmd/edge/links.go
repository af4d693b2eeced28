package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// cartLife is how long a cart's link can be opened.
const cartLife = 72 * time.Hour

// links makes the links that take a cart to the phone.
type links interface {
	Apps() []edge.App
	Link(ctx context.Context, c *edge.Cart, app edge.App) (*edge.Link, error)
	LinkWithin(ctx context.Context, c *edge.Cart, most int) (*edge.Link, error)
	QR(url string, size int) ([]byte, error)
	Read(text string) (*edge.CartName, error)
}

func (g *gateway) newLinks(key ed25519.PrivateKey) (links, error) {
	if g.cfg.HQ.PublicURL == "" {
		return noLinks{}, nil
	}
	cfg, err := withConfigured(handoff.Config{
		Key: key, Life: cartLife,
		Writer:    func() edge.Writer { return edge.EpochWriter(g.db.Epoch()) },
		Catalogue: g.db, Now: time.Now,
	}, g.cfg)
	if err != nil {
		return nil, err
	}
	l, err := handoff.NewLinks(cfg)
	if err != nil {
		return nil, fmt.Errorf("handoff: %w", err)
	}
	return l, nil
}

// withConfigured adds what the gateway's configuration says of links.
func withConfigured(cfg handoff.Config, e *firmwarecfg.Edge) (handoff.Config, error) {
	cfg.Base = e.HQ.PublicURL
	if e.HQ.Key != "" {
		hq, err := firmwarecfg.ParsePublicKey(e.HQ.Key)
		if err != nil {
			return cfg, fmt.Errorf("hq.key: %w", err)
		}
		cfg.HQ = hq
	}
	for _, a := range e.Handoff.Apps {
		cfg.Apps = append(cfg.Apps, handoff.App{App: edge.App(a.App), ID: a.ID, Link: a.Link, Longest: a.Longest})
	}
	return cfg, nil
}

// noLinks is a shop whose carts stay in the shop.
type noLinks struct{}

func (noLinks) Apps() []edge.App { return nil }

func (noLinks) Link(context.Context, *edge.Cart, edge.App) (*edge.Link, error) {
	return nil, edge.Errorf("handoff", edge.Unavailable, "carts cannot leave this shop yet: set hq.public_url in edge.yaml")
}

func (n noLinks) LinkWithin(ctx context.Context, c *edge.Cart, _ int) (*edge.Link, error) {
	return n.Link(ctx, c, edge.Web)
}

// Read knows codes alone: a shop that makes no links has none to read.
func (noLinks) Read(text string) (*edge.CartName, error) {
	code, ok := edge.ParseCode(text)
	if !ok {
		return nil, edge.Errorf("handoff", edge.Invalid, "this names no cart: type the ten letters and digits of its code")
	}
	return &edge.CartName{Code: code}, nil
}

func (noLinks) QR(link string, size int) ([]byte, error) { return handoff.QR(link, size) }
