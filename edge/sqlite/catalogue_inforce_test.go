package sqlite

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// However releases come and the clock runs, also backwards, what is kept in
// memory is what the database says.
func TestTheReleaseInForceIsTheDatabases(t *testing.T) {
	begin := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		var clock atomic.Int64
		db, err := Open(t.Context(), Options{
			Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1",
			Now: func() time.Time { return begin.Add(time.Duration(clock.Load()) * time.Minute) },
		})
		require.NoError(rt, err)
		defer func() { require.NoError(rt, db.Close()) }()
		signed := map[uint32]*edge.SignedRelease{}
		number := uint64(0)
		release := func(version uint32) *edge.Release {
			r := edgetest.Release(version)
			r.Effective = begin.Add(time.Duration(rapid.IntRange(-200, 200).Draw(rt, "effective")) * time.Minute)
			if rapid.Bool().Draw(rt, "pictures") {
				r.Assets = []edge.Asset{{Name: "pictures/a.png", SHA256: edge.Hash{1}, Size: 10}}
			}
			return r
		}
		rt.Repeat(map[string]func(*rapid.T){
			"clock": func(rt *rapid.T) {
				clock.Add(rapid.SampledFrom([]int64{-60, -7, 1, 5, 31, 90}).Draw(rt, "minutes"))
			},
			"folder": func(rt *rapid.T) {
				_ = db.PutRelease(t.Context(), release(rapid.Uint32Range(1, 6).Draw(rt, "version"))) // a Conflict changes nothing
			},
			"HQ": func(rt *rapid.T) {
				v := rapid.Uint32Range(1, 6).Draw(rt, "version")
				s := edgetest.Signed(t, 1, release(v))
				signed[v] = s
				sent := *s
				if rapid.Bool().Draw(rt, "document later") {
					sent.Body = nil
				}
				number++
				require.NoError(rt, db.Apply(t.Context(), number, edge.Delivery{Releases: []*edge.SignedRelease{&sent}}))
			},
			"document": func(rt *rapid.T) {
				if s := signed[rapid.Uint32Range(1, 6).Draw(rt, "version")]; s != nil {
					_ = db.StoreDocument(t.Context(), s.Version, s.Body) // forgotten ones are NotFound
				}
			},
			"pictures are here": func(rt *rapid.T) {
				if s := signed[rapid.Uint32Range(1, 6).Draw(rt, "version")]; s != nil {
					require.NoError(rt, db.CompleteRelease(t.Context(), s))
				}
			},
			"within a commit that is undone": func(rt *rapid.T) {
				r := release(7)
				_, err := write(t.Context(), db, func(ctx context.Context, tx *tx) (struct{}, error) {
					err := tx.execRelease(ctx, `INSERT INTO release (version, effective, body) VALUES (?, ?, ?)`, 7, r.Effective.UnixMilli(), []byte(`{}`))
					require.NoError(rt, err)
					got, err := tx.releaseInForce(ctx)
					want, wantErr := db.readInForce(ctx, tx.conn)
					require.Equal(rt, wantErr, err)
					if err == nil {
						require.Equal(rt, want.Release, got)
					}
					return struct{}{}, edge.Errorf("test", edge.Conflict, "no")
				})
				require.Error(rt, err)
			},
			"": func(rt *rapid.T) {
				got, err := db.Release(t.Context())
				want, wantErr := db.readInForce(t.Context(), db.reader)
				if wantErr != nil {
					require.Equal(rt, edge.KindOf(wantErr), edge.KindOf(err))
					return
				}
				require.NoError(rt, err)
				require.Equal(rt, want.Release, got)
			},
		})
	})
}
