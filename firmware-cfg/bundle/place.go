package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func same(a, b File) bool {
	return a.Path == b.Path && a.Mode == b.Mode && bytes.Equal(a.Content, b.Content)
}

// paths are those of the files of all of the bundles.
func paths(bundles ...*Bundle) map[string]bool {
	all := map[string]bool{}
	for _, b := range bundles {
		for _, e := range b.Manifest.Files {
			all[e.Path] = true
		}
	}
	return all
}

// snapshot is a bundle of files as they were found. It never travels.
func snapshot(version int64, files []File) *Bundle {
	b := &Bundle{Manifest: Manifest{Format: 1, Product: Product, Version: version}}
	for _, f := range files {
		b.Manifest.Files = append(b.Manifest.Files, Entry{Path: f.Path, Mode: f.Mode, Size: int64(len(f.Content)), SHA256: Digest(f.Content)})
		b.files = append(b.files, f.Content)
	}
	b.text, _ = json.Marshal(b.Manifest) // nothing in it that JSON has not
	return b
}

// place is where a file lies on the machine.
func (a *Applier) place(path string) string {
	return filepath.Join(a.Root, filepath.FromSlash(path))
}

// read is a file as it lies on the machine.
func (a *Applier) read(path string) (File, error) {
	f, err := os.Open(a.place(path))
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return File{}, err
	}
	if !info.Mode().IsRegular() {
		return File{}, fmt.Errorf("%s is a folder or a device, where a file belongs: move it away", a.place(path))
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxContent+1))
	if len(text) > MaxContent {
		return File{}, fmt.Errorf("%s is longer than %d bytes: move it away", a.place(path), MaxContent)
	}
	return File{Path: path, Mode: info.Mode().Perm(), Content: text}, err
}

// put brings the files of a bundle into their places, and removes those that only
// the other one has. Each file is at any moment the old or the new one; done again
// after it was interrupted, it comes to the same end.
func (a *Applier) put(next, other *Bundle) error {
	for _, path := range slices.Sorted(maps.Keys(paths(next, other))) {
		if err := gone(a.disk, aside(a.place(path))); err != nil {
			return err
		}
	}
	for _, f := range next.Content() {
		now, err := a.read(f.Path)
		if err == nil && same(now, f) {
			continue
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := mkdirs(a.disk, filepath.Dir(a.place(f.Path)), 0o755); err != nil {
			return err
		}
		if err := replace(a.disk, a.place(f.Path), f.Content, f.Mode); err != nil {
			return err
		}
	}
	stays := paths(next)
	for path := range paths(other) {
		if !stays[path] {
			if err := gone(a.disk, a.place(path)); err != nil {
				return err
			}
		}
	}
	return nil
}

// changed are the paths of files that are not the same in both.
func changed(a, b *Bundle) []string {
	of := func(b *Bundle) map[string]Entry {
		all := map[string]Entry{}
		for _, e := range b.Manifest.Files {
			all[e.Path] = e
		}
		return all
	}
	ofA, ofB := of(a), of(b)
	all := slices.Sorted(maps.Keys(paths(a, b)))
	return slices.DeleteFunc(all, func(path string) bool { return ofA[path] == ofB[path] })
}
