package hq

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

func (g *gateway) pull(r PullRequest) string {
	g.t.Helper()
	r.Shop = testShop
	id, err := g.hq.Pull(g.t.Context(), r)
	require.NoError(g.t, err)
	return id
}

func (g *gateway) pulled(id string) *Pull {
	g.t.Helper()
	require.NoError(g.t, g.hq.stepPulls(g.t.Context()))
	p, err := g.hq.PullByID(g.t.Context(), id)
	require.NoError(g.t, err)
	return p
}

func TestDigestPullAsksForWhatDiffers(t *testing.T) {
	g := newGateway(t)
	g.greet()
	const n = 3500
	g.addMoves(n)
	for from := 1; from <= n; from += 200 {
		g.send(g.batch(uint64(from), uint64(min(from+199, n))))
	}
	_, err := g.hq.db.Write.ExecContext(t.Context(), "delete from inbox where seq between 900 and 2100")
	require.NoError(t, err)

	id := g.pull(PullRequest{Kind: PullDigest, Lane: g.lane})
	require.Equal(t, PullWaiting, g.pulled(id).Phase)
	told := g.told()
	require.Len(t, told, 1)
	require.Equal(t, cloudsync.OpDigest, told[0].Op)
	g.answer(cloudsync.Rsp{ID: told[0].ID, Status: cloudsync.CmdRunning, Done: 1000, Total: n})
	p := g.pulled(id)
	require.Equal(t, PullComparing, p.Phase)
	require.EqualValues(t, n, p.Total)
	var d cloudsync.Digester
	for i := range g.events {
		d.Add(uint64(i+1), g.hashes[i+1])
	}
	g.answer(cloudsync.Rsp{ID: told[0].ID, Status: cloudsync.CmdRunning, Part: 1, Result: &cloudsync.Result{Epoch: g.epoch, Lane: g.lane, Digests: d.End()}})
	g.answer(cloudsync.Rsp{ID: told[0].ID, Status: cloudsync.CmdDone, Parts: 1, Done: n, Total: n})
	p = g.pulled(id)
	require.Equal(t, PullSending, p.Phase)
	require.Equal(t, 3, p.Differing)
	require.False(t, p.Over)
	require.Len(t, g.pulled(id).Commands, 2, "asked for once")
	told = g.told()
	require.Len(t, told, 1)
	require.Equal(t, cloudsync.Args{Epoch: g.epoch, Lane: g.lane, From: 1, To: 3000}, told[0].Args)
	g.answer(cloudsync.Rsp{ID: told[0].ID, Status: cloudsync.CmdDone, Done: 3000, Total: 3000})
	p = g.pulled(id)
	require.Equal(t, PullDone, p.Phase)
	require.True(t, p.Over)
	require.EqualValues(t, 3000, p.Done)
	require.Empty(t, p.Message)
}

func TestPullsThatFail(t *testing.T) {
	g := newGateway(t)
	g.greet()
	refused := g.pull(PullRequest{Kind: PullRange, Lane: g.lane, FromSeq: 500})
	g.answer(cloudsync.Rsp{ID: g.told()[0].ID, Status: cloudsync.CmdRefused, Message: "there is no event 500"})
	p := g.pulled(refused)
	require.Equal(t, PullFailed, p.Phase)
	require.Contains(t, p.Message, "there is no event 500")

	late := g.pull(PullRequest{Kind: PullSnapshot})
	g.clock.Advance(commandLife + time.Second)
	p = g.pulled(late)
	require.Equal(t, PullFailed, p.Phase)
	require.Contains(t, p.Message, string(CommandExpired))

	_, err := g.hq.PullByID(t.Context(), "nobody")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	_, err = g.hq.Pull(t.Context(), PullRequest{Shop: "nowhere", Kind: PullSnapshot})
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	now := g.clock.Now()
	for name, r := range map[string]PullRequest{
		"no kind":             {},
		"unknown kind":        {Kind: "all"},
		"range of nothing":    {Kind: PullRange},
		"range without begin": {Kind: PullRange, ToSeq: 5},
		"times and numbers":   {Kind: PullRange, FromSeq: 1, ToTime: now},
		"backwards":           {Kind: PullRange, FromSeq: 5, ToSeq: 4},
		"backwards in time":   {Kind: PullRange, FromTime: now, ToTime: now.Add(-1)},
		"unknown lane":        {Kind: PullRange, FromSeq: 5, Lane: "tele"},
		"digest by time":      {Kind: PullDigest, FromTime: now},
		"snapshot of a range": {Kind: PullSnapshot, FromSeq: 1},
	} {
		r.Shop = testShop
		_, err := g.hq.Pull(t.Context(), r)
		require.Equal(t, edge.Invalid, edge.KindOf(err), name)
	}
}

func TestTimesBecomeNumbers(t *testing.T) {
	g := newGateway(t)
	begin := g.clock.Now()
	for range 100 {
		g.addMoves(1)
		g.clock.Advance(time.Minute)
	}
	g.send(g.batch(1, 100))
	at := func(minutes int) time.Time { return begin.Add(time.Duration(minutes) * time.Minute) }
	ranges := func(from, to time.Time) []cloudsync.Args {
		list, err := g.hq.rangesWithin(t.Context(), g.node, g.lane, from, to)
		require.NoError(t, err)
		return list
	}
	args := func(from, to uint64) []cloudsync.Args {
		return []cloudsync.Args{{Epoch: g.epoch, Lane: g.lane, From: from, To: to}}
	}
	require.Equal(t, args(11, 21), ranges(at(10), at(20)))
	require.Equal(t, args(11, 0), ranges(at(10), time.Time{}))
	require.Equal(t, args(1, 0), ranges(begin.Add(-time.Hour), time.Time{}))
	require.Equal(t, args(100, 0), ranges(at(500), time.Time{}), "perhaps there is something newer")
	require.Empty(t, ranges(begin.Add(time.Second), begin.Add(2*time.Second)), "between two events")
	require.Empty(t, ranges(begin.Add(-time.Hour), begin.Add(-time.Minute)))

	// What is missing at either end is within.
	_, err := g.hq.db.Write.ExecContext(t.Context(), "delete from inbox where seq between 8 and 12 or seq between 19 and 24")
	require.NoError(t, err)
	require.Equal(t, args(8, 24), ranges(at(10), at(20)))
	_, err = g.hq.db.Write.ExecContext(t.Context(), "delete from inbox where seq between 8 and 24")
	require.NoError(t, err)
	require.Equal(t, args(8, 24), ranges(at(10), at(20)), "all of it is missing")

	old := g.epoch
	g.newEpoch("e2")
	g.clock.Advance(time.Hour)
	g.addMoves(3)
	g.send(g.batch(1, 3))
	require.Equal(t, []cloudsync.Args{{Epoch: old, Lane: g.lane, From: 51}, {Epoch: "e2", Lane: g.lane, From: 1}}, ranges(at(50), time.Time{}))
	require.Equal(t, []cloudsync.Args{{Lane: edge.LaneOps, From: 1}}, func() []cloudsync.Args {
		list, err := g.hq.rangesWithin(t.Context(), g.node, edge.LaneOps, at(1), at(2))
		require.NoError(t, err)
		return list
	}(), "nothing is held: all of it")
}

func TestFewCommandsForManyDifferences(t *testing.T) {
	var blocks [][2]uint64
	for i := range uint64(400) {
		if i%3 == 0 {
			blocks = append(blocks, [2]uint64{i*1000 + 1, (i + 1) * 1000})
		}
	}
	runs := joinBlocks(blocks)
	require.LessOrEqual(t, len(runs), maxRuns)
	for _, b := range blocks {
		within := false
		for _, r := range runs {
			within = within || r[0] <= b[0] && b[1] <= r[1]
		}
		require.True(t, within, "%v", b)
	}
	require.Equal(t, [][2]uint64{{1, 2000}, {5001, 6000}}, joinBlocks([][2]uint64{{1, 1000}, {1001, 2000}, {5001, 6000}}))
}

// A pull and its commands are there together or not at all, whenever HQ stops.
func TestAPullIsAskedWhollyOrNot(t *testing.T) {
	g := newGateway(t)
	fail := func(what string) {
		t.Helper()
		if database.IsPostgres(g.where) {
			t.Skip("the trigger is written for SQLite")
		}
		_, err := g.hq.db.Write.ExecContext(t.Context(), "create trigger stop before "+what+" on pull begin select raise(abort, 'stopped'); end")
		require.NoError(t, err)
	}
	mend := func() {
		_, err := g.hq.db.Write.ExecContext(t.Context(), "drop trigger stop")
		require.NoError(t, err)
	}
	commands := func() int {
		list, err := g.hq.Commands(t.Context(), g.node, 100)
		require.NoError(t, err)
		return len(list)
	}
	fail("insert")
	_, err := g.hq.Pull(t.Context(), PullRequest{Shop: testShop, Kind: PullDigest})
	require.ErrorContains(t, err, "stopped")
	require.Zero(t, commands())
	mend()

	g.greet()
	g.addMoves(3)
	g.send(g.batch(1, 3))
	_, err = g.hq.db.Write.ExecContext(t.Context(), "delete from inbox where seq = 2")
	require.NoError(t, err)
	id := g.pull(PullRequest{Kind: PullDigest, Lane: g.lane})
	var d cloudsync.Digester
	for i := range g.events {
		d.Add(uint64(i+1), g.hashes[i+1])
	}
	told := g.told()
	require.Len(t, told, 1)
	g.answer(cloudsync.Rsp{ID: told[0].ID, Status: cloudsync.CmdRunning, Part: 1, Result: &cloudsync.Result{Epoch: g.epoch, Lane: g.lane, Digests: d.End()}})
	g.answer(cloudsync.Rsp{ID: told[0].ID, Status: cloudsync.CmdDone, Parts: 1, Done: 3, Total: 3})
	fail("update")
	require.ErrorContains(t, g.hq.stepPulls(t.Context()), "stopped")
	require.Equal(t, 1, commands(), "the differences are not asked for without the pull knowing")
	mend()
	require.Len(t, g.pulled(id).Commands, 2)
	require.Equal(t, 2, commands())
	list, err := g.hq.Pulls(t.Context(), testShop, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, id, list[0].ID)
}
