package hq

import (
	"bytes"
	"context"
	"io/fs"
	"path"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Files are the stored files of a folder (edge.PictureFolder, edge.TryOnFolder)
// as the release in force names them; others are looked for in own.
func (h *HQ) Files(folder string, own fs.FS) fs.FS {
	return &assetFiles{hq: h, folder: folder, own: own}
}

type assetFiles struct {
	hq     *HQ
	folder string
	own    fs.FS

	mu      sync.Mutex
	version uint32                // of the release whose names these are
	names   map[string]edge.Asset // by name in the folder
}

// Open implements fs.FS.
func (f *assetFiles) Open(name string) (fs.File, error) {
	ctx := context.Background()
	a, ok, err := f.named(ctx, name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	if !ok {
		return f.own.Open(name)
	}
	body, added, err := f.hq.Asset(ctx, a.SHA256)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &assetFile{bytes.NewReader(body), assetInfo{path.Base(name), a.Size, added}}, nil
}

// named finds a file of the release in force by its name.
func (f *assetFiles) named(ctx context.Context, name string) (a edge.Asset, ok bool, err error) {
	var version uint32
	const q = "select coalesce(max(version), 0) from release where effective <= $1"
	if err := f.hq.db.Read.QueryRowContext(ctx, q, f.hq.nowMillis()).Scan(&version); err != nil || version == 0 {
		return a, false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if version != f.version {
		r, err := releaseVersion(ctx, f.hq.db.Read, version)
		if err != nil {
			return a, false, err
		}
		f.version, f.names = version, map[string]edge.Asset{}
		for _, a := range r.Assets {
			if dir, file := path.Split(a.Name); dir == f.folder+"/" {
				f.names[file] = a
			}
		}
	}
	a, ok = f.names[name]
	return a, ok, nil
}

// assetFile is a stored file, read into memory.
type assetFile struct {
	*bytes.Reader
	info assetInfo
}

func (f *assetFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *assetFile) Close() error               { return nil }

type assetInfo struct {
	name  string
	size  int64
	added time.Time
}

func (i assetInfo) Name() string       { return i.name }
func (i assetInfo) Size() int64        { return i.size }
func (i assetInfo) Mode() fs.FileMode  { return 0o444 }
func (i assetInfo) ModTime() time.Time { return i.added }
func (i assetInfo) IsDir() bool        { return false }
func (i assetInfo) Sys() any           { return nil }
