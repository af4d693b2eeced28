package ar

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// machine is what a governor is tried on: work of so much a second at full
// effort, of which a part goes with the effort and the rest is always there.
type machine struct {
	now   time.Time
	g     *governor
	fixed float64 // share of a frame's work that the effort does not change
	path  []int   // levels, one for each change
}

func newMachine(faces, cores int) *machine {
	m := &machine{now: time.Unix(1_700_000_000, 0), g: newGovernor(NewLoad(cores), faces, true)}
	m.path = []int{0}
	return m
}

// cost is the share of one core's time that demand takes at effort e.
func (m *machine) cost(e Effort, demand float64) float64 {
	full := m.g.efforts[0]
	part := e.Scale * e.Scale * float64(e.Faces) / float64(full.Faces)
	return demand * e.Rate * (m.fixed + (1-m.fixed)*part)
}

// pace is the frames' rate: a few a second are enough to try a governor that
// thinks in half seconds.
const pace = 4

// run gives the machine so much to do for a time.
func (m *machine) run(demand float64, d time.Duration) {
	for range int(d.Seconds() * pace) {
		e := m.g.effort()
		busy := time.Duration(m.cost(e, demand) * float64(time.Second) / pace)
		m.now = m.now.Add(time.Second / pace)
		m.g.frame(m.now, min(busy, time.Second/pace), 0)
		if l := m.g.level; l != m.path[len(m.path)-1] {
			m.path = append(m.path, l)
		}
	}
}

func TestEffortsComeInOrder(t *testing.T) {
	all := efforts(3, true)
	require.Equal(t, []Effort{
		{0, 1, 1, 3},
		{1, 0.75, 1, 3},
		{2, 0.5, 1, 3},
		{3, 0.5, 2.0 / 3, 3},
		{4, 0.5, 0.5, 3},
		{5, 0.5, 0.5, 2},
		{6, 0.5, 0.5, 1},
	}, all)
	require.Len(t, efforts(1, true), 5, "the one face stays")
	require.Equal(t, 2.0/3, efforts(1, false)[1].Rate, "what cannot be scaled is not")
}

// TestGovernorSettles: under any load that stays the same the governor comes to
// rest, at a level that is not strained if there is one, and goes one level at a
// time. Once there is less to do it is back at full effort.
func TestGovernorSettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(rapid.IntRange(1, 4).Draw(t, "faces"), rapid.IntRange(1, 4).Draw(t, "cores"))
		m.fixed = rapid.Float64Range(0, 1).Draw(t, "fixed")
		for range rapid.IntRange(1, 3).Draw(t, "loads") {
			demand := rapid.Float64Range(0, 6).Draw(t, "demand")
			m.run(demand, 30*time.Minute)
			changes := len(m.path)
			m.run(demand, 20*time.Minute)
			require.LessOrEqual(t, len(m.path)-changes, 10, "it tries every five minutes at most: %v", m.path)
			if own := m.cost(m.g.effort(), demand); own > strainedOwn {
				require.GreaterOrEqual(t, m.g.level, len(m.g.efforts)-2, "strained, though less effort could be made")
			}
		}
		for i := range m.path[1:] {
			require.Contains(t, []int{-1, 1}, m.path[i+1]-m.path[i], "one level at a time: %v", m.path)
		}
		m.run(0.05, 40*time.Minute)
		require.Zero(t, m.g.level, "back at full effort")
	})
}

// TestGovernorNeverSwings: where the work goes with the effort, the governor
// knows what more effort would cost and does not even try.
func TestGovernorNeverSwings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(rapid.IntRange(1, 4).Draw(t, "faces"), 2)
		m.run(rapid.Float64Range(0, 6).Draw(t, "demand"), 10*time.Minute)
		for i := range m.path[1:] {
			require.Equal(t, 1, m.path[i+1]-m.path[i], "only downwards: %v", m.path)
		}
	})
}

func TestGovernorIsQuickToGiveWay(t *testing.T) {
	m := newMachine(1, 1)
	m.run(0.5, time.Minute)
	require.Zero(t, m.g.level)
	m.run(20, 1600*time.Millisecond)
	require.Equal(t, 1, m.g.level, "strained for two windows")
	m.run(20, 5*time.Second)
	require.Equal(t, 4, m.g.level, "everything but the face")
}

// TestGovernorMindsTheOthers: pipelines that each keep up, but leave nothing
// for the till, make less effort; lost frames count as strain too.
func TestGovernorMindsTheOthers(t *testing.T) {
	load := NewLoad(2)
	now := time.Unix(1_700_000_000, 0)
	var all []*governor
	for range 4 {
		all = append(all, newGovernor(load, 1, true))
	}
	for range 90 {
		now = now.Add(time.Second / 30)
		for _, g := range all {
			g.frame(now, time.Second/30/2, 0) // half of a core each: two cores in all
		}
	}
	for _, g := range all {
		require.Positive(t, g.level)
	}
	g := newGovernor(NewLoad(4), 1, true)
	for range 60 {
		now = now.Add(time.Second / 15)
		g.frame(now, time.Second/100, 1)
	}
	require.Positive(t, g.level)
}

// TestGovernorForgetsAPause: what was before a pause is no part of a window.
func TestGovernorForgetsAPause(t *testing.T) {
	m := newMachine(1, 1)
	m.run(20, 700*time.Millisecond)
	require.Zero(t, m.g.level)
	for range 10 {
		m.now = m.now.Add(time.Minute)
		m.run(20, 700*time.Millisecond)
	}
	require.Zero(t, m.g.level)
}

// TestHopelessOverloadIsOverloadToo: frames that each take longer than several
// windows.
func TestHopelessOverloadIsOverloadToo(t *testing.T) {
	g := newGovernor(NewLoad(1), 1, true)
	now := time.Unix(1_700_000_000, 0)
	for range 20 {
		now = now.Add(5 * time.Second)
		g.frame(now, 5*time.Second, 150)
	}
	require.Equal(t, len(g.efforts)-1, g.level)
}
