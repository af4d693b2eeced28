// Package photo keeps shoppers' photos, each sealed with a key of its own, as
// files in one folder for a day at most. The key is handed out when the photo
// is stored and kept nowhere else: a photo whose key is forgotten is as good as
// deleted, and so is the file's content on a disk that was taken away.
//
// A file is named by the photo's id and says when it expires:
//
//	"MCP1" · expiry, Unix seconds, 8 bytes big endian · nonce, 12 bytes ·
//	AES-256-GCM of the photo, with all before the nonce and the id as
//	additional data
//
// so that neither a photo nor its time can be changed or exchanged.
package photo

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Limits of what is kept.
const (
	MaxAge   = 24 * time.Hour
	MaxBytes = 4 << 20 // of one photo
	MaxKept  = 500     // photos at once
)

const (
	magic    = "MCP1"
	keySize  = 32 // AES-256
	idSize   = 16
	headSize = len(magic) + 8
	ending   = ".session"
)

// Dir is a folder of sealed photos. Its methods may be called from any
// goroutine.
type Dir struct {
	path string
	now  func() time.Time
}

// Open opens the folder at path, which it makes if need be, and deletes what is
// in it: the sessions have ended with the program that ran them.
func Open(path string, now func() time.Time) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("photos: %w", err)
	}
	d := &Dir{path, now}
	files, err := d.files()
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			return nil, fmt.Errorf("photos: %w", err)
		}
	}
	return d, nil
}

// Put seals photo and stores it until expires, MaxAge from now at most, or until
// the folder is opened anew. The key opens the photo; whoever loses it has lost
// the photo.
func (d *Dir) Put(photo []byte, expires time.Time) (id string, key []byte, err error) {
	const op = "photo.Put"
	now := d.now()
	switch {
	case len(photo) == 0 || len(photo) > MaxBytes:
		return "", nil, edge.Errorf(op, edge.TooLarge, "a photo of %d bytes: want 1 to %d", len(photo), MaxBytes)
	case !expires.After(now) || expires.Sub(now) > MaxAge:
		return "", nil, edge.Errorf(op, edge.Invalid, "a photo is kept for %v at most", MaxAge)
	}
	files, err := d.files()
	if err != nil {
		return "", nil, err
	}
	if len(files) >= MaxKept {
		return "", nil, edge.Errorf(op, edge.TooMany, "%d photos are kept already: wait until some expire", len(files))
	}
	id, key = hex.EncodeToString(random(idSize)), random(keySize)
	sealed, err := seal(photo, id, key, expires)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", op, err)
	}
	if err := d.write(id+ending, sealed); err != nil {
		return "", nil, fmt.Errorf("%s: %w", op, err)
	}
	return id, key, nil
}

// write stores a file whole or not at all.
func (d *Dir) write(name string, b []byte) error {
	f, err := os.CreateTemp(d.path, "*.part")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return err
	}
	return os.Rename(f.Name(), filepath.Join(d.path, name))
}

// Get opens a photo with its key. A photo that is not there, has expired or is
// not opened by that key is an edge.Error of kind NotFound: which of them it
// is, is not for everybody to know.
func (d *Dir) Get(id string, key []byte) ([]byte, error) {
	const op = "photo.Get"
	gone := edge.Errorf(op, edge.NotFound, "there is no such photo, or it was deleted")
	b, err := os.ReadFile(d.file(id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, gone
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if photo, expires, err := unseal(b, id, key); err == nil && d.now().Before(expires) {
		return photo, nil
	}
	return nil, gone
}

// Delete deletes a photo; one that is not there is as good as deleted.
func (d *Dir) Delete(id string) error {
	if err := os.Remove(d.file(id)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("photo.Delete: %w", err)
	}
	return nil
}

// Sweep deletes what has expired, and whatever else is in the folder.
func (d *Dir) Sweep() error {
	files, err := d.files()
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range files {
		if expires, ok := expiry(f); ok && d.now().Before(expires) {
			continue
		}
		if strings.HasSuffix(f, ".part") && d.young(f) {
			continue
		}
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("photo.Sweep: %w", err))
		}
	}
	return errors.Join(errs...)
}

// young reports whether a file may be one that is being written.
func (d *Dir) young(file string) bool {
	st, err := os.Stat(file)
	return err == nil && d.now().Sub(st.ModTime()) < time.Minute
}

func (d *Dir) files() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, fmt.Errorf("photos: %w", err)
	}
	var files []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			files = append(files, filepath.Join(d.path, e.Name()))
		}
	}
	return files, nil
}

// file is where a photo lies; nowhere if id is not one.
func (d *Dir) file(id string) string {
	if !edge.ValidPhotoID(id) {
		return filepath.Join(d.path, "none")
	}
	return filepath.Join(d.path, id+ending)
}

func head(expires time.Time) []byte {
	return binary.BigEndian.AppendUint64([]byte(magic), uint64(expires.Unix()))
}

// expiry is the time that a file says it expires, which is trusted only to
// delete it.
func expiry(file string) (time.Time, bool) {
	f, err := os.Open(file)
	if err != nil {
		return time.Time{}, false
	}
	defer f.Close()
	b := make([]byte, headSize)
	if n, err := f.Read(b); err != nil || n < headSize || string(b[:len(magic)]) != magic {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint64(b[len(magic):])), 0), true
}

func seal(photo []byte, id string, key []byte, expires time.Time) ([]byte, error) {
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	h := head(expires)
	nonce := random(gcm.NonceSize())
	return gcm.Seal(append(append([]byte(nil), h...), nonce...), nonce, photo, append(h, id...)), nil
}

func unseal(b []byte, id string, key []byte) (photo []byte, expires time.Time, err error) {
	gcm, err := newGCM(key)
	if err != nil {
		return nil, time.Time{}, err
	}
	if len(b) < headSize+gcm.NonceSize() || string(b[:len(magic)]) != magic {
		return nil, time.Time{}, errors.New("not a sealed photo")
	}
	h, nonce, sealed := b[:headSize], b[headSize:headSize+gcm.NonceSize()], b[headSize+gcm.NonceSize():]
	photo, err = gcm.Open(nil, nonce, sealed, append(append([]byte(nil), h...), id...))
	return photo, time.Unix(int64(binary.BigEndian.Uint64(h[len(magic):])), 0), err
}

func newGCM(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("a key of %d bytes: want %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// random is n random bytes.
func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand)
	return b
}
