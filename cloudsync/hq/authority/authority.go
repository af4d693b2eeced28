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
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
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

	keyFile, certFile = "ca.key", "ca.pem"
)

// Authority signs certificates.
type Authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// Create makes an authority and keeps it in dir: ca.key, which its owner alone may
// read, and ca.pem, which everybody may. It never replaces one: that is an
// edge.Error of kind Conflict.
func Create(dir, name string, now time.Time) (*Authority, error) {
	const op = "authority.Create"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	want := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, NotBefore: now.Add(-behind), NotAfter: now.Add(authorityLife),
	}
	der, err := sign(want, want, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	// The key goes first: where it lies, nobody makes another.
	err = writeNew(filepath.Join(dir, keyFile), 0o600, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	if err == nil {
		err = writeNew(filepath.Join(dir, certFile), 0o644, PEM(der))
	}
	if errors.Is(err, fs.ErrExist) {
		return nil, &edge.Error{Op: op, Kind: edge.Conflict, Err: err, Msg: "there is an authority in " + dir + " already: all gateways trust it, so it is not replaced"}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return Open(dir)
}

// Open reads the authority that Create kept in dir. Where there is none its error
// is an edge.Error of kind NotFound.
func Open(dir string) (*Authority, error) {
	const op = "authority.Open"
	at := filepath.Join(dir, keyFile)
	info, err := os.Stat(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &edge.Error{Op: op, Kind: edge.NotFound, Err: err, Msg: "there is no authority in " + dir + ": make it with `hq ca init`"}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, edge.Errorf(op, edge.Forbidden, "%s: others may read it (mode %04o): make a new authority if they could have, or run chmod 600 %s", at, info.Mode().Perm(), at)
	}
	secret, err := readPEM(at, "PRIVATE KEY")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(secret)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", op, at, err)
	}
	der, err := readPEM(filepath.Join(dir, certFile), "CERTIFICATE")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", op, certFile, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) || !cert.IsCA {
		return nil, edge.Errorf(op, edge.Invalid, "%s and %s in %s do not belong together: put both back from the same backup", keyFile, certFile, dir)
	}
	return &Authority{key, cert}, nil
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

func readPEM(file, kind string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind {
		return nil, edge.Errorf("authority.readPEM", edge.Invalid, "%s holds no %s in PEM form: put it back from the backup", file, kind)
	}
	return block.Bytes, nil
}

// writeNew writes a file that must not be there yet, to the disk itself.
func writeNew(file string, mode fs.FileMode, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}
