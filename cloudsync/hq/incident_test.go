package hq

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// lasting lists the kinds of the incidents that last, oldest first.
func (g *gateway) lasting() (kinds []IncidentKind) {
	g.t.Helper()
	require.NoError(g.t, g.hq.LookForIncidents(g.t.Context()))
	list, err := g.hq.Incidents(g.t.Context(), true, 100)
	require.NoError(g.t, err)
	for _, i := range list {
		kinds = append([]IncidentKind{i.Kind}, kinds...)
		require.NotEmpty(g.t, i.What)
		require.Zero(g.t, i.Closed)
	}
	return kinds
}

func TestGapBecomesAnIncidentOnceAndIsClosed(t *testing.T) {
	g := newGateway(t)
	g.addMoves(30)
	g.send(g.batch(1, 1))
	g.send(g.batch(4, 4))
	require.Empty(t, g.lasting(), "batches may come crosswise")
	g.clock.Advance(gapAfter)
	require.Equal(t, []IncidentKind{IncidentGap}, g.lasting())
	require.Equal(t, []IncidentKind{IncidentGap}, g.lasting())
	list, err := g.hq.Incidents(t.Context(), true, 10)
	require.NoError(t, err)
	require.Equal(t, Incident{
		N: list[0].N, Kind: IncidentGap, Node: testNode, Epoch: "e1", Lane: edge.LaneSale,
		What: "events from 2 on are missing, 4 has come", Opened: g.clock.Now(),
	}, list[0])

	g.send(g.batch(2, 3))
	require.Empty(t, g.lasting())
	list, err = g.hq.Incidents(t.Context(), false, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, g.clock.Now(), list[0].Closed)

	for seq := uint64(6); seq < 6+gapBatches; seq++ { // 5 is missing
		g.send(g.batch(seq, seq))
	}
	require.Empty(t, g.lasting())
	g.send(g.batch(20, 20))
	require.Equal(t, []IncidentKind{IncidentGap}, g.lasting(), "too many batches have come beyond it")
	g.clock.Advance(time.Second)
	g.newEpoch("e2")
	g.addMoves(1)
	g.send(g.batch(1, 1))
	require.Empty(t, g.lasting(), "the shop goes on in another epoch")
}

func TestAnotherHistoryBecomesAnIncident(t *testing.T) {
	g := newGateway(t)
	g.addMoves(4)
	g.send(g.batch(1, 4))
	g.newEpoch("e1") // a restored backup writes on
	g.addMoves(2)
	g.add(edge.EventStock, "other", json.RawMessage(`{}`))
	g.send(g.batch(4, 3))
	require.Equal(t, []IncidentKind{IncidentDiverged}, g.lasting(), "by its question alone")
	g.send(g.batch(3, 3))
	g.send(g.batch(3, 3))
	require.Equal(t, []IncidentKind{IncidentDiverged, IncidentMismatch}, g.lasting())
	g.clock.Advance(time.Second)
	g.newEpoch("e2")
	g.addMoves(1)
	g.send(g.batch(1, 1))
	require.Empty(t, g.lasting(), "the shop goes on in another epoch")
}

// Two gateways write under one name, each in its own epoch.
func TestCloneBecomesAnIncident(t *testing.T) {
	g := newGateway(t)
	g.addMoves(3)
	g.send(g.batch(1, 3))
	twin := *g
	g.clock.Advance(time.Hour)
	twin.newEpoch("e2")
	twin.addMoves(1)
	twin.send(twin.batch(1, 1))
	require.Empty(t, g.lasting(), "a gateway may open an epoch")
	g.send(g.batch(1, 3))
	require.Empty(t, g.lasting(), "and what it sends again is no sign of another")
	ops, twinOps := *g, twin // the other lane shows it as well
	for _, of := range []*gateway{&ops, &twinOps} {
		of.lane = edge.LaneOps
		of.newEpoch(of.epoch)
		of.addMoves(1)
		of.send(of.batch(1, 1))
	}
	g.clock.Advance(2 * cloneApart)
	for _, of := range []*gateway{g, &ops} {
		of.addMoves(1)
		n := uint64(len(of.events))
		of.send(of.batch(n, n))
	}
	require.Equal(t, []IncidentKind{IncidentClone}, g.lasting())
	list, err := g.hq.Incidents(t.Context(), true, 10)
	require.NoError(t, err)
	require.Equal(t, "two gateways write as "+testNode+": one in epoch e1, up to event 4 of lane sale, one in epoch e2, up to event 1", list[0].What)
	require.Empty(t, list[0].Lane, "one for both lanes")
	twin.addMoves(1)
	twin.send(twin.batch(2, 2))
	g.clock.Advance(closeAfter)
	twin.addMoves(1)
	twin.send(twin.batch(3, 3))
	require.Empty(t, g.lasting(), "one has been silent for a day")
}

// What a machine wrote before headquarters knew it is brought later, by hand.
func TestAnEpochThatIsBroughtLateIsNoClone(t *testing.T) {
	g := newGateway(t)
	g.addMoves(3)
	before := *g
	g.clock.Advance(time.Hour)
	g.newEpoch("e2")
	for n := range uint64(3) {
		g.clock.Advance(2 * cloneApart)
		g.addMoves(1)
		g.send(g.batch(n+1, n+1))
		if n == 1 {
			before.send(before.batch(1, 3))
		}
		require.Empty(t, g.lasting())
	}
}

// copied is a gateway whose machine was copied, which is an incident: the copy has
// opened a later epoch.
func copied(t *testing.T) *gateway {
	t.Helper()
	g := newGateway(t)
	g.addMoves(3)
	g.send(g.batch(1, 3))
	twin := *g
	g.clock.Advance(time.Hour)
	twin.newEpoch("e2")
	twin.addMoves(1)
	twin.send(twin.batch(1, 1))
	g.clock.Advance(2 * cloneApart)
	g.addMoves(1)
	g.send(g.batch(4, 4))
	require.Equal(t, []IncidentKind{IncidentClone}, g.lasting())
	return g
}

// Whoever settles the incident has looked into it: the gateways hear no more of it.
func TestAClonedMachineIsToldUntilTheIncidentIsSettled(t *testing.T) {
	g := copied(t)
	require.True(t, g.send(g.batch(5, 4)).Clone)
	list, err := g.hq.Incidents(t.Context(), true, 10)
	require.NoError(t, err)
	require.NoError(t, g.hq.Settle(t.Context(), MatterIncident, list[0].N, "lan", "both are ours"))
	require.False(t, g.send(g.batch(5, 4)).Clone)
}

// The copy is found and switched off. It had opened the later epoch, and the gateway
// goes on in the earlier one.
func TestACloneThatIsSwitchedOffIsNoIncidentForEver(t *testing.T) {
	g := copied(t)
	g.clock.Advance(closeAfter)
	g.addMoves(1)
	g.send(g.batch(5, 5))
	require.Empty(t, g.lasting())
	require.Empty(t, g.lasting(), "nor is it opened again")
}

// The copy's key was taken back, and the machine that stays has another. Whatever
// the copy still sends, the machine is told of it no more: it would give up its own
// key for that.
func TestACloneThatIsShutOutIsNoClone(t *testing.T) {
	g := newGateway(t)
	g.addMoves(3)
	g.send(g.batch(1, 3))
	copied := *g
	require.NoError(t, g.hq.RevokeDevice(t.Context(), testNode))
	g.clock.Advance(time.Hour)
	g.key = newKey(t)
	require.NoError(t, g.hq.Enrol(t.Context(), Node{Node: testNode, Shop: testShop, Key: publicOf(g.key)}))
	g.newEpoch("e2")
	for n := range uint64(3) {
		g.clock.Advance(2 * cloneApart)
		g.addMoves(1)
		g.send(g.batch(n+1, n+1))
		copied.addMoves(1)
		require.True(t, copied.send(copied.batch(n+4, n+4)).Revoked)
		require.NotContains(t, g.lasting(), IncidentClone)
	}
}

func TestWhatIsSetAsideBecomesAnIncident(t *testing.T) {
	g := newGateway(t)
	g.add("from.the.future", "a", json.RawMessage(`{}`))
	g.add(edge.EventStock, "nul\x00", json.RawMessage(`{}`))
	g.send(g.batch(1, 2))
	require.Equal(t, []IncidentKind{IncidentQuarantine}, g.lasting())
	require.NoError(t, g.hq.Project(t.Context()))
	require.Equal(t, []IncidentKind{IncidentQuarantine}, g.lasting(), "one for the node")
	list, err := g.hq.Quarantine(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, []FlawKind{FlawUnknown, FlawOpaque}, []FlawKind{list[0].Kind, list[1].Kind})
	require.Equal(t, "opaque", list[1].Reason)
	var raw struct{ ID []byte }
	require.NoError(t, json.Unmarshal(list[1].Body, &raw))
	require.Equal(t, "nul\x00", string(raw.ID), "as it came")
	g.clock.Advance(closeAfter)
	require.Empty(t, g.lasting())
}
