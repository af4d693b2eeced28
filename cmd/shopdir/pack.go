package shopdir

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// maxFileName is the longest name that a release has for a file, in bytes.
const maxFileName = 64

// Pack makes a release of the shop, without a version, in force from effective
// on. put stores each file that a variant names and returns its hash. In the
// release a file's name holds the beginning of its hash, so that a file which
// changes is another one to whoever keeps it.
func (s *Shop) Pack(effective time.Time, put func(body []byte) (edge.Hash, error)) (*edge.Release, error) {
	p := packer{put: put, names: map[string]string{}}
	r := &edge.Release{
		Effective: effective.UTC().Truncate(time.Second), Currency: s.Currency,
		Categories: s.Categories, Variants: slices.Clone(s.Variants), Looks: s.Looks,
	}
	for i := range r.Variants {
		v := &r.Variants[i]
		var err error
		if v.Picture, err = p.add(edge.PictureFolder, s.Pictures, v.Picture); err != nil {
			return nil, fmt.Errorf("%s: %w", v.SKU, err)
		}
		if v.TryOn == nil {
			continue
		}
		worn := *v.TryOn
		if worn.Asset, err = p.add(edge.TryOnFolder, s.TryOn, worn.Asset); err != nil {
			return nil, fmt.Errorf("%s: %w", v.SKU, err)
		}
		v.TryOn = &worn
	}
	r.Assets = p.assets
	return r, nil
}

// packer gathers the files of a release.
type packer struct {
	put    func([]byte) (edge.Hash, error)
	names  map[string]string // of the folder: that of the release
	assets []edge.Asset
}

func (p *packer) add(folder string, dir fs.FS, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	if name, ok := p.names[folder+"/"+file]; ok {
		return name, nil
	}
	body, err := fs.ReadFile(dir, file)
	if err != nil {
		return "", err
	}
	sum, err := p.put(body)
	if err != nil {
		return "", err
	}
	ending := path.Ext(file)
	stem := strings.TrimSuffix(file, ending)
	tail := "-" + sum.String()[:8] + ending
	name := stem[:min(len(stem), maxFileName-len(tail))] + tail
	p.names[folder+"/"+file] = name
	p.assets = append(p.assets, edge.Asset{Name: folder + "/" + name, SHA256: sum, Size: int64(len(body))})
	return name, nil
}
