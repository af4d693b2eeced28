package bundle

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// The archive's parts before the files, in this order.
const (
	manifestName   = "manifest.json"
	signaturesName = "signatures.json"
	rootsName      = "roots.json" // may be missing
	filesPrefix    = "files/"
)

// maxExpanded is what the longest archive is without compression: the files, what
// stands before them, and tar's headers.
const maxExpanded = MaxContent + 3*maxManifest + (MaxFiles+8)*4<<10

// File is one of a machine's files.
type File struct {
	Path    string
	Mode    fs.FileMode
	Content []byte
}

// Bundle is an archive that has been read, or that is about to be written. Whether
// it may be taken says Trust.
type Bundle struct {
	Manifest   Manifest
	Signatures []Signature
	Roots      Roots // new root sets, for machines that do not have them yet

	text  []byte // the manifest's bytes, which are signed
	files [][]byte
}

// New is a bundle of the files, not yet signed. Format, product and the list of
// files are put into m.
func New(m Manifest, files []File) (*Bundle, error) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	m.Format, m.Product, m.Files = 1, Product, nil
	b := &Bundle{}
	for _, f := range files {
		m.Files = append(m.Files, Entry{Path: f.Path, Mode: f.Mode, Size: int64(len(f.Content)), SHA256: Digest(f.Content)})
		b.files = append(b.files, f.Content)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	b.text = append(text, '\n')
	b.Manifest, err = parseManifest(b.text)
	return b, err
}

// ID is the SHA-256 of the manifest in hex, and so of all that the machine gets
// from the bundle, whoever signed it.
func (b *Bundle) ID() string { return Digest(b.text) }

// Sign adds a key's signature.
func (b *Bundle) Sign(key ed25519.PrivateKey) {
	b.Signatures = add(b.Signatures, sign(manifestContext, b.text, key))
}

// Content are the bundle's files.
func (b *Bundle) Content() []File {
	var all []File
	for i, e := range b.Manifest.Files {
		all = append(all, File{Path: e.Path, Mode: e.Mode, Content: b.files[i]})
	}
	return all
}

// Archive is the bundle as it travels. The same bundle gives the same bytes.
func (b *Bundle) Archive() ([]byte, error) {
	type part struct {
		name string
		text []byte
	}
	parts := []part{{manifestName, b.text}}
	signatures, err := json.Marshal(append([]Signature{}, b.Signatures...))
	if err != nil {
		return nil, err
	}
	parts = append(parts, part{signaturesName, signatures})
	if len(b.Roots) > 0 {
		roots, err := json.Marshal(b.Roots)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{rootsName, roots})
	}
	for i, e := range b.Manifest.Files {
		parts = append(parts, part{filesPrefix + e.Path, b.files[i]})
	}
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	for _, p := range parts {
		head := &tar.Header{Typeflag: tar.TypeReg, Name: p.name, Size: int64(len(p.text)), Mode: 0o644, Format: tar.FormatPAX}
		if err := w.WriteHeader(head); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		if _, err := w.Write(p.text); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	archive := z.EncodeAll(plain.Bytes(), nil)
	if len(archive) > MaxArchive {
		return nil, refuse(TooLarge, "the archive is %d bytes, %d at most are taken", len(archive), MaxArchive)
	}
	return archive, nil
}

// Read reads an archive and checks all of it that needs neither trust nor time. It
// writes nothing. What is wrong with the archive is a Refusal.
func Read(r io.Reader) (*Bundle, error) {
	archive, err := io.ReadAll(io.LimitReader(r, MaxArchive+1))
	if err != nil {
		return nil, fmt.Errorf("the bundle: %w", err)
	}
	return Parse(archive)
}

// Parse is Read of an archive in memory.
func Parse(archive []byte) (*Bundle, error) {
	if len(archive) > MaxArchive {
		return nil, refuse(TooLarge, "the archive is longer than %d bytes", MaxArchive)
	}
	z, err := zstd.NewReader(bytes.NewReader(archive), zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderMaxWindow(MaxContent), zstd.WithDecoderMaxMemory(maxExpanded), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	d := decoder{plain: &io.LimitedReader{R: z, N: maxExpanded + 1}}
	d.tar = tar.NewReader(d.plain)
	b, err := d.bundle()
	if d.plain.N <= 0 {
		return nil, refuse(TooLarge, "it is more than %d bytes when it is expanded", maxExpanded)
	}
	return b, err
}

type decoder struct {
	plain *io.LimitedReader
	tar   *tar.Reader
}

func (d *decoder) bundle() (*Bundle, error) {
	b := &Bundle{}
	text, err := d.part(manifestName, maxManifest)
	if err != nil {
		return nil, err
	}
	b.text = text
	if b.Manifest, err = parseManifest(text); err != nil {
		return nil, err
	}
	if text, err = d.part(signaturesName, maxManifest); err != nil {
		return nil, err
	}
	if err := decodeStrictly(text, &b.Signatures); err != nil {
		return nil, refuse(Tampered, "%s cannot be read: %v", signaturesName, err)
	}
	if len(b.Signatures) > maxSignatures {
		return nil, refuse(TooLarge, "there are %d signatures, %d at most are read", len(b.Signatures), maxSignatures)
	}
	head, err := d.next()
	if err == nil && head != nil && head.Name == rootsName {
		if text, err = d.content(head, maxManifest); err != nil {
			return nil, err
		}
		if b.Roots, err = ParseRoots(text); err != nil {
			return nil, err
		}
		head, err = d.next()
	}
	for _, e := range b.Manifest.Files {
		if err != nil {
			return nil, err
		}
		if text, err = d.file(head, e); err != nil {
			return nil, err
		}
		b.files = append(b.files, text)
		head, err = d.next()
	}
	if err != nil {
		return nil, err
	}
	return b, d.end(head)
}

// file is the content of an entry of the manifest.
func (d *decoder) file(head *tar.Header, e Entry) ([]byte, error) {
	switch {
	case head == nil:
		return nil, refuse(Tampered, "%s is missing", e.Path)
	case head.Name != filesPrefix+e.Path:
		return nil, refuse(Tampered, "%q stands where the manifest has %s", head.Name, e.Path)
	case head.Size != e.Size:
		return nil, refuse(Tampered, "%s is %d bytes, and %d by the manifest", e.Path, head.Size, e.Size)
	}
	text, err := d.content(head, e.Size)
	if err != nil {
		return nil, err
	}
	if Digest(text) != e.SHA256 {
		return nil, refuse(Tampered, "%s is not what the manifest says: it was changed, or the bundle is damaged: fetch it again", e.Path)
	}
	return text, nil
}

// end sees that nothing follows the files.
func (d *decoder) end(head *tar.Header) error {
	if head != nil {
		return refuse(Tampered, "%q is not in the manifest", head.Name)
	}
	switch n, err := io.Copy(io.Discard, d.plain); {
	case err != nil:
		return refuse(Tampered, "the archive is damaged behind its files: %v", err)
	case n > 0:
		return refuse(Tampered, "there are %d bytes behind the files", n)
	}
	return nil
}

// next is the next file's header, nil at the end.
func (d *decoder) next() (*tar.Header, error) {
	head, err := d.tar.Next()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, refuse(Tampered, "the archive is damaged: %v", err)
	}
	if head.Typeflag != tar.TypeReg {
		return nil, refuse(Unsafe, "%q is a link, a device or a folder: only files are taken", head.Name)
	}
	return head, nil
}

func (d *decoder) part(name string, most int64) ([]byte, error) {
	head, err := d.next()
	if err != nil {
		return nil, err
	}
	if head == nil || head.Name != name {
		return nil, refuse(Tampered, "%s is not where it belongs: this is no bundle", name)
	}
	return d.content(head, most)
}

func (d *decoder) content(head *tar.Header, most int64) ([]byte, error) {
	if head.Size > most {
		return nil, refuse(TooLarge, "%s is %d bytes, %d at most are read", head.Name, head.Size, most)
	}
	text, err := io.ReadAll(io.LimitReader(d.tar, most+1))
	if err != nil || int64(len(text)) != head.Size {
		return nil, refuse(Tampered, "%s is cut off or damaged: fetch the bundle again", head.Name)
	}
	return text, nil
}
