package rig

import (
	"encoding/json"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// smallSync is what a test has time for.
func smallSync() Sync {
	return Sync{
		Plan: Plan{
			Broker: Mochi, Database: SQLite, Shops: 3, Collectors: 2, Log: slog.New(slog.DiscardHandler),
			Pace: Pace{Backoff: cloudsync.Backoff{Base: 20 * time.Millisecond, Max: 200 * time.Millisecond}, Resend: 300 * time.Millisecond},
		},
		Events: 60, Singles: 3, Progress: io.Discard,
	}
}

func TestSyncMeasuresWhatArrives(t *testing.T) {
	s := smallSync()
	s.Reconnect = true
	r, err := s.Run(t.Context())
	require.NoError(t, err)
	const sales, beginnings = 20, 3 * 2 // each lane of each shop has one
	require.Equal(t, sales, r.Sales)
	require.Equal(t, 3*sales+beginnings, r.Events)
	require.Equal(t, Account{}, r.Account)
	require.NoError(t, r.Err())
	require.Positive(t, min(r.EventsPerS, r.BytesPerEvent, r.BytesPerSale, r.AckMS.P50, r.RSS.Before, *r.ReconnectS))
	require.GreaterOrEqual(t, r.AckMS.P99, r.AckMS.P50)
	require.GreaterOrEqual(t, r.RSS.Peak, r.RSS.Before)
}

// measured is a chain whose shops have sold, and headquarters has it all.
func measured(t *testing.T, then func(m *syncing)) {
	s := smallSync()
	err := s.with(t.Context(), func(m *syncing) error {
		require.NoError(t, m.fill(t.Context()))
		require.NoError(t, m.weigh(t.Context()))
		require.NoError(t, m.drain(t.Context()))
		require.NoError(t, m.count(t.Context()))
		require.Equal(t, Account{}, m.report.Account)
		then(m)
		return nil
	})
	require.NoError(t, err)
}

func TestWhatIsLostIsNoticed(t *testing.T) {
	measured(t, func(m *syncing) {
		b := m.branches[1]
		require.NoError(t, b.line.Stop())
		require.NoError(t, b.sellOne(t.Context()))
		require.NoError(t, m.count(t.Context()))
		require.Equal(t, Account{Lost: 3}, m.report.Account, "the sale, its cart, and the cart that was closed")
		require.ErrorContains(t, m.report.Err(), "3 lost")

		b.printed = append(b.printed, printed{"no such sale", edge.Receipt{Till: "T1", Series: 1, Counter: 1}})
		require.NoError(t, m.count(t.Context()))
		require.Equal(t, Account{Lost: 4}, m.report.Account, "a receipt that the shop forgot")
	})
}

func TestWhatIsDoubledIsNoticed(t *testing.T) {
	measured(t, func(m *syncing) {
		b := m.branches[0]
		first := b.recorded(t, 2)
		again := first
		again.ID = uuid.Must(uuid.NewV7()).String()
		b.inject(t, m, first.Epoch, b.head(t)+1, again, "the same receipt in another sale", func(s *edge.Sale) { s.ID = again.ID })
		require.NoError(t, m.count(t.Context()))
		require.Equal(t, Account{Doubled: 1}, m.report.Account)
		require.ErrorContains(t, m.report.Err(), "1 doubled")
	})
}

func TestGapsAreNoticed(t *testing.T) {
	measured(t, func(m *syncing) {
		b := m.branches[0]
		later := b.recorded(t, 2)
		later.ID = uuid.Must(uuid.NewV7()).String()
		sale := func(s *edge.Sale) { s.ID, s.Receipt.Counter = later.ID, s.Receipt.Counter+100 }
		b.inject(t, m, later.Epoch, b.head(t)+1, later, "receipt numbers are left out", sale)
		require.NoError(t, m.count(t.Context()))
		require.Equal(t, Account{Gaps: 1}, m.report.Account)

		later.ID = uuid.Must(uuid.NewV7()).String()
		b.inject(t, m, later.Epoch, b.head(t)+10, later, "event numbers are left out", sale)
		require.NoError(t, m.count(t.Context()))
		require.Equal(t, Account{Gaps: 2}, m.report.Account)
		require.ErrorContains(t, m.report.Err(), "2 gaps")
	})
}

// recorded is an event of the lane of sales.
func (b *branch) recorded(t *testing.T, seq uint64) edge.Event {
	events, err := b.db.Events(t.Context(), nil, edge.LaneSale, seq-1, 1)
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.Equal(t, edge.EventSale, events[0].Type)
	return events[0]
}

func (b *branch) head(t *testing.T) uint64 {
	seq, _, err := b.db.Head(t.Context(), edge.LaneSale)
	require.NoError(t, err)
	return seq
}

// inject sends headquarters an event that the shop's ledger does not have,
// signed with the shop's own key.
func (b *branch) inject(t *testing.T, m *syncing, epoch string, seq uint64, e edge.Event, why string, change func(*edge.Sale)) {
	var sale edge.Sale
	require.NoError(t, json.Unmarshal(e.Data, &sale))
	change(&sale)
	var err error
	e.Data, err = json.Marshal(&sale)
	require.NoError(t, err)
	e.Epoch, e.Seq, e.Subject = epoch, seq, sale.ID
	_, prev, err := b.db.Head(t.Context(), edge.LaneSale)
	require.NoError(t, err)
	codec, err := cloudsync.NewCodec()
	require.NoError(t, err)
	body, err := codec.EncodeBatch(&cloudsync.Batch{
		Node: b.shop.Node, Epoch: epoch, Lane: edge.LaneSale, From: seq, To: seq, PrevHash: prev, Hash: e.Hash(prev), N: 1, Events: []edge.Event{e},
	})
	require.NoError(t, err)
	topic := cloudsync.Topic{Node: b.shop.Node, Branch: cloudsync.BranchUp, Lane: edge.LaneSale}.String()
	answer, err := m.hqs[0].Ingest(t.Context(), topic, cloudsync.Seal(b.shop.Key, cloudsync.KindBatch, topic, body))
	require.NoError(t, err)
	env, err := cloudsync.Open(answer.Payload)
	require.NoError(t, err)
	require.Equal(t, cloudsync.KindAck, env.Kind, why)
}
