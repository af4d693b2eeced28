package handoff

import (
	"context"
	"crypto/ed25519"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Config is what links are made with.
type Config struct {
	Base   string             // HQ's public address, https://host[/path]
	Key    ed25519.PrivateKey // the gateway's
	HQ     ed25519.PublicKey  // for short tokens; nil where none can be made
	Life   time.Duration      // how long a link can be opened, whole hours
	Writer func() edge.Writer // the gateway's writer in the present epoch
	// Catalogue is the release that the kiosk shows.
	Catalogue edge.Catalogue
	Apps      []App // beside the phone's browser, which need not be among them
	Now       func() time.Time
}

// Links makes the links that take a cart to the phone.
type Links struct {
	cfg    Config
	ways   []way
	secret Shared
}

// NewLinks checks the settings and makes a builder of links.
func NewLinks(cfg Config) (*Links, error) {
	const op = "handoff.NewLinks"
	u, err := url.Parse(cfg.Base)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, edge.Errorf(op, edge.Invalid, "public address %.80q: want https://host or https://host/path", cfg.Base)
	}
	if len(cfg.Key) != ed25519.PrivateKeySize {
		return nil, edge.Errorf(op, edge.Invalid, "the gateway's key has %d bytes, want %d", len(cfg.Key), ed25519.PrivateKeySize)
	}
	if cfg.Life < time.Hour || cfg.Life%time.Hour != 0 || cfg.Life > maxHours*time.Hour {
		return nil, edge.Errorf(op, edge.Invalid, "links live for %s: want whole hours", cfg.Life)
	}
	cfg.Base = strings.TrimRight(cfg.Base, "/")
	l := &Links{cfg: cfg}
	if cfg.HQ != nil {
		if l.secret, err = Share(cfg.Key, cfg.HQ); err != nil {
			return nil, err
		}
	}
	apps := cfg.Apps
	if !slices.ContainsFunc(apps, func(a App) bool { return a.App == edge.Web }) {
		apps = append(slices.Clone(apps), App{App: edge.Web})
	}
	for _, a := range apps {
		w, err := newWay(a, cfg.Base)
		switch {
		case err != nil:
			return nil, err
		case w.mode == edge.LinkShort && cfg.HQ == nil:
			return nil, edge.Errorf(op, edge.Invalid, "%s: short links need headquarters' key: set hq.key", a.App)
		case slices.ContainsFunc(l.ways, func(v way) bool { return v.app == w.app }):
			return nil, edge.Errorf(op, edge.Invalid, "%s is there twice", a.App)
		}
		l.ways = append(l.ways, w)
	}
	return l, nil
}

// Apps are those to offer to shoppers, in the order of the settings: of each
// brand the first, and none that a QR code cannot open.
func (l *Links) Apps() []edge.App {
	var apps []edge.App
	brands := map[string]bool{}
	for _, w := range l.ways {
		if w.brand != "" && !brands[w.brand] {
			brands[w.brand] = true
			apps = append(apps, w.app)
		}
	}
	return apps
}

// Link makes the link by which the app opens the cart. One that is too long for
// the app is for the browser instead; one that is too long for any QR code says
// less of the cart.
func (l *Links) Link(ctx context.Context, cart *edge.Cart, app edge.App) (*edge.Link, error) {
	return l.link(ctx, cart, app, capacityL)
}

// LinkWithin is Link in so many characters at most: for a printed code, which
// holds fewer. It is for the browser.
func (l *Links) LinkWithin(ctx context.Context, cart *edge.Cart, most int) (*edge.Link, error) {
	return l.link(ctx, cart, edge.Web, most)
}

func (l *Links) link(ctx context.Context, cart *edge.Cart, app edge.App, most int) (*edge.Link, error) {
	const op = "handoff.Link"
	way, ok := l.way(app)
	if !ok {
		return nil, edge.Errorf(op, edge.NotFound, "carts do not leave this shop by %.30q: see handoff.apps in edge.yaml", app)
	}
	if way.mode == edge.LinkSigned {
		return l.signed(ctx, cart, way, most)
	}
	link := &edge.Link{App: app, Mode: way.mode, Code: cart.Code(), CodeAt: l.codeAt(), Expires: l.cfg.Now().UTC().Truncate(time.Minute).Add(l.cfg.Life)}
	name := link.Code
	if way.mode == edge.LinkShort {
		pub := l.cfg.Key.Public().(ed25519.PublicKey)
		short := Short{KeyID: KeyIDOf(pub), Cart: cart.ID, Links: cart.Links, Expires: link.Expires}
		token, err := EncodeShort(l.secret, short)
		if err != nil {
			return nil, err
		}
		link.Token, name = token, token
	}
	if link.URL = way.around(name); link.URL == "" {
		return nil, edge.Errorf(op, edge.TooLarge, "%s takes no link as long as this: shorten handoff.apps' link in edge.yaml", app)
	}
	return link, nil
}

// codeAt is HQ's page for codes.
func (l *Links) codeAt() string {
	_, address, _ := strings.Cut(l.cfg.Base, "://")
	return address + "/k"
}

func (l *Links) way(app edge.App) (*way, bool) {
	i := slices.IndexFunc(l.ways, func(w way) bool { return w.app == app })
	if i < 0 {
		return nil, false
	}
	return &l.ways[i], true
}

// signed makes a link that carries the cart: by the way asked for, by that for
// the browser, and with as many of the cart's lines as that has room for, if
// need be.
func (l *Links) signed(ctx context.Context, cart *edge.Cart, asked *way, most int) (*edge.Link, error) {
	const op = "handoff.Link"
	release, err := l.cfg.Catalogue.Release(ctx)
	if err != nil {
		return nil, err
	}
	issued := l.cfg.Now().UTC().Truncate(time.Minute)
	meta := Meta{Writer: l.cfg.Writer(), Release: release.Version, Issued: issued, Expires: issued.Add(l.cfg.Life)}
	browser, _ := l.way(edge.Web)
	try := func(w *way, cart *edge.Cart, meta Meta) *edge.Link {
		token, failed := Encode(l.cfg.Key, cart, meta)
		if err = failed; err != nil {
			return nil
		}
		link := w.around(token)
		if link == "" || len(link) > most {
			return nil
		}
		return &edge.Link{App: w.app, Mode: edge.LinkSigned, URL: link, Token: token, Code: cart.Code(), CodeAt: l.codeAt(), Expires: meta.Expires, Partial: meta.Partial}
	}
	for _, w := range []*way{asked, browser} {
		if link := try(w, cart, meta); link != nil {
			return link, nil
		}
		if err != nil && edge.KindOf(err) != edge.TooLarge {
			return nil, err
		}
	}
	meta.Partial = true
	cut := int(cart.Cut(meta.Writer))
	lines := sort.Search(cut, func(without int) bool { return try(browser, first(cart, meta.Writer, cut-without), meta) != nil })
	if link := try(browser, first(cart, meta.Writer, cut-lines), meta); link != nil {
		return link, nil
	}
	return nil, edge.Errorf(op, edge.TooLarge, "a link of %d characters has no room for this cart: shorten hq.public_url in edge.yaml", most)
}

// first is a cart of which only the writer's first lines are said; of the others
// it says nothing.
func first(cart *edge.Cart, w edge.Writer, lines int) *edge.Cart {
	c := *cart
	c.Lines = nil
	for _, l := range cart.Lines {
		if l.ID.Writer == w && l.ID.N <= uint32(lines) {
			c.Lines = append(c.Lines, l)
		}
	}
	return &c
}

// QR draws a link as a PNG of size by size pixels; see the function QR.
func (l *Links) QR(link string, size int) ([]byte, error) { return QR(link, size) }
