package edge

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
)

// Limits of a release as it travels.
const (
	MaxReleaseBytes = 128 << 20 // of a release's document
	MaxAssetBytes   = 8 << 20   // of one picture or shape
	maxAssets       = 100_000
)

// AssetGrace is how long a release that is due waits for its pictures and
// shapes. After that it takes effect without them: prices are worth more.
const AssetGrace = 30 * time.Minute

// Folders of assets: what a file is for is the first part of its name.
const (
	PictureFolder = "pictures"
	TryOnFolder   = "tryon"
)

// Asset is a file that a release needs, named by what is in it.
type Asset struct {
	Name   string `json:"name"` // pictures/… or tryon/…, as the variants name it
	SHA256 Hash   `json:"sha256"`
	Size   int64  `json:"size"` // bytes
}

// SignedRelease is a release as HQ issued it: a document that HQ signed, so
// that whoever has it can tell whose it is, now and later, and where it came by.
type SignedRelease struct {
	Version   uint32    `json:"version"`
	Effective time.Time `json:"effective"` // not in force before
	SHA256    Hash      `json:"sha256"`    // of Body
	Size      int64     `json:"size"`      // of Body, in bytes
	Signature []byte    `json:"signature"` // Ed25519
	// Body is the JSON of the Release, byte for byte. It is nil where the
	// document has to be fetched by its hash.
	Body []byte `json:"-"`
}

// SignRelease makes the document of a release. A release that Check refuses is
// not signed.
func SignRelease(key ed25519.PrivateKey, r *Release) (*SignedRelease, error) {
	const op = "edge.SignRelease"
	if err := r.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if len(body) > MaxReleaseBytes {
		return nil, Errorf(op, TooLarge, "the catalogue has %d bytes, at most %d: leave out what is not sold", len(body), MaxReleaseBytes)
	}
	s := &SignedRelease{
		Version: r.Version, Effective: r.Effective.UTC(), SHA256: sha256.Sum256(body), Size: int64(len(body)), Body: body,
	}
	s.Signature = ed25519.Sign(key, s.signed())
	return s, nil
}

// signed is what the signature is over: the domain tag "mirrorcart release 1"
// and a zero byte; version, effective time (milliseconds since 1970) and size,
// each 64 bit, big endian; SHA-256 of the document.
func (s *SignedRelease) signed() []byte {
	b := []byte("mirrorcart release 1\x00")
	b = binary.BigEndian.AppendUint64(b, uint64(s.Version))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Effective.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Size))
	return append(b, s.SHA256[:]...)
}

// Verify reports whether one of keys signed the release. Where the document is
// there it must be the one that was signed. Its error is Forbidden.
func (s *SignedRelease) Verify(keys ...ed25519.PublicKey) error {
	const op = "edge.SignedRelease.Verify"
	if s.Body != nil && (int64(len(s.Body)) != s.Size || Hash(sha256.Sum256(s.Body)) != s.SHA256) {
		return Errorf(op, Forbidden, "catalogue %d is not the document that was signed", s.Version)
	}
	for _, key := range keys {
		if len(key) == ed25519.PublicKeySize && ed25519.Verify(key, s.signed(), s.Signature) {
			return nil
		}
	}
	return Errorf(op, Forbidden, "catalogue %d is not signed by HQ", s.Version)
}

// CheckForm refuses what no release can be. Its error is Invalid or TooLarge.
func (s *SignedRelease) CheckForm() error {
	const op = "edge.SignedRelease.CheckForm"
	switch {
	case s.Version == 0 || s.Effective.IsZero() || len(s.Signature) != ed25519.SignatureSize:
		return Errorf(op, Invalid, "catalogue %d without version, effective time or signature", s.Version)
	case s.Size <= 0 || s.Size > MaxReleaseBytes:
		return Errorf(op, TooLarge, "catalogue %d of %d bytes, at most %d", s.Version, s.Size, MaxReleaseBytes)
	}
	return nil
}

// Release reads the document, which must be what the signed lines say of it,
// and checks it.
func (s *SignedRelease) Release() (*Release, error) {
	const op = "edge.SignedRelease.Release"
	if Hash(sha256.Sum256(s.Body)) != s.SHA256 {
		return nil, Errorf(op, Invalid, "the document of catalogue %d is another one", s.Version)
	}
	var r Release
	if err := json.NewDecoder(bytes.NewReader(s.Body)).Decode(&r); err != nil {
		return nil, &Error{Op: op, Kind: Invalid, Msg: fmt.Sprintf("the document of catalogue %d cannot be read", s.Version), Err: err}
	}
	if r.Version != s.Version || !r.Effective.Equal(s.Effective) {
		return nil, Errorf(op, Invalid, "the document of catalogue %d says it is %d, in force from %s", s.Version, r.Version, r.Effective.Format(time.RFC3339))
	}
	return &r, r.Check()
}

// IssuedRelease is a release of HQ, and how far it has come in a shop.
type IssuedRelease struct {
	SignedRelease           // without its Body
	Arrived       time.Time // when the shop heard of it
	Stored        bool      // the document is here
	Complete      bool      // so are its files
	Flaw          string    // why it never takes effect; empty where it may
}

// Due is when the release takes effect, with all its files or not.
func (r *IssuedRelease) Due() time.Time {
	if r.Arrived.After(r.Effective) {
		return r.Arrived.Add(AssetGrace)
	}
	return r.Effective.Add(AssetGrace)
}
