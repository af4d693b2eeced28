package headquarters_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

// signers are those whose signatures count, two of three.
type signers struct {
	*desk
	keys []ed25519.PrivateKey
}

func newSigners(t *testing.T) *signers {
	s := &signers{desk: newDesk(t)}
	var public []ed25519.PublicKey
	for i := range 3 {
		seed := make([]byte, ed25519.SeedSize)
		seed[0] = byte(i + 1)
		s.keys = append(s.keys, ed25519.NewKeyFromSeed(seed))
		public = append(public, s.keys[i].Public().(ed25519.PublicKey))
	}
	roots, err := bundle.Roots{}.Next(2, public...)
	require.NoError(t, err)
	for _, k := range s.keys[:2] {
		roots = roots.Sign(k)
	}
	text, err := json.Marshal(roots)
	require.NoError(t, err)
	t.Setenv("MIRRORCART_HQ_BUNDLE_ROOTS", s.write("root.json", string(text)))
	return s
}

// bundle writes a bundle that so many have signed.
func (s *signers) bundle(version int64, signatures int) string {
	now := time.Now().UTC().Truncate(time.Second)
	m := bundle.Manifest{
		Format: 1, Product: bundle.Product, Classes: []string{"minipc"}, Version: version, Created: now.Add(-time.Hour), Expires: now.Add(24 * time.Hour),
	}
	b, err := bundle.New(m, []bundle.File{{Path: "etc/mirrorcart/edge.yaml", Mode: 0o644, Content: []byte("node: a\n")}})
	require.NoError(s.t, err)
	for _, k := range s.keys[:signatures] {
		b.Sign(k)
	}
	archive, err := b.Archive()
	require.NoError(s.t, err)
	return s.write(fmt.Sprintf("v%d-%d.bundle", version, signatures), string(archive))
}

func (s *signers) hq(args ...string) (string, error) {
	s.t.Helper()
	cmd := &cobra.Command{Use: "bundle"}
	cmd.AddCommand(headquarters.BundleCommands()...)
	return s.runCommand(cmd, "", args...)
}

// gateway has a gateway report a machine.
func (s *signers) gateway(state cloudsync.BundleState, n uint64, of ...rollout.Rollout) {
	s.t.Helper()
	cfg, err := firmwarecfg.LoadHQ(s.config, nil)
	require.NoError(s.t, err)
	db, err := headquarters.OpenLedger(s.t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(s.t, err)
	defer db.Close()
	r := &cloudsync.Reported{Node: "node-1", N: n, Class: "minipc", State: state, At: time.Now()}
	if len(of) > 0 {
		r.Bundle, r.Reason, r.Message = of[0].SHA256, "camera of main", "camera of main: no frame came\nwithin 90 s"
	}
	require.NoError(s.t, db.Rollouts().Step(s.t.Context()))
	require.NoError(s.t, db.Rollouts().Report(s.t.Context(), cloudsync.KeyID{}, r))
	require.NoError(s.t, db.Rollouts().Step(s.t.Context()))
}

func TestBundleIsPublishedAndHeldBack(t *testing.T) {
	s := newSigners(t)
	s.gateway(cloudsync.BundleNone, 1)
	out, err := s.hq("publish", s.bundle(3, 2), "--window", "22:00-06:00", "--soak", "1h")
	require.NoError(t, err, out)
	require.Contains(t, out, "Version 3 goes to the first ring")
	var status struct {
		Fleets   []rollout.Fleet
		Rollouts []struct {
			rollout.Rollout
			Machines []rollout.Machine
		}
	}
	read := func() {
		t.Helper()
		out, err := s.hq("status", "--json")
		require.NoError(t, err, out)
		require.NoError(t, json.Unmarshal([]byte(out), &status))
	}
	read()
	require.Equal(t, []rollout.Fleet{{Class: "minipc", Gateways: 1}}, status.Fleets)
	o := status.Rollouts[0].Rollout
	require.Equal(t, &cloudsync.Window{From: 1320, To: 360}, o.Plan.Window)
	require.Equal(t, time.Hour, o.Plan.Soak)

	_, err = s.hq("publish", s.bundle(4, 2))
	require.ErrorContains(t, err, "version 3 is on its way")
	out, err = s.hq("pause", "3", "--why", "stock-taking")
	require.NoError(t, err)
	require.Equal(t, "Version 3 is paused.\n", out)
	_, err = s.hq("resume", "3")
	require.NoError(t, err)
	_, err = s.hq("resume", "3")
	require.ErrorContains(t, err, "nothing to resume")

	s.gateway(cloudsync.BundleRolledBack, 2, o)
	read()
	require.Equal(t, rollout.Stopped, status.Rollouts[0].State)
	out, err = s.hq("status")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^3 +node-1 +rolled_back +\d{4}-\d\d-\d\d \d\d:\d\d \+07  camera of main: no frame came within 90 s$`, out)
	_, err = s.hq("stop", "3")
	require.ErrorContains(t, err, "the rollout is stopped")
	_, err = s.hq("stop", "9")
	require.ErrorContains(t, err, "version 9 was not published")
}

func TestBundlesThatAreNotPublished(t *testing.T) {
	s := newSigners(t)
	s.gateway(cloudsync.BundleNone, 1)
	for file, want := range map[string]string{
		s.bundle(3, 1):                    "too_few_signatures",
		s.bundle(3, 0):                    "unsigned",
		s.write("notes.txt", "hello"):     "tampered",
		filepath.Join(s.dir, "not-there"): "no such file",
	} {
		_, err := s.hq("publish", file)
		require.ErrorContains(t, err, want)
	}
	for _, args := range [][]string{
		{"--rings", "1,5%"}, {"--rings", "all"}, {"--window", "22-6"}, {"--window", "22:00-22:00"}, {"--not-before", "tomorrow"}, {"--failures", "101"},
	} {
		_, err := s.hq(append([]string{"publish", s.bundle(3, 2)}, args...)...)
		require.ErrorAs(t, err, &process.UsageError{}, "%v", args)
	}
	out, err := s.hq("status", "--json")
	require.NoError(t, err)
	require.Contains(t, out, `"rollouts":[]`)
	t.Setenv("MIRRORCART_HQ_BUNDLE_ROOTS", filepath.Join(s.dir, "nowhere.json"))
	_, err = s.hq("publish", s.bundle(3, 2))
	require.ErrorContains(t, err, "nothing says who signs bundles")
}
