package hq

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// lacks asks what the gateway lacks of its past, over HTTPS, and returns the
// answer, verified.
func (g *gateway) lacks(handler http.Handler, r cloudsync.Recall) *cloudsync.Batch {
	g.t.Helper()
	r.Node, r.Nonce = g.node, "nonce-1"
	body, err := g.codec.EncodeRecall(&r)
	require.NoError(g.t, err)
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchRsp}.String()
	m := cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(g.key, cloudsync.KindRecall, topic, body)}
	status, got := g.post(handler, cloudsync.EncodeMessages([]cloudsync.Message{m}))
	require.Equal(g.t, http.StatusOK, status, "%s", got)
	list, err := cloudsync.DecodeMessages(got)
	require.NoError(g.t, err)
	require.Len(g.t, list, 1)
	require.Equal(g.t, cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchDown}.String(), list[0].Topic)
	env, err := cloudsync.Open(list[0].Payload)
	require.NoError(g.t, err)
	require.NoError(g.t, env.Verify(g.hq.PublicKey(), list[0].Topic))
	require.Equal(g.t, cloudsync.KindRecalled, env.Kind)
	b, err := g.codec.DecodeBatch(env.Body)
	require.NoError(g.t, err)
	require.Equal(g.t, "nonce-1", b.Nonce)
	_, err = b.Hashes()
	require.NoError(g.t, err)
	return b
}

// A gateway is told what it lacks of earlier epochs, oldest first and a little
// at a time, whatever it knows; nothing of later ones, nothing beyond a gap.
func TestAGatewayIsToldWhatItLacksOfItsPast(t *testing.T) {
	g := newGateway(t)
	handler := g.hq.IngestHandler()
	events := map[string][]edge.Event{}
	for series, epoch := range []string{"e1", "e2", "e3"} {
		g.newEpoch(epoch)
		g.add(edge.EventEpoch, epoch+"-1", edge.EpochOpened{Series: uint32(series + 1)})
		g.addMoves(69)
		g.add("no such thing", epoch+"-71", json.RawMessage(`{"x":1}`))
		g.add(edge.EventStock, epoch+"-72", json.RawMessage(`{}`))
		g.events[71].ID = "not\x00storable" // HQ has it in another form
		g.hashes[72] = g.events[71].Hash(g.hashes[71])
		g.addMoves(3)
		g.send(g.batch(1, 75))
		events[epoch] = g.events
	}
	g.addMoves(5)
	g.send(g.batch(78, 80)) // of e3, behind a gap

	have := cloudsync.Recall{Epoch: "e4", Series: 4}
	marks := map[string]uint64{}
	var got []edge.Event
	for range 100 {
		have.Have = nil
		for epoch, seq := range marks {
			have.Have = append(have.Have, edge.LaneMark{Epoch: epoch, Seq: seq})
		}
		b := g.lacks(handler, have)
		if b.N == 0 {
			break
		}
		require.Equal(t, marks[b.Epoch]+1, b.From)
		require.LessOrEqual(t, b.N, recallAtOnce)
		marks[b.Epoch] = b.To
		if b.Opaque != nil {
			require.EqualValues(t, 72, b.From)
			require.Empty(t, b.Opaque.Data)
			got = append(got, events[b.Epoch][71])
		}
		got = append(got, b.Events...)
	}
	require.Equal(t, map[string]uint64{"e1": 75, "e2": 75, "e3": 75}, marks)
	all := append(append(append([]edge.Event{}, events["e1"]...), events["e2"]...), events["e3"][:75]...)
	require.Equal(t, all, got)

	require.Zero(t, g.lacks(handler, cloudsync.Recall{Epoch: "e1", Series: 1}).N, "its own present and what came after it")
	b := g.lacks(handler, cloudsync.Recall{Epoch: "e2", Series: 2, Have: []edge.LaneMark{{Epoch: "e1", Seq: 74}}})
	require.Equal(t, [2]uint64{75, 75}, [2]uint64{b.From, b.To})
	require.Equal(t, "e1", b.Epoch)
}

func TestQuestionsForThePastThatAreRefused(t *testing.T) {
	g := newGateway(t)
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchRsp}
	ask := func(r cloudsync.Recall, seal func(body []byte) []byte) error {
		body, err := g.codec.EncodeRecall(&r)
		require.NoError(t, err)
		_, _, err = g.hq.responded(t.Context(), topic, seal(body))
		return err
	}
	mine := func(body []byte) []byte { return cloudsync.Seal(g.key, cloudsync.KindRecall, topic.String(), body) }
	good := cloudsync.Recall{Node: g.node, Epoch: "e2", Series: 2, Nonce: "n"}
	require.NoError(t, ask(good, mine))
	for name, err := range map[string]error{
		"another's":    ask(cloudsync.Recall{Node: "shop-2", Epoch: "e2", Series: 2, Nonce: "n"}, mine),
		"no nonce":     ask(cloudsync.Recall{Node: g.node, Epoch: "e2", Series: 2}, mine),
		"no epoch":     ask(cloudsync.Recall{Node: g.node, Series: 2, Nonce: "n"}, mine),
		"too far":      ask(cloudsync.Recall{Node: g.node, Epoch: "e2", Nonce: "n", Have: []edge.LaneMark{{Epoch: "e1", Seq: 1 << 63}}}, mine),
		"too many":     ask(cloudsync.Recall{Node: g.node, Epoch: "e2", Nonce: "n", Have: make([]edge.LaneMark, 1001)}, mine),
		"another key":  ask(good, func(b []byte) []byte { return cloudsync.Seal(newKey(t), cloudsync.KindRecall, topic.String(), b) }),
		"another kind": ask(good, func(b []byte) []byte { return cloudsync.Seal(g.key, cloudsync.KindSample, topic.String(), b) }),
	} {
		_, refused := errors.AsType[*cloudsync.RefusalError](err)
		require.True(t, refused, "%s: %v", name, err)
	}
}
