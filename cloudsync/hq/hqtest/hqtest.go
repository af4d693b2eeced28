// Package hqtest gives tests a headquarters and gateways that send to it.
package hqtest

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Open opens an HQ of the test's own; it is closed when the test ends.
func Open(t testing.TB, change ...func(*hq.Options)) *hq.HQ {
	t.Helper()
	o := hq.Options{
		Path: filepath.Join(t.TempDir(), "hq.db"), Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), Now: time.Now,
		NewID: uuid.NewString, Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&o)
	}
	h, err := hq.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.Close() }) // a test may have closed it
	return h
}

// Gateway sends what a shop sends, sealed with its own key, straight into HQ.
type Gateway struct {
	t        testing.TB
	hq       *hq.HQ
	codec    *cloudsync.Codec
	key      ed25519.PrivateKey
	Node     string
	Shop     string
	seq      uint64
	hash     edge.Hash
	Receipts uint64 // that it has given out
}

// NewGateway enrols a gateway with a key of its own.
func NewGateway(t testing.TB, h *hq.HQ, node, shop string) *Gateway {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, node)
	codec, err := cloudsync.NewCodec()
	require.NoError(t, err)
	g := &Gateway{t: t, hq: h, codec: codec, key: ed25519.NewKeyFromSeed(seed), Node: node, Shop: shop}
	require.NoError(t, h.Enrol(t.Context(), hq.Node{Node: node, Shop: shop, Key: g.key.Public().(ed25519.PublicKey)}))
	return g
}

// Event writes an event into the sale lane and sends it; HQ has projected it
// when this returns.
func (g *Gateway) Event(at time.Time, kind string, data any) {
	g.t.Helper()
	raw, err := json.Marshal(data)
	require.NoError(g.t, err)
	g.seq++
	e := edge.Event{
		Node: g.Node, Epoch: "01939c3a-0000-7000-8000-000000000001", Lane: edge.LaneSale, Seq: g.seq,
		ID: fmt.Sprintf("%s-%d", g.Node, g.seq), Type: kind, Time: at.UnixMilli(), Data: raw,
	}
	prev := g.hash
	g.hash = e.Hash(prev)
	body, err := g.codec.EncodeBatch(&cloudsync.Batch{
		V: 1, Node: e.Node, Epoch: e.Epoch, Lane: e.Lane, From: e.Seq, To: e.Seq, PrevHash: prev, Hash: g.hash, N: 1, Events: []edge.Event{e},
	})
	require.NoError(g.t, err)
	topic := cloudsync.Topic{Node: g.Node, Branch: cloudsync.BranchUp, Lane: e.Lane}.String()
	reply, err := g.hq.Ingest(g.t.Context(), topic, cloudsync.Seal(g.key, cloudsync.KindBatch, topic, body))
	require.NoError(g.t, err)
	env, err := cloudsync.Open(reply.Payload)
	require.NoError(g.t, err)
	require.Equal(g.t, cloudsync.KindAck, env.Kind, "%s", env.Body)
	require.NoError(g.t, g.hq.Project(g.t.Context()))
}

// Receipt is the next receipt number.
func (g *Gateway) Receipt() edge.Receipt {
	g.Receipts++
	return edge.Receipt{Till: "T1", Series: 1, Counter: g.Receipts}
}

// Sell records a sale of two pieces.
func (g *Gateway) Sell(at time.Time, amount int64, change ...func(*edge.Sale)) edge.Sale {
	g.t.Helper()
	r := g.Receipt()
	s := edge.Sale{
		ID: fmt.Sprintf("%s-sale-%d", g.Node, r.Counter), Shop: g.Shop, Receipt: r,
		Lines:    []edge.SaleLine{{SKU: "LIP-VEL-01", Quantity: 2, Price: amount / 2, Total: amount, VAT: amount / 11}},
		Total:    edge.Money{Amount: amount, Currency: "VND"},
		VAT:      amount / 11,
		Payments: edge.Payments{{Method: edge.Cash, Amount: amount}}, Release: 1, Staff: "mai", At: at.UTC(),
	}
	for _, f := range change {
		f(&s)
	}
	g.Event(at, edge.EventSale, s)
	return s
}

// Day is a day of a shop: two sales, one given back by a void and one by a
// refund, and the Z report over them.
func (g *Gateway) Day(at time.Time) {
	g.t.Helper()
	z := edge.ZReport{ID: g.Node + "-z", Shop: g.Shop, Till: "T1", Series: 1, Number: 1, From: 1, To: 4, Staff: "mai", At: at.UTC()}
	first, second := g.Sell(at, 500000), g.Sell(at, 199000)
	back := func(amount int64) []edge.Payback { return []edge.Payback{{Method: edge.Cash, Amount: amount}} }
	v := edge.Void{
		ID: g.Node + "-void", Shop: g.Shop, Receipt: g.Receipt(), Sale: first.Ref(), Lines: first.Lines, Total: first.Total, VAT: first.VAT,
		Back: back(first.Total.Amount), Reason: "wrong shade", Staff: "mai", At: at.UTC(),
	}
	g.Event(at, edge.EventVoid, v)
	r := edge.Refund{
		ID: g.Node + "-refund", Shop: g.Shop, Receipt: g.Receipt(), Sale: second.Ref(), Total: second.Total, VAT: second.VAT,
		Lines: []edge.RefundLine{{SaleLine: second.Lines[0], To: edge.ToLoss}}, Back: back(second.Total.Amount), Reason: "broken", Staff: "mai", At: at.UTC(),
	}
	g.Event(at, edge.EventRefund, r)
	z.AddSale(&first)
	z.AddSale(&second)
	z.AddVoid(&v)
	z.AddRefund(&r)
	g.Event(at, edge.EventZ, z)
}
