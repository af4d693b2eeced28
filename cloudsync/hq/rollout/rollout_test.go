package rollout

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestContractOnPostgres(t *testing.T) { databasetest.RunOnPostgres(t) }

func TestRingsReachEverybody(t *testing.T) {
	c := newChain(t, 100)
	id := c.publish(1)
	first := c.told()
	require.Len(t, first, 1)
	require.Empty(t, c.told(), "it is not told again at once")
	c.becomes(cloudsync.BundleProbation, first...)
	require.Empty(t, c.told(), "the one that works on it is no success yet")
	total := 1
	c.becomes(cloudsync.BundleCommitted, first...)
	for _, ring := range []int{5, 25, 100} {
		c.soak()
		nodes := c.told()
		require.Len(t, nodes, ring-total)
		total = ring
		require.Equal(t, Counts{Gateways: 100, Told: total, Committed: total - len(nodes), Silent: len(nodes)}, c.only(id).Counts)
		c.becomes(cloudsync.BundleCommitted, nodes...)
	}
	c.soak()
	o := c.only(id)
	require.Equal(t, Done, o.State)
	require.Equal(t, Counts{Gateways: 100, Told: 100, Committed: 100}, o.Counts)
	fleets, err := c.Fleets(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Fleet{{"minipc", 1, 100}}, fleets)

	c.join("gw-late", "minipc")
	c.join("gw-other", "tablet")
	require.Equal(t, []string{"gw-late"}, c.told(), "who comes later gets it too")
	again := c.publish(2)
	require.Equal(t, first, c.told(), "the same gateway is first each time")
	require.Equal(t, 101, c.only(again).Counts.Gateways)
	require.Equal(t, []string{
		"mai bundle.publish r1 version 1 for [minipc], rings [1 5% 25% 100%]", "bundle.ring r1 5%", "bundle.ring r1 25%", "bundle.ring r1 100%", "bundle.done r1",
		"mai bundle.publish r2 version 2 for [minipc], rings [1 5% 25% 100%]",
	}, c.audit)
}

func TestRingsThatBringNobodyNewArePassedOver(t *testing.T) {
	c := newChain(t, 4)
	id := c.publish(1)
	c.becomes(cloudsync.BundleCommitted, c.told()...)
	c.soak()
	require.Len(t, c.told(), 3)
	require.Equal(t, 3, c.only(id).Ring)
}

func TestOneFailureInTheFirstRingStopsIt(t *testing.T) {
	for _, state := range []cloudsync.BundleState{cloudsync.BundleRolledBack, cloudsync.BundleRefused} {
		c := newChain(t, 10)
		id := c.publish(1)
		first := c.told()
		c.becomes(state, first...)
		require.Empty(t, c.told())
		o := c.only(id)
		require.Equal(t, Stopped, o.State)
		require.Equal(t, WhyFirstRing, o.Why)
		require.Equal(t, "bundle.stop r1 it failed in the first ring", c.audit[1])
		c.clock.Advance(24 * time.Hour)
		require.Empty(t, c.told(), "nobody else is told")
		failed, err := c.Machines(t.Context(), id, 10)
		require.NoError(t, err)
		require.Len(t, failed, 1)
		require.Equal(t, first[0], failed[0].Node)
		if state == cloudsync.BundleRolledBack {
			require.Equal(t, longest(), failed[0].Message, "whole")
		}
		c.becomes(state, first...) // which it says again with each connection
		again, err := c.Machines(t.Context(), id, 10)
		require.NoError(t, err)
		require.Equal(t, failed[0].At, again[0].At, "since when it stands like that")
		c.publish(2) // the way out
		require.Equal(t, first, c.told())
	}
}

func TestTooManyFailuresStopIt(t *testing.T) {
	c := newChain(t, 200)
	id := c.publish(1, func(p *Plan) { p.Rings = []Ring{{Gateways: 1}, {Percent: 50}, {Percent: 100}} })
	c.becomes(cloudsync.BundleCommitted, c.told()...)
	c.soak()
	ring := c.told()
	require.Len(t, ring, 99)
	c.becomes(cloudsync.BundleRolledBack, ring[:2]...)
	require.Empty(t, c.told())
	require.Equal(t, Running, c.only(id).State, "2 of 100 are 2 %")
	c.becomes(cloudsync.BundleFetched, ring[50:60]...)
	c.becomes(cloudsync.BundleStaged, ring[60])
	c.becomes(cloudsync.BundleRolledBack, ring[2])
	withdrawn := c.told()
	require.Equal(t, Stopped, c.only(id).State)
	require.Equal(t, WhyTooMany, c.only(id).Why)
	require.Len(t, withdrawn, 99-3-1, "it is withdrawn from all but those that failed or apply it")
	for _, node := range withdrawn {
		require.Nil(t, c.wants[node].Bundle)
	}
	c.becomes("", withdrawn...)
	c.becomes(cloudsync.BundleCommitted, ring[60])
	require.Equal(t, 2, c.only(id).Counts.Committed, "one that had begun is counted")
	c.clock.Advance(time.Hour)
	require.Empty(t, c.told(), "everybody knows")
}

func TestSilentShopsAreNoSuccess(t *testing.T) {
	c := newChain(t, 20)
	id := c.publish(1, func(p *Plan) { p.Rings = []Ring{{Gateways: 1}, {Percent: 50}, {Percent: 100}} })
	c.becomes(cloudsync.BundleCommitted, c.told()...)
	c.soak()
	ring := c.told()
	require.Len(t, ring, 9)
	c.becomes(cloudsync.BundleCommitted, ring[:7]...)
	c.leave(ring[7])
	c.leave(ring[8])
	for range 10 {
		c.clock.Advance(time.Hour)
		require.Empty(t, c.told(), "8 of 10 are not enough, and those who are not there are not told again")
	}
	require.Equal(t, Counts{Gateways: 20, Told: 10, Committed: 8, Silent: 2}, c.only(id).Counts)
	c.becomes(cloudsync.BundleCommitted, ring[7])
	c.soak()
	require.Len(t, c.told(), 10, "9 of 10 are")
}

// A stolen machine never answers again: nobody waits for it, and it is told nothing.
func TestGatewayThatWasShutOutHoldsNobodyUp(t *testing.T) {
	c := newChain(t, 6)
	id := c.publish(1, func(p *Plan) { p.Rings = []Ring{{Gateways: 1}, {Percent: 100}} })
	first := c.told()
	c.shutOut(first[0])
	second := c.told()
	require.Len(t, second, 1, "another is the first")
	require.NotEqual(t, first, second)
	c.becomes(cloudsync.BundleCommitted, second...)
	c.soak()
	ring := c.told()
	require.Len(t, ring, 4)
	c.becomes(cloudsync.BundleCommitted, ring[1:]...)
	c.clock.Advance(time.Hour)
	require.NoError(t, c.Step(t.Context()))
	require.Equal(t, Running, c.only(id).State, "one of five is silent")
	c.shutOut(ring[0])
	require.NoError(t, c.Step(t.Context()))
	c.clock.Advance(time.Hour)
	require.NoError(t, c.Step(t.Context()))
	require.Equal(t, Done, c.only(id).State)
	require.Equal(t, Counts{Gateways: 4, Told: 4, Committed: 4}, c.only(id).Counts)
	list, err := c.Machines(t.Context(), id, 10)
	require.NoError(t, err)
	require.Empty(t, list)
	require.NoError(t, c.Step(t.Context()))
	require.Empty(t, c.told())

	_, err = c.DB.Write.ExecContext(t.Context(), "insert into node_key (key_id, node, public_key, added) values ($1, $2, $1, 0)", []byte("successor"), first[0])
	require.NoError(t, err)
	require.Equal(t, Counts{Gateways: 5, Told: 5, Committed: 4, Silent: 1}, c.only(id).Counts, "its successor counts")
	c.report(&cloudsync.Reported{Node: first[0], Class: "minipc", State: cloudsync.BundleNone})
	require.Equal(t, first, c.told())
}

func TestClosedShopIsNotTheFirst(t *testing.T) {
	c := newChain(t, 5)
	c.publish(1)
	usual := c.told()
	c = newChain(t, 5)
	c.leave(usual[0])
	c.publish(1)
	first := c.told()
	require.Len(t, first, 1)
	require.NotEqual(t, usual, first)
}

func TestPauseWithdrawsAndResumeTellsAgain(t *testing.T) {
	c := newChain(t, 4)
	id := c.publish(1, func(p *Plan) { p.Rings = []Ring{{Percent: 100}} })
	nodes := c.told()
	require.Len(t, nodes, 4)
	c.becomes(cloudsync.BundleVerified, nodes[0])
	c.becomes(cloudsync.BundleProbation, nodes[1])
	c.becomes(cloudsync.BundleCommitted, nodes[2])
	require.NoError(t, c.does(id, Pause, "mai", "stock-taking"))
	require.ElementsMatch(t, []string{nodes[0], nodes[3]}, c.told())
	require.Nil(t, c.wants[nodes[0]].Bundle)
	c.clock.Advance(time.Hour)
	require.Equal(t, Paused, c.only(id).State)
	require.Equal(t, edge.Conflict, edge.KindOf(c.does(id, Pause, "mai", "")))
	require.NoError(t, c.does(id, Resume, "mai", ""))
	require.Subset(t, c.told(), []string{nodes[0], nodes[3]})
	require.Equal(t, int64(1), c.wants[nodes[3]].Bundle.Version)
	require.NoError(t, c.does(id, Stop, "mai", "enough"))
	require.Equal(t, []string{"mai bundle.pause r1 stock-taking", "mai bundle.resume r1", "mai bundle.stop r1 enough"}, c.audit[1:])
	require.Equal(t, Stopped, c.only(id).State)
	require.Equal(t, edge.Conflict, edge.KindOf(c.does(id, Resume, "mai", "")))
	require.Equal(t, edge.Invalid, edge.KindOf(c.does(c.publish(2), "burn", "mai", "")))
	require.Equal(t, edge.NotFound, edge.KindOf(c.does("none", Stop, "mai", "")))
}

func TestWhatIsNotPublished(t *testing.T) {
	c := newChain(t, 2)
	ctx := t.Context()
	try := func(change func(*Bundle, *Plan)) edge.Kind {
		b, p := c.bundle(5), DefaultPlan()
		change(&b, &p)
		_, err := c.Publish(ctx, b, p, "mai")
		require.Error(t, err)
		return edge.KindOf(err)
	}
	require.Equal(t, edge.NotFound, try(func(b *Bundle, _ *Plan) { b.Classes = []string{"tablet"} }))
	require.Equal(t, edge.Expired, try(func(b *Bundle, _ *Plan) { b.Expires = c.clock.Now() }))
	require.Equal(t, edge.Invalid, try(func(b *Bundle, _ *Plan) { b.Classes = nil }))
	require.Equal(t, edge.Invalid, try(func(b *Bundle, _ *Plan) { b.Version = 0 }))
	require.Equal(t, edge.Invalid, try(func(_ *Bundle, p *Plan) { p.Rings = []Ring{{Gateways: 1}} }))
	require.Equal(t, edge.Invalid, try(func(_ *Bundle, p *Plan) { p.Rings = []Ring{{Percent: 50}, {Percent: 5}, {Percent: 100}} }))
	require.Equal(t, edge.Invalid, try(func(_ *Bundle, p *Plan) { p.Soak = -1 }))
	require.Equal(t, edge.Invalid, try(func(_ *Bundle, p *Plan) { p.Window = &cloudsync.Window{From: 3, To: 3} }))
	id := c.publish(5)
	require.Equal(t, edge.Conflict, try(func(b *Bundle, _ *Plan) { b.Version, b.Classes = 6, []string{"tablet", "minipc"} }), "one is under way")
	require.NoError(t, c.does(id, Stop, "mai", ""))
	require.Equal(t, edge.Conflict, try(func(b *Bundle, _ *Plan) { b.Version = 5 }), "the number is used")
}

func TestExpiredBundleStops(t *testing.T) {
	c := newChain(t, 3)
	id := c.publish(1)
	require.Len(t, c.told(), 1)
	c.clock.Advance(31 * 24 * time.Hour)
	c.told()
	require.Equal(t, Stopped, c.only(id).State)
	require.Equal(t, WhyExpired, c.only(id).Why)
}

// Two collectors that step at once tell each gateway once.
func TestOneCollectorDrives(t *testing.T) {
	c := newChain(t, 30)
	id := c.publish(1, func(p *Plan) { p.Rings = []Ring{{Percent: 100}} })
	errs := make(chan error)
	for range 4 {
		go func() { errs <- c.Step(context.WithoutCancel(t.Context())) }()
	}
	for range 4 {
		require.NoError(t, <-errs)
	}
	require.Equal(t, 30, c.only(id).Counts.Told)
	var most int
	require.NoError(t, database.Select(t.Context(), c.DB.Read, "select count(distinct wanted) from twin").Each(func(rows *sql.Rows) error { return rows.Scan(&most) }))
	require.Equal(t, 1, most)
}

func TestParseRings(t *testing.T) {
	rings, err := ParseRings("1, 5%,25%,100%")
	require.NoError(t, err)
	require.Equal(t, DefaultPlan().Rings, rings)
	for _, bad := range []string{"", "0", "5%%", "101%", "one", "1,,2"} {
		_, err := ParseRings(bad)
		require.Equal(t, edge.Invalid, edge.KindOf(err), bad)
	}
	require.Equal(t, 1, Ring{Percent: 5}.of(1))
	require.Equal(t, 0, Ring{Percent: 5}.of(0))
	require.Equal(t, 3, Ring{Gateways: 9}.of(3))
}
