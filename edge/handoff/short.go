package handoff

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"time"

	"filippo.io/edwards25519"

	"github.com/mirrorcart/mirrorcart/edge"
)

// ShortLen is how many characters a short token has: as many as a WeChat
// mini-program code's scene carries, which is the narrowest way there is.
const ShortLen = 32

// Parts of a short token, in bytes: see the package's comment.
const (
	shortTime = len(KeyID{}) + len(edge.CartID{})
	shortTag  = shortTime + 3
	shortSize = shortTag + 6

	shortHours = 1 << 17 // of expiry, from 2026 to 2040
	shortLinks = 1 << 7
)

// Shared is a secret that a gateway and HQ have in common, and nobody else.
type Shared [32]byte

// Share makes the secret from one's own private key and the other's public one:
// both come to the same. It is X25519 between the two Ed25519 keys, as libsodium
// converts them, under a tag of its own.
func Share(own ed25519.PrivateKey, other ed25519.PublicKey) (Shared, error) {
	const op = "handoff.Share"
	fail := func(err error) (Shared, error) {
		return Shared{}, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "the keys of gateway and headquarters do not fit each other", Err: err}
	}
	if len(own) != ed25519.PrivateKeySize {
		return fail(nil)
	}
	point, err := new(edwards25519.Point).SetBytes(other)
	if err != nil {
		return fail(err)
	}
	peer, err := ecdh.X25519().NewPublicKey(point.BytesMontgomery())
	if err != nil {
		return fail(err)
	}
	scalar := sha512.Sum512(own.Seed())
	private, err := ecdh.X25519().NewPrivateKey(scalar[:32])
	if err != nil {
		return fail(err)
	}
	common, err := private.ECDH(peer)
	if err != nil {
		return fail(err)
	}
	key, err := hkdf.Key(sha256.New, common, nil, "mirrorcart short token 1", len(Shared{}))
	if err != nil {
		return fail(err)
	}
	return Shared(key), nil
}

// Short is what a short token says: which cart it opens, as of which withdrawal
// of links, and until when.
type Short struct {
	KeyID   KeyID  // of the gateway
	Node    string // the gateway, once the token was decoded
	Cart    edge.CartID
	Links   uint32    // see edge.Cart.Admits
	Expires time.Time // a whole hour
}

// EncodeShort makes the token, of ShortLen characters of A–Z, a–z, 0–9, - and _.
// A time of expiry within an hour becomes the next whole one.
func EncodeShort(secret Shared, s Short) (string, error) {
	const op = "handoff.EncodeShort"
	hours := (s.Expires.Unix() - beginning().Unix() + 3599) / 3600
	if hours < 0 || hours >= shortHours || s.Links >= shortLinks {
		return "", edge.Errorf(op, edge.Invalid, "a short link until %s: set the clock", s.Expires.Format(time.RFC3339))
	}
	raw := append(s.KeyID[:], s.Cart[:]...)
	v := uint32(hours)*shortLinks + s.Links
	raw = append(raw, byte(v>>16), byte(v>>8), byte(v))
	return base64.RawURLEncoding.EncodeToString(append(raw, secret.tag(raw)...)), nil
}

// DecodeShort opens a short token at the time now: with keys as Decode has
// them, and HQ's own private key. It names a cart that HQ may not have heard of
// yet; the caller looks it up, holds the node against the cart's, and asks the
// cart whether it admits the link.
//
// Errors are edge.Errors: Invalid, NotFound and Expired as those of Decode.
func DecodeShort(token string, find func(KeyID) ([]Key, error), hq ed25519.PrivateKey, now time.Time) (*Short, error) {
	const op = "handoff.DecodeShort"
	s, raw, err := parseShort(op, token)
	if err != nil {
		return nil, err
	}
	keys, err := find(s.KeyID)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, foreign(op)
	}
	for _, k := range keys {
		secret, err := Share(hq, k.Public)
		if err != nil {
			return nil, err
		}
		if secret.fits(raw) {
			s.Node = k.Node
			if err := notOver(op, s.Expires, now); err != nil {
				return nil, err
			}
			return s, nil
		}
	}
	return nil, damaged(op)
}

// parseShort reads what a token says, whoever made it.
func parseShort(op, token string) (*Short, []byte, error) {
	var raw [shortSize]byte
	if len(token) != ShortLen {
		return nil, nil, damaged(op)
	}
	if n, err := base64.RawURLEncoding.Strict().Decode(raw[:], []byte(token)); err != nil || n != len(raw) {
		return nil, nil, damaged(op)
	}
	v := binary.BigEndian.Uint32(raw[shortTime-1:]) & (1<<24 - 1)
	return &Short{
		KeyID: KeyID(raw[:]), Cart: edge.CartID(raw[len(KeyID{}):]),
		Links: v % shortLinks, Expires: beginning().Add(time.Duration(v/shortLinks) * time.Hour),
	}, raw[:], nil
}

// fits reports whether a token's tag is of this secret.
func (k Shared) fits(raw []byte) bool { return hmac.Equal(raw[shortTag:], k.tag(raw[:shortTag])) }

func (k Shared) tag(raw []byte) []byte {
	m := hmac.New(sha256.New, k[:])
	m.Write(raw)
	return m.Sum(nil)[:shortSize-shortTag]
}
