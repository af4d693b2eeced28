package handoff

import (
	"crypto/ed25519"
	"net/url"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Read is the cart that a text names which a shopper shows at the till: a link of
// this gateway, in whatever app's form, or a code that people type. What the link
// says of the cart beside its name is left alone: the gateway knows better.
//
// Errors are those of Decode; NotFound too for a link of another gateway.
func (l *Links) Read(text string) (*edge.CartName, error) {
	const op = "handoff.Read"
	link, _, _ := strings.Cut(strings.TrimSpace(text), "#")
	if len(link) > 2*MaxToken {
		return nil, damaged(op)
	}
	if plain, err := url.QueryUnescape(link); err == nil {
		link = plain
	}
	words := strings.FieldsFunc(link, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
	for _, word := range words {
		if name, ok, err := l.read(word); ok || err != nil {
			return name, err
		}
	}
	if len(words) > 0 && strings.Contains(link, "://") { // its last word, not example.com
		link = words[len(words)-1]
	}
	if code, ok := edge.ParseCode(link); ok {
		return &edge.CartName{Code: code}, nil
	}
	return nil, edge.Errorf(op, edge.Invalid, "this names no cart: scan the code on the slip or the kiosk, or type its ten letters and digits")
}

// shortestToken is less than any token has: the rest of its head and an id, and
// the signature.
const shortestToken = (headSize + len(edge.CartID{}) + ed25519.SignatureSize) * 4 / 3

// read is the cart of a token. ok is false for a word that is none.
func (l *Links) read(word string) (name *edge.CartName, ok bool, err error) {
	const op = "handoff.Read"
	own := l.cfg.Key.Public().(ed25519.PublicKey)
	switch {
	case len(word) == ShortLen && l.cfg.HQ != nil:
		s, raw, err := parseShort(op, word)
		if err != nil || !l.secret.fits(raw) { // of another gateway, or part of an address
			return nil, false, nil
		}
		return &edge.CartName{ID: &s.Cart, Links: s.Links}, true, notOver(op, s.Expires, l.cfg.Now())
	case len(word) >= shortestToken:
		o, err := Decode(word, func(id KeyID) ([]Key, error) {
			if id != KeyIDOf(own) {
				return nil, nil
			}
			return []Key{{Public: own}}, nil
		}, l.cfg.Now())
		if err != nil {
			return nil, false, err
		}
		return &edge.CartName{ID: &o.Cart.ID, Links: o.Cart.Links}, true, nil
	}
	return nil, false, nil
}
