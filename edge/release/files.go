package release

import (
	"context"
	"io/fs"
	"os"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Files are the files of one folder (edge.PictureFolder, edge.TryOnFolder) as
// the release in force names them. A file that HQ has not sent is looked for in
// the shop's own.
func (f *Fetcher) Files(folder string, own fs.FS) fs.FS { return files{f, folder, own} }

type files struct {
	from   *Fetcher
	folder string
	own    fs.FS
}

// Open implements fs.FS.
func (f files) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	r, err := f.from.c.Store.Release(context.Background())
	if err == nil {
		if a, ok := r.Asset(f.folder + "/" + name); ok {
			if file, err := os.Open(f.from.files.path(a.SHA256)); err == nil {
				return file, nil
			}
		}
	} else if edge.KindOf(err) != edge.Unavailable {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return f.own.Open(name)
}
