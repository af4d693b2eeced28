package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func cartCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "cart", Short: "Look at carts that shoppers take along"}
	cmd.AddCommand(openCartCommand())
	return cmd
}

// openCartCommand says what a link carries. It opens nothing for the shopper:
// what the link knows is not taken in, and no phone has seen it.
func openCartCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "open LINK --config hq.yaml",
		Short: "Print the cart that a link carries, or say why it does not open",
		Long: `Print the cart that a link or its token carries as JSON, or say why it does not open.
Nothing is changed by it. Of a short link, which only names its cart, the cart is the
one that headquarters has.`,
		Example: "  hq cart open https://cart.example.com/c/AXf_YrJC9l0f… --config /etc/mirrorcart/hq.yaml",
		Args:    process.Args("LINK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := firmwarecfg.LoadHQ(file, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			h, err := headquarters.OpenLedger(cmd.Context(), cfg, process.Log(cmd.ErrOrStderr(), cfg.Log.Level))
			if err != nil {
				return err
			}
			found, err := openLink(cmd.Context(), h, cfg.Key, args[0])
			if err := errors.Join(err, h.Close()); err != nil {
				return err
			}
			e := json.NewEncoder(cmd.OutOrStdout())
			e.SetIndent("", "  ")
			return e.Encode(found)
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	return cmd
}

// openedLink is what a link says.
type openedLink struct {
	Mode    edge.LinkMode `json:"mode"`
	Node    string        `json:"node"`             // the gateway that made it
	Issued  *time.Time    `json:"issued,omitempty"` // not in a short one
	Expires time.Time     `json:"expires"`
	Release uint32        `json:"release,omitempty"`
	Partial bool          `json:"partial,omitempty"` // the cart has more lines
	Known   bool          `json:"known"`             // headquarters has heard of the cart
	Cart    *edge.Cart    `json:"cart"`
}

// openLink reads a link; keyFile holds headquarters' own key.
func openLink(ctx context.Context, h *hq.HQ, keyFile, link string) (*openedLink, error) {
	find := func(id handoff.KeyID) ([]handoff.Key, error) {
		nodes, err := h.KeysByPrefix(ctx, id)
		keys := make([]handoff.Key, len(nodes))
		for i, n := range nodes {
			keys[i] = handoff.Key{Node: n.Node, Public: n.Key}
		}
		return keys, err
	}
	var found openedLink
	token := tokenOf(link)
	if len(token) == handoff.ShortLen {
		key, err := firmwarecfg.LoadKey(keyFile)
		if err != nil {
			return nil, err
		}
		s, err := handoff.DecodeShort(token, find, key, time.Now())
		if err != nil {
			return nil, err
		}
		found = openedLink{Mode: edge.LinkShort, Node: s.Node, Expires: s.Expires, Cart: &edge.Cart{ID: s.Cart, Links: s.Links}}
	} else {
		o, err := handoff.Decode(token, find, time.Now())
		if err != nil {
			return nil, err
		}
		found = openedLink{
			Mode: edge.LinkSigned, Node: o.Node, Issued: &o.Issued, Expires: o.Expires, Release: o.Release, Partial: o.Partial, Cart: o.Cart,
		}
	}
	have, node, err := h.Cart(ctx, found.Cart.ID)
	switch {
	case edge.KindOf(err) == edge.NotFound && found.Mode == edge.LinkSigned:
		return &found, nil
	case edge.KindOf(err) == edge.NotFound:
		return nil, edge.Errorf("hq cart open", edge.Unavailable, "the shop has not told of this cart yet")
	case err != nil:
		return nil, err
	case node != found.Node:
		return nil, edge.Errorf("hq cart open", edge.Invalid, "the link is of %s, and the cart of %s", found.Node, node)
	}
	if err := have.Admits(found.Cart.Links); err != nil {
		return nil, err
	}
	found.Known = true
	if found.Mode == edge.LinkShort {
		found.Cart = have
	}
	return &found, nil
}

// tokenOf is the token in a link of any app, or the text itself: the longest run
// of a token's characters.
func tokenOf(link string) (token string) {
	if plain, err := url.QueryUnescape(link); err == nil {
		link = plain
	}
	for _, run := range regexp.MustCompile(fmt.Sprintf(`[A-Za-z0-9_-]{%d,}`, handoff.ShortLen)).FindAllString(link, -1) {
		if len(run) > len(token) {
			token = run
		}
	}
	return token
}
