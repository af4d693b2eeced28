package twin_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/twin"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// scene is an agent on a clock that stands.
type scene struct {
	t       *testing.T
	clock   *edgetest.Clock
	machine *machine
	shelf   *shelf
	file    string
	agent   *twin.Agent
	n       uint64
	reports uint64
	log     *slog.Logger
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, clock: edgetest.NewClock(), machine: newMachine(t), shelf: &shelf{dir: t.TempDir()}, file: filepath.Join(t.TempDir(), "twin.json"), log: slog.New(slog.DiscardHandler)}
	s.start()
	return s
}

// start is what a gateway does after whatever ended it.
func (s *scene) start() {
	s.t.Helper()
	a, err := twin.New(s.t.Context(), twin.Config{
		File: s.file, Class: "minipc", Machine: s.machine, Fetch: s.shelf.fetch, Zone: time.FixedZone("shop", 7*3600),
		Now: s.clock.Now, Log: s.log,
	})
	require.NoError(s.t, err)
	s.agent = a
}

// want gives the agent HQ's next word.
func (s *scene) want(b *cloudsync.BundleRef, change ...func(*cloudsync.Desired)) {
	s.t.Helper()
	s.n++
	d := &cloudsync.Desired{V: 1, Node: "shop-1", N: s.n, Bundle: b}
	if b != nil {
		d.Exp = s.clock.Now().Add(24 * time.Hour)
	}
	for _, f := range change {
		f(d)
	}
	require.NoError(s.t, s.agent.Want(s.t.Context(), d))
}

// says is how the agent reports after a step; its numbers only grow.
func (s *scene) says() *cloudsync.Reported {
	s.t.Helper()
	_ = s.agent.Step(s.t.Context()) // what went wrong is tried again
	return s.told()
}

func (s *scene) told() *cloudsync.Reported {
	s.t.Helper()
	r, err := s.agent.Report(s.t.Context())
	require.NoError(s.t, err)
	require.GreaterOrEqual(s.t, r.N, s.reports)
	s.reports = r.N
	r.Node = "shop-1"
	body, err := r.Encode()
	require.NoError(s.t, err)
	_, err = cloudsync.DecodeReported(body)
	require.NoError(s.t, err, "HQ takes it")
	return r
}

func (s *scene) is(state cloudsync.BundleState) {
	s.t.Helper()
	require.Equal(s.t, state, s.says().State)
}

func TestBundleComesToItsEnd(t *testing.T) {
	s := newScene(t)
	s.is(cloudsync.BundleNone)
	b := s.shelf.put(t, "3 good")
	s.want(b)
	require.Equal(t, cloudsync.BundleAsked, s.told().State)
	s.shelf.down = true
	s.is(cloudsync.BundleAsked)
	s.shelf.down = false
	s.is(cloudsync.BundleStaged)
	s.is(cloudsync.BundleStaged)
	s.machine.work()
	s.is(cloudsync.BundleProbation)
	s.machine.work()
	s.is(cloudsync.BundleCommitted)
	r := s.told()
	require.Equal(t, int64(3), r.Running)
	require.Equal(t, b.SHA256, r.Bundle)
	require.Equal(t, s.n, r.Desired)
	require.Len(t, s.machine.taken, 1)

	s.want(s.shelf.put(t, "4 broken"))
	s.is(cloudsync.BundleStaged)
	s.machine.work()
	s.machine.work()
	s.is(cloudsync.BundleRolledBack)
	require.Equal(t, "camera", s.told().Reason)
	require.Equal(t, int64(3), s.told().Running)
	s.clock.Advance(time.Hour)
	s.is(cloudsync.BundleRolledBack)
	require.Len(t, s.machine.taken, 2, "it is not tried again")

	s.want(s.shelf.put(t, "5 forged"))
	s.is(cloudsync.BundleRefused)
	require.Equal(t, "tampered", s.told().Reason)
	require.Len(t, s.machine.taken, 2)
}

// A machine that takes no bundles says so before anything is fetched; once it does,
// HQ's next word counts.
func TestMachineThatTakesNoBundles(t *testing.T) {
	s := newScene(t)
	s.machine.status.Unable = &twin.Refused{Reason: "no_root_set", Message: "no root set: put root.json there"}
	s.is(cloudsync.BundleNone)
	s.shelf.down = true
	b := s.shelf.put(t, "3 good")
	s.want(b)
	s.is(cloudsync.BundleRefused)
	require.Equal(t, "no_root_set", s.told().Reason)
	require.Equal(t, "no root set: put root.json there", s.told().Message)

	s.machine.status.Unable, s.shelf.down = nil, false
	s.is(cloudsync.BundleRefused)
	s.want(b)
	s.is(cloudsync.BundleStaged)
}

// HQ's word is in the log as people read it.
func TestTheLogNamesVersions(t *testing.T) {
	s := newScene(t)
	var log bytes.Buffer
	s.log = slog.New(slog.NewTextHandler(&log, nil))
	s.start()
	s.want(s.shelf.put(t, "3 good"))
	require.Contains(t, log.String(), "number=1 version=3")
	s.want(nil)
	require.Contains(t, log.String(), "number=2 version=0")
}

// Whenever the gateway ends it goes on from there, and nothing is done twice.
func TestGatewayThatIsStartedAnewGoesOn(t *testing.T) {
	s := newScene(t)
	s.want(s.shelf.put(t, "3 good"))
	s.start()
	require.Equal(t, cloudsync.BundleAsked, s.told().State)
	for _, state := range []cloudsync.BundleState{cloudsync.BundleStaged, cloudsync.BundleProbation, cloudsync.BundleCommitted} {
		s.is(state)
		s.start()
		require.Equal(t, state, s.told().State)
		s.is(state)
		s.machine.work()
	}
	require.Len(t, s.machine.taken, 1)
}

// A copy of the machine spoke after its last change. What the machine says now is
// newer, though it says the same.
func TestEachReportHasANumberOfItsOwn(t *testing.T) {
	s := newScene(t)
	first := s.told()
	s.clock.Advance(time.Hour)
	again := s.told()
	require.Equal(t, uint64(s.clock.Now().UnixMilli()), again.N)
	require.Equal(t, first.At, again.At)
	require.Greater(t, s.told().N, again.N)
}

func TestHoursAreKept(t *testing.T) {
	s := newScene(t) // 08:00 UTC is 15:00 in the shop
	s.want(s.shelf.put(t, "3 good"), func(d *cloudsync.Desired) {
		d.Window = &cloudsync.Window{From: 22 * 60, To: 6 * 60}
		d.NotBefore = s.clock.Now().Add(8 * time.Hour)
		d.Exp = s.clock.Now().Add(72 * time.Hour)
	})
	s.is(cloudsync.BundleVerified)
	s.clock.Advance(7*time.Hour + 30*time.Minute)
	s.is(cloudsync.BundleVerified)
	s.clock.Advance(29 * time.Minute)
	s.is(cloudsync.BundleVerified)
	s.clock.Advance(16 * time.Hour) // the next day, again in the afternoon
	s.is(cloudsync.BundleVerified)
	s.clock.Advance(8 * time.Hour)
	s.is(cloudsync.BundleStaged)
}

func TestBundleThatIsWithdrawnIsNotApplied(t *testing.T) {
	s := newScene(t)
	b := s.shelf.put(t, "3 good")
	later := func(d *cloudsync.Desired) { d.NotBefore = s.clock.Now().Add(time.Hour) }
	s.want(b, later)
	s.is(cloudsync.BundleVerified)
	s.want(nil)
	s.clock.Advance(2 * time.Hour)
	s.is(cloudsync.BundleNone)
	require.Empty(t, s.machine.taken)
	require.Equal(t, s.n, s.told().Desired)
	s.want(b)
	s.is(cloudsync.BundleStaged)
}

func TestOlderWordsChangeNothing(t *testing.T) {
	s := newScene(t)
	s.want(s.shelf.put(t, "3 good"))
	s.want(nil)
	old := &cloudsync.Desired{V: 1, Node: "shop-1", N: 1, Bundle: s.shelf.put(t, "3 good"), Exp: s.clock.Now().Add(time.Hour)}
	require.NoError(t, s.agent.Want(t.Context(), old))
	s.start()
	require.NoError(t, s.agent.Want(t.Context(), old))
	s.is(cloudsync.BundleNone)
	require.Empty(t, s.machine.taken)
}

func TestExpiredBundleIsRefused(t *testing.T) {
	s := newScene(t)
	s.want(s.shelf.put(t, "3 good"), func(d *cloudsync.Desired) { d.NotBefore = s.clock.Now().Add(48 * time.Hour) })
	s.is(cloudsync.BundleVerified)
	s.clock.Advance(49 * time.Hour)
	s.is(cloudsync.BundleRefused)
	require.Equal(t, "expired", s.told().Reason)
	require.Contains(t, s.told().Message, "the clock of this machine says "+s.clock.Now().UTC().Format(time.RFC3339))
	require.Empty(t, s.machine.taken)
}

func TestBundleThatPeopleBroughtOrTookAway(t *testing.T) {
	s := newScene(t)
	b := s.shelf.put(t, "3 good")
	s.machine.status = twin.Status{Running: 3, State: cloudsync.BundleNone}
	s.want(b)
	s.is(cloudsync.BundleCommitted)
	s.machine.status = twin.Status{Running: 4, State: cloudsync.BundleCommitted, Bundle: edge.Hash{4}}
	s.is(cloudsync.BundleCommitted) // a newer one by hand is no failure of this one
	s.machine.status = twin.Status{Running: 2, State: cloudsync.BundleNone}
	s.is(cloudsync.BundleRolledBack)
	require.Equal(t, "by_hand", s.told().Reason)
	s.is(cloudsync.BundleRolledBack)
	require.Empty(t, s.machine.taken, "people decide")
}

func TestMachineThatIsBusyIsLeftAlone(t *testing.T) {
	s := newScene(t)
	s.machine.status = twin.Status{Bundle: edge.Hash{9}, State: cloudsync.BundleProbation}
	s.want(s.shelf.put(t, "3 good"))
	s.is(cloudsync.BundleVerified)
	s.machine.status.State = cloudsync.BundleRolledBack
	s.is(cloudsync.BundleStaged)
}

func TestDamagedMemoryIsPutAside(t *testing.T) {
	s := newScene(t)
	s.want(s.shelf.put(t, "3 good"))
	require.NoError(t, os.WriteFile(s.file, []byte(`{"n": 12, "desi`), 0o600))
	s.reports = 0
	s.start()
	require.Zero(t, s.told().Desired)
	require.FileExists(t, s.file+".damaged")
}

func TestWhatAnAgentNeeds(t *testing.T) {
	_, err := twin.New(t.Context(), twin.Config{})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	s := newScene(t)
	_, err = twin.New(t.Context(), twin.Config{
		File: s.file, Class: "Mini PC", Machine: s.machine, Fetch: s.shelf.fetch, Zone: time.UTC, Now: s.clock.Now, Log: slog.New(slog.DiscardHandler),
	})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}
