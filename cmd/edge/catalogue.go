package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/release"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// newFetcher makes what fetches the documents and files of HQ's catalogues; nil
// in a shop that has no line, or no address to fetch them from.
func (g *gateway) newFetcher() (*release.Fetcher, error) {
	if g.cfg.HQ.MQTT.URL == "" || g.cfg.HQ.PublicURL == "" {
		return nil, nil
	}
	key, err := firmwarecfg.ParsePublicKey(g.cfg.HQ.Key)
	if err != nil {
		return nil, fmt.Errorf("hq.key: %w", err)
	}
	return release.New(release.Config{
		Store: g.db, Folder: filepath.Join(g.cfg.DataDir, "assets"), Base: g.cfg.HQ.PublicURL,
		Keys: []ed25519.PublicKey{key}, Log: g.log,
	})
}

// files are the shop's own files of a folder, and before them those that HQ sent.
func (g *gateway) files(folder string, own fs.FS) fs.FS {
	if g.fetcher == nil {
		return own
	}
	return g.fetcher.Files(folder, own)
}

// publish puts the folder's catalogue in force, unless HQ has issued one.
func (g *gateway) publish(ctx context.Context, shop *shopdir.Shop, now time.Time) (*edge.Release, error) {
	issued, err := g.db.IssuedReleases(ctx)
	if err != nil {
		return nil, err
	}
	if len(issued) > 0 {
		r, err := g.db.Release(ctx)
		if edge.KindOf(err) != edge.Unavailable {
			return r, err
		}
	}
	return shop.Publish(ctx, g.db, now)
}

// catalogueFaults is what is missing of HQ's catalogues.
func (g *gateway) catalogueFaults() (list []api.Fault) {
	if g.fetcher == nil {
		return nil
	}
	for _, message := range g.fetcher.Faults() {
		list = append(list, api.Fault{Part: "catalogue", Message: message})
	}
	return list
}
