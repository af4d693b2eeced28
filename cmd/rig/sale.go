package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// Sale measures a till's sales on a disk.
type Sale struct {
	Tills int // that sell at the same time
	Sales int // of all tills together
	// Dir is the folder on the disk, which is made; what is made in it is deleted.
	Dir string
}

// SaleReport is the one line of JSON, and what the table says besides.
type SaleReport struct {
	Tills int     `json:"-"`
	Sales int     `json:"-"`
	Sync  float64 `json:"-"` // p50 of a sync of the disk, milliseconds

	Commits float64   `json:"commits_per_s"`            // sales, durable each
	Raw     float64   `json:"raw_sqlite_commits_per_s"` // the same rows
	Ratio   float64   `json:"ratio"`
	MS      Quantiles `json:"ms"` // of a sale, from the call until it is durable
}

// Check reports what cannot be measured.
func (s Sale) Check() error {
	switch {
	case s.Tills < 1 || s.Tills > 256:
		return fmt.Errorf("--tills is %d: want 1 to 256", s.Tills)
	case s.Sales < 1 || s.Sales > 10_000_000:
		return fmt.Errorf("--sales is %d: want 1 to 10000000", s.Sales)
	}
	return nil
}

// saleRound is how many sales one side makes before it is the other's turn, so
// that both meet the same moods of the disk.
const saleRound = 32

// Run sells, and has SQLite repeat each round of it. The first round of both is
// not counted.
func (s Sale) Run(ctx context.Context) (_ *SaleReport, err error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(s.Dir, "bench-sale")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &SaleReport{Tills: s.Tills}
	if r.Sync, err = syncTime(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "shop.db")
	db, err := sqlite.Open(ctx, sqlite.Options{Path: path, Node: "bench", Shop: "bench", Till: "T1"})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.PutRelease(ctx, release()); err != nil {
		return nil, err
	}
	raw, err := newRepeater(ctx, path, filepath.Join(dir, "raw.db"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, raw.close()) }()

	var sold, repeated time.Duration
	took := make([]time.Duration, 0, s.Sales)
	for round := 0; r.Sales < s.Sales; round++ {
		n := min(saleRound, s.Sales-r.Sales)
		carts, err := saleCarts(ctx, db, n)
		if err != nil {
			return nil, err
		}
		if err := raw.catchUp(ctx); err != nil {
			return nil, err
		}
		times, mine, err := sellAll(ctx, db, carts, s.Tills)
		if err != nil {
			return nil, err
		}
		its, err := raw.repeat(ctx, n)
		if err != nil {
			return nil, err
		}
		if round > 0 {
			took, sold, repeated, r.Sales = append(took, times...), sold+mine, repeated+its, r.Sales+n
		}
	}
	r.Commits = float64(r.Sales) / sold.Seconds()
	r.Raw = float64(r.Sales) / repeated.Seconds()
	r.Ratio = r.Commits / r.Raw
	r.MS = quantiles(took)
	return r, nil
}

// syncTime is how long the disk takes to keep 4 KB, p50 in milliseconds.
func syncTime(dir string) (float64, error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	took := make([]time.Duration, 20)
	for i := range took {
		start := time.Now()
		if _, err := f.WriteAt(make([]byte, 4096), int64(i)*4096); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took[i] = time.Since(start)
	}
	return quantiles(took).P50, nil
}

// saleCarts makes n carts. It asks for many at once, which a
// slow disk keeps together.
func saleCarts(ctx context.Context, db *sqlite.DB, n int) ([]*edge.Cart, error) {
	carts := make([]*edge.Cart, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(32)
	for i := range carts {
		group.Go(func() error {
			var err error
			carts[i], err = Cart(ctx, db)
			return err
		})
	}
	return carts, group.Wait()
}

// sellAll sells all carts from so many tills at once, and gives the time of each
// sale and of all of them.
func sellAll(ctx context.Context, db *sqlite.DB, carts []*edge.Cart, tills int) ([]time.Duration, time.Duration, error) {
	took := make([]time.Duration, len(carts))
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for range tills {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(carts) {
					return nil
				}
				start := time.Now()
				if _, err := Sell(ctx, db, carts[i]); err != nil {
					return err
				}
				took[i] = time.Since(start)
			}
		})
	}
	err := group.Wait()
	return took, time.Since(began), err
}

// Print writes the table.
func (r *SaleReport) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `%d sales of two products, tills: %d, a sync of the disk takes %.2f ms

  sales        %8.0f a second, each on disk before it is answered
  raw SQLite   %8.0f a second: the same rows, one sale a transaction, no rules
  ratio        %8.2f
  sale         p50 %.2f ms   p99 %.2f ms
`, r.Sales, r.Tills, r.Sync, r.Commits, r.Raw, r.Ratio, r.MS.P50, r.MS.P99)
	return err
}
