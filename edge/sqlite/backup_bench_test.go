package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// How long a sale takes while backups of 20,000 sales are made all the time,
// beside how long it takes alone.
func BenchmarkSaleDuringBackup(b *testing.B) {
	db := openTest(b)
	tag := byte(2) // of carts, so that each has its own
	carts := func(b *testing.B, n int) []edge.CartID {
		tag++
		return cartsFor(b, db, tag, n)
	}
	sellAll(b, db, carts(b, 20000))
	for _, backups := range []bool{false, true} {
		b.Run(fmt.Sprintf("backups=%v", backups), func(b *testing.B) {
			mine := carts(b, b.N)
			ctx, stop := context.WithCancel(b.Context())
			var group sync.WaitGroup
			made, size, spent := 0, int64(0), time.Duration(0)
			if backups {
				group.Go(func() {
					for ctx.Err() == nil {
						to, start := filepath.Join(b.TempDir(), "b.db"), time.Now()
						if err := Backup(context.WithoutCancel(ctx), db.opt.Path, to); err != nil {
							b.Log(err)
						} else {
							made, spent = made+1, spent+time.Since(start)
							if st, err := os.Stat(to); err == nil {
								size = st.Size()
							}
						}
						_ = os.Remove(to)
					}
				})
			}
			took := make([]time.Duration, b.N)
			b.ResetTimer()
			for i := range b.N {
				start := time.Now()
				benchSell(b, db, mine[i])
				took[i] = time.Since(start)
				time.Sleep(2 * time.Millisecond) // a till, not a storm
			}
			b.StopTimer()
			stop()
			group.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[b.N/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[b.N*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(took[b.N-1].Microseconds()), "max-µs")
			if backups {
				require.NotZero(b, made)
				b.ReportMetric(float64(made), "backups")
				b.ReportMetric(float64(size>>20), "MB")
				b.ReportMetric(spent.Seconds()*1000/float64(made), "ms/backup")
			}
		})
	}
}

// cartsFor makes n carts with one piece of each of benchSell's products.
func cartsFor(b *testing.B, db *DB, tag byte, n int) []edge.CartID {
	b.Helper()
	ids, err := write(b.Context(), db, func(ctx context.Context, t *tx) ([]edge.CartID, error) {
		ids := make([]edge.CartID, n)
		for i := range ids {
			c := edge.NewCart(edge.CartID{tag, byte(i >> 16), byte(i >> 8), byte(i)}, db.start.Add(24*time.Hour))
			ids[i] = c.ID
			for _, sku := range []edge.SKU{edgetest.Lipstick, edgetest.Cream} {
				if _, err := c.Add("bench", sku, 1); err != nil {
					return nil, err
				}
			}
			if _, err := t.saveCart(ctx, c, nil); err != nil {
				return nil, err
			}
		}
		return ids, nil
	})
	require.NoError(b, err)
	return ids
}

// sellAll sells all carts, eight at a time.
func sellAll(b *testing.B, db *DB, ids []edge.CartID) {
	b.Helper()
	var group sync.WaitGroup
	for part := range slices.Chunk(ids, (len(ids)+7)/8) {
		group.Go(func() {
			for _, id := range part {
				benchSell(b, db, id)
			}
		})
	}
	group.Wait()
}
