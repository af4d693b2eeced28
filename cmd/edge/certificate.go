package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

const (
	// selfSignedLife is what browsers accept at most.
	selfSignedLife = 397 * 24 * time.Hour
	// selfSignedRest is how long one must still hold at the start to be kept.
	selfSignedRest = 30 * 24 * time.Hour
)

// certificate is what the gateway serves TLS with: the one that is set, or one of
// its own making. It is read anew every hour, so that a renewed one counts
// without a restart; where that fails the one before stays in force.
type certificate struct {
	cfg *firmwarecfg.Edge
	now func() time.Time
	log *slog.Logger

	mu     sync.Mutex
	cert   *tls.Certificate
	loaded time.Time
}

const certificateFresh = time.Hour

// config is what a listener needs. It fails where there is no certificate.
func (c *certificate) config() (*tls.Config, error) {
	if _, err := c.get(nil); err != nil {
		return nil, err
	}
	return &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12}, nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.cert != nil && now.Sub(c.loaded).Abs() < certificateFresh {
		return c.cert, nil
	}
	cert, err := c.load(now)
	switch {
	case err == nil:
		c.cert = &cert
	case c.cert == nil:
		return nil, err
	default:
		c.log.Error("the certificate cannot be read anew, the one before stays in force", "err", err)
	}
	c.loaded = now
	return c.cert, nil
}

func (c *certificate) load(now time.Time) (tls.Certificate, error) {
	http := c.cfg.HTTP
	if http.Cert == "" {
		cert, err := selfSigned(filepath.Join(c.cfg.DataDir, "self-signed.pem"), http.AllowedHosts, now)
		if err != nil {
			err = &mendable{"the gateway cannot keep a certificate of its own: see that it may write to data_dir and that the disk has room", err}
		}
		return cert, err
	}
	cert, err := tls.LoadX509KeyPair(http.Cert, http.Key)
	if err != nil {
		err = &mendable{"the gateway's certificate cannot be used: mend the files under http.cert and http.key, or empty both for one of its own making", err}
	}
	return cert, err
}

// selfSigned reads the certificate and key kept in file. It makes new ones where
// there are none, or not for these hosts, or not for much longer.
func selfSigned(file string, hosts []string, now time.Time) (tls.Certificate, error) {
	kept, err := os.ReadFile(file)
	if err == nil {
		if cert, err := tls.X509KeyPair(kept, kept); err == nil && serves(cert.Leaf, hosts, now) {
			return cert, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, err
	}
	made, err := makeSelfSigned(hosts, now)
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := writeWhole(file, made); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(made, made)
}

// writeWhole writes a file that only its owner may read, whole or not at all:
// another kiosk may be reading it.
func writeWhole(file string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), "*.part") // its owner's alone
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func serves(leaf *x509.Certificate, hosts []string, now time.Time) bool {
	for _, host := range hosts {
		if leaf.VerifyHostname(host) != nil {
			return false
		}
	}
	return now.After(leaf.NotBefore) && now.Add(selfSignedRest).Before(leaf.NotAfter)
}

// makeSelfSigned makes key and certificate, PEM.
func makeSelfSigned(hosts []string, now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	cert := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Mirrorcart"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(selfSignedLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})...), nil
}
