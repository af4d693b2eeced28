package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
)

// longLinks makes links as long as it may.
type longLinks struct {
	noLinks
	length int
}

func (l longLinks) Link(_ context.Context, _ *edge.Cart, app edge.App) (*edge.Link, error) {
	const base = "https://cart.example.com/c/"
	return &edge.Link{App: app, URL: base + strings.Repeat("a", l.length-len(base))}, nil
}

func (l longLinks) LinkWithin(ctx context.Context, c *edge.Cart, most int) (*edge.Link, error) {
	return longLinks{length: min(l.length, most)}.Link(ctx, c, edge.Web)
}

// What opens the photos goes with links for the browser alone: no chat app's
// servers read it.
func TestLinksThatOpenPhotos(t *testing.T) {
	const fragment = "k=MDEyMzQ1Njc4OWFiY2RlZg"
	cart := &edge.Cart{ID: edge.CartID{1}}
	ctx := t.Context()
	p := photoLinks{longLinks{length: 150}, func(_ context.Context, id edge.CartID) string {
		if id == cart.ID {
			return fragment
		}
		return ""
	}}
	web, err := p.Link(ctx, cart, edge.Web)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(web.URL, "#"+fragment))
	other, err := p.Link(ctx, &edge.Cart{ID: edge.CartID{2}}, edge.Web)
	require.NoError(t, err)
	require.NotContains(t, other.URL, "#")
	wechat, err := p.Link(ctx, cart, edge.App("wechat"))
	require.NoError(t, err)
	require.NotContains(t, wechat.URL, "#")
	printed, err := p.LinkWithin(ctx, cart, 120)
	require.NoError(t, err)
	require.Len(t, printed.URL, 120)
	require.True(t, strings.HasSuffix(printed.URL, "#"+fragment))

	for length := 150; ; length += 10 { // until the code would hold no more
		p.links = longLinks{length: length}
		alone, err := p.links.Link(ctx, cart, edge.Web)
		require.NoError(t, err)
		if _, err := handoff.QRVersion(alone.URL); err != nil {
			require.Greater(t, length, 800)
			return
		}
		web, err := p.Link(ctx, cart, edge.Web)
		require.NoError(t, err)
		_, err = handoff.QRVersion(web.URL)
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(web.URL, "#"+fragment))
	}
}
