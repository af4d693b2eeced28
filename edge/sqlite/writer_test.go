package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func openTest(t testing.TB) *DB {
	t.Helper()
	db, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	return db
}

// A request that fails, or panics, in the middle of a commit takes nobody
// else's work with it.
func TestOneCommitManyFates(t *testing.T) {
	db := openTest(t)
	var batch []request
	answers := make([]chan error, 30)
	for i := range answers {
		answers[i] = make(chan error, 1)
		batch = append(batch, request{ctx: t.Context(), done: answers[i], do: func(ctx context.Context, t *tx) error {
			if _, err := t.append(ctx, edge.LaneOps, "test", fmt.Sprint(i), i); err != nil {
				return err
			}
			switch i % 3 {
			case 1:
				return edge.Errorf("test", edge.Conflict, "no")
			case 2:
				panic("boom")
			}
			return nil
		}})
	}
	db.commitNow(t, batch)
	for i, a := range answers {
		want := []error{nil, errors.New("test: no"), errors.New("sqlite: a write panicked: boom")}[i%3]
		if err := <-a; want == nil {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, want.Error())
		}
	}
	evs := edgetest.Chain(t, db, edge.LaneOps)
	require.Len(t, evs, 1+10)
	for i, e := range evs[1:] {
		require.Equal(t, fmt.Sprint(3*i), e.Subject)
	}
}

// A request that is alone in its commit leaves nothing behind when it fails, and
// the next one goes on where the ledger stood before.
func TestLoneRequestLeavesNothingBehind(t *testing.T) {
	db := openTest(t)
	add := func(subject string, fate func() error) error {
		_, err := write(t.Context(), db, func(ctx context.Context, t *tx) (struct{}, error) {
			if _, err := t.append(ctx, edge.LaneOps, "test", subject, subject); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, fate()
		})
		return err
	}
	well := func() error { return nil }
	require.NoError(t, add("1", well))
	require.ErrorContains(t, add("no", func() error { return errors.New("no") }), "no")
	require.NoError(t, add("2", well))
	require.ErrorContains(t, add("boom", func() error { panic("boom") }), "panicked")
	require.NoError(t, add("3", well))
	require.NoError(t, add("4", well))
	var subjects []string
	for _, e := range edgetest.Chain(t, db, edge.LaneOps)[1:] {
		subjects = append(subjects, e.Subject)
	}
	require.Equal(t, []string{"1", "2", "3", "4"}, subjects)

	old := db.Epoch()
	opened, err := db.OpenEpoch(t.Context(), map[edge.Lane]uint64{edge.LaneOps: 5}, 0)
	require.NoError(t, err)
	require.NotEqual(t, old, opened)
	require.NoError(t, add("5", well))
	evs := edgetest.Chain(t, db, edge.LaneOps)
	require.Equal(t, []string{opened, "5"}, []string{evs[0].Subject, evs[1].Subject})
}

// commitNow commits the batch outside of any other.
func (db *DB) commitNow(t *testing.T, batch []request) {
	_, err := write(t.Context(), db, func(ctx context.Context, inner *tx) (struct{}, error) {
		if err := inner.exec(ctx, `COMMIT`); err != nil {
			return struct{}{}, err
		}
		if suspect := db.commit(inner.conn, batch); suspect != nil {
			return struct{}{}, suspect
		}
		inner.standing = db.standing
		return struct{}{}, errors.Join(inner.exec(ctx, `BEGIN`), inner.exec(ctx, `SAVEPOINT request`))
	})
	require.NoError(t, err)
}

// When COMMIT itself fails, everybody hears of it and nothing is there.
func TestFailedCommitAnswersEverybody(t *testing.T) {
	db := openTest(t)
	before, _, err := db.Head(t.Context(), edge.LaneOps)
	require.NoError(t, err)
	batch := make([]request, 3)
	answers := make(chan error, len(batch))
	for i := range batch {
		batch[i] = request{ctx: t.Context(), done: answers, do: func(ctx context.Context, t *tx) error {
			if _, err := t.append(ctx, edge.LaneOps, "test", "", i); err != nil || i != 1 {
				return err
			}
			// What only COMMIT checks: a sale that is not there.
			return errors.Join(
				t.exec(ctx, `PRAGMA defer_foreign_keys = 1`),
				t.exec(ctx, `INSERT INTO request (key, call, digest, sale) VALUES ('key', 'sale', zeroblob(32), 'nowhere')`))
		}}
	}
	db.commitNow(t, batch)
	for range batch {
		require.ErrorContains(t, <-answers, "FOREIGN KEY")
	}
	after, _, err := db.Head(t.Context(), edge.LaneOps)
	require.NoError(t, err)
	require.Equal(t, before, after)
	edgetest.Sell(t, db, edgetest.Cream) // and the till goes on
}

func TestManySellersManyReaders(t *testing.T) {
	db := openTest(t)
	const sellers, each = 16, 10
	var selling, reading sync.WaitGroup
	var stop atomic.Bool
	for range 2 {
		reading.Go(func() {
			for !stop.Load() {
				sales, err := db.Sales(t.Context(), 20)
				if err != nil {
					t.Error(err)
				}
				for i := 1; i < len(sales); i++ {
					if sales[i-1].Receipt.Counter != sales[i].Receipt.Counter+1 {
						t.Errorf("receipt %s follows %s", sales[i-1].Receipt, sales[i].Receipt)
					}
				}
			}
		})
	}
	for range sellers {
		selling.Go(func() {
			for range each {
				edgetest.Sell(t, db, edgetest.Lipstick)
			}
		})
	}
	selling.Wait()
	stop.Store(true)
	reading.Wait()
	sales, err := db.Sales(t.Context(), sellers*each+1)
	require.NoError(t, err)
	require.Len(t, sales, sellers*each)
	require.Len(t, edgetest.Chain(t, db, edge.LaneSale), sellers*each+1)
}

func TestWaitingCallerMayLeave(t *testing.T) {
	db := openTest(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := write(t.Context(), db, func(context.Context, *tx) (struct{}, error) {
			close(inside)
			<-leave
			return struct{}{}, nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := db.CreateCart(ctx)
	require.ErrorIs(t, err, context.Canceled)
	close(leave)
	wg.Wait()
}

// A commit that panics answers everybody it took, and the next one writes.
func TestPanicInACommitKeepsNobodyWaiting(t *testing.T) {
	var boom atomic.Bool
	db, err := Open(t.Context(), Options{
		Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1",
		Now: func() time.Time {
			if boom.CompareAndSwap(true, false) {
				panic("boom")
			}
			return time.Now()
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	var wg sync.WaitGroup
	var panicked atomic.Int64
	boom.Store(true)
	for range 8 {
		wg.Go(func() {
			_, err := write(t.Context(), db, func(context.Context, *tx) (struct{}, error) { return struct{}{}, nil })
			if err != nil {
				panicked.Add(1)
				if edge.KindOf(err) != edge.Internal {
					t.Errorf("the commit panicked, its caller heard %v", err)
				}
			}
		})
	}
	wg.Wait()
	require.Positive(t, panicked.Load())
	edgetest.Sell(t, db, edgetest.Cream)
}

// Whoever still waits when the database is closed hears of it, and is never
// told that it failed when it was written.
func TestCloseWhileManyWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	opt := Options{Path: path, Node: "node", Shop: "shop", Till: "T1"}
	db, err := Open(t.Context(), opt)
	require.NoError(t, err)
	var wrote atomic.Int64
	var wg sync.WaitGroup
	started := make(chan struct{}, 32)
	for range cap(started) {
		wg.Go(func() {
			for first := true; ; first = false {
				_, err := write(t.Context(), db, func(ctx context.Context, t *tx) (struct{}, error) {
					_, err := t.append(ctx, edge.LaneOps, "test", "", 1)
					return struct{}{}, err
				})
				if err != nil {
					if edge.KindOf(err) != edge.Unavailable {
						t.Errorf("closed while it waited, a caller heard %v", err)
					}
					return
				}
				wrote.Add(1)
				if first {
					started <- struct{}{}
				}
			}
		})
	}
	for range cap(started) {
		<-started
	}
	require.NoError(t, db.Close())
	wg.Wait()
	db, err = Open(t.Context(), opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.Len(t, edgetest.Chain(t, db, edge.LaneOps), int(wrote.Load())+1)
}

func BenchmarkRecordSale(b *testing.B) {
	b.Run("one till", func(b *testing.B) {
		db := openTest(b)
		carts := benchCarts(b, db)
		took := make([]time.Duration, b.N)
		b.ResetTimer()
		for i := range b.N {
			start := time.Now()
			benchSell(b, db, carts[i])
			took[i] = time.Since(start)
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[b.N*99/100].Microseconds()), "p99-µs")
	})
	b.Run("64 tills", func(b *testing.B) {
		db := openTest(b)
		carts := benchCarts(b, db)
		var next atomic.Int64
		b.SetParallelism(32) // times GOMAXPROCS
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				benchSell(b, db, carts[next.Add(1)-1])
			}
		})
	})
}

// benchCarts makes a cart with two lines for each sale.
func benchCarts(b *testing.B, db *DB) []edge.CartID {
	ids, err := write(b.Context(), db, func(ctx context.Context, t *tx) ([]edge.CartID, error) {
		ids := make([]edge.CartID, b.N)
		for i := range ids {
			c := edge.NewCart(edge.CartID{1, byte(i >> 16), byte(i >> 8), byte(i)}, db.start.Add(24*time.Hour))
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

func benchSell(b *testing.B, db *DB, id edge.CartID) {
	paid := edge.Payments{{Method: edge.Cash, Amount: 199000 + 320000}}
	_, _, err := db.RecordSale(b.Context(), "key-"+id.String(), edge.Checkout{Cart: id, Payments: paid})
	if err != nil {
		b.Error(err)
	}
}

func TestATurnEndsNotWhileACommitHangs(t *testing.T) {
	db := openTest(t)
	before := db.proven
	in, out, done := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	go func() {
		_, err := write(t.Context(), db, func(context.Context, *tx) (struct{}, error) {
			close(in)
			<-out
			return struct{}{}, nil
		})
		done <- err
	}()
	<-in
	turned := make(chan error, 1)
	go func() { turned <- db.Turn(t.Context()) }()
	require.Eventually(t, func() bool { return len(db.queue) > 0 }, 2*time.Minute, time.Millisecond, "it waits for its turn")
	require.Empty(t, turned, "a commit hangs")
	close(out)
	require.NoError(t, <-turned)
	require.NoError(t, <-done)
	require.Equal(t, before, db.proven, "nothing was written")
}

// What the disk takes for new events is told; a commit that changes nothing costs
// it nothing.
func TestTheTimeOfCommitsIsTold(t *testing.T) {
	var told []time.Duration
	db, err := Open(t.Context(), Options{
		Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1",
		Committed: func(took time.Duration) { told = append(told, took) },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	before := len(told)
	require.NoError(t, db.Turn(t.Context()))
	require.Len(t, told, before)
	_, err = write(t.Context(), db, func(ctx context.Context, t *tx) (struct{}, error) {
		_, err := t.append(ctx, edge.LaneOps, "test", "1", 1)
		return struct{}{}, err
	})
	require.NoError(t, err)
	require.Len(t, told, before+1)
	require.Positive(t, told[before])
	file, wal := db.Size()
	require.Positive(t, file)
	require.Positive(t, wal)
}
