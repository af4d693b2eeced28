package cloudsync

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"strings"
)

// Where HQ speaks of certificates. POST CertificatePath brings one envelope of
// KindCertificateRequest, signed for CertificateTopic with the key that the
// gateway signs its ledger with, and is answered with one of KindCertificate,
// signed by HQ for the same topic. GET AuthorityPath answers with an envelope of
// KindCertificate, signed for AuthorityTopic, that has the authority alone: whoever
// knows HQ's key needs to trust nothing else. GET RevokedPath is the list of
// certificates that were taken back, PEM (RFC 5280, section 5).
const (
	CertificatePath = "/identity/v1/certificate"
	AuthorityPath   = "/identity/v1/authority"
	RevokedPath     = "/identity/v1/revoked.pem"
)

// CertificateType is the media type of both envelopes.
const CertificateType = "application/vnd.mirrorcart.certificate"

// MaxCertificate bounds either of them.
const MaxCertificate = 16 << 10 // bytes

// AuthorityTopic is what the signature of the authority's certificate is bound to.
const AuthorityTopic = "identity/v1"

// CertificateTopic is what the signatures of a node's request and of its answer are
// bound to.
func CertificateTopic(node string) string { return AuthorityTopic + "/" + node }

// CertificateRequest asks for a certificate. With a code the gateway becomes the
// node that the code was made for, signing with Key from now on; without one it
// must sign with a key that HQ knows.
type CertificateRequest struct {
	Node string            `json:"node"`
	Code string            `json:"code,omitempty"`
	Key  ed25519.PublicKey `json:"key"` // signs the envelope, and the ledger
	CSR  []byte            `json:"csr"` // PKCS #10, DER; its common name is Node
}

// Certificate is HQ's answer.
type Certificate struct {
	Node        string `json:"node,omitempty"`
	Certificate []byte `json:"certificate,omitempty"` // X.509, DER
	Authority   []byte `json:"authority"`             // of the authority that signed it, DER
}

// DecodeCertificateRequest reads the body of an envelope of
// KindCertificateRequest. It does not look into the CSR.
func DecodeCertificateRequest(body []byte) (*CertificateRequest, error) {
	const op = "cloudsync.DecodeCertificateRequest"
	var r CertificateRequest
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, refuse(op, RefusedUndecodable, "not a request for a certificate")
	}
	if err := CheckNode(r.Node); err != nil {
		return nil, &RefusalError{Op: op, Code: RefusedUndecodable, Msg: "no node's name", Err: err}
	}
	if len(r.Key) != ed25519.PublicKeySize || len(r.CSR) == 0 {
		return nil, refuse(op, RefusedUndecodable, "a key of %d bytes and a CSR of %d", len(r.Key), len(r.CSR))
	}
	return &r, nil
}

// DecodeCertificate reads the body of an envelope of KindCertificate.
func DecodeCertificate(body []byte) (*Certificate, error) {
	var c Certificate
	if err := json.Unmarshal(body, &c); err != nil || len(c.Authority) == 0 {
		return nil, refuse("cloudsync.DecodeCertificate", RefusedUndecodable, "not a certificate")
	}
	return &c, nil
}

// claimAlphabet has no letter that is taken for another (Crockford's base 32).
const claimAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// claimLength is how many characters a code has: 60 bits of chance.
const claimLength = 12

// NewClaim makes a code that people read and type, XXXX-XXXX-XXXX, out of chance.
func NewClaim() string {
	random := make([]byte, claimLength)
	_, _ = rand.Read(random) // never fails
	var b strings.Builder
	for i := range claimLength {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(claimAlphabet[random[i]%byte(len(claimAlphabet))])
	}
	return b.String()
}

// PlainClaim is a code without what people add or take for something else when
// they type it; ok is false where it can be none.
func PlainClaim(typed string) (code string, ok bool) {
	if len(typed) > 4*claimLength {
		return "", false
	}
	code = strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(typed))
	return code, len(code) == claimLength && strings.Trim(code, claimAlphabet) == ""
}
