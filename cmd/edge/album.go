package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/photo"
)

// albumPause is how long a folder of photos that cannot be opened is left alone.
const albumPause = time.Minute

// album keeps shoppers' photos. The till does not wait for its folder: without
// it photos are refused, why is logged once and told in the status, and it is
// tried again.
type album struct {
	path  string
	short func() bool // the disk's last room is for sales
	log   *slog.Logger

	mu    sync.Mutex
	dir   *photo.Dir // nil while it cannot be opened
	fault bool
}

// open gives the folder, opening it if need be.
func (a *album) open() (*photo.Dir, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dir != nil {
		return a.dir, nil
	}
	dir, err := photo.Open(a.path, time.Now)
	if err != nil {
		if !a.fault {
			a.log.Error("photos cannot be kept, nor old ones deleted: let this user write to their folder; it is tried again", "folder", a.path, "err", err)
		}
		a.fault = true
		return nil, &edge.Error{Op: "photos", Kind: edge.Unavailable, Msg: "photos cannot be kept now: call the staff", Err: err}
	}
	if a.fault {
		a.log.Info("photos can be kept again", "folder", a.path)
	}
	a.dir, a.fault = dir, false
	return dir, nil
}

// Put, Get and Delete are photo.Dir's.

func (a *album) Put(b []byte, expires time.Time) (id string, key []byte, err error) {
	if a.short() {
		return "", nil, edge.Errorf("photos", edge.Unavailable, "photos cannot be kept now, the disk is nearly full: call the staff")
	}
	dir, err := a.open()
	if err != nil {
		return "", nil, err
	}
	return dir.Put(b, expires)
}

func (a *album) Get(id string, key []byte) ([]byte, error) {
	dir, err := a.open()
	if err != nil {
		return nil, err
	}
	return dir.Get(id, key)
}

func (a *album) Delete(id string) error {
	dir, err := a.open()
	if err != nil {
		return err
	}
	return dir.Delete(id)
}

// run deletes what has expired until ctx is done.
func (a *album) run(ctx context.Context) error {
	for {
		if dir, err := a.open(); err == nil {
			return dir.Run(ctx, a.log)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(albumPause):
		}
	}
}

func (a *album) faults() []api.Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.fault {
		return nil
	}
	return []api.Fault{{Part: "photos", Message: "photos cannot be kept, nor old ones deleted: let the gateway write to the folder photos in data_dir"}}
}
