package hq

import (
	"context"
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
)

// Who changes two gateways in a transaction, as a projection of carts does, may
// hold the one and want the other: batches of both wait for neither.
func TestIntakeWaitsForNoChangeOfAGateway(t *testing.T) {
	g := newGateway(t)
	if !databasetest.OnPostgres() {
		t.Skip("there is one writer")
	}
	other := newGatewayOf(t, g.hq, g.clock, "shop-2")
	other.newEpoch("e1")
	tx, err := g.hq.db.Write.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = tx.ExecContext(t.Context(), "update node set down_last = down_last + 1 where node = 'shop-2'")
	require.NoError(t, err)
	g.addMoves(1)
	other.addMoves(1)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var group []*intake
	for _, g := range []*gateway{g, other} {
		b := g.batch(1, 1)
		hashes, err := b.Hashes()
		require.NoError(t, err)
		group = append(group, &intake{batch: b, hashes: hashes, now: g.clock.Now().UnixMilli()})
	}
	require.NoError(t, g.hq.storeGroup(ctx, group))
	_, err = tx.ExecContext(t.Context(), "update node set down_last = down_last + 1 where node = 'shop-1'")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())

	g.clock.Advance(time.Minute)
	for _, g := range []*gateway{g, other} {
		g.send(g.batch(1, 1))
	}
	shops, err := g.hq.Shops(t.Context())
	require.NoError(t, err)
	for _, s := range shops {
		require.Equal(t, g.clock.Now(), s.Seen, "heard again, it is noted")
	}
}

func TestCloseTwice(t *testing.T) {
	h := open(t, databasetest.Place(t), time.Now, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	require.NoError(t, h.Close())
	require.NoError(t, h.Close())
}
