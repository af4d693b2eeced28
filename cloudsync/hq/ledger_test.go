package hq

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

const (
	testNode = "shop-1"
	testShop = "hanoi-1"
)

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}

func open(t testing.TB, path string, now func() time.Time, key ed25519.PrivateKey) *HQ {
	t.Helper()
	h, err := Open(t.Context(), Options{Path: path, Key: key, Now: now, NewID: uuid.NewString, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { h.Close() })
	return h
}

// gateway is a shop's end of the wire, one lane of one epoch, that can be made
// to misbehave.
type gateway struct {
	t      testing.TB
	hq     *HQ
	where  string // its database
	clock  *edgetest.Clock
	key    ed25519.PrivateKey
	node   string
	epoch  string
	lane   edge.Lane
	codec  *cloudsync.Codec
	events []edge.Event
	hashes []edge.Hash // hashes[i] is of event i, hashes[0] is zero
}

// newGateway opens an HQ and enrols a gateway there.
func newGateway(t testing.TB) *gateway {
	t.Helper()
	return newGatewayAt(t, databasetest.Place(t))
}

func newGatewayAt(t testing.TB, where string) *gateway {
	t.Helper()
	clock := edgetest.NewClock()
	h := open(t, where, clock.Now, newKey(t))
	g := &gateway{t: t, hq: h, where: where, clock: clock, key: newKey(t), node: testNode, lane: edge.LaneSale}
	var err error
	g.codec, err = cloudsync.NewCodec()
	require.NoError(t, err)
	g.newEpoch("e1")
	require.NoError(t, h.Enrol(t.Context(), Node{Node: testNode, Shop: testShop, Key: g.key.Public().(ed25519.PublicKey)}))
	return g
}

func (g *gateway) newEpoch(epoch string) {
	g.epoch, g.events, g.hashes = epoch, nil, []edge.Hash{{}}
}

// add writes an event into the gateway's ledger.
func (g *gateway) add(typ, id string, data any) {
	raw, ok := data.(json.RawMessage)
	if !ok {
		var err error
		raw, err = json.Marshal(data)
		require.NoError(g.t, err)
	}
	e := edge.Event{
		Node: g.node, Epoch: g.epoch, Lane: g.lane, Seq: uint64(len(g.events) + 1),
		ID: id, Type: typ, Time: g.clock.Now().UnixMilli(), Data: raw,
	}
	g.events = append(g.events, e)
	g.hashes = append(g.hashes, e.Hash(g.hashes[len(g.hashes)-1]))
}

// addMoves writes n events that each bring one lipstick into the shop.
func (g *gateway) addMoves(n int) {
	for range n {
		id := fmt.Sprintf("%s-%d", g.epoch, len(g.events)+1)
		g.add(edge.EventStock, id, edge.StockMove{
			SKU: edgetest.Lipstick, Delta: 1, Reason: edge.StockGoodsIn, Ref: id, At: g.clock.Now(),
		})
	}
}

// batch is the run of events from to to; to = from-1 makes a probe.
func (g *gateway) batch(from, to uint64) *cloudsync.Batch {
	return &cloudsync.Batch{
		Node: g.node, Epoch: g.epoch, Lane: g.lane, From: from, To: to, N: int(to + 1 - from),
		PrevHash: g.hashes[from-1], Hash: g.hashes[to], Events: g.events[from-1 : to],
	}
}

func (g *gateway) topic() string {
	return cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchUp, Lane: g.lane}.String()
}

func (g *gateway) seal(b *cloudsync.Batch) []byte {
	body, err := g.codec.EncodeBatch(b)
	require.NoError(g.t, err)
	return cloudsync.Seal(g.key, cloudsync.KindBatch, g.topic(), body)
}

// send delivers a batch and returns HQ's ack, verified.
func (g *gateway) send(b *cloudsync.Batch) *cloudsync.Ack {
	g.t.Helper()
	payload := g.seal(b)
	kind, body := g.deliver(payload)
	require.Equal(g.t, cloudsync.KindAck, kind, "%s", body)
	ack, err := cloudsync.DecodeAck(body)
	require.NoError(g.t, err)
	require.Equal(g.t, cloudsync.RefOf(payload), ack.Ref)
	require.Equal(g.t, [3]string{g.node, g.epoch, string(g.lane)}, [3]string{ack.Node, ack.Epoch, string(ack.Lane)})
	require.Equal(g.t, *g.hq.ledger.Load(), ack.Ledger)
	return ack
}

// refused delivers what HQ must not take and returns why it did not.
func (g *gateway) refused(payload []byte) cloudsync.Refusal {
	g.t.Helper()
	kind, body := g.deliver(payload)
	require.Equal(g.t, cloudsync.KindNack, kind, "%s", body)
	nack, err := cloudsync.DecodeNack(body)
	require.NoError(g.t, err)
	require.Equal(g.t, cloudsync.RefOf(payload), nack.Ref)
	require.NotEmpty(g.t, nack.Msg)
	return nack.Code
}

func (g *gateway) deliver(payload []byte) (cloudsync.Kind, []byte) {
	g.t.Helper()
	reply, err := g.hq.Ingest(g.t.Context(), g.topic(), payload)
	require.NoError(g.t, err)
	want := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchAck, Lane: g.lane}
	require.Equal(g.t, want.String(), reply.Topic)
	env, err := cloudsync.Open(reply.Payload)
	require.NoError(g.t, err)
	require.NoError(g.t, env.Verify(g.hq.PublicKey(), reply.Topic))
	return env.Kind, env.Body
}

// rows counts what the inbox holds.
func (g *gateway) rows() (n int) {
	g.t.Helper()
	require.NoError(g.t, g.hq.db.Read.QueryRowContext(g.t.Context(), "select count(*) from inbox").Scan(&n))
	return n
}

func (g *gateway) flaws() []string {
	g.t.Helper()
	list, err := g.hq.Quarantine(g.t.Context(), 100)
	require.NoError(g.t, err)
	var reasons []string
	for _, f := range list {
		require.Contains(g.t, FlawKinds(), f.Kind)
		reasons = append(reasons, fmt.Sprintf("%s %d: %s", f.Epoch, f.Seq, f.Reason))
	}
	return reasons
}

func (g *gateway) stock() int64 {
	g.t.Helper()
	require.NoError(g.t, g.hq.Project(g.t.Context()))
	stock, err := g.hq.Stock(g.t.Context(), testShop)
	require.NoError(g.t, err)
	return stock[edgetest.Lipstick]
}
