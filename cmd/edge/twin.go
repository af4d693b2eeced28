package main

import (
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
		Machine: bundleInbox{data: g.cfg.DataDir, bundles: "/" + bundlesPath, roots: "/" + rootsPath, class: g.cfg.Class, now: time.Now},
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
	roots   string // the file with the root sets to begin with; likewise
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
	if trust, unseen := s.Trust.Begun(m.roots); err == nil && unseen == nil { // else root's part knows whom to trust
		_, err = trust.Check(b, m.class, m.now())
	}
	if refused := refusedBy(err); refused != nil {
		return refused
	}
	return err
}

// refusedBy is the refusal in err's chain as the twin has it; nil where there is none.
func refusedBy(err error) *twin.Refused {
	if r, ok := errors.AsType[*bundle.Refusal](err); ok {
		return &twin.Refused{Reason: string(r.Reason), Message: r.Msg}
	}
	return nil
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
	_, rootless := s.Trust.Begun(m.roots)
	t := twin.Status{Running: s.Running.Version, State: cloudsync.BundleNone, Unable: refusedBy(rootless)}
	mended := s.Attempt.Reason == bundle.Rootless && rootless == nil // the same bundle may come again
	if state, begun := of[s.Attempt.Phase]; begun && !mended {
		t.State, t.Reason, t.Message = state, string(s.Attempt.Reason), s.Attempt.Fault
		if sum, err := hex.DecodeString(s.Attempt.File); err == nil && len(sum) == len(edge.Hash{}) { // empty where people went back
			t.Bundle = edge.Hash(sum)
		}
	}
	return t, nil
}
