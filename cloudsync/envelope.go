package cloudsync

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Limits of the wire, checked before anything is believed.
const (
	MaxEvents  = 200       // events of one batch
	MaxBatch   = 128 << 10 // bytes of events that an uplink puts in one batch
	MaxDecoded = 4 << 20   // bytes of a body after decompression
	MaxPayload = MaxDecoded + headerSize

	version    = 1
	headerSize = 1 + 1 + len(KeyID{}) + ed25519.SignatureSize
	signDomain = "mirrorcart envelope 1\x00"
)

// Kind says what an envelope holds.
type Kind byte

// The kinds of envelope.
const (
	KindBatch   Kind = 1 // Batch, from a node
	KindAck     Kind = 2 // Ack, from HQ
	KindNack    Kind = 3 // Nack, from HQ
	KindDown    Kind = 4 // Down, from HQ
	KindConfirm Kind = 5 // Confirm, from a node
	KindState   Kind = 6 // State, from a node
	KindCmd     Kind = 7 // Cmd, from HQ
	KindRsp     Kind = 8 // Rsp, from a node
	KindSample  Kind = 9 // Sample, from a node

	KindRecall   Kind = 10 // Recall, from a node
	KindRecalled Kind = 11 // Batch, from HQ: the answer to Recall
	KindPhoto    Kind = 12 // edge.SealedPhoto, from a node, over HTTPS alone
	KindContact  Kind = 13 // edge.OrderContact, from a node, over HTTPS alone

	KindDesired  Kind = 14 // Desired, from HQ
	KindReported Kind = 15 // Reported, from a node

	KindCertificateRequest Kind = 16 // CertificateRequest, from a node, over HTTPS alone
	KindCertificate        Kind = 17 // Certificate, from HQ: the answer to it
	KindTold               Kind = 18 // edge.PersonTold, from a node, over HTTPS alone
)

// KeyID names a public key: the first 8 bytes of its SHA-256.
type KeyID [8]byte

func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// IDOf is the id of a public key.
func IDOf(pub ed25519.PublicKey) KeyID {
	sum := sha256.Sum256(pub)
	return KeyID(sum[:8])
}

// Ref names one sealed envelope, so that a reply can say what it answers.
type Ref string

// RefOf is the reference of a sealed envelope: 16 bytes of its SHA-256 in hex.
func RefOf(sealed []byte) Ref {
	sum := sha256.Sum256(sealed)
	return Ref(hex.EncodeToString(sum[:16]))
}

// Envelope is a signed message, taken apart but not yet verified.
type Envelope struct {
	Kind Kind
	Key  KeyID
	Body []byte
	sig  []byte
}

// Seal signs body for one topic: version 1, kind, key id, Ed25519 signature
// over (domain tag, kind, topic, 0, body), body.
func Seal(key ed25519.PrivateKey, kind Kind, topic string, body []byte) []byte {
	id := IDOf(key.Public().(ed25519.PublicKey))
	b := make([]byte, 0, headerSize+len(body))
	b = append(b, version, byte(kind))
	b = append(b, id[:]...)
	b = append(b, ed25519.Sign(key, signed(kind, topic, body))...)
	return append(b, body...)
}

func signed(kind Kind, topic string, body []byte) []byte {
	b := make([]byte, 0, len(signDomain)+1+len(topic)+1+len(body))
	b = append(b, signDomain...)
	b = append(b, byte(kind))
	b = append(b, topic...)
	b = append(b, 0)
	return append(b, body...)
}

// Open takes an envelope apart. What it says is nobody's word until Verify.
func Open(b []byte) (Envelope, error) {
	const op = "cloudsync.Open"
	if len(b) > MaxPayload {
		return Envelope{}, refuse(op, RefusedTooLarge, "%d bytes, at most %d", len(b), MaxPayload)
	}
	if len(b) < headerSize {
		return Envelope{}, refuse(op, RefusedUndecodable, "%d bytes are no envelope", len(b))
	}
	if b[0] != version {
		return Envelope{}, refuse(op, RefusedVersion, "envelope version %d, this program knows %d", b[0], version)
	}
	kind := Kind(b[1])
	if kind < KindBatch || kind > KindTold {
		return Envelope{}, refuse(op, RefusedUndecodable, "envelope kind %d is unknown", kind)
	}
	sigAt := 2 + len(KeyID{})
	return Envelope{Kind: kind, Key: KeyID(b[2:sigAt]), sig: b[sigAt:headerSize], Body: b[headerSize:]}, nil
}

// Verify reports whether pub signed the envelope for topic.
func (e Envelope) Verify(pub ed25519.PublicKey, topic string) error {
	const op = "cloudsync.Envelope.Verify"
	if len(pub) != ed25519.PublicKeySize || IDOf(pub) != e.Key {
		return refuse(op, RefusedUnknownKey, "signed with key %s, which is not known here", e.Key)
	}
	if !ed25519.Verify(pub, signed(e.Kind, topic, e.Body), e.sig) {
		return refuse(op, RefusedForged, "the signature does not fit: altered, or meant for another topic")
	}
	return nil
}

// Refusal says why HQ did not take a batch.
type Refusal string

// The refusals. The first four concern the sender, and sending less at a time
// is no cure; the others concern what was sent.
const (
	RefusedUnknownKey  Refusal = "unknown_key"
	RefusedRevoked     Refusal = "revoked" // the key was taken back; batches are set aside instead
	RefusedForged      Refusal = "forged"
	RefusedVersion     Refusal = "version"
	RefusedUndecodable Refusal = "undecodable"
	RefusedTooLarge    Refusal = "too_large"
	RefusedChain       Refusal = "chain" // the hash does not follow from the events
)

// Refusals are all of them.
func Refusals() []Refusal {
	return []Refusal{RefusedUnknownKey, RefusedRevoked, RefusedForged, RefusedVersion, RefusedUndecodable, RefusedTooLarge, RefusedChain}
}

// Divisible reports whether a part of the batch may pass where the whole did not.
func (r Refusal) Divisible() bool {
	return r == RefusedUndecodable || r == RefusedTooLarge || r == RefusedChain
}

// RefusalError says why a message was not taken.
type RefusalError struct {
	Op   string
	Code Refusal
	Msg  string
	Err  error
}

func (e *RefusalError) Error() string {
	s := e.Op + ": " + string(e.Code) + ": " + e.Msg
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *RefusalError) Unwrap() error { return e.Err }

func refuse(op string, code Refusal, format string, args ...any) *RefusalError {
	return &RefusalError{Op: op, Code: code, Msg: fmt.Sprintf(format, args...)}
}
