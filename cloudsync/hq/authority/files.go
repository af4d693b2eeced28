package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const keyFile, certFile = "ca.key", "ca.pem"

// Create makes an authority and keeps it in dir: ca.key, which its owner alone may
// read, and ca.pem, which everybody may. It never replaces one: that is an
// edge.Error of kind Conflict. Stopped at any moment it is finished by the next
// Create, with the key that lies there.
func Create(dir, name string, now time.Time) (*Authority, error) {
	return create(dir, name, now, func() {})
}

// create is Create, which calls step before each change of the disk.
func create(dir, name string, now time.Time, step func()) (*Authority, error) {
	const op = "authority.Create"
	conflict := func(err error) error {
		return &edge.Error{Op: op, Kind: edge.Conflict, Err: err, Msg: "there is an authority in " + dir + " already: all gateways trust it, so it is not replaced"}
	}
	if _, err := os.Stat(filepath.Join(dir, certFile)); err == nil {
		return nil, conflict(nil)
	}
	step()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	key, err := loadOrCreateKey(dir, step)
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
	err = writeNew(filepath.Join(dir, certFile), 0o644, PEM(der), step)
	if errors.Is(err, fs.ErrExist) { // somebody else made it at the same time
		return nil, conflict(err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return Open(dir)
}

// loadOrCreateKey reads the authority's key, and makes it where there is none.
func loadOrCreateKey(dir string, step func()) (*ecdsa.PrivateKey, error) {
	key, err := loadKey(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	err = writeNew(filepath.Join(dir, keyFile), 0o600, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), step)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return loadKey(dir) // read back, so that two that run at once agree on one key
}

// loadKey reads the authority's key.
func loadKey(dir string) (*ecdsa.PrivateKey, error) {
	const op = "authority.loadKey"
	at := filepath.Join(dir, keyFile)
	info, err := os.Stat(at)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, edge.Errorf(op, edge.Forbidden, "%s: others may read it (mode %04o): make a new authority if they could have, or run chmod 600 %s", at, info.Mode().Perm(), at)
	}
	secret, err := readPEM(at, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(secret)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, edge.Errorf(op, edge.Invalid, "%s holds a %T and not the authority's key: put it back from the backup", at, parsed)
	}
	return key, nil
}

// Open reads the authority that Create kept in dir. Where there is none its error
// is an edge.Error of kind NotFound.
func Open(dir string) (*Authority, error) {
	const op = "authority.Open"
	key, err := loadKey(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &edge.Error{Op: op, Kind: edge.NotFound, Err: err, Msg: "there is no authority in " + dir + ": make it with `hq ca init`"}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	der, err := readPEM(filepath.Join(dir, certFile), "CERTIFICATE")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &edge.Error{Op: op, Kind: edge.Invalid, Err: err, Msg: certFile + " is missing in " + dir + ": put it back from the backup, or finish with `hq ca init` what was stopped"}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", op, certFile, err)
	}
	if !key.PublicKey.Equal(cert.PublicKey) || !cert.IsCA {
		return nil, edge.Errorf(op, edge.Invalid, "%s and %s in %s do not belong together: put both back from the same backup", keyFile, certFile, dir)
	}
	return &Authority{key, cert}, nil
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

// writeNew writes a file that must not be there yet, to the disk itself, whole or
// not at all.
func writeNew(file string, mode fs.FileMode, text []byte, step func()) error {
	dir := filepath.Dir(file)
	step()
	f, err := os.CreateTemp(dir, "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	step()
	_, err = f.Write(text)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	step()
	if err := os.Link(f.Name(), file); err != nil { // unlike a rename it never replaces a file
		return err
	}
	step()
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
