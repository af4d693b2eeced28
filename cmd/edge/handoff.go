package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// handoffFlags say which cart goes to which app, and whose link it is.
type handoffFlags struct {
	cart, app, id, config, base, png string
	asJSON                           bool
}

// handoffCommand prints a link to a cart.
func handoffCommand() *cobra.Command {
	var f handoffFlags
	cmd := &cobra.Command{
		Use:   "handoff --cart FILE|demo --app APP",
		Short: "Print the link that opens a cart on a phone",
		Long: `Print the link that opens a cart on a phone, alone on the last line, and draw its
QR code. With --config it is a link of that gateway, which headquarters opens;
without, one with a key and ids of an example, to see what links look like. The
cart is JSON as the gateway answers at /api/v1/carts/ID; of its lines sku and
quantity count.`,
		Example: `  edge handoff --cart demo --app zalo --png zalo.png
  edge handoff --cart cart.json --app web --config /etc/mirrorcart/edge.yaml --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			link, err := f.link(cmd)
			if err != nil {
				return err
			}
			if f.png != "" {
				picture, err := handoff.QR(link.URL, 840)
				if err != nil {
					return err
				}
				if err := os.WriteFile(f.png, picture, 0o600); err != nil { // the link opens the cart
					return err
				}
			}
			if !f.asJSON {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), link.URL)
				return err
			}
			version, err := handoff.QRVersion(link.URL)
			if err != nil {
				return err
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(handoffReport{
				App: link.App, Link: link.URL, Token: cmp.Or(link.Token, link.Code), Mode: link.Mode, Code: link.Code,
				Length: len(link.URL), QRVersion: version, Expires: link.Expires, Partial: link.Partial,
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.cart, "cart", "", "a file with the cart, or demo for one of three lines")
	flags.StringVar(&f.app, "app", string(edge.Web), "web, wechat, wechat-scheme, wechat-scene, zalo, zalo-oa, messenger, telegram, telegram-app, whatsapp, line or viber")
	flags.StringVar(&f.id, "id", "", "the merchant's name in the app, instead of the configured one")
	flags.StringVar(&f.config, "config", "", "the gateway's configuration")
	flags.StringVar(&f.base, "base", "", "headquarters' public address, instead of the configured one")
	flags.StringVar(&f.png, "png", "", "file to draw the QR code into")
	flags.BoolVar(&f.asJSON, "json", false, "print one line of JSON")
	return cmd
}

// handoffReport is what --json prints. Token is the code where nothing but that
// names the cart.
type handoffReport struct {
	App       edge.App      `json:"app"`
	Link      string        `json:"link"`
	Token     string        `json:"token"`
	Mode      edge.LinkMode `json:"mode"`
	Code      string        `json:"code"`
	Length    int           `json:"length"`
	QRVersion int           `json:"qr_version"`
	Expires   time.Time     `json:"expires"`
	Partial   bool          `json:"partial,omitempty"`
}

func (f *handoffFlags) link(cmd *cobra.Command) (*edge.Link, error) {
	if f.cart == "" {
		return nil, process.UsageError{Err: fmt.Errorf("say which cart: --cart FILE or --cart demo")}
	}
	cfg, err := f.settings()
	if err != nil {
		return nil, process.UsageError{Err: err}
	}
	cart, err := f.read(cfg.Writer())
	if err != nil {
		return nil, process.UsageError{Err: err}
	}
	links, err := handoff.NewLinks(cfg)
	if err != nil {
		return nil, process.UsageError{Err: err}
	}
	return links.Link(cmd.Context(), cart, edge.App(f.app))
}

// settings are the gateway's, or those of an example.
func (f *handoffFlags) settings() (handoff.Config, error) {
	cfg := handoff.Config{
		Base: "https://cart.example.com", Life: cartLife, Now: time.Now, Catalogue: release1{},
		Writer: func() edge.Writer { return edge.EpochWriter("example") },
	}
	var err error
	if f.config == "" {
		if _, cfg.Key, err = ed25519.GenerateKey(rand.Reader); err != nil {
			return cfg, err
		}
		cfg.HQ = cfg.Key.Public().(ed25519.PublicKey)
		cfg.Apps = exampleApps()
	} else {
		e, err := firmwarecfg.LoadEdge(f.config, os.Environ())
		if err != nil {
			return cfg, err
		}
		if cfg.Key, err = firmwarecfg.LoadKey(e.Keys.Device); err != nil {
			return cfg, err
		}
		if cfg, err = withConfigured(cfg, e); err != nil {
			return cfg, err
		}
	}
	cfg.Base = cmp.Or(f.base, cfg.Base)
	if f.id != "" {
		cfg.Apps = append([]handoff.App{{App: edge.App(f.app), ID: f.id}},
			slices.DeleteFunc(cfg.Apps, func(a handoff.App) bool { return a.App == edge.App(f.app) })...)
	}
	return cfg, nil
}

// exampleApps are a merchant's who is in every app.
func exampleApps() []handoff.App {
	return []handoff.App{
		{App: "wechat"},
		{App: "wechat-scheme", ID: "wx0123456789abcdef"},
		{App: handoff.WeChatScene, ID: "wx0123456789abcdef"},
		{App: "zalo", ID: "1234567890123456789"},
		{App: "zalo-oa", ID: "1234567890123456789"},
		{App: "messenger", ID: "example.shop"},
		{App: "telegram", ID: "example_bot"},
		{App: "telegram-app", ID: "example_bot/cart"},
		{App: "whatsapp", ID: "84900000000"},
		{App: "line", ID: "1234567890-AbCdEfGh"},
		{App: "viber", ID: "example"},
	}
}

// release1 says that the cart was shown with the first catalogue: the command
// does not look into the shop's database.
type release1 struct{ edge.Catalogue }

func (release1) Release(context.Context) (*edge.Release, error) {
	return &edge.Release{Version: 1}, nil
}

// read is the cart that the flag names.
func (f *handoffFlags) read(w edge.Writer) (*edge.Cart, error) {
	type line struct {
		SKU      edge.SKU `json:"sku"`
		Quantity int      `json:"quantity"`
	}
	in := struct {
		ID    edge.CartID `json:"id"`
		Lines []line      `json:"lines"`
	}{Lines: []line{{"LIP-VEL-03", 1}, {"GLA-RND-02", 1}, {"EAR-HOP-01", 2}}}
	_, _ = rand.Read(in.ID[:]) // never fails
	if f.cart != "demo" {
		text, err := os.ReadFile(f.cart)
		if err != nil {
			return nil, err
		}
		in.Lines = nil
		if err := json.Unmarshal(text, &in); err != nil {
			return nil, fmt.Errorf("%s: want a cart as the gateway answers it: %w", f.cart, err)
		}
	}
	cart := edge.NewCart(in.ID, time.Now().Add(12*time.Hour))
	for _, l := range in.Lines {
		if _, err := cart.Add(w, l.SKU, l.Quantity); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", f.cart, strings.TrimSpace(string(l.SKU)), err)
		}
	}
	return cart, nil
}
