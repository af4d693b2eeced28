package firmwarecfg

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// pemType heads a PKCS #8 private key in a PEM file (RFC 7468, section 10).
const pemType = "PRIVATE KEY"

// LoadOrCreateKey reads the Ed25519 private key of this machine from a PEM
// file (PKCS #8), and makes key and file where there is none. The file is
// whole and on the disk before it returns. A file that others than its owner
// may read is refused; so is anything that is not such a key, and nothing is
// ever overwritten.
func LoadOrCreateKey(path string) (ed25519.PrivateKey, error) {
	key, err := LoadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := createKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("key %s: cannot make it: %s", path, reason(err))
	}
	// Read back, so that two processes that start at once agree on one key.
	return LoadKey(path)
}

// LoadKey is LoadOrCreateKey where the key must be there.
func LoadKey(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", path, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key %s: others may read it (mode %04o): make a new key if they could have, or run chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text, err := readSmall(path)
	if err != nil {
		return nil, fmt.Errorf("key %s: cannot read it: %s", path, reason(err))
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != pemType || len(rest) > 0 {
		return nil, fmt.Errorf("key %s: it is not one private key in PEM form: restore it from the backup, or move it away to get a new one and enrol again", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("key %s: its content is damaged: restore it from the backup, or move it away to get a new one and enrol again: %w", path, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("key %s: it is a %T, not an Ed25519 key", path, parsed)
	}
	return key, nil
}

// createKey writes a new key; its error is fs.ErrExist where a file was there
// first.
func createKey(path string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	// A link, unlike a rename, never replaces a file.
	return writeSecret(path, pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), os.Link)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// FormatPublicKey is the key in standard base64, as it stands in
// configuration files.
func FormatPublicKey(key ed25519.PublicKey) string {
	return base64.StdEncoding.EncodeToString(key)
}

// ParsePublicKey reads what FormatPublicKey wrote.
func ParsePublicKey(s string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q is not an Ed25519 public key: 44 characters of base64 are wanted", s)
	}
	return b, nil
}

// reason is the plain cause of a failed file operation, without the path.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
