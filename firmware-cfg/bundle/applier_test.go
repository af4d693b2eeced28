package bundle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// simulated is a machine whose services read their files when they are reloaded.
// With a file that says "sick" the part of that name does not work.
type simulated struct {
	root     string
	away     map[string]bool // parts that do not work whatever the files say
	unfit    error
	stubborn error // of a service that does not start anew
	fall     bool  // it falls over when it is looked at with a bundle's files
	reloads  [][]string
	services map[string]string // what they have read
}

func (m *simulated) Fits([]File) error { return m.unfit }

func (m *simulated) Reload(_ context.Context, changed []string) error {
	m.reloads, m.services = append(m.reloads, changed), tree(m.root)
	return m.stubborn
}

func (m *simulated) Health(context.Context) ([]Part, error) {
	if m.fall && !maps.Equal(m.services, before()) {
		panic(cut{})
	}
	parts := []Part{{Name: "page", Must: true}, {Name: "camera"}, {Name: "mqtt"}}
	for i := range parts {
		p := &parts[i]
		for _, text := range m.services {
			if strings.Contains(text, "sick "+p.Name) || m.away[p.Name] {
				p.Fault = "it does not work"
			}
			if strings.Contains(text, "dead") {
				return nil, errors.New("connection refused")
			}
		}
	}
	return parts, nil
}

// tree are the files below a folder.
func tree(dir string) map[string]string {
	all := map[string]string{}
	_ = filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		all[filepath.ToSlash(rel)] = string(text)
		return err
	})
	return all
}

type files map[string]string

func (f files) bundle(t testing.TB, m Manifest) []byte {
	t.Helper()
	var list []File
	for path, text := range f {
		list = append(list, File{path, 0o644, []byte(text)})
	}
	b, err := New(m, list)
	require.NoError(t, err)
	b.Sign(testKey(1))
	b.Sign(testKey(2))
	return archive(t, b)
}

// before are a machine's files before the first bundle.
func before() files {
	return files{"etc/mirrorcart/edge.yaml": "by hand", "etc/hostname": "gateway"}
}

// bundles in the order of their versions; each has a file that the one before it
// has not, and lacks one of its.
var (
	first  = files{"etc/mirrorcart/edge.yaml": "one", "etc/systemd/system/a.service": "a 1", "etc/x": "x"}
	second = files{"etc/mirrorcart/edge.yaml": "two", "etc/systemd/system/a.service": "a 1", "etc/chrony/conf.d/y": "y"}
	sick   = files{"etc/mirrorcart/edge.yaml": "sick camera", "etc/systemd/system/a.service": "a 3", "etc/z/z": "z"}
)

// on is the whole machine with the files of a bundle.
func (f files) on(rest files) map[string]string {
	all := maps.Clone(rest)
	maps.Copy(all, f)
	return all
}

type machine struct {
	t    *testing.T
	dir  string
	sim  *simulated
	disk disk
	now  time.Time
	log  *bytes.Buffer // nil for none

	close func() // of the process that was booted last
}

func newMachine(t *testing.T) *machine {
	m := &machine{t: t, dir: t.TempDir(), now: now, disk: newFaultyDisk(0, false)}
	m.sim = &simulated{root: filepath.Join(m.dir, "root"), away: map[string]bool{}}
	for path, text := range before() {
		name := filepath.Join(m.sim.root, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
	m.sim.services = tree(m.sim.root)
	return m
}

// boot is a new process on the machine.
func (m *machine) boot() *Applier {
	m.t.Helper()
	roots := filepath.Join(m.dir, "root.json")
	text, err := json.Marshal(testRoots(m.t))
	require.NoError(m.t, err)
	require.NoError(m.t, os.WriteFile(roots, text, 0o600))
	a := &Applier{
		Root: m.sim.root, Dir: filepath.Join(m.dir, "state"), Roots: roots, Class: "minipc", Machine: m.sim,
		Limit: DefaultLimit, Hold: DefaultHold, Now: func() time.Time { return m.now }, Log: slog.New(slog.DiscardHandler), disk: m.disk,
	}
	if m.log != nil {
		a.Log = slog.New(slog.NewTextHandler(m.log, nil))
	}
	m.close, err = a.Open()
	require.NoError(m.t, err)
	return a
}

func (m *machine) apply(archive []byte) error {
	m.t.Helper()
	a := m.boot()
	defer m.close()
	return a.Apply(m.t.Context(), archive, func() error { return nil })
}

func (m *machine) status() Status {
	m.t.Helper()
	s, err := ReadStatus(filepath.Join(m.dir, "state"))
	require.NoError(m.t, err)
	return s
}

func v(n int64) Manifest { return manifest(n) }

func TestBundleIsCommittedWhenTheMachineWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		start := time.Now()
		require.NoError(t, m.apply(first.bundle(t, v(1))))
		require.GreaterOrEqual(t, time.Since(start), DefaultHold)
		require.Equal(t, first.on(before()), tree(m.sim.root))
		require.Equal(t, []string{"etc/mirrorcart/edge.yaml", "etc/systemd/system/a.service", "etc/x"}, m.sim.reloads[0])

		require.NoError(t, m.apply(second.bundle(t, v(2))))
		require.Equal(t, second.on(before()), tree(m.sim.root), "what is not in the new one is gone")
		require.Equal(t, []string{"etc/chrony/conf.d/y", "etc/mirrorcart/edge.yaml", "etc/x"}, m.sim.reloads[1], "a.service is as it was")
		s := m.status()
		require.Equal(t, []int64{2, 1, 2}, []int64{s.Running.Version, s.Previous.Version, s.Trust.Version})
		require.Equal(t, Committed, s.Attempt.Phase)

		require.NoError(t, m.apply(second.bundle(t, v(2))))
		require.Len(t, m.sim.reloads, 2, "the one that runs changes nothing")

		a := m.boot()
		require.NoError(t, a.Rollback(t.Context()))
		require.Equal(t, first.on(before()), tree(m.sim.root))
		require.Equal(t, int64(1), m.status().Running.Version)
		require.ErrorContains(t, a.Rollback(t.Context()), "nothing to go back to")
		m.close()
		require.Equal(t, Older, ReasonOf(m.apply(first.bundle(t, Manifest{Classes: v(1).Classes, Version: 1, Created: made, Expires: end.Add(1)}))))
		kept, err := os.ReadDir(filepath.Join(m.dir, "state", "bundles"))
		require.NoError(t, err)
		require.Len(t, kept, 1, "what nothing leads to is deleted")
	})
}

func TestBundleGoesWhenTheMachineDoesNotWork(t *testing.T) {
	for name, tc := range map[string]struct {
		text  string
		away  string // before the bundle came
		stays bool
	}{
		"camera":              {"sick camera", "", false},
		"page":                {"sick page", "", false},
		"line":                {"sick mqtt", "", false},
		"nobody answers":      {"dead", "", false},
		"no camera before":    {"well", "camera", true},
		"no page before":      {"well", "page", false},
		"line and camera":     {"sick mqtt", "camera", false},
		"what it cannot help": {"sick mqtt", "mqtt", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				require.NoError(t, m.apply(first.bundle(t, v(1))))
				byHand := filepath.Join(m.sim.root, "etc/x")
				require.NoError(t, os.WriteFile(byHand, []byte("changed by hand"), 0o644))
				was := tree(m.sim.root)
				m.sim.away[tc.away] = true
				start := time.Now()
				err := m.apply(files{"etc/mirrorcart/edge.yaml": tc.text, "etc/new": ""}.bundle(t, v(2)))
				s := m.status()
				if tc.stays {
					require.NoError(t, err)
					require.Equal(t, int64(2), s.Running.Version)
					return
				}
				require.ErrorIs(t, err, ErrRolledBack)
				require.Less(t, time.Since(start), 90*time.Second)
				require.Equal(t, was, tree(m.sim.root), "just what was there, changes by hand and all")
				require.Equal(t, was, m.sim.services, "and the services run with it")
				require.Equal(t, RolledBack, s.Attempt.Phase)
				require.NotEmpty(t, s.Attempt.Fault)
				require.Contains(t, []Reason{"camera", "page", "mqtt", "gateway"}, s.Attempt.Reason)
				require.Equal(t, int64(1), s.Running.Version)
				require.Equal(t, Older, ReasonOf(m.apply(second.bundle(t, v(1)))), "what was taken once stays the lowest")
			})
		})
	}
}

func TestRefusedBundleChangesNothing(t *testing.T) {
	m := newMachine(t)
	m.log = &bytes.Buffer{}
	good := first.bundle(t, v(3))
	broken := slices.Clone(good)
	broken[len(broken)/2] ^= 1
	unsigned := testBundle(t, v(4))
	for name, tc := range map[string]struct {
		archive []byte
		unfit   error
		want    Reason
	}{
		"tampered": {broken, nil, Tampered},
		"unsigned": {archive(t, unsigned), nil, Unsigned},
		"unfit":    {good, refuse(Unfit, "edge.yaml has a key that this program does not know"), Unfit},
	} {
		m.sim.unfit = tc.unfit
		err := m.apply(tc.archive)
		require.Equal(t, tc.want, ReasonOf(err), "%s: %v", name, err)
		require.Equal(t, maps.Clone(map[string]string(before())), tree(m.sim.root), name)
		s := m.status()
		require.Equal(t, Refused, s.Attempt.Phase)
		require.Equal(t, tc.want, s.Attempt.Reason)
		require.Equal(t, Digest(tc.archive), s.Attempt.File)
		require.Contains(t, m.log.String(), "phase=refused version="+strconv.FormatInt(s.Attempt.Bundle.Version, 10)+" file="+s.Attempt.File, "the log has it")
		require.Zero(t, s.Trust.Version, "%s: nothing is learnt", name)
		require.NoDirExists(t, filepath.Join(m.dir, "state", "bundles"), name)
	}
	a := m.boot()
	a.Class = ""
	_, err := a.Verify(good)
	require.ErrorContains(t, err, "set class")
	other := &Applier{Dir: a.Dir}
	_, err = other.Open()
	require.ErrorContains(t, err, "another bundle is being applied")
	m.close()
}

func TestGatewayLeavesBundlesForRoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		data := filepath.Join(m.dir, "data")
		inbox := filepath.Join(data, "bundle/inbox")
		a := m.boot()
		defer m.close()
		require.NoError(t, a.TakeIn(t.Context(), data), "there is nothing yet")
		require.NoError(t, Leave(data, first.bundle(t, v(1))))
		require.NoError(t, a.TakeIn(t.Context(), data))
		require.Equal(t, first.on(before()), tree(m.sim.root))
		require.Equal(t, Digest(first.bundle(t, v(1))), m.status().Attempt.File)

		// Whatever else lies there is not followed, not waited for, and goes.
		secret := filepath.Join(m.dir, "secret")
		require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
		require.NoError(t, os.Symlink(secret, filepath.Join(inbox, "a.bundle")))
		require.NoError(t, syscall.Mkfifo(filepath.Join(inbox, "b.bundle"), 0o600))
		require.NoError(t, os.MkdirAll(filepath.Join(inbox, "c.bundle", "d"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(inbox, "e.bundle"), make([]byte, MaxArchive+5), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(inbox, ".f.bundle.mirrorcart"), nil, 0o600))
		err := a.TakeIn(t.Context(), data)
		require.ErrorContains(t, err, "a.bundle")
		require.NotContains(t, err.Error(), "secret")
		require.ErrorContains(t, err, "b.bundle: it is no file")
		require.Equal(t, TooLarge, ReasonOf(err))
		left, err := os.ReadDir(inbox)
		require.NoError(t, err)
		require.Len(t, left, 1, "only what is still being written")
		require.FileExists(t, secret)

		require.NoError(t, os.RemoveAll(inbox))
		require.NoError(t, os.Symlink(m.dir, inbox))
		require.Error(t, a.TakeIn(t.Context(), data), "a folder elsewhere")
	})
}

func TestNobodyGoesBackBelowWhatABundleAllows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		require.NoError(t, m.apply(first.bundle(t, v(1))))
		next := v(2)
		next.MinVersion = 2
		require.NoError(t, m.apply(second.bundle(t, next)))
		a := m.boot()
		require.Equal(t, Older, ReasonOf(a.Rollback(t.Context())))
		m.close()
		require.Equal(t, second.on(before()), tree(m.sim.root))

		bad := v(3)
		bad.MinVersion = 3
		require.ErrorIs(t, m.apply(sick.bundle(t, bad)), ErrRolledBack, "a machine that does not work does go back")
		require.Equal(t, second.on(before()), tree(m.sim.root))
	})
}

// What a disk has damaged is not gone back to, and is kept anew when it comes again.
func TestDamagedBundleIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		require.NoError(t, m.apply(first.bundle(t, v(1))))
		require.NoError(t, m.apply(second.bundle(t, v(2))))
		kept := filepath.Join(m.dir, "state/bundles")
		for _, name := range []string{"files/etc/x", "manifest.json"} {
			file := filepath.Join(kept, m.status().Previous.ID, name)
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file, append(text, ' '), 0o600))
			a := m.boot()
			require.ErrorContains(t, a.Rollback(t.Context()), "damaged")
			m.close()
			require.Equal(t, second.on(before()), tree(m.sim.root))
			require.True(t, m.status().Attempt.Phase.done())
			require.NoError(t, os.WriteFile(file, text, 0o600))
		}
		require.NoError(t, os.WriteFile(filepath.Join(kept, m.status().Running.ID, "files/etc/mirrorcart/edge.yaml"), []byte("?"), 0o600))
		require.ErrorIs(t, m.apply(sick.bundle(t, v(3))), ErrRolledBack)
		require.Equal(t, second.on(before()), tree(m.sim.root), "what lay there is kept, not what was damaged")
		require.NoError(t, m.apply(files{"etc/mirrorcart/edge.yaml": "four"}.bundle(t, v(4))))
	})
}

// A disk that spoils the bundle that is being applied does not keep the machine
// between two.
func TestBundleDamagedInProbationGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		defer stop()
		a := m.boot()
		err := a.Apply(ctx, first.bundle(t, v(1)), func() error { return nil })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		m.close()
		s := m.status()
		require.Equal(t, Probation, s.Attempt.Phase)
		require.NoError(t, os.RemoveAll(filepath.Join(m.dir, "state/bundles", s.Attempt.Bundle.ID, "files/etc/mirrorcart")))
		a = m.boot()
		defer m.close()
		require.NoError(t, a.Recover())
		require.ErrorIs(t, a.Resume(t.Context()), ErrRolledBack)
		require.Equal(t, "by hand", tree(m.sim.root)["etc/mirrorcart/edge.yaml"])

		// Nor does one that has no room for what has to come back.
		require.NoError(t, os.Mkdir(filepath.Join(m.sim.root, "etc/folder"), 0o755))
		was := tree(m.sim.root)
		err = a.Apply(t.Context(), files{"etc/mirrorcart/edge.yaml": "two", "etc/folder": "a file"}.bundle(t, v(2)), func() error { return nil })
		require.Equal(t, Failed, ReasonOf(err), "%v", err)
		require.Equal(t, was, tree(m.sim.root))
		require.NoError(t, a.Apply(t.Context(), second.bundle(t, v(3)), func() error { return nil }))
	})
}

func TestServiceThatDoesNotStartAnewSendsTheBundleBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.sim.stubborn = errors.New("nftables.service failed")
		require.ErrorIs(t, m.apply(first.bundle(t, v(1))), ErrRolledBack)
		require.Equal(t, map[string]string(before()), m.sim.services)
		require.Equal(t, RolledBack, m.status().Attempt.Phase, "that it fails on the way back too holds nothing up")
		require.Equal(t, "nftables.service failed; and on the way back: nftables.service failed", m.status().Attempt.Fault)
	})
}
