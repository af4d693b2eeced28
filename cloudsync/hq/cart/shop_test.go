package cart

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// line is the shop's line to HQ: what is put in arrives at HQ's collector.
type line chan cloudsync.Message

func (l line) Dial(context.Context, cloudsync.Session) (cloudsync.Link, error) { return l, nil }
func (l line) Publish(context.Context, cloudsync.Message) error                { return nil }
func (l line) Messages() <-chan cloudsync.Message                              { return l }
func (l line) Done() <-chan struct{}                                           { return nil }
func (l line) Close()                                                          {}

// shop sends what the enrolled gateway sends.
type shop struct {
	*app
	codec *cloudsync.Codec
	line  line
	seq   map[edge.Lane]uint64
	hash  map[edge.Lane]edge.Hash
}

// newShop starts HQ's collector.
func newShop(a *app) *shop {
	codec, err := cloudsync.NewCodec()
	require.NoError(a.t, err)
	s := &shop{app: a, codec: codec, line: make(line), seq: map[edge.Lane]uint64{}, hash: map[edge.Lane]edge.Hash{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		done <- hq.NewCollector(hq.CollectorConfig{HQ: a.hq, Dialer: s.line, Log: slog.New(slog.DiscardHandler)}).Run(ctx)
	}()
	a.t.Cleanup(func() {
		cancel()
		require.NoError(a.t, <-done)
	})
	return s
}

func (s *shop) send(branch cloudsync.Branch, lane edge.Lane, kind cloudsync.Kind, body []byte) {
	topic := cloudsync.Topic{Node: "shop1", Branch: branch, Lane: lane}.String()
	s.line <- cloudsync.Message{Topic: topic, Payload: cloudsync.Seal(s.gateway, kind, topic, body)}
}

// event sends one event and waits until HQ has projected it.
func (s *shop) event(lane edge.Lane, kind string, data any) {
	raw, err := json.Marshal(data)
	require.NoError(s.t, err)
	prev := s.hash[lane]
	s.seq[lane]++
	e := edge.Event{
		Node: "shop1", Epoch: "01939c3a-0000-7000-8000-000000000001", Lane: lane, Seq: s.seq[lane],
		ID: fmt.Sprint(lane, s.seq[lane]), Type: kind, Time: noon.UnixMilli(), Data: raw,
	}
	s.hash[lane] = e.Hash(prev)
	body, err := s.codec.EncodeBatch(&cloudsync.Batch{
		V: 1, Node: e.Node, Epoch: e.Epoch, Lane: lane, From: e.Seq, To: e.Seq,
		PrevHash: prev, Hash: s.hash[lane], N: 1, Events: []edge.Event{e},
	})
	require.NoError(s.t, err)
	s.send(cloudsync.BranchUp, lane, cloudsync.KindBatch, body)
	require.Eventually(s.t, func() bool {
		pos, err := s.hq.LastEvent(s.t.Context())
		return err == nil && uint64(pos) == s.seq[edge.LaneSale]+s.seq[edge.LaneOps]
	}, 2*time.Minute, time.Millisecond, "HQ took nothing in")
	require.NoError(s.t, s.hq.Project(s.t.Context()))
}

// says lets the gateway, or its will, say whether it is connected.
func (s *shop) says(up bool) {
	s.event(edge.LaneOps, edge.EventEpoch, edge.EpochOpened{}) // a sign of life
	changed, cancel := s.hq.Watch()
	defer cancel()
	state := cloudsync.State{V: 1, Node: "shop1", Session: "session-1", Up: up}
	body, err := state.Encode()
	require.NoError(s.t, err)
	s.send(cloudsync.BranchState, "", cloudsync.KindState, body)
	select {
	case <-changed:
	case <-time.After(2 * time.Minute):
		s.t.Fatal("HQ did not hear the line's state")
	}
}

// saleOf is what the till sold of a cart: pieces of the first product, and no
// other.
func saleOf(pieces int, price int64) *edge.Sale {
	r := testRelease()
	return &edge.Sale{
		ID: "s1", Shop: "saigon-1", Cart: cartID, Checkout: 1, Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 42},
		Lines: []edge.SaleLine{{
			SKU: r.Variants[0].SKU, Name: r.Variants[0].Name, Shade: r.Variants[0].Shade,
			Quantity: pieces, Price: price, Total: price * int64(pieces),
		}},
		Total:    edge.Money{Amount: price * int64(pieces), Currency: "VND"},
		Payments: edge.Payments{{Method: edge.Cash, Amount: price * int64(pieces)}}, Release: 1, At: noon,
	}
}
