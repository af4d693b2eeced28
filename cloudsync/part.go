package cloudsync

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	maxDownParts = 200 // of one Down message
	// MaxInline is the largest release document that a Down message carries
	// itself; a larger one travels by its hash.
	MaxInline = 256 << 10 // bytes
)

// PartKind says what a Part holds.
type PartKind string

// The kinds of part, with the Go type of their data.
const (
	PartRelease PartKind = "release" // ReleasePart
	PartStock   PartKind = "stock"   // edge.ShopStock
	PartRecord  PartKind = "record"  // edge.Record
	PartStaff   PartKind = "staff"   // edge.Directory, as it went before it was sealed
	// PartSealedStaff is the SealedPart of an edge.Directory.
	PartSealedStaff PartKind = "staff_sealed"
	PartPerson      PartKind = "person" // edge.PersonAsk
)

// Part is one thing that a Down message brings beside carts. A node passes over
// kinds that it does not know, and leaves out a part that it cannot take; the
// rest of the message takes effect.
type Part struct {
	Kind PartKind        `json:"kind"`
	Data json.RawMessage `json:"data"`
}

// ReleasePart announces a release that HQ signed. Without Document the node
// fetches that by its hash.
type ReleasePart struct {
	edge.SignedRelease
	Document string `json:"document,omitempty"` // JSON of edge.Release, byte for byte
}

// NewPart writes a part; data is of the kind's type.
func NewPart(kind PartKind, data any) (Part, error) {
	raw, err := marshal(data)
	if err != nil {
		return Part{}, fmt.Errorf("cloudsync.NewPart: %s: %w", kind, err)
	}
	return Part{Kind: kind, Data: raw}, nil
}

// NewReleasePart announces s, with its document where that is small.
func NewReleasePart(s *edge.SignedRelease) (Part, error) {
	p := ReleasePart{SignedRelease: *s}
	if len(s.Body) <= MaxInline {
		p.Document = string(s.Body)
	}
	return NewPart(PartRelease, &p)
}

// errUnknownKind says that a newer HQ sends what this program does not know.
var errUnknownKind = errors.New("of a kind that this version does not know")

// delivery is what the message brings, and why some of it is left out. Releases
// must be signed with one of keys; what is sealed is opened with own.
func (d *Down) delivery(keys []ed25519.PublicKey, own ed25519.PrivateKey) (edge.Delivery, []error) {
	got := edge.Delivery{Carts: d.Carts}
	var flaws []error
	for i := range d.Parts {
		p := &d.Parts[i]
		if err := p.add(&got, d.Node, keys, own); err != nil {
			flaws = append(flaws, fmt.Errorf("part %d, %.40q: %w", i+1, p.Kind, err))
		}
	}
	return got, flaws
}

// add reads the part into a delivery, if it is sound.
func (p *Part) add(to *edge.Delivery, node string, keys []ed25519.PublicKey, own ed25519.PrivateKey) error {
	switch p.Kind {
	case PartRelease:
		s, err := p.release(keys)
		if err == nil {
			to.Releases = append(to.Releases, s)
		}
		return err
	case PartStock:
		s, err := readPart[edge.ShopStock](p.Data)
		if err == nil {
			err = s.Check()
		}
		if err == nil {
			to.Stock = append(to.Stock, *s)
		}
		return err
	case PartRecord:
		r, err := readPart[edge.Record](p.Data)
		if err == nil {
			err = r.Check()
		}
		if err == nil {
			to.Records = append(to.Records, *r)
		}
		return err
	case PartStaff:
		return addStaff(to, p.Data)
	case PartSealedStaff:
		text, err := p.unseal(node, own)
		if err != nil {
			return err
		}
		return addStaff(to, text)
	case PartPerson:
		a, err := readPart[edge.PersonAsk](p.Data)
		if err == nil {
			err = a.Check()
		}
		if err == nil {
			to.Persons = append(to.Persons, *a)
		}
		return err
	}
	return errUnknownKind
}

func addStaff(to *edge.Delivery, raw json.RawMessage) error {
	s, err := readPart[edge.Directory](raw)
	if err == nil {
		err = s.Check()
	}
	if err == nil {
		to.Staff = s
	}
	return err
}

func (p *Part) release(keys []ed25519.PublicKey) (*edge.SignedRelease, error) {
	in, err := readPart[ReleasePart](p.Data)
	if err != nil {
		return nil, err
	}
	s := in.SignedRelease
	if in.Document != "" {
		s.Body = []byte(in.Document)
	}
	if err := s.CheckForm(); err != nil {
		return nil, err
	}
	return &s, s.Verify(keys...)
}

// readPart reads exactly one JSON object.
func readPart[T any](raw json.RawMessage) (*T, error) {
	const op = "cloudsync.readPart"
	if !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return nil, refuse(op, RefusedUndecodable, "no JSON object")
	}
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, &RefusalError{Op: op, Code: RefusedUndecodable, Msg: "not the JSON expected", Err: err}
	}
	return &v, nil
}

// partList leaves parts as they are: one that cannot be read is no reason to
// refuse the message, which would hold up all that follow.
type partList []Part

func (l *partList) UnmarshalJSON(b []byte) (err error) {
	*l, err = decodeList(b, *l, maxDownParts, "parts", func(raw []byte, v any) error {
		p := v.(*Part)
		if json.Unmarshal(raw, p) != nil {
			*p = Part{Kind: PartKind(fmt.Sprintf("unreadable: %.20s", raw))}
		}
		return nil
	})
	return err
}
