package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// A release of HQ is decoded before a sale asks for it, and once, however many
// ask: when its document comes, and after a restart before its time comes.
func TestAReleaseIsDecodedAheadAndOnce(t *testing.T) {
	ctx, clock := t.Context(), edgetest.NewClock()
	o := Options{Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1", Now: clock.Now}
	db, err := Open(ctx, o)
	require.NoError(t, err)
	issue := func(n uint64, version uint32, effective time.Time) {
		r := edgetest.Release(version)
		r.Effective = effective
		s := edgetest.Signed(t, 1, r)
		bare := *s
		bare.Body = nil
		require.NoError(t, db.Apply(ctx, n, edge.Delivery{Releases: []*edge.SignedRelease{&bare}}))
		require.NoError(t, db.StoreDocument(ctx, version, s.Body))
	}
	inForce := func() *edge.Release {
		t.Helper()
		var got [16]*edge.Release
		var g errgroup.Group
		for i := range got {
			g.Go(func() (err error) {
				got[i], err = db.Release(ctx)
				return err
			})
		}
		require.NoError(t, g.Wait())
		for _, r := range got {
			require.Same(t, got[0], r)
		}
		return got[0]
	}

	issue(1, 2, clock.Now())
	ready := db.ahead.Release
	require.NotNil(t, ready, "it was decoded when it came")
	require.Same(t, ready, inForce())

	issue(2, 3, clock.Now().Add(time.Hour))
	require.NoError(t, db.Close())
	db, err = Open(ctx, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.EqualValues(t, 2, inForce().Version)
	require.NoError(t, db.lookAhead(ctx))
	require.EqualValues(t, 2, db.ahead.Version, "the next one has an hour yet")
	clock.Advance(time.Hour - aheadFor)
	require.NoError(t, db.lookAhead(ctx))
	ready = db.ahead.Release
	require.EqualValues(t, 3, ready.Version)
	require.EqualValues(t, 2, inForce().Version, "its time has not come")
	clock.Advance(aheadFor)
	require.Same(t, ready, inForce())
}
