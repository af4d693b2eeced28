// Package authority is headquarters' own certificate authority: it signs the
// certificates by which gateways, collectors and brokers know each other, and the
// list of those that were taken back. Whose certificate may be signed is for its
// users to say.
package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	// DeviceLife is how long a gateway's certificate holds. It is renewed at two
	// thirds of that.
	DeviceLife = 90 * 24 * time.Hour
	// ServiceLife is how long the certificate of a broker or a collector holds,
	// which people renew.
	ServiceLife = 397 * 24 * time.Hour

	authorityLife = 20 * 365 * 24 * time.Hour
	// behind is how far the clock of who looks at a new certificate may be behind.
	behind = time.Hour
)

// Authority signs certificates.
type Authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// Certificate is the authority's own; it is not to be changed.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

// Pool trusts the authority alone.
func (a *Authority) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// SignClient signs a client's certificate for name: a node's or a collector's. It
// returns DER.
func (a *Authority) SignClient(name string, key crypto.PublicKey, now time.Time, life time.Duration) ([]byte, error) {
	return a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, key, now, life)
}

// SignServer signs the certificate of a broker, or of HQ's own door, which clients
// call by one of hosts: names or IP addresses. It returns DER.
func (a *Authority) SignServer(hosts []string, key crypto.PublicKey, now time.Time, life time.Duration) ([]byte, error) {
	want := &x509.Certificate{Subject: pkix.Name{CommonName: "server"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			want.IPAddresses = append(want.IPAddresses, ip)
		} else {
			want.DNSNames = append(want.DNSNames, host)
		}
	}
	return a.issue(want, key, now, life)
}

// issue signs what is wanted. Keys are ECDSA P-256 or Ed25519, which TLS 1.3 and
// Mosquitto both take.
func (a *Authority) issue(want *x509.Certificate, key crypto.PublicKey, now time.Time, life time.Duration) ([]byte, error) {
	const op = "authority.issue"
	switch k := key.(type) {
	case ed25519.PublicKey:
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return nil, edge.Errorf(op, edge.Invalid, "the key is on the curve %s: ECDSA P-256 or Ed25519 is wanted", k.Params().Name)
		}
	default:
		return nil, edge.Errorf(op, edge.Invalid, "the key is a %T: ECDSA P-256 or Ed25519 is wanted", key)
	}
	want.NotBefore, want.NotAfter = now.Add(-behind), now.Add(life)
	if want.NotAfter.After(a.cert.NotAfter) {
		return nil, edge.Errorf(op, edge.Unavailable, "the authority ends on %s: make a new one, and claim all gateways anew", a.cert.NotAfter.Format(time.DateOnly))
	}
	want.KeyUsage, want.BasicConstraintsValid = x509.KeyUsageDigitalSignature, true
	der, err := sign(want, a.cert, key, a.key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return der, nil
}

func sign(want, by *x509.Certificate, key crypto.PublicKey, with crypto.Signer) ([]byte, error) {
	var err error
	if want.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, err
	}
	return x509.CreateCertificate(rand.Reader, want, by, key, with)
}

// Revoked is a certificate that was taken back.
type Revoked struct {
	Serial *big.Int
	At     time.Time
}

// RevocationList signs the list of those that were taken back, as PEM. number grows
// with the list. It holds for as long as the authority does: a broker refuses
// everybody once its list has run out, and no shop is to lose its line because
// headquarters was silent.
func (a *Authority) RevocationList(list []Revoked, number int64, now time.Time) ([]byte, error) {
	const op = "authority.RevocationList"
	crl := &x509.RevocationList{Number: big.NewInt(number), ThisUpdate: now.Add(-behind), NextUpdate: a.cert.NotAfter}
	for _, r := range list {
		crl.RevokedCertificateEntries = append(crl.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: r.Serial, RevocationTime: r.At})
	}
	der, err := x509.CreateRevocationList(rand.Reader, crl, a.cert, a.key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), nil
}

// PEM is a certificate as it stands in files.
func PEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
