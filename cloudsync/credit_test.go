package cloudsync

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// sink is a link that takes everything.
type sink struct{ sent []Message }

func (s *sink) Publish(_ context.Context, m Message) error { s.sent = append(s.sent, m); return nil }
func (s *sink) Messages() <-chan Message                   { return nil }
func (s *sink) Done() <-chan struct{}                      { return nil }
func (s *sink) Close()                                     {}

// No more batches are in flight than HQ gives credit for, nor than the shop
// itself wants.
func TestCreditIsTheWindow(t *testing.T) {
	shop := edgetest.NewMemory(time.Now)
	var moves []edge.StockMove
	for i := range 10 * MaxEvents {
		moves = append(moves, edge.StockMove{
			SKU: edgetest.Lipstick, Delta: 1, Reason: edge.StockGoodsIn, Ref: fmt.Sprint("note ", i), At: time.Now().UTC(),
		})
	}
	require.NoError(t, shop.MoveStock(t.Context(), moves))
	u, err := NewUplink(UplinkConfig{
		Node: "node", Key: fixedKey(1), HQ: []ed25519.PublicKey{public(fixedKey(2))}, Outbox: shop,
		Dialer: &Fallback{}, Log: slog.New(slog.DiscardHandler), Window: 6,
	})
	require.NoError(t, err)
	s := u.newSession()
	link := &sink{}
	s.link = link
	l := s.lanes[0]
	ack := Ack{Ledger: "hq", Node: "node", Epoch: shop.Epoch(), Lane: edge.LaneSale}
	for _, tt := range []struct{ credit, flights int }{{1, 1}, {3, 3}, {2, 3}, {0, 3}, {100, 6}} {
		ack.Credit = tt.credit
		if l.ledger == "" {
			require.NoError(t, l.adopt(t.Context(), &ack))
		} else {
			require.NoError(t, l.takeOne(t.Context(), reply{ack: &ack}))
		}
		require.NoError(t, l.fill(t.Context()))
		require.Len(t, l.flights, tt.flights, "with a credit of %d", tt.credit)
	}
	require.Len(t, link.sent, 6)
	ack.Credit, ack.Mark = 1, l.flights[4].to
	ack.Hash, err = shop.HashAt(t.Context(), edge.LaneSale, ack.Mark)
	require.NoError(t, err)
	require.NoError(t, l.takeOne(t.Context(), reply{ack: &ack}))
	require.NoError(t, l.fill(t.Context()))
	require.Len(t, l.flights, 1)
	require.Len(t, link.sent, 6, "one is in flight, and that is all that HQ wants")
}

// What HQ misses is sent again once two batches sent after it were answered, and
// not before: it may only be late.
func TestGapIsCertainAfterTwoBatches(t *testing.T) {
	l := &lane{session: &session{Uplink: &Uplink{c: UplinkConfig{Resend: time.Minute}}}, next: 800}
	for i, ref := range []Ref{"a", "b", "c", "d"} {
		from := uint64(i*200 + 1)
		l.flights = append(l.flights, flight{span: span{from, from + 199}, ref: ref, sent: time.Now()})
	}
	missing := [][2]uint64{{1, 200}}
	for _, tt := range []struct {
		ref   Ref
		again int
	}{{"unknown", 0}, {"b", 0}, {"c", 1}, {"d", 1}} {
		l.overtake(tt.ref)
		l.fillGaps(missing)
		require.Len(t, l.again, tt.again, tt.ref)
	}
	require.Equal(t, []span{{1, 200}}, l.again)
	require.Len(t, l.flights, 3)

	l.again, l.flights[0].sent = nil, time.Now().Add(-time.Hour)
	l.fillGaps([][2]uint64{{201, 400}, {401, 600}})
	require.Equal(t, []span{{201, 400}}, l.again, "time enough")
}
