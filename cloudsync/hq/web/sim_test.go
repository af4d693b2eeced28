package web

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// gateway sends what a shop sends, sealed with its own key, straight into HQ.
type gateway struct {
	t     *testing.T
	hq    *hq.HQ
	codec *cloudsync.Codec
	key   ed25519.PrivateKey
	node  string
	shop  string
	seq   uint64
	hash  edge.Hash
	sold  uint64
}

func newGateway(t *testing.T, h *hq.HQ, node, shop string) *gateway {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, node)
	codec, err := cloudsync.NewCodec()
	require.NoError(t, err)
	g := &gateway{t: t, hq: h, codec: codec, key: ed25519.NewKeyFromSeed(seed), node: node, shop: shop}
	require.NoError(t, h.Enrol(t.Context(), hq.Node{Node: node, Shop: shop, Key: g.key.Public().(ed25519.PublicKey)}))
	return g
}

func (g *gateway) event(at time.Time, kind string, data any) {
	raw, err := json.Marshal(data)
	require.NoError(g.t, err)
	g.seq++
	e := edge.Event{
		Node: g.node, Epoch: "01939c3a-0000-7000-8000-000000000001", Lane: edge.LaneSale, Seq: g.seq,
		ID: fmt.Sprintf("%s-%d", g.node, g.seq), Type: kind, Time: at.UnixMilli(), Data: raw,
	}
	prev := g.hash
	g.hash = e.Hash(prev)
	body, err := g.codec.EncodeBatch(&cloudsync.Batch{
		V: 1, Node: e.Node, Epoch: e.Epoch, Lane: e.Lane, From: e.Seq, To: e.Seq,
		PrevHash: prev, Hash: g.hash, N: 1, Events: []edge.Event{e},
	})
	require.NoError(g.t, err)
	topic := cloudsync.Topic{Node: g.node, Branch: cloudsync.BranchUp, Lane: e.Lane}.String()
	reply, err := g.hq.Ingest(g.t.Context(), topic, cloudsync.Seal(g.key, cloudsync.KindBatch, topic, body))
	require.NoError(g.t, err)
	env, err := cloudsync.Open(reply.Payload)
	require.NoError(g.t, err)
	require.Equal(g.t, cloudsync.KindAck, env.Kind, "%s", env.Body)
	require.NoError(g.t, g.hq.Project(g.t.Context()))
}

// open is the event that begins an epoch.
func (g *gateway) open(at time.Time) { g.event(at, edge.EventEpoch, edge.EpochOpened{}) }

// sell records a sale of two pieces.
func (g *gateway) sell(at time.Time, amount int64, offline bool) edge.Sale {
	g.sold++
	s := edge.Sale{
		ID: fmt.Sprintf("%s-sale-%d", g.node, g.sold), Shop: g.shop, Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: g.sold},
		Lines: []edge.SaleLine{{SKU: "LIP-VEL-01", Quantity: 2, Price: amount / 2, Total: amount}},
		Total: edge.Money{Amount: amount, Currency: "VND"}, Payment: edge.Payment{Method: edge.Cash, Amount: amount},
		Release: 1, At: at.UTC(), Offline: offline,
	}
	g.event(at, edge.EventSale, s)
	return s
}
