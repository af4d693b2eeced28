package hq

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
)

// benchPlaces are databases of either kind, to be measured.
func benchPlaces() map[string]func(*testing.B) string {
	return map[string]func(*testing.B) string{
		"sqlite": func(b *testing.B) string { return filepath.Join(b.TempDir(), "hq.db") },
		"postgres": func(b *testing.B) string {
			server := databasetest.Server()
			if server == "" {
				server = databasetest.StartPostgres(b).URL("postgres")
			}
			return databasetest.PlaceOn(b, server)
		},
	}
}

// BenchmarkIngest takes in sales of about 470 B, 200 a batch and four batches
// in flight, with signatures and hashes; one operation is one batch.
func BenchmarkIngest(b *testing.B) {
	for name, where := range benchPlaces() {
		b.Run(name, func(b *testing.B) {
			g := newGatewayAt(b, where(b))
			sealed := benchBatches(b, g, b.N)
			b.ResetTimer()
			waiting := make(chan received, 3)
			done := make(chan error, 1)
			go func() {
				var first error
				for r := range waiting {
					if _, err := g.hq.answer(b.Context(), r); err != nil && first == nil {
						first = err
					}
				}
				done <- first
			}()
			topic, err := cloudsync.ParseTopic(g.topic())
			require.NoError(b, err)
			for _, payload := range sealed {
				waiting <- g.hq.receive(b.Context(), topic, payload)
			}
			close(waiting)
			require.NoError(b, <-done)
			b.ReportMetric(float64(len(sealed)*cloudsync.MaxEvents)/b.Elapsed().Seconds(), "events/s")
			b.StopTimer()
			require.Equal(b, len(sealed)*cloudsync.MaxEvents, g.rows())
		})
	}
}

// BenchmarkProject projects such sales; one operation is 200 of them.
func BenchmarkProject(b *testing.B) {
	for name, where := range benchPlaces() {
		b.Run(name, func(b *testing.B) {
			g := newGatewayAt(b, where(b))
			for _, payload := range benchBatches(b, g, b.N) {
				_, err := g.hq.Ingest(b.Context(), g.topic(), payload)
				require.NoError(b, err)
			}
			b.ResetTimer()
			require.NoError(b, g.hq.Project(b.Context()))
			b.ReportMetric(float64(b.N*cloudsync.MaxEvents)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// benchBatches are n batches of sales as a till makes them.
func benchBatches(b *testing.B, g *gateway, n int) [][]byte {
	b.Helper()
	sealed := make([][]byte, n)
	number := uint64(0)
	for i := range sealed {
		first := uint64(len(g.events) + 1)
		for range cloudsync.MaxEvents {
			number++
			s := testSale(g, uuid.Must(uuid.NewV7()).String(), number)
			binary.BigEndian.PutUint64(s.Cart[:], number)
			g.add(edge.EventSale, uuid.Must(uuid.NewV7()).String(), s)
		}
		sealed[i] = g.seal(g.batch(first, uint64(len(g.events))))
	}
	if n > 0 {
		b.Logf("%d B a body", len(g.events[0].Data))
	}
	return sealed
}
