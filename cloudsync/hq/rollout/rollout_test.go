package rollout

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestContractOnPostgres(t *testing.T) { databasetest.RunOnPostgres(t) }

// chain is gateways whose machines report what a test says.
type chain struct {
	*Rollouts
	t       *testing.T
	clock   *edgetest.Clock
	ids     int
	reports uint64
	wants   map[string]*cloudsync.Desired
	audit   []string
	keys    map[string][]cloudsync.KeyID // of each gateway, the newest last
}

func newChain(t *testing.T, gateways int) *chain {
	t.Helper()
	db, err := database.Open(t.Context(), databasetest.Place(t))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	c := &chain{t: t, clock: edgetest.NewClock(), wants: map[string]*cloudsync.Desired{}, keys: map[string][]cloudsync.KeyID{}}
	c.Rollouts = New(Options{
		DB: db, Now: c.clock.Now, NewID: func() string { c.ids++; return fmt.Sprint("r", c.ids) }, Log: slog.New(slog.DiscardHandler),
		There: func(up bool, _, _, _ time.Time) bool { return up },
		Audit: func(_ context.Context, _ *sql.Tx, by, what, rollout, detail string) error {
			c.audit = append(c.audit, strings.TrimSpace(strings.Join([]string{by, what, rollout, detail}, " ")))
			return nil
		},
		Wake: func() {}, Changed: func() {},
	})
	for i := range gateways {
		c.join(fmt.Sprintf("gw-%03d", i), "minipc")
	}
	return c
}

// join connects a gateway that has no bundle.
func (c *chain) join(node, class string) {
	c.t.Helper()
	_, err := c.DB.Write.ExecContext(c.t.Context(), "insert into node (node, shop, enrolled, up) values ($1, 'shop', 0, 1)", node)
	require.NoError(c.t, err)
	c.claim(node)
	c.report(&cloudsync.Reported{Node: node, Class: class, State: cloudsync.BundleNone})
}

// claim gives a gateway a key, its first or another.
func (c *chain) claim(node string) {
	c.t.Helper()
	const q = "insert into node_key (key_id, node, public_key, added) values ($1, $2, $1, $3)"
	key := cloudsync.IDOf([]byte(fmt.Sprint(node, len(c.keys[node]))))
	_, err := c.DB.Write.ExecContext(c.t.Context(), q, key[:], node, c.clock.Now().UnixMilli())
	require.NoError(c.t, err)
	c.keys[node] = append(c.keys[node], key)
}

// shutOut takes a gateway's keys back.
func (c *chain) shutOut(node string) {
	c.t.Helper()
	_, err := c.DB.Write.ExecContext(c.t.Context(), "update node_key set revoked = 1 where node = $1", node)
	require.NoError(c.t, err)
}

func (c *chain) leave(node string) {
	c.t.Helper()
	_, err := c.DB.Write.ExecContext(c.t.Context(), "update node set up = 0 where node = $1", node)
	require.NoError(c.t, err)
}

func (c *chain) report(p *cloudsync.Reported) {
	c.t.Helper()
	c.reports++
	p.N, p.At = c.reports, c.clock.Now()
	c.reportAs(len(c.keys[p.Node])-1, p)
}

// reportAs reports with one of the gateway's keys.
func (c *chain) reportAs(key int, p *cloudsync.Reported) {
	c.t.Helper()
	require.NoError(c.t, c.Report(c.t.Context(), c.keys[p.Node][key], p))
}

func (c *chain) publish(version int64, change ...func(*Plan)) string {
	c.t.Helper()
	p := DefaultPlan()
	for _, f := range change {
		f(&p)
	}
	id, err := c.Publish(c.t.Context(), c.bundle(version), p, "mai")
	require.NoError(c.t, err)
	return id
}

func (c *chain) bundle(version int64) Bundle {
	return Bundle{Version: version, SHA256: edge.Hash{byte(version)}, Size: 100, Classes: []string{"minipc"}, Expires: c.clock.Now().Add(30 * 24 * time.Hour)}
}

// told steps, and lists who was told something now.
func (c *chain) told() (nodes []string) {
	c.t.Helper()
	require.NoError(c.t, c.Step(c.t.Context()))
	due, err := c.Due(c.t.Context(), 5*time.Second)
	require.NoError(c.t, err)
	for _, d := range due {
		if before := c.wants[d.Node]; before != nil {
			require.GreaterOrEqual(c.t, d.N, before.N)
		}
		c.wants[d.Node] = d
		nodes = append(nodes, d.Node)
	}
	return nodes
}

// longest is as much as a machine may say, how to mend it at its end.
func longest() string { return strings.Repeat("no frame came; ", 32) + "see its ổ cắm" }

// becomes makes gateways report a state of what they were told last.
func (c *chain) becomes(state cloudsync.BundleState, nodes ...string) {
	c.t.Helper()
	for _, node := range nodes {
		d := c.wants[node]
		p := &cloudsync.Reported{Node: node, Class: "minipc", Desired: d.N, State: cloudsync.BundleNone}
		if d.Bundle != nil {
			p.State, p.Bundle = state, d.Bundle.SHA256
			if state == cloudsync.BundleCommitted {
				p.Running = d.Bundle.Version
			}
			if state == cloudsync.BundleRolledBack {
				p.Reason, p.Message = "camera", longest()
			}
		}
		c.report(p)
	}
}

func (c *chain) only(id string) *Rollout {
	c.t.Helper()
	list, err := c.List(c.t.Context(), 10)
	require.NoError(c.t, err)
	for i := range list {
		if list[i].ID == id {
			return &list[i]
		}
	}
	require.Fail(c.t, "there is no such rollout")
	return nil
}

func (c *chain) does(id string, act Act, by, why string) error {
	_, err := c.Do(c.t.Context(), id, act, by, why)
	return err
}

// soak lets the plan's half hour pass.
func (c *chain) soak() {
	c.t.Helper()
	require.Empty(c.t, c.told(), "it soaks first")
	c.clock.Advance(29 * time.Minute)
	require.Empty(c.t, c.told(), "not long enough")
	c.clock.Advance(time.Minute)
	require.NoError(c.t, c.Step(c.t.Context()))
}

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

func TestOldReportsChangeNothing(t *testing.T) {
	c := newChain(t, 1)
	id := c.publish(1)
	c.becomes(cloudsync.BundleCommitted, c.told()...)
	old := &cloudsync.Reported{Node: "gw-000", Class: "minipc", N: 1, State: cloudsync.BundleRefused, Bundle: edge.Hash{1}, At: c.clock.Now()}
	c.reportAs(0, old)
	require.Equal(t, Counts{Gateways: 1, Told: 1, Committed: 1}, c.only(id).Counts)
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

// A machine that was made anew, and knows nothing, is told again.
func TestMachineThatForgotIsToldAgain(t *testing.T) {
	c := newChain(t, 1)
	c.publish(1)
	node := c.told()
	c.becomes(cloudsync.BundleCommitted, node...)
	c.clock.Advance(time.Hour)
	require.Empty(t, c.told())
	c.report(&cloudsync.Reported{Node: node[0], Class: "minipc", State: cloudsync.BundleNone})
	require.Equal(t, node, c.told())
	d, err := c.Wanted(t.Context(), node[0])
	require.NoError(t, err)
	require.Equal(t, c.wants[node[0]], d)
}

// Headquarters' database is put back from a backup: gateways have heard words that
// it does not know of.
func TestGatewayThatHasHeardMore(t *testing.T) {
	t.Run("and was done", func(t *testing.T) {
		c := newChain(t, 1)
		c.publish(1)
		node := c.told()
		c.becomes(cloudsync.BundleCommitted, node...)
		c.report(&cloudsync.Reported{Node: node[0], Class: "minipc", Desired: c.wants[node[0]].N + 1000, State: cloudsync.BundleCommitted, Bundle: edge.Hash{2}, Running: 2})
		for range 3 {
			c.clock.Advance(time.Minute)
			require.Empty(t, c.told(), "it would pass over what is older")
		}
	})
	t.Run("and had the bundle withdrawn", func(t *testing.T) {
		c := newChain(t, 1)
		id := c.publish(1)
		node := c.told()
		heard := c.wants[node[0]].N + uint64(time.Hour.Milliseconds())
		c.report(&cloudsync.Reported{Node: node[0], Class: "minipc", Desired: heard, State: cloudsync.BundleNone})
		require.Equal(t, node, c.told())
		require.Greater(t, c.wants[node[0]].N, heard, "it passes over a word that is older")
		require.Equal(t, int64(1), c.wants[node[0]].Bundle.Version)
		c.becomes(cloudsync.BundleCommitted, node...)
		require.Equal(t, 1, c.only(id).Counts.Committed)
		c.clock.Advance(time.Minute)
		require.Empty(t, c.told())
	})
}

// A clock that stood wrong once is no reason never to hear of a machine again.
func TestMachineWhoseClockWasAheadIsHeard(t *testing.T) {
	c := newChain(t, 1)
	id := c.publish(1)
	node := c.told()
	ahead := c.clock.Now().AddDate(14, 0, 0)
	c.reportAs(0, &cloudsync.Reported{Node: node[0], Class: "minipc", N: uint64(ahead.UnixMilli()), State: cloudsync.BundleNone, At: ahead})
	c.reports = uint64(c.clock.Now().UnixMilli()) // of the machine that was made anew
	c.clock.Advance(time.Minute)
	require.Equal(t, node, c.told())
	c.becomes(cloudsync.BundleCommitted, node...)
	require.Equal(t, 1, c.only(id).Counts.Committed)
}

// A day is not longer than a clock may be wrong: what a machine said of tomorrow
// does not count until then, nor for ever.
func TestMachineWhoseClockWasHoursAheadIsHeard(t *testing.T) {
	c := newChain(t, 1)
	runs := func(version int64, ahead time.Duration) *cloudsync.Reported {
		at := c.clock.Now().Add(ahead)
		return &cloudsync.Reported{Node: "gw-000", Class: "minipc", N: uint64(at.UnixMilli()), Running: version, State: cloudsync.BundleNone, At: at}
	}
	c.reportAs(0, runs(1, 20*time.Hour))
	c.clock.Advance(time.Minute)
	c.reportAs(0, runs(2, 0))
	require.EqualValues(t, 2, c.running("gw-000"))
	late := runs(3, -time.Minute)
	c.reportAs(0, late)
	require.EqualValues(t, 2, c.running("gw-000"), "an older one is passed over")
}

// Of a gateway that was claimed anew the machine with the newest key is shown, by
// whatever clock it or a copy of the one before numbers its reports.
func TestTheNewestClaimIsShown(t *testing.T) {
	c := newChain(t, 1)
	of := func(n uint64, version int64) *cloudsync.Reported {
		return &cloudsync.Reported{Node: "gw-000", Class: "minipc", N: n, Running: version, State: cloudsync.BundleNone, At: c.clock.Now()}
	}
	now := uint64(c.clock.Now().UnixMilli())
	c.reportAs(0, of(now, 7))
	c.clock.Advance(time.Hour)
	c.claim("gw-000")
	c.reportAs(0, of(now+1, 8))
	require.EqualValues(t, 8, c.running("gw-000"), "the new one has said nothing yet")
	c.reportAs(1, of(1, 5))
	require.EqualValues(t, 5, c.running("gw-000"))
	c.reportAs(0, of(now+2, 8))
	require.EqualValues(t, 5, c.running("gw-000"), "a copy with the key before")
	c.reportAs(1, of(2, 6))
	require.EqualValues(t, 6, c.running("gw-000"))
}

// running is the bundle's version that a gateway is shown with.
func (c *chain) running(node string) (version int64) {
	c.t.Helper()
	require.NoError(c.t, c.DB.Read.QueryRowContext(c.t.Context(), "select running from twin where node = $1", node).Scan(&version))
	return version
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
