package hq

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// greet tells HQ that the gateway is there.
func (g *gateway) greet() {
	g.t.Helper()
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchState}
	body, err := (&cloudsync.State{Node: g.node, Session: "s", Up: true}).Encode()
	require.NoError(g.t, err)
	payload := cloudsync.Seal(g.key, cloudsync.KindState, topic.String(), body)
	require.NoError(g.t, g.hq.heard(g.t.Context(), topic, payload))
	g.send(&cloudsync.Batch{Node: g.node, Epoch: g.epoch, Lane: g.lane, From: 1, Nonce: "n"})
}

// told lists the commands that HQ would publish now, verified.
func (g *gateway) told() (list []*cloudsync.Cmd) {
	g.t.Helper()
	due, err := g.hq.dueCommands(g.t.Context(), 5*time.Second)
	require.NoError(g.t, err)
	for _, m := range due {
		env, err := cloudsync.Open(m.Payload)
		require.NoError(g.t, err)
		require.Equal(g.t, cloudsync.KindCmd, env.Kind)
		require.NoError(g.t, env.Verify(g.hq.PublicKey(), m.Topic))
		require.Equal(g.t, cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchCmd}.String(), m.Topic)
		c, err := cloudsync.DecodeCmd(env.Body)
		require.NoError(g.t, err)
		list = append(list, c)
	}
	return list
}

// answer delivers an answer as the gateway would send it.
func (g *gateway) answer(r cloudsync.Rsp) {
	g.t.Helper()
	r.Node = g.node
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchRsp}
	body, err := g.codec.EncodeRsp(&r)
	require.NoError(g.t, err)
	_, _, err = g.hq.responded(g.t.Context(), topic, cloudsync.Seal(g.key, cloudsync.KindRsp, topic.String(), body))
	require.NoError(g.t, err)
}

func (g *gateway) command(op cloudsync.Op, args cloudsync.Args) string {
	g.t.Helper()
	id, err := g.hq.Command(g.t.Context(), g.node, op, args)
	require.NoError(g.t, err)
	return id
}

func (g *gateway) standing(id string) *Command {
	g.t.Helper()
	c, err := g.hq.CommandByID(g.t.Context(), id)
	require.NoError(g.t, err)
	return c
}

func TestCommandWaitsForItsNodeAndIsRepeatedUntilAnswered(t *testing.T) {
	g := newGateway(t)
	id := g.command(cloudsync.OpDiagnostics, cloudsync.Args{})
	changed, cancel := g.hq.commands.watch(id)
	defer cancel()
	require.Empty(t, g.told(), "the node is not there")
	require.Equal(t, CommandQueued, g.standing(id).Status)

	g.greet()
	told := g.told()
	require.Len(t, told, 1)
	require.Equal(t, id, told[0].ID)
	require.Equal(t, g.node, told[0].Node)
	require.WithinDuration(t, g.clock.Now().Add(commandLife), told[0].Exp, time.Second)
	require.Equal(t, CommandSent, g.standing(id).Status)
	require.Len(t, changed, 1)
	require.Empty(t, g.told(), "it was just sent")
	g.clock.Advance(6 * time.Second)
	require.Len(t, g.told(), 1, "no answer came")

	g.answer(cloudsync.Rsp{ID: id, Status: cloudsync.CmdRunning, Done: 3, Total: 10})
	g.answer(cloudsync.Rsp{ID: id, Status: cloudsync.CmdAccepted})
	c := g.standing(id)
	require.Equal(t, cloudsync.CmdRunning, c.Status, "an answer that was overtaken takes nothing back")
	require.EqualValues(t, 3, c.Done)
	require.EqualValues(t, 10, c.Total)
	g.clock.Advance(6 * time.Second)
	require.Empty(t, g.told(), "the node is at it")
	g.clock.Advance(askAgain)
	g.greet()
	require.Len(t, g.told(), 1, "the node has been silent")

	g.answer(cloudsync.Rsp{ID: id, Status: cloudsync.CmdDone, Parts: 1})
	require.False(t, g.standing(id).Over, "its result has not come")
	result := &cloudsync.Result{Diagnostics: &cloudsync.Diagnostics{Version: "1", Sample: cloudsync.Sample{Uptime: 7}}}
	for range 2 {
		g.answer(cloudsync.Rsp{ID: id, Status: cloudsync.CmdRunning, Part: 1, Result: result})
	}
	c = g.standing(id)
	require.True(t, c.Over)
	require.Equal(t, cloudsync.CmdDone, c.Status)
	got, err := g.hq.CommandResult(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, []cloudsync.Result{*result}, got)

	g.answer(cloudsync.Rsp{ID: id, Status: cloudsync.CmdFailed, Message: "late"})
	require.Equal(t, cloudsync.CmdDone, g.standing(id).Status, "what is over stays")
	g.clock.Advance(time.Hour)
	g.greet()
	require.Empty(t, g.told())
}

func TestCommandsThatAreNotDone(t *testing.T) {
	g := newGateway(t)
	g.greet()
	refused := g.command(cloudsync.OpRange, cloudsync.Args{Epoch: "no such", Lane: edge.LaneSale, From: 1})
	g.answer(cloudsync.Rsp{ID: refused, Status: cloudsync.CmdRefused, Message: "no such epoch"})
	c := g.standing(refused)
	require.True(t, c.Over)
	require.Equal(t, "no such epoch", c.Message)

	expired := g.command(cloudsync.OpSnapshot, cloudsync.Args{})
	g.clock.Advance(commandLife + time.Second)
	g.greet()
	require.Empty(t, g.told())
	require.Equal(t, CommandExpired, g.standing(expired).Status)
	require.True(t, g.standing(expired).Over)
	list, err := g.hq.Commands(t.Context(), g.node, 10)
	require.NoError(t, err)
	require.Equal(t, []string{expired, refused}, []string{list[0].ID, list[1].ID})
	list, err = g.hq.Commands(t.Context(), "another", 10)
	require.NoError(t, err)
	require.Empty(t, list)

	g.clock.Advance(keepCommand + time.Second)
	g.command(cloudsync.OpSnapshot, cloudsync.Args{})
	_, err = g.hq.CommandByID(t.Context(), refused)
	require.Equal(t, edge.NotFound, edge.KindOf(err), "forgotten after a month")
}

func TestCommandsThatCannotBeGiven(t *testing.T) {
	g := newGateway(t)
	for _, c := range []struct {
		node string
		op   cloudsync.Op
		args cloudsync.Args
		want edge.Kind
	}{
		{"nobody", cloudsync.OpSnapshot, cloudsync.Args{}, edge.NotFound},
		{g.node, "format_disk", cloudsync.Args{}, edge.Invalid},
		{g.node, cloudsync.OpSnapshot, cloudsync.Args{From: 1}, edge.Invalid},
		{g.node, cloudsync.OpRange, cloudsync.Args{Lane: edge.LaneSale, From: 5, To: 4}, edge.Invalid},
		{g.node, cloudsync.OpRange, cloudsync.Args{Lane: "tele", From: 1}, edge.Invalid},
		{g.node, cloudsync.OpResendFrom, cloudsync.Args{Lane: edge.LaneSale, From: 1, To: 2}, edge.Invalid},
	} {
		_, err := g.hq.Command(t.Context(), c.node, c.op, c.args)
		require.Equal(t, c.want, edge.KindOf(err), "%+v: %v", c, err)
	}
	for range maxWaiting {
		g.command(cloudsync.OpDiagnostics, cloudsync.Args{})
	}
	_, err := g.hq.Command(t.Context(), g.node, cloudsync.OpDiagnostics, cloudsync.Args{})
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	g.clock.Advance(commandLife + time.Second)
	g.command(cloudsync.OpDiagnostics, cloudsync.Args{})
}

func TestAnswersOfOthersChangeNothing(t *testing.T) {
	g := newGateway(t)
	g.greet()
	id := g.command(cloudsync.OpDiagnostics, cloudsync.Args{})
	body, err := g.codec.EncodeRsp(&cloudsync.Rsp{Node: g.node, ID: id, Status: cloudsync.CmdDone})
	require.NoError(t, err)
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchRsp}
	other := cloudsync.Topic{Node: "other", Branch: cloudsync.BranchRsp}
	for name, try := range map[string]struct {
		topic   cloudsync.Topic
		payload []byte
	}{
		"a stranger's key":   {topic, cloudsync.Seal(newKey(t), cloudsync.KindRsp, topic.String(), body)},
		"on another's topic": {other, cloudsync.Seal(g.key, cloudsync.KindRsp, other.String(), body)},
		"another kind":       {topic, cloudsync.Seal(g.key, cloudsync.KindSample, topic.String(), body)},
		"noise":              {topic, []byte("noise")},
	} {
		_, _, err := g.hq.responded(t.Context(), try.topic, try.payload)
		require.Error(t, err, name)
	}
	require.Equal(t, CommandQueued, g.standing(id).Status)
	g.answer(cloudsync.Rsp{ID: "0197a000-0000-7000-8000-000000000000", Status: cloudsync.CmdDone}) // nobody asked
}

func TestDigestsFindWhatDiffers(t *testing.T) {
	g := newGateway(t)
	g.greet()
	const n = 2500
	g.addMoves(n)
	for from := 1; from <= n; from += 200 {
		g.send(g.batch(uint64(from), uint64(min(from+199, n))))
	}
	var d cloudsync.Digester
	for i := range g.events {
		d.Add(uint64(i+1), g.hashes[i+1])
	}
	theirs := d.End()
	require.Len(t, theirs, 3)
	id := g.command(cloudsync.OpDigest, cloudsync.Args{Lane: g.lane})
	_, err := g.hq.CompareDigests(t.Context(), id)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "not done")
	result := func(digests ...cloudsync.Digest) *cloudsync.Result {
		return &cloudsync.Result{Epoch: g.epoch, Lane: g.lane, Digests: digests}
	}
	g.answer(cloudsync.Rsp{ID: id, Status: cloudsync.CmdRunning, Part: 2, Result: result(theirs[2])})
	g.answer(cloudsync.Rsp{ID: id, Status: cloudsync.CmdRunning, Part: 1, Result: result(theirs[:2]...)})
	g.answer(cloudsync.Rsp{ID: id, Status: cloudsync.CmdDone, Parts: 2})
	differing, err := g.hq.CompareDigests(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, differing)

	for _, damage := range []string{"update inbox set time = 1 where seq = 1001", "delete from inbox where seq = 2200"} {
		_, err = g.hq.db.Write.ExecContext(t.Context(), damage)
		require.NoError(t, err)
		differing, err = g.hq.CompareDigests(t.Context(), id)
		require.NoError(t, err)
		require.Contains(t, differing, [2]uint64{1001, 2000})
		require.NotContains(t, differing, [2]uint64{1, 1000})
	}
	require.Contains(t, differing, [2]uint64{2001, 3000})
}

func TestLastSampleIsKept(t *testing.T) {
	g := newGateway(t)
	_, _, err := g.hq.LastSample(t.Context(), g.node)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchUp, Lane: cloudsync.LaneTele}
	for i := range 3 {
		s := cloudsync.Sample{Node: g.node, Uptime: int64(i), Lanes: []cloudsync.LaneQueue{{Lane: edge.LaneSale, Waiting: 9}}}
		body, err := s.Encode()
		require.NoError(t, err)
		require.NoError(t, g.hq.sampled(t.Context(), topic, cloudsync.Seal(g.key, cloudsync.KindSample, topic.String(), body)))
		require.Error(t, g.hq.sampled(t.Context(), topic, cloudsync.Seal(newKey(t), cloudsync.KindSample, topic.String(), body)))
	}
	s, received, err := g.hq.LastSample(t.Context(), g.node)
	require.NoError(t, err)
	require.EqualValues(t, 2, s.Uptime)
	require.EqualValues(t, 9, s.Lanes[0].Waiting)
	require.WithinDuration(t, g.clock.Now(), received, time.Second)
	_, err = g.hq.Ingest(t.Context(), topic.String(), nil)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "no part of the ledger")
}
