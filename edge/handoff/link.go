package handoff

import (
	"context"
	"crypto/ed25519"
	"net/url"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Config is what links are made with.
type Config struct {
	Base   string             // HQ's public address, https://host[/path]
	Key    ed25519.PrivateKey // the gateway's
	Life   time.Duration      // how long a link can be opened, whole hours
	Writer func() edge.Writer // the gateway's writer in the present epoch
	// Catalogue is the release that the kiosk shows.
	Catalogue edge.Catalogue
	Now       func() time.Time
}

// Links makes the links that take a cart to the phone.
type Links struct {
	cfg Config
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
	if cfg.Life < time.Hour || cfg.Life%time.Hour != 0 {
		return nil, edge.Errorf(op, edge.Invalid, "links live for %s: want whole hours", cfg.Life)
	}
	cfg.Base = strings.TrimRight(cfg.Base, "/")
	return &Links{cfg}, nil
}

// Link is the address under which a phone opens the cart, and until when.
func (l *Links) Link(ctx context.Context, cart *edge.Cart) (link string, expires time.Time, err error) {
	release, err := l.cfg.Catalogue.Release(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	issued := l.cfg.Now().UTC().Truncate(time.Minute)
	expires = issued.Add(l.cfg.Life)
	token, err := Encode(l.cfg.Key, cart, Meta{Writer: l.cfg.Writer(), Release: release.Version, Issued: issued, Expires: expires})
	if err != nil {
		return "", time.Time{}, err
	}
	return l.cfg.Base + "/c/" + token, expires, nil
}

// QR draws a link as a PNG of size by size pixels; see the function QR.
func (l *Links) QR(link string, size int) ([]byte, error) { return QR(link, size) }
