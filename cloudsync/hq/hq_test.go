package hq

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestALedgerNeedsAPlace(t *testing.T) {
	_, err := Open(t.Context(), Options{Key: newKey(t), Now: time.Now, NewID: uuid.NewString, Log: slog.New(slog.DiscardHandler)})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}

func TestReleasesOutliveARestart(t *testing.T) {
	path, key, clock := databasetest.Place(t), newKey(t), edgetest.NewClock()
	h := open(t, path, clock.Now, key)
	_, err := h.Release(t.Context())
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
	require.NoError(t, h.PutRelease(t.Context(), edgetest.Release(1)))
	require.NoError(t, h.PutRelease(t.Context(), edgetest.Release(1)))
	other := edgetest.Release(1)
	other.Variants[0].Price.Amount++
	require.Equal(t, edge.Conflict, edge.KindOf(h.PutRelease(t.Context(), other)))
	later := edgetest.Release(2)
	later.Effective = clock.Now().Add(time.Hour)
	require.NoError(t, h.PutRelease(t.Context(), later))

	again := open(t, path, clock.Now, key)
	require.Equal(t, *h.ledger.Load(), *again.ledger.Load(), "the same incarnation")
	r, err := again.Release(t.Context())
	require.NoError(t, err)
	require.Equal(t, edgetest.Release(1), r)
	clock.Advance(time.Hour)
	r, err = again.Release(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, r.Version)
	r, err = again.ReleaseVersion(t.Context(), 1)
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Version)
	_, err = again.ReleaseVersion(t.Context(), 3)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}
