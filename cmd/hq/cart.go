package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/cart"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func cartCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "cart", Short: "Look into carts", Args: cobra.NoArgs}
	cmd.AddCommand(cartOpenCommand())
	return cmd
}

func cartOpenCommand() *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "open LINK",
		Short: "Print the cart that a link carries, or why it opens none",
		Long: `Print the cart that a link carries, or why it opens none. The link may be that of
any chat app, or a token alone. Nothing is changed by looking: the cart is not
taken in, and its shop is not told that a phone opened it. Of a short link, which
names its cart alone, it is the cart as headquarters has it.`,
		Example: "  hq cart open https://cart.example.com/c/AfpNhg… --config /etc/mirrorcart/hq.yaml",
		Args:    process.Args("LINK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := firmwarecfg.LoadHQ(file, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			key, err := firmwarecfg.LoadOrCreateKey(cfg.Key)
			if err != nil {
				return err
			}
			h, err := headquarters.OpenLedger(cmd.Context(), cfg, process.Log(cmd.ErrOrStderr(), cfg.Log.Level))
			if err != nil {
				return err
			}
			o, err := openLink(cmd.Context(), h, key, args[0], time.Now())
			if err = errors.Join(err, h.Close()); err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(o)
			}
			return o.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON")
	return cmd
}

// openedLink is what a link opens.
type openedLink struct {
	Mode    edge.LinkMode `json:"mode"` // signed or short
	Node    string        `json:"node"` // the gateway that made it
	Expires time.Time     `json:"expires"`
	Cart    *edge.Cart    `json:"cart"`
}

func (o *openedLink) print(w io.Writer) error {
	text := fmt.Sprintf("cart:    %s\ngateway: %s\nlink:    %s, until %s\n", o.Cart.ID, o.Node, o.Mode, o.Expires.Format(time.RFC3339))
	if c := o.Cart.Closed; c != nil {
		text += fmt.Sprintf("paid:    %s\n", c.Receipt)
	}
	for i := range o.Cart.Lines {
		if l := &o.Cart.Lines[i]; l.Quantity() > 0 {
			text += fmt.Sprintf("%3d × %s\n", l.Quantity(), l.SKU)
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

// token is anything in a link that may be one.
var token = regexp.MustCompile(`[A-Za-z0-9_-]{32,}`)

// openLink opens the token of a link. Where none opens, the error is that of
// the one that came nearest.
func openLink(ctx context.Context, h *hq.HQ, key ed25519.PrivateKey, link string, now time.Time) (*openedLink, error) {
	const op = "hq.openLink"
	if text, err := url.QueryUnescape(link); err == nil {
		link = text
	}
	var nearest error = edge.Errorf(op, edge.Invalid, "there is no cart's token in %.80q", link)
	for _, t := range token.FindAllString(link, -1) {
		o, err := openToken(ctx, h, key, t, now)
		if err == nil {
			return o, nil
		}
		if edge.KindOf(err) != edge.Invalid || edge.KindOf(nearest) == edge.Invalid {
			nearest = err
		}
	}
	return nil, nearest
}

func openToken(ctx context.Context, h *hq.HQ, key ed25519.PrivateKey, token string, now time.Time) (*openedLink, error) {
	find := cart.FindKeys(ctx, h)
	if len(token) == handoff.ShortLen {
		s, err := handoff.DecodeShort(token, find, key, now)
		if err != nil {
			return nil, err
		}
		c, _, err := h.Cart(ctx, s.Cart)
		if err != nil {
			return nil, err
		}
		return &openedLink{edge.LinkShort, s.Node, s.Expires, c}, c.Admits(s.Links)
	}
	o, err := handoff.Decode(token, find, now)
	if err != nil {
		return nil, err
	}
	have, _, err := h.Cart(ctx, o.Cart.ID)
	switch {
	case edge.KindOf(err) == edge.NotFound:
	case err != nil:
		return nil, err
	default:
		if err := have.Admits(o.Cart.Links); err != nil {
			return nil, err
		}
	}
	return &openedLink{edge.LinkSigned, o.Node, o.Expires, o.Cart}, nil
}
