package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

func openShop(t *testing.T, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Node: "node", Shop: "shop", Till: "T1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestCommandsAreRememberedUntilTheyExpire(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	db := openShop(t, path)
	exp := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	begin := func(id string, digest byte) (edge.CommandMemory, bool) {
		m, known, err := db.BeginCommand(t.Context(), id, edge.Hash{digest}, exp)
		require.NoError(t, err)
		return m, known
	}
	m, known := begin("a", 1)
	require.False(t, known)
	require.Equal(t, edge.CommandMemory{}, m)
	_, _, err := db.BeginCommand(t.Context(), "a", edge.Hash{2}, exp)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)

	require.NoError(t, db.NoteProgress(t.Context(), "a", 70))
	require.NoError(t, db.NoteAnswer(t.Context(), "a", []byte("part"), false))
	require.NoError(t, db.Close())
	db = openShop(t, path)
	m, known = begin("a", 1)
	require.True(t, known)
	require.Equal(t, edge.CommandMemory{Done: 70}, m, "what was not finished is answered anew")

	for i := range 3 {
		require.NoError(t, db.NoteAnswer(t.Context(), "a", []byte{byte(i)}, i == 2))
	}
	require.NoError(t, db.NoteProgress(t.Context(), "a", 1), "comes late")
	m, known = begin("a", 1)
	require.True(t, known)
	require.Equal(t, edge.CommandMemory{Done: 70, Finished: true, Answers: [][]byte{{0}, {1}, {2}}}, m)

	require.NoError(t, db.ForgetCommands(t.Context(), exp))
	_, known = begin("a", 1)
	require.True(t, known)
	require.NoError(t, db.ForgetCommands(t.Context(), exp.Add(time.Millisecond)))
	m, known = begin("a", 9)
	require.False(t, known)
	require.Empty(t, m.Answers)
}

func TestMemoryForCommandsIsBounded(t *testing.T) {
	db := openShop(t, filepath.Join(t.TempDir(), "shop.db"))
	exp := time.Now().Add(time.Hour)
	begin := func(i int) error {
		_, _, err := db.BeginCommand(t.Context(), fmt.Sprint(i), edge.Hash{}, exp)
		return err
	}
	for i := range 1000 {
		require.NoError(t, begin(i))
	}
	require.Equal(t, edge.Unavailable, edge.KindOf(begin(1000)))
	require.NoError(t, begin(7), "what is known is answered all the same")
}

func TestArchiveTellsOfAllEpochsAndTheState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	db := openShop(t, path)
	ctx := t.Context()
	require.NoError(t, db.PutRelease(ctx, edgetest.Release(1)))
	first := db.Epoch()
	for range 3 {
		edgetest.Sell(t, db, edgetest.Lipstick)
	}
	head, hash, err := db.Head(ctx, edge.LaneSale)
	require.NoError(t, err)
	require.NoError(t, db.SetMark(ctx, edge.LaneSale, head))
	_, err = db.OpenEpoch(ctx, map[edge.Lane]uint64{edge.LaneSale: head, edge.LaneOps: 0}, 0)
	require.NoError(t, err)
	last := edgetest.Sell(t, db, edgetest.Lipstick)
	open := edgetest.FillCart(t, db, edgetest.Lipstick, 2)

	archive, err := sqlite.OpenArchive(ctx, path) // beside the gateway
	require.NoError(t, err)
	defer archive.Close()
	require.Equal(t, "node", archive.Node)
	for _, a := range []edge.Archive{db, archive} {
		epochs, err := a.Epochs(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{first, db.Epoch()}, epochs)
		seq, h, err := a.EpochHead(ctx, first, edge.LaneSale)
		require.NoError(t, err)
		require.Equal(t, head, seq)
		require.Equal(t, hash, h)
		mark, err := a.EpochMark(ctx, first, edge.LaneSale)
		require.NoError(t, err)
		require.Equal(t, head, mark)
		mark, err = a.EpochMark(ctx, db.Epoch(), edge.LaneSale)
		require.NoError(t, err)
		require.Zero(t, mark)
		events, err := a.EpochEvents(ctx, nil, first, edge.LaneSale, 1, 2)
		require.NoError(t, err)
		require.Len(t, events, 2)
		require.Equal(t, "node", events[0].Node)
		for _, err := range []error{
			func() error { _, _, err := a.EpochHead(ctx, "other", edge.LaneSale); return err }(),
			func() error { _, err := a.EpochMark(ctx, "other", edge.LaneSale); return err }(),
			func() error { _, err := a.EpochHashAt(ctx, first, edge.LaneSale, head+1); return err }(),
		} {
			require.Equal(t, edge.NotFound, edge.KindOf(err), "%v", err)
		}

		s, err := a.Snapshot(ctx)
		require.NoError(t, err)
		require.Len(t, s.Lanes, 4)
		require.Equal(t, edge.LaneReach{Epoch: first, Lane: edge.LaneSale, Head: head, Hash: hash, Mark: head}, s.Lanes[0])
		require.Equal(t, db.Epoch(), s.Lanes[2].Epoch)
		require.Contains(t, s.Receipts, last.Receipt)
		stock, err := db.Stock(ctx)
		require.NoError(t, err)
		require.Equal(t, stock, s.Stock)
		require.Len(t, s.Carts, 1)
		require.Equal(t, open.ID, s.Carts[0].ID)
	}
}

func TestArchivesThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	noise, empty := filepath.Join(dir, "noise"), filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(noise, []byte("a letter, and no database at all"), 0o600))
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for path, want := range map[string]edge.Kind{noise: edge.Invalid, dir: edge.Invalid, empty: edge.NotFound} {
		_, err := sqlite.OpenArchive(t.Context(), path)
		require.Equal(t, want, edge.KindOf(err), "%s: %v", path, err)
	}
	_, err := sqlite.OpenArchive(t.Context(), filepath.Join(dir, "missing"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoFileExists(t, filepath.Join(dir, "missing"))
}
