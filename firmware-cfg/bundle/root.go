package bundle

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"slices"
)

// What is signed begins with one of these, so that a signature of one thing is
// none of another.
const (
	manifestContext = "mirrorcart bundle manifest 1\n"
	rootContext     = "mirrorcart bundle root 1\n"
)

const (
	maxRoots      = 64
	maxRootKeys   = 16
	maxSignatures = 2 * maxRootKeys // of a rotation: the old keys' and the new ones'
)

// Signature is one key's.
type Signature struct {
	Key       string `json:"key"` // see KeyID
	Signature []byte `json:"signature"`
}

// KeyID names a public key: the first 16 hex digits of its SHA-256.
func KeyID(key ed25519.PublicKey) string { return Digest(key)[:16] }

func sign(context string, text []byte, key ed25519.PrivateKey) Signature {
	return Signature{KeyID(key.Public().(ed25519.PublicKey)), ed25519.Sign(key, append([]byte(context), text...))}
}

// add puts a signature into the list, in the place of an earlier one by that key.
func add(list []Signature, s Signature) []Signature {
	list = slices.DeleteFunc(slices.Clone(list), func(old Signature) bool { return old.Key == s.Key })
	return append(list, s)
}

// Root is a root set: who may sign, and how many have to.
type Root struct {
	Format    int      `json:"format"` // 1
	Product   string   `json:"product"`
	Version   int      `json:"version"` // from 1, the next is one higher
	Threshold int      `json:"threshold"`
	Keys      [][]byte `json:"keys"` // Ed25519 public keys in base64
}

func (r *Root) check() error {
	ids := map[string]bool{}
	for _, k := range r.Keys {
		if len(k) != ed25519.PublicKeySize {
			return fmt.Errorf("root set %d: a key is %d bytes, an Ed25519 key is %d", r.Version, len(k), ed25519.PublicKeySize)
		}
		ids[KeyID(k)] = true
	}
	switch {
	case r.Format != 1 || r.Product != Product:
		return fmt.Errorf("root set: format %d of %q: want format 1 of %s", r.Format, r.Product, Product)
	case r.Version < 1 || r.Version > maxVersion:
		return fmt.Errorf("root set: version %d: they are counted from 1", r.Version)
	case len(ids) != len(r.Keys) || len(ids) == 0 || len(ids) > maxRootKeys:
		return fmt.Errorf("root set %d: want 1 to %d keys, no two alike", r.Version, maxRootKeys)
	case r.Threshold < 1 || r.Threshold > len(ids):
		return fmt.Errorf("root set %d: %d of %d keys have to sign: want 1 to %d", r.Version, r.Threshold, len(ids), len(ids))
	}
	return nil
}

// verify refuses text that too few of the set's keys have signed. Signatures of
// unknown keys count for nothing.
func (r *Root) verify(what, context string, text []byte, list []Signature) error {
	keys := map[string]ed25519.PublicKey{}
	for _, k := range r.Keys {
		keys[KeyID(k)] = k
	}
	signed := append([]byte(context), text...)
	good := map[string]bool{}
	for _, s := range list {
		key, known := keys[s.Key]
		if known && !ed25519.Verify(key, signed, s.Signature) {
			return refuse(Tampered, "%s: the signature of key %s does not fit: it was changed after that", what, s.Key)
		}
		if known {
			good[s.Key] = true
		}
	}
	switch {
	case len(good) == 0:
		return refuse(Unsigned, "%s: no key of root set %d has signed it", what, r.Version)
	case len(good) < r.Threshold:
		return refuse(TooFew, "%s: %d of root set %d's keys have signed it, %d have to", what, len(good), r.Version, r.Threshold)
	}
	return nil
}

// SignedRoot is a root set with the signatures over its bytes.
type SignedRoot struct {
	Root       string      `json:"root"` // a Root in JSON; a text, so that it stays byte by byte
	Signatures []Signature `json:"signatures"`
}

// Roots are root sets, each following the one before it: the file root.json, and
// roots.json of a bundle. The first is believed by whoever was given the file.
type Roots []SignedRoot

// Next is the list with one set more, not yet signed. Trust begins with the first,
// which follows none.
func (l Roots) Next(threshold int, keys ...ed25519.PublicKey) (Roots, error) {
	r := Root{Format: 1, Product: Product, Version: 1, Threshold: threshold}
	if len(l) > 0 {
		last, err := l.Last()
		if err != nil {
			return nil, err
		}
		r.Version = last.Version + 1
	}
	for _, k := range keys {
		r.Keys = append(r.Keys, k)
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return append(slices.Clone(l), SignedRoot{Root: string(text), Signatures: []Signature{}}), nil
}

// Sign adds a key's signature to the newest set.
func (l Roots) Sign(key ed25519.PrivateKey) Roots {
	l = slices.Clone(l)
	last := &l[len(l)-1]
	last.Signatures = add(last.Signatures, sign(rootContext, []byte(last.Root), key))
	return l
}

// Last is the newest set, whoever has signed it.
func (l Roots) Last() (Root, error) {
	if len(l) == 0 {
		return Root{}, fmt.Errorf("there is no root set")
	}
	return parseRoot(l[len(l)-1].Root)
}

// Trusted is the newest set that the first leads to.
func (l Roots) Trusted() (Root, error) {
	if len(l) == 0 {
		return Root{}, fmt.Errorf("there is no root set")
	}
	first, err := parseRoot(l[0].Root)
	if err != nil {
		return Root{}, err
	}
	return first.follow(l)
}

// follow is the newest set of the list that r leads to; sets that are not newer
// are passed over.
func (r Root) follow(l Roots) (Root, error) {
	for _, s := range l {
		next, err := parseRoot(s.Root)
		if err != nil {
			return r, refuse(Tampered, "%v", err)
		}
		if next.Version <= r.Version {
			continue
		}
		if next.Version != r.Version+1 {
			return r, refuse(Mixed, "root set %d follows root set %d: those between are missing", next.Version, r.Version)
		}
		what := fmt.Sprintf("root set %d", next.Version)
		for _, signer := range []*Root{&r, &next} {
			if err := signer.verify(what, rootContext, []byte(s.Root), s.Signatures); err != nil {
				return r, err
			}
		}
		r = next
	}
	return r, nil
}

func parseRoot(text string) (Root, error) {
	var r Root
	if err := decodeStrictly([]byte(text), &r); err != nil {
		return r, fmt.Errorf("a root set cannot be read: %w", err)
	}
	return r, r.check()
}

// ParseRoots reads root.json.
func ParseRoots(text []byte) (Roots, error) {
	if len(text) > maxManifest {
		return nil, refuse(TooLarge, "root sets of %d bytes: %d at most are read", len(text), maxManifest)
	}
	var l Roots
	if err := decodeStrictly(text, &l); err != nil {
		return nil, refuse(Tampered, "root sets cannot be read: %v", err)
	}
	if len(l) > maxRoots {
		return nil, refuse(TooLarge, "there are %d root sets, %d at most are read", len(l), maxRoots)
	}
	for _, s := range l {
		if len(s.Signatures) > maxSignatures {
			return nil, refuse(TooLarge, "a root set has %d signatures, %d at most are read", len(s.Signatures), maxSignatures)
		}
		if _, err := parseRoot(s.Root); err != nil {
			return nil, refuse(Tampered, "%v", err)
		}
	}
	return l, nil
}
