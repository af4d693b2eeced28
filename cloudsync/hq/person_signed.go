package hq

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/mirrorcart/mirrorcart/edge"
)

// signedDeletion begins what is signed of a deletion, so that it is taken for
// nothing else.
const signedDeletion = "mirrorcart deletion 1\n"

// SignedDeletion is the record of a deletion as headquarters vouches for it.
type SignedDeletion struct {
	ID        string `json:"id"`
	Record    string `json:"record"`    // JSON of Deletion
	Key       string `json:"key"`       // headquarters' public key, Ed25519, in base64
	Signature string `json:"signature"` // of "mirrorcart deletion 1", a line break and Record, in base64
}

// SignedDeletion is the record of a deletion as it stands, signed.
func (h *HQ) SignedDeletion(ctx context.Context, id string) (*SignedDeletion, error) {
	d, err := h.Deletion(ctx, id)
	if err != nil {
		return nil, err
	}
	record, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("hq.SignedDeletion: %w", err)
	}
	text := base64.StdEncoding.EncodeToString
	return &SignedDeletion{
		ID: id, Record: string(record), Key: text(h.PublicKey()), Signature: text(ed25519.Sign(h.key, append([]byte(signedDeletion), record...))),
	}, nil
}

// Open checks the signature, with headquarters' key as it is known otherwise or,
// where that is nil, the one that the record names, and reads the record.
func (s *SignedDeletion) Open(key ed25519.PublicKey) (*Deletion, error) {
	const op = "hq.SignedDeletion"
	named, err := base64.StdEncoding.DecodeString(s.Key)
	if err == nil && key == nil {
		key = named
	}
	signature, err := base64.StdEncoding.DecodeString(s.Signature)
	if err != nil || len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, append([]byte(signedDeletion), s.Record...), signature) {
		return nil, edge.Errorf(op, edge.Forbidden, "the record of deletion %.64q is not signed by headquarters", s.ID)
	}
	var d Deletion
	if err := json.Unmarshal([]byte(s.Record), &d); err != nil || d.ID != s.ID {
		return nil, edge.Errorf(op, edge.Invalid, "this is no record of deletion %.64q", s.ID)
	}
	return &d, nil
}
