package hq

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/audit"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

const (
	otherAtWork  = 20 * time.Millisecond  // between two looks at whether another collector still projects
	yieldStep    = 2 * time.Millisecond   // between two looks at whether batches still wait
	yieldAtMost  = 500 * time.Millisecond // so that pages follow at least so often
	yieldedShare = 9                      // times as long as it works a polite projection waits
)

// Project brings sales, stock and carts up to what the marks had passed when it
// was called. An event it cannot use is quarantined and holds up nothing. Of
// several collectors one projects at a time; the others wait until it has.
func (h *HQ) Project(ctx context.Context) error { return h.projectBehind(ctx, nil) }

// pace is how a polite projection goes: behind the batches that come, for what
// the shops wait for is the ack.
type pace struct {
	worked time.Duration // by the last step
}

// projectBehind projects at a pace, or at once where there is none. Its end is
// where the marks are when it begins: a shop that never stops sending keeps
// nobody waiting, nor the last of the steps from its turn.
func (h *HQ) projectBehind(ctx context.Context, p *pace) error {
	end, err := h.LastEvent(ctx)
	if err != nil {
		return fmt.Errorf("hq.Project: %w", err)
	}
	for _, step := range []projectionStep{h.projectSome, h.sumUpSome, h.comparePricesSome, h.auditSome} {
		if err := h.stepTo(ctx, end, p, step); err != nil {
			return fmt.Errorf("hq.Project: %w", err)
		}
	}
	return nil
}

// projectionStep projects what one transaction should, and returns the position
// it came to. busy says that another collector is at it.
type projectionStep func(ctx context.Context) (pos int64, busy bool, err error)

func (h *HQ) stepTo(ctx context.Context, end int64, p *pace, step projectionStep) error {
	for pos := int64(-1); pos < end; {
		if err := h.yield(ctx, p); err != nil {
			return err
		}
		before := pos
		select {
		case h.projecting <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		begin := time.Now()
		var busy bool
		var err error
		pos, busy, err = step(ctx)
		<-h.projecting
		if p != nil {
			p.worked = time.Since(begin)
		}
		if err == nil && pos < end && (busy || pos == before) { // it may begin anew just now: see Rebuild
			err = pause(ctx, otherAtWork)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// yield lets the batches that come go first. They get up to nine tenths of the
// time.
func (h *HQ) yield(ctx context.Context, p *pace) error {
	if p == nil {
		return nil
	}
	until := time.Now().Add(min(yieldedShare*p.worked, yieldAtMost))
	for h.commits.coming() && time.Now().Before(until) {
		if err := pause(ctx, yieldStep); err != nil {
			return err
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// inProjection runs f in a transaction in which nobody else projects; busy says
// that another collector does, and f was not run.
func (h *HQ) inProjection(ctx context.Context, f func(tx *sql.Tx) error) (busy bool, err error) {
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		held, err := h.db.TryLock(ctx, tx, database.LockProjection)
		if busy = !held; err != nil || busy {
			return err
		}
		return f(tx)
	})
	return busy, err
}

// progressOf is how far a projection has come.
func progressOf(ctx context.Context, tx *sql.Tx, name string) (pos int64, err error) {
	err = tx.QueryRowContext(ctx, "select pos from projection where name = $1", name).Scan(&pos)
	return pos, err
}

// nextPositions are those that a projection of what was projected has before
// it: after from, up to to, at most so many.
func nextPositions(ctx context.Context, tx *sql.Tx, name string, atMost int64) (from, to int64, err error) {
	const q = "select own.pos, inbox.pos from projection own, projection inbox where own.name = $1 and inbox.name = 'inbox'"
	if err := tx.QueryRowContext(ctx, q, name).Scan(&from, &to); err != nil {
		return 0, 0, err
	}
	return from, max(from, min(to, from+atMost)), nil
}

func setProgress(ctx context.Context, tx *sql.Tx, name string, pos int64) error {
	_, err := tx.ExecContext(ctx, "update projection set pos = $1 where name = $2", pos, name)
	return err
}

const auditAtOnce = 5000 // positions of one transaction

// auditSome audits the next records that were projected.
func (h *HQ) auditSome(ctx context.Context) (pos int64, busy bool, err error) {
	busy, err = h.inProjection(ctx, func(tx *sql.Tx) error {
		from, to, err := nextPositions(ctx, tx, "audit", auditAtOnce)
		if pos = to; err != nil || from == to {
			return err
		}
		if err := audit.Check(ctx, h.db, tx, from, to, h.now()); err != nil {
			return err
		}
		return setProgress(ctx, tx, "audit", to)
	})
	return pos, busy, err
}

// Rebuild makes sales, stock and all else that is projected anew from the
// inbox. Carts are only merged again: what phones changed is not in the inbox.
func (h *HQ) Rebuild(ctx context.Context) error {
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := h.db.Lock(ctx, tx, database.LockProjection); err != nil {
			return err
		}
		for _, q := range []string{
			"delete from sale", "delete from correction", "delete from z_report", "delete from einvoice", "delete from stock",
			"delete from node_total", "delete from turnover", "delete from discrepancy", "delete from foreign_refund", "delete from cash", "delete from projected",
			"delete from order_money", "delete from order_request",
			"update projection set pos = 0 where name in ('inbox', 'audit', 'turnover')",
		} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hq.Rebuild: %w", err)
	}
	return h.Project(ctx)
}
