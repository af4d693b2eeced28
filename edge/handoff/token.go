package handoff

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	version   = 1
	domainTag = "mirrorcart cart token\x00"
	headSize  = 1 + len(KeyID{}) // what every version starts with

	// MaxToken is the longest token, in characters.
	MaxToken = 8 << 10
)

// beginning is what times are counted from.
func beginning() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// KeyID names a gateway's key in a token: the first bytes of the SHA-256 of
// the public key. It is short, so several keys may share one.
type KeyID [3]byte

// KeyIDOf is the id of a public key.
func KeyIDOf(pub ed25519.PublicKey) KeyID {
	h := sha256.Sum256(pub)
	return KeyID(h[:3])
}

// Key is a gateway's public key and the node it belongs to.
type Key struct {
	Node   string
	Public ed25519.PublicKey
}

// Meta is what a token says beside the cart.
type Meta struct {
	Writer  edge.Writer // the gateway's own, whose removed lines are left out
	Release uint32      // version of the catalogue the cart was shown with
	Issued  time.Time   // a whole minute
	Expires time.Time   // whole hours after Issued
	// Partial says that the cart has lines that the token says nothing of.
	Partial bool
}

// check refuses what has no place in a token.
func (m Meta) check() error {
	const op = "handoff.Encode"
	life := m.Expires.Sub(m.Issued)
	switch since := m.Issued.Sub(beginning()); {
	case !m.Writer.Valid():
		return edge.Errorf(op, edge.Invalid, "writer %.20q is not a writer's name", m.Writer)
	case since < 0 || since >= maxMinutes*time.Minute || since%time.Minute != 0:
		return edge.Errorf(op, edge.Invalid, "a code of %s: want a whole minute from 2026 to 2057, so set the clock", m.Issued.Format(time.RFC3339Nano))
	case life < time.Hour || life > maxHours*time.Hour || life%time.Hour != 0:
		return edge.Errorf(op, edge.Invalid, "a code that opens for %s: want whole hours", life)
	}
	return nil
}

// Opened is the content of an authentic token.
type Opened struct {
	Cart  *edge.Cart
	KeyID KeyID
	Node  string // whose key signed it
	Cut   uint32 // the highest line number of Writer
	Meta
}

// Encode makes the token of a cart, signed with the gateway's key. A cart that
// comes to more than MaxToken characters is an error of kind TooLarge.
func Encode(key ed25519.PrivateKey, cart *edge.Cart, meta Meta) (string, error) {
	const op = "handoff.Encode"
	if err := cart.Check(); err != nil {
		return "", err
	}
	if err := meta.check(); err != nil {
		return "", err
	}
	content, ok := contentOf(cart, meta)
	if !ok {
		return "", edge.Errorf(op, edge.Invalid, "cart %s holds what no code can carry", cart.ID)
	}
	raw := append(head(key), content...)
	raw = append(raw, ed25519.Sign(key, signed(raw))...)
	if n := base64.RawURLEncoding.EncodedLen(len(raw)); n > MaxToken {
		return "", edge.Errorf(op, edge.TooLarge, "the cart comes to %d characters, a code holds %d: pay at the till", n, MaxToken)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

func head(key ed25519.PrivateKey) []byte {
	id := KeyIDOf(key.Public().(ed25519.PublicKey))
	return append([]byte{version}, id[:]...)
}

func signed(raw []byte) []byte { return append([]byte(domainTag), raw...) }

// contentOf is all between a token's head and its signature.
func contentOf(cart *edge.Cart, meta Meta) (raw []byte, ok bool) {
	if cart.Cut(meta.Writer) > edge.MaxLines {
		return nil, false
	}
	var p packer
	bodyOf(cart, meta).pack(&p)
	return append(cart.ID[:], p.bytes()...), !p.bad
}

// Decode opens a token at the time now. find lists the keys that share an id.
//
// Errors are edge.Errors: Invalid for what is no token, was changed or
// damaged; NotFound where no enrolled shop has the key; Expired for an
// authentic code that is past its time or of a version no longer read; TooEarly
// for one of a clock that is more than edge.ClaimMargin ahead of now;
// Unavailable for one of a version this program is too old to read. Whether the
// code was withdrawn is the cart's to say, as HQ knows it: edge.Cart.Admits.
func Decode(token string, find func(KeyID) ([]Key, error), now time.Time) (*Opened, error) {
	const op = "handoff.Decode"
	if len(token) > MaxToken {
		return nil, edge.Errorf(op, edge.Invalid, "the code has %d characters, at most %d: it is not one of ours", len(token), MaxToken)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	// The decoder skips line breaks, even a strict one.
	if err != nil || strings.ContainsAny(token, "\r\n") || len(raw) < headSize+ed25519.SignatureSize {
		return nil, damaged(op)
	}
	raw, sig := raw[:len(raw)-ed25519.SignatureSize], raw[len(raw)-ed25519.SignatureSize:]
	id := KeyID(raw[1:headSize])
	keys, err := find(id)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, foreign(op)
	}
	node, ok := signer(keys, raw, sig)
	if !ok {
		return nil, damaged(op)
	}
	switch v := raw[0]; {
	case v < version:
		return nil, edge.Errorf(op, edge.Expired, "this code is of version %d, which is no longer read: take a new one at the shop", v)
	case v > version:
		return nil, edge.Errorf(op, edge.Unavailable, "this code is of version %d, newer than this program reads (%d): update it", v, version)
	}
	o, err := parse(raw[headSize:])
	if err != nil {
		return nil, err
	}
	o.KeyID, o.Node = id, node
	if now.Add(edge.ClaimMargin).Before(o.Issued) {
		return nil, edge.Errorf(op, edge.TooEarly, "this code is of %s: the clock of the shop is ahead, ask the staff to set it", o.Issued.Format(time.RFC3339))
	}
	if err := notOver(op, o.Expires, now); err != nil {
		return nil, err
	}
	return o, nil
}

func notOver(op string, expires, now time.Time) error {
	if now.Before(expires) {
		return nil
	}
	return edge.Errorf(op, edge.Expired, "this code could be opened until %s: take a new one at the shop", expires.Format(time.RFC3339))
}

func signer(keys []Key, raw, sig []byte) (node string, ok bool) {
	msg := signed(raw)
	for _, k := range keys {
		if len(k.Public) == ed25519.PublicKeySize && ed25519.Verify(k.Public, msg, sig) {
			return k.Node, true
		}
	}
	return "", false
}

func foreign(op string) error {
	return edge.Errorf(op, edge.NotFound, "this code is not from one of our shops, or it was changed: scan the one on the screen again")
}

func damaged(op string) error {
	return edge.Errorf(op, edge.Invalid, "this code was changed or damaged: scan it again, or take a new one at the shop")
}

// parse reads content, only in the one form that it is written in.
func parse(raw []byte) (*Opened, error) {
	const op = "handoff.Decode"
	var id edge.CartID
	if len(raw) < len(id) {
		return nil, damaged(op)
	}
	p := unpack(raw[copy(id[:], raw):])
	var b body
	b.pack(p)
	if !p.end() {
		return nil, damaged(op)
	}
	o := &Opened{Cart: b.cart(id), Cut: uint32(len(b.own)), Meta: b.Meta}
	if err := o.Cart.Check(); err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "this code holds no cart of ours", Err: err}
	}
	if again, ok := contentOf(o.Cart, o.Meta); !ok || !bytes.Equal(again, raw) {
		return nil, damaged(op)
	}
	return o, nil
}
