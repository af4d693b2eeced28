package cloudsync

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/sha512"
	"encoding/json"
	"fmt"

	"filippo.io/edwards25519"

	"github.com/mirrorcart/mirrorcart/edge"
)

// SealedPart is a part that only one node can read: a broker in between that
// held the hash of a PIN could try all PINs.
type SealedPart struct {
	// Box is RFC 9180's (HPKE) single-shot Seal to the node's key, its encapsulated
	// key before the ciphertext: DHKEM(X25519), HKDF-SHA256, AES-256-GCM, with the
	// part's kind, a space and the node as info. The node's Ed25519 key is taken for
	// X25519 as libsodium converts them.
	Box []byte `json:"box"`
}

// NewSealedPart writes a part for the node with that key; data is of the kind's
// type.
func NewSealedPart(kind PartKind, node string, to ed25519.PublicKey, data any) (Part, error) {
	const op = "cloudsync.NewSealedPart"
	fail := func(err error) (Part, error) { return Part{}, fmt.Errorf("%s: %s for %s: %w", op, kind, node, err) }
	text, err := marshal(data)
	if err != nil {
		return fail(err)
	}
	point, err := new(edwards25519.Point).SetBytes(to)
	if err != nil {
		return fail(err)
	}
	public, err := ecdh.X25519().NewPublicKey(point.BytesMontgomery())
	if err != nil {
		return fail(err)
	}
	recipient, err := hpke.NewDHKEMPublicKey(public)
	if err != nil {
		return fail(err)
	}
	box, err := hpke.Seal(recipient, hpke.HKDFSHA256(), hpke.AES256GCM(), sealedInfo(kind, node), text)
	if err != nil {
		return fail(err)
	}
	return NewPart(kind, SealedPart{box})
}

func sealedInfo(kind PartKind, node string) []byte { return []byte(string(kind) + " " + node) }

// unseal opens what NewSealedPart wrote for the node that has own.
func (p *Part) unseal(node string, own ed25519.PrivateKey) (json.RawMessage, error) {
	sealed, err := readPart[SealedPart](p.Data)
	if err != nil {
		return nil, err
	}
	const op = "cloudsync.unseal"
	if len(own) != ed25519.PrivateKeySize {
		return nil, edge.Errorf(op, edge.Invalid, "there is no key to open it with")
	}
	scalar := sha512.Sum512(own.Seed())
	private, err := ecdh.X25519().NewPrivateKey(scalar[:32])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	key, err := hpke.NewDHKEMPrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	text, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), sealedInfo(p.Kind, node), sealed.Box)
	if err != nil {
		return nil, &edge.Error{Op: op, Kind: edge.Forbidden, Msg: "it was sealed for another gateway or another key, or was changed", Err: err}
	}
	return text, nil
}
