package hq

import (
	"context"
	"slices"
	"sync"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// mostKept is how many releases stay in memory: the one in force, and one that
// late sales are held against.
const mostKept = 2

// releaseName tells releases apart, also where a version was issued anew.
type releaseName struct {
	version           uint32
	effective, issued int64 // milliseconds since 1970
}

// keptReleases are those that were read last: every phone asks for the one in
// force, and a chain's is tens of megabytes.
type keptReleases struct {
	reading sync.Mutex // of who reads one from the pool: one at a time
	mu      sync.Mutex
	kept    []keptRelease // newest first
}

type keptRelease struct {
	name releaseName
	*edge.Release
}

func (k *keptReleases) find(name releaseName) *edge.Release {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.IndexFunc(k.kept, func(r keptRelease) bool { return r.name == name }); i >= 0 {
		return k.kept[i].Release
	}
	return nil
}

// read is the release of that name, from db where it is not kept. Nobody may
// change it.
func (k *keptReleases) read(ctx context.Context, db database.Rower, name releaseName) (*edge.Release, error) {
	if r := k.find(name); r != nil {
		return r, nil
	}
	r, err := releaseVersion(ctx, db, name.version)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = slices.Insert(k.kept, 0, keptRelease{name, r})
	k.kept = slices.Delete(k.kept, min(len(k.kept), mostKept), len(k.kept))
	return r, nil
}
