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
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

const (
	// selfSignedLife is what browsers accept at most.
	selfSignedLife = 397 * 24 * time.Hour
	// selfSignedRest is how long one must still hold at the start to be kept.
	selfSignedRest = 30 * 24 * time.Hour
)

// tlsConfig is what the gateway serves TLS with: the certificate that is set, or
// one of its own making.
func tlsConfig(cfg *firmwarecfg.Edge, now time.Time) (*tls.Config, error) {
	load := func() (tls.Certificate, error) { return tls.LoadX509KeyPair(cfg.HTTP.Cert, cfg.HTTP.Key) }
	if cfg.HTTP.Cert == "" {
		load = func() (tls.Certificate, error) {
			return selfSigned(filepath.Join(cfg.DataDir, "self-signed.pem"), cfg.HTTP.AllowedHosts, now)
		}
	}
	cert, err := load()
	if err != nil {
		mend := "the gateway's certificate cannot be used: mend the files under http.cert and http.key, or empty both for one of its own making"
		if cfg.HTTP.Cert == "" {
			mend = "the gateway cannot keep a certificate of its own: see that it may write to data_dir and that the disk has room"
		}
		return nil, &mendable{mend, err}
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
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
