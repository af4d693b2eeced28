package hq

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

func (g *gateway) figures() *Figures {
	g.t.Helper()
	f, err := g.hq.Figures(g.t.Context())
	require.NoError(g.t, err)
	return f
}

// tell sends a sample that says what waits, and since when.
func (g *gateway) tell(waiting uint64, oldest time.Time) {
	g.t.Helper()
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchUp, Lane: cloudsync.LaneTele}
	body, err := (&cloudsync.Sample{Node: g.node, Lanes: []cloudsync.LaneQueue{{Lane: edge.LaneSale, Waiting: waiting, Oldest: oldest}}}).Encode()
	require.NoError(g.t, err)
	require.NoError(g.t, g.hq.sampled(g.t.Context(), topic, cloudsync.Seal(g.key, cloudsync.KindSample, topic.String(), body)))
}

func TestFiguresSayHowTheLedgerStands(t *testing.T) {
	g := newGateway(t)
	require.NoError(t, g.hq.Ready(t.Context()))
	require.NoError(t, g.hq.Project(t.Context()))
	f := g.figures()
	require.Equal(t, []NodeLag{{Node: testNode}}, f.Nodes, "it was never heard")
	require.Zero(t, f.Gaps)
	require.Zero(t, f.Quarantined)
	down := f.Down

	g.addMoves(6)
	g.send(g.batch(1, 2))
	g.send(g.batch(4, 4))
	f = g.figures()
	require.EqualValues(t, 1, f.Gaps)
	require.EqualValues(t, 2, f.Behind["inbox"])
	require.NoError(t, g.hq.Project(t.Context()))
	require.Zero(t, g.figures().Behind["inbox"])
	g.send(g.batch(3, 3))
	require.Zero(t, g.figures().Gaps)

	g.add("nobody.knows", "x", json.RawMessage(`{}`))
	g.send(g.batch(5, 7))
	require.NoError(t, g.hq.Project(t.Context()))
	f = g.figures()
	require.EqualValues(t, 1, f.Quarantined)
	require.EqualValues(t, 1, f.Incidents[string(IncidentQuarantine)])
	require.Equal(t, down, f.Down)
}

func TestLagIsSinceAllWasConfirmed(t *testing.T) {
	g := newGateway(t)
	lag := func() NodeLag { return g.figures().Nodes[0] }
	g.tell(0, time.Time{})
	g.clock.Advance(time.Minute)
	require.Zero(t, lag().Lag, "it tells every half minute")
	g.clock.Advance(time.Hour)
	require.Equal(t, NodeLag{Node: testNode, Known: true, Lag: time.Hour + time.Minute}, lag())
	g.addMoves(1)
	g.send(g.batch(1, 1))
	require.Equal(t, time.Hour+time.Minute, lag().Lag, "it has more to send, or it would have said so")
	g.tell(5, g.clock.Now().Add(-10*time.Minute))
	require.Equal(t, 10*time.Minute, lag().Lag)
	require.EqualValues(t, 5, lag().Waiting)
	g.tell(0, time.Time{})
	require.Zero(t, lag().Lag)
}

func TestWhatIsTakenInIsCounted(t *testing.T) {
	g := newGateway(t)
	var commits int
	g.hq.timed = func(took time.Duration) { require.Positive(t, took); commits++ }
	g.addMoves(5)
	g.send(g.batch(1, 3))
	g.send(g.batch(1, 3))
	g.send(g.batch(4, 3)) // asks, and brings nothing
	g.send(g.batch(3, 5))
	payload := g.seal(g.batch(1, 1))
	payload[len(payload)-1] ^= 1
	why := g.refused(payload)
	require.Equal(t, Taken{Batches: 3, Events: 9, Fresh: 5, Refused: map[cloudsync.Refusal]uint64{why: 1}}, g.hq.Taken())
	require.Equal(t, 4, commits)
}
