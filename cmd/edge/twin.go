package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/twin"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

// newTwin makes what keeps the machine on the bundle that HQ wants; nil where the
// machine takes none. The till sells without it.
func (g *gateway) newTwin(ctx context.Context, zone *time.Location) *twin.Agent {
	if g.cfg.Class == "" || g.fetcher == nil {
		return nil
	}
	a, err := twin.New(ctx, twin.Config{
		File: filepath.Join(g.cfg.DataDir, "bundle", "twin.json"), Class: g.cfg.Class, Fetch: g.fetcher.File, Zone: zone, Now: time.Now, Log: g.log,
		Machine: bundleInbox{data: g.cfg.DataDir, bundles: cmp.Or(g.bundles, "/"+bundlesPath), class: g.cfg.Class, now: time.Now},
	})
	if err != nil {
		g.log.Error("the machine gets no bundles from HQ", "error", err)
		return nil
	}
	return a
}

// bundleInbox hands bundles to root's part of the machine, by leaving them in the
// gateway's folder, and reads there what became of them.
type bundleInbox struct {
	data    string // the gateway's folder
	bundles string // root's, which the gateway can read
	class   string
	now     func() time.Time
}

// Verify implements twin.Machine. Root's part verifies once more, and knows more;
// what can be refused here need not wait for the night.
func (m bundleInbox) Verify(_ context.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	s, err := bundle.ReadStatus(m.bundles)
	if err != nil {
		return err
	}
	b, err := bundle.Read(f)
	if err == nil && s.Trust.Root.Version > 0 { // before the first bundle only root knows whom to trust
		_, err = s.Trust.Check(b, m.class, m.now())
	}
	if r, ok := errors.AsType[*bundle.Refusal](err); ok {
		return &twin.Refused{Reason: string(r.Reason), Message: r.Msg}
	}
	return err
}

// Take implements twin.Machine.
func (m bundleInbox) Take(_ context.Context, file string) error {
	archive, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return bundle.Leave(m.data, archive)
}

// Status implements twin.Machine.
func (m bundleInbox) Status(context.Context) (twin.Status, error) {
	s, err := bundle.ReadStatus(m.bundles)
	if err != nil {
		return twin.Status{}, err
	}
	of := map[bundle.Phase]cloudsync.BundleState{
		bundle.Refused: cloudsync.BundleRefused, bundle.Staged: cloudsync.BundleStaged, bundle.Switching: cloudsync.BundleStaged,
		bundle.Probation: cloudsync.BundleProbation, bundle.Returning: cloudsync.BundleProbation,
		bundle.Committed: cloudsync.BundleCommitted, bundle.RolledBack: cloudsync.BundleRolledBack,
	}
	t := twin.Status{Running: s.Running.Version, State: cloudsync.BundleNone}
	if state, begun := of[s.Attempt.Phase]; begun {
		t.State, t.Reason, t.Message = state, string(s.Attempt.Reason), s.Attempt.Fault
		if sum, err := hex.DecodeString(s.Attempt.File); err == nil && len(sum) == len(edge.Hash{}) { // empty where people went back
			t.Bundle = edge.Hash(sum)
		}
	}
	return t, nil
}
