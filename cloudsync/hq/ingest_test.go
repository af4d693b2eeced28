package hq

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestAckTellsHowFarTheLaneIsHeld(t *testing.T) {
	g := newGateway(t)
	g.addMoves(10)
	probe := g.send(g.batch(11, 10))
	require.Zero(t, probe.Mark)
	require.Equal(t, edge.Hash{}, probe.Hash)

	ack := g.send(g.batch(1, 4))
	require.EqualValues(t, 4, ack.Mark)
	require.Equal(t, g.hashes[4], ack.Hash)
	require.Positive(t, ack.Credit)

	ack = g.send(g.batch(1, 4))
	require.EqualValues(t, 4, ack.Mark, "a repeat is acknowledged again")
	require.Equal(t, 4, g.rows())

	ack = g.send(g.batch(3, 2))
	require.EqualValues(t, 4, ack.Mark)
	require.EqualValues(t, 2, ack.At)
	require.Equal(t, g.hashes[2], ack.AtHash, "the hash at the event asked about")
	require.Equal(t, 4, g.rows())
	require.EqualValues(t, 4, g.stock())
}

func TestGapIsNamedAndClosed(t *testing.T) {
	g := newGateway(t)
	g.addMoves(20)
	g.send(g.batch(1, 2))
	g.send(g.batch(5, 6))
	ack := g.send(g.batch(10, 20))
	require.EqualValues(t, 2, ack.Mark)
	require.Equal(t, [][2]uint64{{3, 4}, {7, 9}}, ack.Missing)
	require.False(t, ack.Fork)
	require.EqualValues(t, 2, g.stock(), "nothing beyond the gap takes effect")

	ack = g.send(g.batch(3, 4))
	require.EqualValues(t, 6, ack.Mark)
	require.Equal(t, g.hashes[6], ack.Hash)
	require.Equal(t, [][2]uint64{{7, 9}}, ack.Missing)
	ack = g.send(g.batch(7, 9))
	require.EqualValues(t, 20, ack.Mark)
	require.Empty(t, ack.Missing)
	require.EqualValues(t, 20, g.stock())
}

// Whatever the order and however often the batches come, HQ ends up holding
// every event once.
func TestAnyOrderOfBatchesGivesTheSameLedger(t *testing.T) {
	g := newGateway(t)
	epoch := 0
	rapid.Check(t, func(rt *rapid.T) {
		epoch++
		before := g.stock()
		g.newEpoch("any-" + string(rune('a'+epoch%26)) + rapid.StringMatching("[a-z]{12}").Draw(rt, "epoch"))
		n := rapid.IntRange(1, 60).Draw(rt, "events")
		g.addMoves(n)
		var batches []*cloudsync.Batch
		for from := 1; from <= n; {
			to := min(from+rapid.IntRange(0, 9).Draw(rt, "length"), n)
			for range rapid.IntRange(1, 3).Draw(rt, "copies") {
				batches = append(batches, g.batch(uint64(from), uint64(to)))
			}
			from = to + 1
		}
		seed := rapid.Uint64().Draw(rt, "order")
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
		var mark uint64
		for _, b := range batches {
			ack := g.send(b)
			require.GreaterOrEqual(rt, ack.Mark, mark, "the mark never goes back")
			require.Equal(rt, g.hashes[ack.Mark], ack.Hash)
			require.False(rt, ack.Fork)
			mark = ack.Mark
		}
		require.EqualValues(rt, n, mark)
		require.EqualValues(rt, int64(n), g.stock()-before)
	})
	require.Empty(t, g.flaws())
}

func TestRefusals(t *testing.T) {
	g := newGateway(t)
	g.addMoves(3)
	good := g.seal(g.batch(1, 3))
	altered := func(i int) []byte {
		b := slices.Clone(good)
		b[i] ^= 1
		return b
	}
	resigned := func(change func(*cloudsync.Batch)) []byte {
		b := g.batch(1, 3)
		b.Events = slices.Clone(b.Events)
		change(b)
		return g.seal(b)
	}
	body := func(raw []byte) []byte { return cloudsync.Seal(g.key, cloudsync.KindBatch, g.topic(), raw) }
	packed := func(raw []byte) []byte {
		w, err := zstd.NewWriter(nil)
		require.NoError(t, err)
		return body(w.EncodeAll(raw, nil))
	}
	stranger := newKey(t)
	cases := map[string]struct {
		payload []byte
		want    cloudsync.Refusal
	}{
		"empty":                {nil, cloudsync.RefusedUndecodable},
		"newer envelope":       {altered(0), cloudsync.RefusedVersion},
		"another kind":         {cloudsync.Seal(g.key, cloudsync.KindConfirm, g.topic(), []byte("{}")), cloudsync.RefusedUndecodable},
		"unknown key":          {cloudsync.Seal(stranger, cloudsync.KindBatch, g.topic(), nil), cloudsync.RefusedUnknownKey},
		"altered key id":       {altered(3), cloudsync.RefusedUnknownKey},
		"altered signature":    {altered(20), cloudsync.RefusedForged},
		"altered body":         {altered(len(good) - 1), cloudsync.RefusedForged},
		"signed for elsewhere": {cloudsync.Seal(g.key, cloudsync.KindBatch, "v1/00/other/up/sale", nil), cloudsync.RefusedForged},
		"not zstd":             {body([]byte("plain")), cloudsync.RefusedUndecodable},
		"not JSON":             {packed([]byte("plain")), cloudsync.RefusedUndecodable},
		"two values":           {packed([]byte(`{"v":1}{"v":1}`)), cloudsync.RefusedUndecodable},
		"newer batch":          {packed([]byte(`{"v":2}`)), cloudsync.RefusedVersion},
		"zstd bomb":            {packed(make([]byte, 64<<20)), cloudsync.RefusedTooLarge},
		"oversize":             {make([]byte, cloudsync.MaxPayload+1), cloudsync.RefusedTooLarge},
		"of another lane":      {resigned(func(b *cloudsync.Batch) { b.Lane, b.N, b.Events, b.From = edge.LaneOps, 0, nil, 4 }), cloudsync.RefusedForged},
		"of another node":      {resigned(func(b *cloudsync.Batch) { b.Node, b.N, b.Events, b.From = "other", 0, nil, 4 }), cloudsync.RefusedForged},
		"foreign event":        {resigned(func(b *cloudsync.Batch) { b.Events[1].Node = "other" }), cloudsync.RefusedUndecodable},
		"numbers that skip":    {resigned(func(b *cloudsync.Batch) { b.Events[1].Seq = 7 }), cloudsync.RefusedUndecodable},
		"numbers that wrap":    {resigned(func(b *cloudsync.Batch) { b.From, b.To = ^uint64(0), 1 }), cloudsync.RefusedUndecodable},
		"altered event":        {resigned(func(b *cloudsync.Batch) { b.Events[1].Time++ }), cloudsync.RefusedChain},
		"another hash":         {resigned(func(b *cloudsync.Batch) { b.Hash[0] ^= 1 }), cloudsync.RefusedChain},
	}
	var log bytes.Buffer
	g.hq.log = slog.New(slog.NewTextHandler(&log, nil))
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			g.t = t
			log.Reset()
			require.Equal(t, c.want, g.refused(c.payload))
			require.Contains(t, log.String(), `msg="batch refused" audit=true node=`+g.node)
		})
	}
	g.t = t
	require.Zero(t, g.rows(), "nothing refused was stored")
	require.EqualValues(t, 3, g.send(g.batch(1, 3)).Mark, "and the lane is open")
}

func TestMoreEventsThanABatchHolds(t *testing.T) {
	g := newGateway(t)
	g.addMoves(cloudsync.MaxEvents + 1)
	require.Equal(t, cloudsync.RefusedTooLarge, g.refused(g.seal(g.batch(1, cloudsync.MaxEvents+1))))
}

func TestTopicsThatAreNotForBatches(t *testing.T) {
	g := newGateway(t)
	for _, topic := range []string{"", "v1/00/shop-1/up/sale", "v2/00/x/up/sale", cloudsync.Topic{Node: testNode, Branch: cloudsync.BranchRsp}.String()} {
		_, err := g.hq.Ingest(t.Context(), topic, nil)
		require.Equal(t, edge.Invalid, edge.KindOf(err), "%q: %v", topic, err)
	}
}

// Where the shop's history is not HQ's, what HQ holds stays, what came is set
// aside, and the ack says so.
func TestAnotherHistoryIsQuarantined(t *testing.T) {
	g := newGateway(t)
	g.addMoves(4)
	g.send(g.batch(1, 4))
	held := slices.Clone(g.hashes)

	g.newEpoch("e1") // a restored backup writes event 3 anew
	g.addMoves(2)
	g.add(edge.EventStock, "other", json.RawMessage(`{}`))
	ack := g.send(g.batch(1, 3))
	require.EqualValues(t, 4, ack.Mark)
	require.Equal(t, held[4], ack.Hash)
	require.Equal(t, held[3], ack.AtHash, "by which the shop sees that event 3 differs")
	require.Equal(t, []string{"e1 3: another event with this number is held"}, g.flaws())
	g.send(g.batch(1, 3))
	require.Len(t, g.flaws(), 1, "set aside once")
	require.EqualValues(t, 4, g.stock())
}

func TestForkAboveTheMark(t *testing.T) {
	g := newGateway(t)
	g.addMoves(3)
	g.send(g.batch(1, 1))
	g.send(g.batch(3, 3)) // 2 was lost, and so was the shop's memory of 2 and 3

	g.newEpoch("e1")
	g.addMoves(1)
	g.add(edge.EventStock, "other", json.RawMessage(`{}`))
	ack := g.send(g.batch(2, 2))
	require.EqualValues(t, 2, ack.Mark)
	require.Equal(t, g.hashes[2], ack.Hash)
	require.True(t, ack.Fork, "the event 3 that HQ holds does not follow")
	require.Empty(t, ack.Missing)
}

func TestOpaqueEventIsStoredAndPassed(t *testing.T) {
	g := newGateway(t)
	g.addMoves(1)
	g.add(edge.EventStock, "odd\xff", json.RawMessage("not JSON \xff"))
	g.add("big", "big", json.RawMessage(`{}`))
	g.addMoves(1)
	g.send(g.batch(1, 1))

	opaque := g.batch(2, 2)
	opaque.Opaque, opaque.Events = cloudsync.NewOpaque(&g.events[1]), nil
	require.EqualValues(t, 2, g.send(opaque).Mark)
	altered := *opaque
	altered.Opaque = cloudsync.NewOpaque(&g.events[0])
	require.Equal(t, cloudsync.RefusedChain, g.refused(g.seal(&altered)))

	withheld := g.batch(3, 3)
	withheld.Opaque, withheld.Events = cloudsync.NewOpaque(&g.events[2]), nil
	withheld.Opaque.Withheld, withheld.Opaque.Data = 5<<20, nil
	require.EqualValues(t, 3, g.send(withheld).Mark)

	require.EqualValues(t, 4, g.send(g.batch(4, 4)).Mark, "it blocks nothing")
	require.EqualValues(t, 2, g.stock())
	require.Equal(t, []string{"e1 3: withheld", "e1 2: opaque"}, g.flaws())
	var data []byte
	require.NoError(t, g.hq.db.Read.QueryRow("select data from inbox where seq = 2").Scan(&data))
	require.Equal(t, "not JSON \xff", string(data), "byte for byte")
}

func TestEnrolment(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	pub := func(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }
	for _, bad := range []Node{
		{}, {Node: "A", Shop: "s", Key: pub(g.key)}, {Node: "a", Key: pub(g.key)}, {Node: "a", Shop: "s", Key: pub(g.key)[:31]},
	} {
		require.Equal(t, edge.Invalid, edge.KindOf(g.hq.Enrol(ctx, bad)), "%+v", bad)
	}
	require.Equal(t, edge.Conflict, edge.KindOf(g.hq.Enrol(ctx, Node{Node: "shop-2", Shop: "s", Key: pub(g.key)})), "a key is one gateway's")

	old := g.key
	g.addMoves(2)
	g.key = newKey(t)
	require.Equal(t, cloudsync.RefusedUnknownKey, g.refused(g.seal(g.batch(1, 1))))
	require.NoError(t, g.hq.Enrol(ctx, Node{Node: testNode, Shop: "hanoi-2", Key: pub(g.key)}))
	g.send(g.batch(1, 1))
	g.key = old
	require.EqualValues(t, 2, g.send(g.batch(2, 2)).Mark, "the old key still verifies")

	id := cloudsync.IDOf(pub(old))
	found, err := g.hq.KeysByPrefix(ctx, [3]byte(id[:3]))
	require.NoError(t, err)
	require.Equal(t, []Node{{Node: testNode, Shop: "hanoi-2", Key: pub(old)}}, found)
	none, err := g.hq.KeysByPrefix(ctx, [3]byte{id[0], id[1], id[2] ^ 1})
	require.NoError(t, err)
	require.Empty(t, none)

	other := &gateway{t: t, hq: g.hq, clock: g.clock, key: newKey(t), node: testNode, lane: edge.LaneSale, codec: g.codec}
	require.NoError(t, g.hq.Enrol(ctx, Node{Node: "shop-2", Shop: "s", Key: pub(other.key)}))
	other.newEpoch("x")
	other.addMoves(1)
	require.Equal(t, cloudsync.RefusedForged, other.refused(other.seal(other.batch(1, 1))), "shop-2 on a topic of shop-1")
}
