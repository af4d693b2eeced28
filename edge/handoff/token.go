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

// beginning is what short times are counted from.
var beginning = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

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
	Expires time.Time   // whole seconds
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
	if !meta.Writer.Valid() {
		return "", edge.Errorf(op, edge.Invalid, "writer %.20q is not a writer's name", meta.Writer)
	}
	raw := appendBody(head(key), cart, meta)
	if _, err := parseBody(raw[headSize:]); err != nil {
		return "", edge.Errorf(op, edge.Invalid, "cart %s holds what no code can carry", cart.ID)
	}
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

// Decode opens a token at the time now. find lists the keys that share an id.
//
// Errors are edge.Errors: Invalid for what is no token, was changed or
// damaged; NotFound where no enrolled shop has the key; Expired for an
// authentic code that is past its time or of a version no longer read;
// Unavailable for one of a version this program is too old to read.
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
	o, err := parseBody(raw[headSize:])
	if err != nil {
		return nil, err
	}
	o.KeyID, o.Node = id, node
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

// parseBody reads what follows the head. It takes a body only in the one form
// that appendBody writes.
func parseBody(b []byte) (*Opened, error) {
	const op = "handoff.Decode"
	r := &reader{b: b}
	o := r.body()
	if r.bad || len(r.b) > 0 {
		return nil, damaged(op)
	}
	if err := o.Cart.Check(); err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "this code holds no cart of ours", Err: err}
	}
	if !bytes.Equal(appendBody(nil, o.Cart, o.Meta), b) {
		return nil, damaged(op)
	}
	return o, nil
}
