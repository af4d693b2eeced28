package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Product is what bundles of this package are for.
const Product = "mirrorcart-edge"

// The limits of a bundle. They are far above what a machine's files need.
const (
	MaxArchive = 4 << 20 // bytes, compressed
	MaxContent = 8 << 20 // bytes of all files together
	MaxFiles   = 256

	maxManifest = 256 << 10 // bytes
	maxPath     = 200       // bytes
	maxClasses  = 16
	maxVersion  = 1 << 53 // the whole numbers that every JSON reader knows
)

// Manifest is what a bundle says of itself.
type Manifest struct {
	Format  int      `json:"format"`  // 1
	Product string   `json:"product"` // Product
	Classes []string `json:"classes"` // the kinds of machine it is for, as class in edge.yaml
	Version int64    `json:"version"` // from 1; one number is given once
	// MinVersion is the oldest bundle that people may go back to once this one runs.
	MinVersion int64     `json:"min_version"`
	Created    time.Time `json:"created"`
	Expires    time.Time `json:"expires"` // it is not taken afterwards; what runs goes on running
	Files      []Entry   `json:"files"`   // in the order of the paths
}

// Entry is a file of a bundle.
type Entry struct {
	Path   string      `json:"path"` // from the root, with slashes and without the first
	Mode   fs.FileMode `json:"mode"` // its permissions; the owner is root
	Size   int64       `json:"size"` // bytes
	SHA256 string      `json:"sha256"`
}

// Digest is a SHA-256 in lower-case hex.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

var (
	className = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)
	safePath  = regexp.MustCompile(`^[A-Za-z0-9@_+.,:-]+(/[A-Za-z0-9@_+.,:-]+)*$`)
)

// parseManifest reads a manifest and checks all that needs neither trust nor time.
func parseManifest(text []byte) (Manifest, error) {
	var m Manifest
	if len(text) > maxManifest {
		return m, refuse(TooLarge, "manifest.json is %d bytes, %d at most are read", len(text), maxManifest)
	}
	if err := decodeStrictly(text, &m); err != nil {
		return m, refuse(Tampered, "manifest.json cannot be read: %v", err)
	}
	return m, m.check()
}

func (m *Manifest) check() error {
	switch {
	case m.Format != 1:
		return refuse(Unfit, "it is of format %d, and this program knows format 1: install a newer program first", m.Format)
	case m.Product != Product:
		return refuse(Foreign, "it is for %q, not for %s", m.Product, Product)
	case len(m.Classes) == 0 || len(m.Classes) > maxClasses || slices.ContainsFunc(m.Classes, func(c string) bool { return !className.MatchString(c) }):
		return refuse(Tampered, "it names no kinds of machine that can be: 1 to %d words of a-z, 0-9, - and _", maxClasses)
	case m.Version < 1 || m.Version > maxVersion || m.MinVersion < 0 || m.MinVersion > m.Version:
		return refuse(Tampered, "version %d, min_version %d: want 1 or more, and min_version not above it", m.Version, m.MinVersion)
	case m.Created.IsZero() || !m.Expires.After(m.Created):
		return refuse(Tampered, "it expires at %s, and was made at %s", m.Expires.Format(time.RFC3339), m.Created.Format(time.RFC3339))
	case len(m.Files) == 0:
		return refuse(Tampered, "there is no file in it")
	}
	return checkEntries(m.Files)
}

// checkEntries sees that no file can come to lie anywhere but below etc, and none
// twice or in the place of another's folder.
func checkEntries(files []Entry) error {
	if len(files) > MaxFiles {
		return refuse(TooLarge, "there are %d files, %d at most are taken", len(files), MaxFiles)
	}
	var sum int64
	last := ""
	seen := map[string]bool{} // in lower case: files, and their folders with a slash
	for _, e := range files {
		if err := checkPath(e.Path); err != nil {
			return err
		}
		folded := strings.ToLower(e.Path)
		if e.Path <= last || seen[folded] || seen[folded+"/"] {
			return refuse(Unsafe, "%s: it is there twice, differs from another in capitals alone, or is out of order", e.Path)
		}
		last, seen[folded] = e.Path, true
		for dir := path.Dir(folded); dir != "."; dir = path.Dir(dir) {
			if seen[dir] {
				return refuse(Unsafe, "%s: another file stands where its folder would be", e.Path)
			}
			seen[dir+"/"] = true
		}
		if e.Mode&^0o755 != 0 || e.Mode&0o400 == 0 {
			return refuse(Unsafe, "%s: mode %o: the owner must be able to read a file, and nobody else to write it", e.Path, e.Mode)
		}
		if !hexDigest.MatchString(e.SHA256) || e.Size < 0 {
			return refuse(Tampered, "%s: its size or SHA-256 cannot be", e.Path)
		}
		if sum += e.Size; e.Size > MaxContent || sum > MaxContent {
			return refuse(TooLarge, "its files are more than %d bytes", MaxContent)
		}
	}
	return nil
}

func checkPath(p string) error {
	switch {
	case len(p) > maxPath:
		return refuse(TooLarge, "a path is %d bytes, %d at most are taken", len(p), maxPath)
	case !safePath.MatchString(p) || path.Clean(p) != p || !strings.HasPrefix(p, "etc/"):
		return refuse(Unsafe, "%q: a file lies below etc/, and its path has no .., no empty part and no unusual letter", p)
	}
	return nil
}

// decodeStrictly reads one JSON value that has no unknown key, and nothing behind.
func decodeStrictly(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("there is something behind its end")
	}
	return nil
}
