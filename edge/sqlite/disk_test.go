package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// smallDisk is a disk of so many bytes.
func smallDisk(t *testing.T, size string) string {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("no disk is filled: mounting a small one needs root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

// fill writes a file until the disk takes no more.
func fill(t *testing.T, path string) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	require.NoError(t, err)
	defer f.Close()
	for chunk := 1 << 16; chunk > 0; chunk /= 2 {
		for {
			if _, err := f.Write(make([]byte, chunk)); err != nil {
				require.ErrorIs(t, err, syscall.ENOSPC)
				break
			}
		}
	}
}

// trySelling sells until a sale fails or there are enough, and returns the
// receipts.
func trySelling(t *testing.T, db *DB, enough int) (printed []string, err error) {
	ctx := t.Context()
	for len(printed) < enough {
		c, err := db.CreateCart(ctx)
		if err != nil {
			return printed, err
		}
		_, err = db.ChangeCart(ctx, c.ID, func(c *edge.Cart, w edge.Writer) error {
			_, err := c.Add(w, edgetest.Cream, 1)
			return err
		})
		if err != nil {
			return printed, err
		}
		s, _, err := db.RecordSale(ctx, "key-"+c.ID.String(), edge.Checkout{Cart: c.ID, Payments: edge.Payments{{Method: edge.Cash, Amount: 320000}}})
		if err != nil {
			return printed, err
		}
		printed = append(printed, s.Receipt.String())
	}
	return printed, nil
}

func parts(list []Trouble) (names []string) {
	for _, t := range list {
		names = append(names, t.Part)
	}
	return names
}

// On a full disk sales live on the reserve, everything else waits, and once
// that is used up too no receipt is printed that is not in the ledger.
func TestFullDisk(t *testing.T) {
	const reserve = 5 << 20
	dir := smallDisk(t, "64m")
	clock := edgetest.NewClock()
	opt := Options{
		Path: filepath.Join(dir, "data", "shop.db"), Node: "node", Shop: "shop", Till: "T1", Now: clock.Now,
		Witness: filepath.Join(dir, "witness"), Reserve: reserve,
	}
	db, err := Open(t.Context(), opt)
	require.NoError(t, err)
	closed := false
	defer func() {
		if !closed {
			db.Close()
		}
	}()
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	st, err := os.Stat(db.disk.path)
	require.NoError(t, err)
	require.EqualValues(t, reserve, st.Size())
	require.EqualValues(t, reserve/512, st.Sys().(*syscall.Stat_t).Blocks, "every byte has its place")
	k, err := db.Keeper(BackupPlan{Dir: filepath.Join(dir, "backup"), Every: time.Hour, Keep: 24})
	require.NoError(t, err)
	require.NoError(t, k.Make(t.Context()))
	require.Empty(t, append(db.Troubles(), k.Troubles()...))

	printed, err := trySelling(t, db, 20)
	require.NoError(t, err)
	fill(t, filepath.Join(dir, "junk"))
	clock.Advance(time.Minute)
	require.NoError(t, db.disk.look())
	require.True(t, db.Disk().Short)
	require.False(t, db.Disk().Full, "the reserve is there")
	require.Equal(t, edge.Unavailable, edge.KindOf(k.Make(t.Context())))
	require.Equal(t, []string{"disk", "backup"}, parts(append(db.Troubles(), k.Troubles()...)))

	more, err := trySelling(t, db, 50)
	require.NoError(t, err, "sales go on")
	printed = append(printed, more...)
	require.True(t, db.Disk().Full)
	require.NoFileExists(t, db.disk.path)
	clock.Advance(time.Minute)
	require.NoError(t, db.disk.look())
	require.True(t, db.Disk().Full, "it is not taken back while there is no room")
	require.True(t, db.Disk().Until.After(clock.Now()), "%v", db.Disk())
	text := db.Troubles()[0].Message
	require.Contains(t, text, "sales live on the room that was kept")
	require.Contains(t, text, "at the present rate until about 2026-11-")

	more, err = trySelling(t, db, 1<<20)
	printed = append(printed, more...)
	require.Equal(t, edge.Unavailable, edge.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "nothing was recorded")
	require.Greater(t, len(more), 50)

	require.NoError(t, os.Remove(filepath.Join(dir, "junk")))
	more, err = trySelling(t, db, 20)
	require.NoError(t, err, "it needs no new start")
	printed = append(printed, more...)
	require.NoError(t, db.disk.look())
	require.Equal(t, Disk{Free: db.Disk().Free}, db.Disk(), "the reserve is there again")
	require.NoError(t, k.Make(t.Context()))
	require.Empty(t, append(db.Troubles(), k.Troubles()...))

	require.NoError(t, db.Close())
	closed = true
	again, err := Open(t.Context(), opt)
	require.NoError(t, err)
	defer again.Close()
	sales, err := again.Sales(t.Context(), 1<<20)
	require.NoError(t, err)
	require.Len(t, sales, len(printed))
	for i, s := range sales { // newest first
		require.Equal(t, printed[len(printed)-1-i], s.Receipt.String())
	}
	require.Len(t, edgetest.Chain(t, again, edge.LaneSale), len(printed)+1)
	var check string
	require.NoError(t, again.reader.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&check))
	require.Equal(t, "ok", check)
	t.Logf("%d receipts printed, %d in the ledger", len(printed), len(sales))
}

// A start on a full disk is a start all the same: the reserve makes room.
func TestStartOnAFullDisk(t *testing.T) {
	dir := smallDisk(t, "24m")
	opt := Options{
		Path: filepath.Join(dir, "data", "shop.db"), Node: "node", Shop: "shop", Till: "T1",
		Witness: filepath.Join(dir, "witness"), Reserve: 8 << 20,
	}
	db, err := Open(t.Context(), opt)
	require.NoError(t, err)
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	printed, err := trySelling(t, db, 5)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	fill(t, filepath.Join(dir, "junk"))
	db, err = Open(t.Context(), opt)
	require.NoError(t, err)
	defer db.Close()
	more, err := trySelling(t, db, 20)
	require.NoError(t, err)
	sales, err := db.Sales(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, sales, len(printed)+len(more))
}

func TestKeeperKeepsAndCopies(t *testing.T) {
	dir := t.TempDir()
	clock := edgetest.NewClock()
	db, err := Open(t.Context(), Options{Path: filepath.Join(dir, "shop.db"), Node: "node", Shop: "shop", Till: "T1", Now: clock.Now})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	plan := BackupPlan{Dir: filepath.Join(dir, "first"), Second: filepath.Join(dir, "medium"), Every: time.Hour, Keep: 3}
	k, err := db.Keeper(plan)
	require.NoError(t, err)
	require.NoError(t, k.Make(t.Context()), "the first medium has it")
	require.Equal(t, []string{"backup_copy"}, parts(k.Troubles()))
	require.NoDirExists(t, plan.Second, "what is not plugged in is not made up")
	require.NoError(t, os.Mkdir(plan.Second, 0o700))
	half := filepath.Join(plan.Dir, "node-20260101T000000Z.db"+part)
	require.NoError(t, os.WriteFile(half, []byte("of an attempt that did not end"), 0o600))
	for range 5 {
		clock.Advance(time.Hour)
		_, err := trySelling(t, db, 2)
		require.NoError(t, err)
		require.NoError(t, k.Make(t.Context()))
	}
	require.NoFileExists(t, half)
	require.Empty(t, k.Troubles())
	for _, dir := range []string{plan.Dir, plan.Second} {
		list := Backups("node", dir)
		require.Len(t, list, 3)
		require.Equal(t, clock.Now(), list[0].At)
		require.Equal(t, clock.Now().Add(-2*time.Hour), list[2].At)
		copied, err := Open(t.Context(), Options{Path: list[1].Path, Node: "node", Shop: "shop", Till: "T1"})
		require.NoError(t, err)
		sales, err := copied.Sales(t.Context(), 100)
		require.NoError(t, err)
		require.Len(t, sales, 8, "as of its moment")
		require.NoError(t, copied.Close())
	}
	next, err := db.Keeper(plan)
	require.NoError(t, err)
	require.Equal(t, clock.Now(), next.Last(), "it goes on where the one before it stopped")
	require.Error(t, Backup(t.Context(), filepath.Join(dir, "none.db"), filepath.Join(dir, "x.db")))
	err = Backup(t.Context(), db.opt.Path, Backups("node", next.plan.Dir)[0].Path)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
	require.False(t, errors.Is(err, os.ErrNotExist))
}

// A clock that jumps changes nothing about which backup is the newest, and none
// of the others goes before its time.
func TestBackupsThoughTheClockJumps(t *testing.T) {
	dir := t.TempDir()
	clock := edgetest.NewClock()
	db, err := Open(t.Context(), Options{Path: filepath.Join(dir, "shop.db"), Node: "node", Shop: "shop", Till: "T1", Now: clock.Now})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	k, err := db.Keeper(BackupPlan{Dir: filepath.Join(dir, "backup"), Every: time.Hour, Keep: 3})
	require.NoError(t, err)
	for i, jump := range []time.Duration{0, time.Hour, -24 * time.Hour, time.Hour, 0, 48 * time.Hour, -24 * time.Hour} {
		clock.Advance(jump)
		_, err := trySelling(t, db, 1)
		require.NoError(t, err)
		require.NoError(t, k.Make(t.Context()))
		require.Equal(t, clock.Now(), k.Last())
		list := Backups("node", k.plan.Dir)
		require.Len(t, list, min(i+1, 3))
		for n, b := range list {
			a, err := OpenArchive(t.Context(), b.Path)
			require.NoError(t, err)
			epochs, err := a.Epochs(t.Context())
			require.NoError(t, err)
			head, _, err := a.EpochHead(t.Context(), epochs[0], edge.LaneSale)
			require.NoError(t, err)
			require.EqualValues(t, i+2-n, head, "the newest first")
			require.NoError(t, a.Close())
		}
	}
}

// A full disk is no reason to begin a new database where there is a backup.
func TestRepairOnAFullDisk(t *testing.T) {
	dir, backups := smallDisk(t, "24m"), t.TempDir()
	opt := Options{
		Path: filepath.Join(dir, "data", "shop.db"), Node: "node", Shop: "shop", Till: "T1",
		Witness: filepath.Join(dir, "witness"), Backups: []string{backups},
	}
	db, err := Open(t.Context(), opt)
	require.NoError(t, err)
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	printed, err := trySelling(t, db, 5)
	require.NoError(t, err)
	require.NoError(t, Backup(t.Context(), opt.Path, filepath.Join(backups, "node-20261121T080000Z.db")))
	require.NoError(t, db.Close())
	require.NoError(t, os.Truncate(opt.Path, 9000))
	fill(t, filepath.Join(dir, "junk"))
	_, err = Open(t.Context(), opt)
	require.True(t, noRoom(err), "%v", err)
	require.NoError(t, os.Remove(filepath.Join(dir, "junk")))
	db, err = Open(t.Context(), opt)
	require.NoError(t, err)
	defer db.Close()
	require.NotEmpty(t, db.Restored().From)
	sales, err := db.Sales(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, sales, len(printed))
}
