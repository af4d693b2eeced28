package api

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	readerToken   = "reader-token-of-this-test"
	operatorToken = "operator-token-of-this-test"
)

// app is the API over an HQ, behind a server on a loopback port.
type app struct {
	t      *testing.T
	url    string
	engine *gin.Engine
	api    *API
	now    func() time.Time
}

func newApp(t *testing.T, h Headquarters, adjust ...func(*Options)) *app {
	t.Helper()
	a := &app{t: t, now: time.Now}
	o := Options{
		HQ: h, Now: func() time.Time { return a.now() }, Log: slog.New(slog.DiscardHandler),
		Tokens: []Token{
			{"bi", Reader, sha256.Sum256([]byte(readerToken))},
			{"support", Operator, sha256.Sum256([]byte(operatorToken))},
		},
	}
	for _, f := range adjust {
		f(&o)
	}
	var err error
	a.api, err = New(o)
	require.NoError(t, err)
	gin.SetMode(gin.TestMode)
	a.engine = gin.New()
	a.api.Register(a.engine)
	server := httptest.NewServer(a.engine)
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func openHQ(t *testing.T) *hq.HQ {
	t.Helper()
	h, err := hq.Open(t.Context(), hq.Options{
		Path: filepath.Join(t.TempDir(), "hq.db"), Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), Now: time.Now,
		NewID: uuid.NewString, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.Close() }) // a test may have closed it
	return h
}

// request asks with a token; the caller closes the body.
func (a *app) request(method, target, token, body string, header ...string) *http.Response {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.url+target, strings.NewReader(body))
	require.NoError(a.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(a.t, err)
	return resp
}

// get reads a whole answer.
func (a *app) get(target string, header ...string) (*http.Response, string) {
	a.t.Helper()
	resp := a.request(http.MethodGet, target, readerToken, "", header...)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	return resp, string(b)
}

func (a *app) json(target string, v any) {
	a.t.Helper()
	resp, body := a.get(target)
	require.Equal(a.t, http.StatusOK, resp.StatusCode, body)
	require.NoError(a.t, json.Unmarshal([]byte(body), v))
}

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
	count uint64 // receipts
}

func newGateway(t *testing.T, h *hq.HQ, node, shop string) *gateway {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, node)
	codec, err := cloudsync.NewCodec()
	require.NoError(t, err)
	g := &gateway{t: t, hq: h, codec: codec, key: ed25519.NewKeyFromSeed(seed), node: node, shop: shop}
	require.NoError(t, h.Enrol(t.Context(), hq.Node{Node: node, Shop: shop, Key: g.key.Public().(ed25519.PublicKey)}))
	return g
}

func (g *gateway) event(at time.Time, kind string, data any) {
	g.t.Helper()
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
		V: 1, Node: e.Node, Epoch: e.Epoch, Lane: e.Lane, From: e.Seq, To: e.Seq, PrevHash: prev, Hash: g.hash, N: 1, Events: []edge.Event{e},
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

func (g *gateway) receipt() edge.Receipt {
	g.count++
	return edge.Receipt{Till: "T1", Series: 1, Counter: g.count}
}

// sell records a sale of two pieces.
func (g *gateway) sell(at time.Time, amount int64) edge.Sale {
	g.t.Helper()
	r := g.receipt()
	s := edge.Sale{
		ID: fmt.Sprintf("%s-sale-%d", g.node, r.Counter), Shop: g.shop, Receipt: r,
		Lines:   []edge.SaleLine{{SKU: "LIP-VEL-01", Quantity: 2, Price: amount / 2, Total: amount, VAT: amount / 11}},
		Total:   edge.Money{Amount: amount, Currency: "VND"},
		VAT:     amount / 11,
		Payment: edge.Payment{Method: edge.Cash, Amount: amount}, Release: 1, Staff: "mai", At: at.UTC(),
	}
	g.event(at, edge.EventSale, s)
	return s
}

// day is a day of a shop: two sales, one given back by a void and one by a
// refund, and the Z report over them.
func (g *gateway) day(at time.Time) {
	g.t.Helper()
	z := edge.ZReport{ID: g.node + "-z", Shop: g.shop, Till: "T1", Series: 1, Number: 1, From: 1, To: 4, Staff: "mai", At: at.UTC()}
	first, second := g.sell(at, 500000), g.sell(at, 199000)
	back := func(amount int64) []edge.Payback { return []edge.Payback{{Method: edge.Cash, Amount: amount}} }
	v := edge.Void{
		ID: g.node + "-void", Shop: g.shop, Receipt: g.receipt(), Sale: first.Ref(), Lines: first.Lines, Total: first.Total, VAT: first.VAT,
		Back: back(first.Total.Amount), Reason: "wrong shade", Staff: "mai", At: at.UTC(),
	}
	g.event(at, edge.EventVoid, v)
	r := edge.Refund{
		ID: g.node + "-refund", Shop: g.shop, Receipt: g.receipt(), Sale: second.Ref(), Total: second.Total, VAT: second.VAT,
		Lines: []edge.RefundLine{{SaleLine: second.Lines[0], To: edge.ToLoss}}, Back: back(second.Total.Amount), Reason: "broken", Staff: "mai", At: at.UTC(),
	}
	g.event(at, edge.EventRefund, r)
	z.AddSale(&first)
	z.AddSale(&second)
	z.AddVoid(&v)
	z.AddRefund(&r)
	g.event(at, edge.EventZ, z)
}
