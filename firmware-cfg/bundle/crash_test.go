package bundle

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// life is a machine that gets a bundle, through all that may happen to it.
type life struct {
	*machine
	inbox []byte // nil once it is taken
	old   map[string]string
	new   map[string]string // what lies there while the bundle runs
	end   map[string]string // what it must come to
}

// run is one process, from the start of the machine to its end or to a stop.
func (l *life) run(d *faultyDisk) (stopped bool) {
	l.t.Helper()
	l.disk = d
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(cut); !ok {
				panic(r)
			}
			stopped = true
		}
	}()
	a := l.boot()
	defer l.close()
	require.NoError(l.t, a.Recover())
	now := tree(l.sim.root)
	require.True(l.t, maps.Equal(now, l.old) || maps.Equal(now, l.new), "services start with files of two bundles: %v", now)
	l.sim.services = now
	err := a.Resume(l.t.Context())
	require.True(l.t, err == nil || errors.Is(err, ErrRolledBack), "%v", err)
	if l.inbox != nil {
		err := a.Apply(l.t.Context(), l.inbox, func() error { l.inbox = nil; return nil })
		require.True(l.t, err == nil || errors.Is(err, ErrRolledBack), "%v", err)
	}
	return false
}

// whole sees that no file is torn at the moment of the stop.
func (l *life) whole() {
	l.t.Helper()
	for path, text := range tree(l.sim.root) {
		was, inOld := l.old[path]
		is, inNew := l.new[path]
		known := inOld && text == was || inNew && text == is
		require.True(l.t, known || strings.HasSuffix(path, ".mirrorcart"), "%s is torn: %q", path, text)
	}
}

// Whatever the step at which the machine stops, and at which it stops again while
// it mends that, its services start with the files of one bundle, and it comes to
// the end that it would have come to.
func TestMachineStopsAtEveryStep(t *testing.T) {
	scenarios := map[string]func(t *testing.T) *life{
		"the first bundle": func(t *testing.T) *life {
			return &life{machine: newMachine(t), inbox: first.bundle(t, v(1)), old: before(), new: first.on(before()), end: first.on(before())}
		},
		"the second": func(t *testing.T) *life {
			m := newMachine(t)
			require.NoError(t, m.apply(first.bundle(t, v(1))))
			return &life{machine: m, inbox: second.bundle(t, v(2)), old: first.on(before()), new: second.on(before()), end: second.on(before())}
		},
		"the first, which is sick": func(t *testing.T) *life {
			return &life{machine: newMachine(t), inbox: sick.bundle(t, v(3)), old: before(), new: sick.on(before()), end: before()}
		},
		"the second, which is sick": func(t *testing.T) *life {
			m := newMachine(t)
			require.NoError(t, m.apply(first.bundle(t, v(1))))
			return &life{machine: m, inbox: sick.bundle(t, v(3)), old: first.on(before()), new: sick.on(before()), end: first.on(before())}
		},
	}
	for name, begin := range scenarios {
		for _, power := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, power %v", name, power), func(t *testing.T) {
				steps := 0
				for stopped := true; stopped; steps++ {
					for again := range 1 + (steps+1)%2 { // every other time it stops again
						synctest.Test(t, func(t *testing.T) {
							l := begin(t)
							stopped = l.run(newFaultyDisk(steps+1, power))
							if stopped {
								l.whole()
								if again > 0 {
									l.run(newFaultyDisk(1+(steps*7+again*13)%40, power))
									l.whole()
								}
								l.run(newFaultyDisk(0, false))
							}
							require.Equal(t, l.end, tree(l.sim.root), "stopped at step %d", steps+1)
							require.Equal(t, l.end, l.sim.services, "services run with it, stopped at step %d", steps+1)
							require.True(t, l.status().Attempt.Phase.done())
							require.Nil(t, l.inbox)
						})
					}
				}
				require.Greater(t, steps, 40, "there are as many steps")
			})
		}
	}
}

// A machine that falls over again and again with a bundle has the old one at last.
func TestMachineThatDoesNotStayUpGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		l := &life{machine: m, inbox: first.bundle(t, v(1)), old: before(), new: first.on(before())}
		m.sim.fall = true
		starts := 0
		for ; m.status().Attempt.Phase != RolledBack; starts++ {
			require.Less(t, starts, 10)
			l.run(newFaultyDisk(0, false))
		}
		require.Equal(t, map[string]string(before()), tree(m.sim.root))
		require.Equal(t, maxStarts+1, starts)
		require.Contains(t, m.status().Attempt.Fault, "started 3 times")
	})
}
