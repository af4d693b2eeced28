package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

// An ack names the incarnation of the ledger: another one may hold less than
// its forerunner confirmed, so the shops ask it anew how far it is. The id is
// kept in the database together with the place where the database lies. It is
// the same ledger as long as it is found in the same place:
//
//   - SQLite: the same file, by device and inode, with a file beside it,
//     PATH.incarnation, that names the id and the last position that was
//     committed; a database that holds less came from a backup.
//   - PostgreSQL: the same server and timeline, by which a server tells that it
//     went back to a backup, and the same table.
//
// Any doubt makes a new incarnation, which costs each shop one question. What
// cannot be told from inside is a whole machine that was put back, disk and all
// (a snapshot of a virtual machine): call NewIncarnation then.

// errMoved says that the ledger lies elsewhere than its incarnation did.
var errMoved = errors.New("the ledger is another one than before")

// identify reads which incarnation the ledger is, or makes it a new one.
func (h *HQ) identify(ctx context.Context) error {
	return h.beIncarnation(ctx, false)
}

// NewIncarnation makes all shops ask anew how far HQ is. Collectors at work
// notice at once.
func (h *HQ) NewIncarnation(ctx context.Context) error {
	if err := h.beIncarnation(ctx, true); err != nil {
		return fmt.Errorf("hq.NewIncarnation: %w", err)
	}
	return nil
}

func (h *HQ) beIncarnation(ctx context.Context, another bool) error {
	var id string
	var pos int64
	restored := false
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := h.db.Lock(ctx, tx, database.LockIncarnation); err != nil {
			return err
		}
		var err error
		if pos, err = lastPosition(ctx, tx); err != nil {
			return err
		}
		had, same, err := h.db.Incarnation(ctx, tx)
		if err != nil {
			return err
		}
		if same && !another && h.db.Vouches(had, pos) {
			id = had
			return nil
		}
		id, restored = h.newID(), had != ""
		place, err := h.db.Place(ctx, tx)
		if err != nil {
			return err
		}
		const q = `insert into ledger (one, id, place, since) values (1, $1, $2, $3)
			on conflict (one) do update set id = excluded.id, place = excluded.place, since = excluded.since`
		if _, err := tx.ExecContext(ctx, q, id, place, h.nowMillis()); err != nil || !restored {
			return err
		}
		return openIncident(ctx, tx, Incident{
			Kind: IncidentRestored, Opened: h.now(),
			What: fmt.Sprintf("the ledger is another one than before: restored or moved, at event %d; the shops send what it lacks", pos),
		})
	})
	if err != nil {
		return err
	}
	if restored {
		h.log.Error("the ledger is another one than before: restored or moved", "incarnation", id, "position", pos)
	}
	h.ledger.Store(&id)
	return h.db.Committed(id, pos)
}

func lastPosition(ctx context.Context, tx *sql.Tx) (pos int64, err error) {
	err = tx.QueryRowContext(ctx, "select coalesce(max(last), 0) from passage").Scan(&pos)
	return pos, err
}
