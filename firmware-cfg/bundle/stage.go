package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Folders of an Applier.
const (
	bundlesName = "bundles" // one folder for each bundle, named by its ID
	newName     = "new"     // one that is being made
)

func (a *Applier) kept(id string) string { return filepath.Join(a.Dir, bundlesName, id) }

// stage keeps a bundle whole in its folder.
func (a *Applier) stage(b *Bundle) error {
	if _, err := a.load(b.ID()); err == nil {
		return nil
	}
	fresh := filepath.Join(a.Dir, bundlesName, newName)
	if err := errors.Join(a.disk.RemoveAll(fresh), a.disk.RemoveAll(a.kept(b.ID()))); err != nil {
		return err
	}
	if err := mkdirs(a.disk, fresh, 0o700); err != nil {
		return err
	}
	folders := map[string]bool{fresh: true}
	for _, f := range b.Content() {
		name := filepath.Join(fresh, filesPrefix, filepath.FromSlash(f.Path))
		if err := mkdirs(a.disk, filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := writeSynced(a.disk, name, f.Content, 0o600); err != nil {
			return err
		}
		folders[filepath.Dir(name)] = true
	}
	if err := writeSynced(a.disk, filepath.Join(fresh, manifestName), b.text, 0o600); err != nil {
		return err
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		if err := a.disk.Sync(folder); err != nil {
			return err
		}
	}
	if err := a.disk.Rename(fresh, a.kept(b.ID())); err != nil {
		return err
	}
	return a.disk.Sync(filepath.Dir(fresh))
}

// load reads a kept bundle and sees that it is whole. Of an empty ID it is one
// without files.
func (a *Applier) load(id string) (*Bundle, error) {
	b := &Bundle{}
	if id == "" {
		return b, nil
	}
	var err error
	if b.text, err = os.ReadFile(filepath.Join(a.kept(id), manifestName)); err != nil {
		return nil, err
	}
	if b.ID() != id {
		return nil, fmt.Errorf("%s: it is damaged", a.kept(id))
	}
	if err := json.Unmarshal(b.text, &b.Manifest); err != nil {
		return nil, err
	}
	for _, e := range b.Manifest.Files {
		text, err := os.ReadFile(filepath.Join(a.kept(id), filesPrefix, filepath.FromSlash(e.Path)))
		if err != nil {
			return nil, err
		}
		if Digest(text) != e.SHA256 {
			return nil, fmt.Errorf("%s: %s in it is damaged", a.kept(id), e.Path)
		}
		b.files = append(b.files, text)
	}
	return b, nil
}

// found keeps what lies in the places of the bundle that runs and of the one that
// comes, so that just this can come back, changes by hand and all.
func (a *Applier) found(running Installed, next *Bundle) (Installed, error) {
	old := a.leaving(running.ID)
	var files []File
	for path := range paths(old, next) {
		f, err := a.read(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return running, err
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	if running.ID != "" && old.ID() == running.ID && slices.EqualFunc(files, old.Content(), same) {
		return running, nil
	}
	b := snapshot(running.Version, files)
	return Installed{running.Version, b.ID()}, a.stage(b)
}

// prune removes the bundles that nothing leads to any more.
func (a *Applier) prune(s *Status) error {
	all, err := os.ReadDir(filepath.Join(a.Dir, bundlesName))
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.Name() != s.Running.ID && e.Name() != s.Previous.ID {
			if err := a.disk.RemoveAll(a.kept(e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
