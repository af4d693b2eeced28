package cloudsync_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// BenchmarkDrain is a backlog's way from the shop's database over the broker
// into HQ's, signed, hash-checked and confirmed, in events a second.
func BenchmarkDrain(b *testing.B) {
	for name, make := range networks() {
		b.Run(name, func(b *testing.B) {
			const backlog = 20_000
			for b.Loop() {
				b.StopTimer()
				c := newChain(b, make(b))
				c.net.start(b)
				var moves []edge.StockMove
				for i := range backlog {
					moves = append(moves, edge.StockMove{
						SKU: edgetest.Lipstick, Delta: 1, Reason: edge.StockGoodsIn, Ref: fmt.Sprintf("delivery %d", i), At: time.Now(),
					})
				}
				require.NoError(b, c.shop.MoveStock(b.Context(), moves))
				stopHQ := c.collect(b, "hq-1")
				b.StartTimer()
				stop := c.startUplink(b)
				for {
					n, _, err := c.shop.Waiting(b.Context(), edge.LaneSale)
					require.NoError(b, err)
					if n == 0 {
						break
					}
					time.Sleep(time.Millisecond)
				}
				b.StopTimer()
				stop()
				stopHQ()
				b.StartTimer()
			}
			b.ReportMetric(float64(backlog*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
