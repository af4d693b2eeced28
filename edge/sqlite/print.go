package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

var _ edge.PrintQueue = (*DB)(nil)

// maxPrints bounds the jobs that wait for a printer.
const maxPrints = 200

const printColumns = `id, kind, ref, lang, staff, state, reason, copy, at`

// QueuePrint appends a job to the queue.
func (db *DB) QueuePrint(ctx context.Context, j edge.PrintJob) (*edge.PrintJob, error) {
	if err := j.Check(); err != nil {
		return nil, err
	}
	return write(ctx, db, func(ctx context.Context, t *tx) (*edge.PrintJob, error) {
		waiting, _, err := printsOpen(ctx, t.conn)
		if err != nil {
			return nil, err
		}
		if waiting >= maxPrints {
			return nil, edge.Errorf("sqlite.QueuePrint", edge.TooMany, "%d tickets wait for the printer already: see to it first", waiting)
		}
		return t.queuePrint(ctx, j)
	})
}

func (t *tx) queuePrint(ctx context.Context, j edge.PrintJob) (*edge.PrintJob, error) {
	e, err := t.epoch(ctx)
	if err != nil {
		return nil, err
	}
	j.ID, j.State, j.Reason, j.Copy, j.At = t.db.opt.NewID(), edge.PrintQueued, "", false, t.now()
	return &j, t.exec(ctx, `INSERT INTO print_job (id, kind, ref, lang, staff, state, epoch, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		j.ID, j.Kind, j.Ref, j.Lang, j.Staff, j.State, e.n, j.At.UnixMilli())
}

// ticket queues the ticket of what is being recorded, where the shop prints them:
// it commits with the record, so that it is printed after that and not otherwise.
func (t *tx) ticket(ctx context.Context, kind edge.PrintKind, ref, staff string) error {
	if !t.db.opt.Tickets {
		return nil
	}
	_, err := t.queuePrint(ctx, edge.PrintJob{Kind: kind, Ref: ref, Staff: staff})
	return err
}

// NextPrint is the oldest job that waits.
func (db *DB) NextPrint(ctx context.Context) (*edge.PrintJob, error) {
	j, err := printJob(ctx, db.reader, `WHERE state = 'queued' ORDER BY n LIMIT 1`)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return j, fault("sqlite.NextPrint", err)
}

// StartPrint says that a waiting job goes to the printer now. A ticket of the
// ledger is marked as a copy where it went there before, and where nobody can
// tell: the series before the present one may have been printed by a gateway
// whose database is lost.
func (db *DB) StartPrint(ctx context.Context, id string) (*edge.PrintJob, error) {
	return write(ctx, db, func(ctx context.Context, t *tx) (*edge.PrintJob, error) {
		e, err := t.epoch(ctx)
		if err != nil {
			return nil, err
		}
		r, err := t.conn.ExecContext(ctx, `
			UPDATE print_job SET state = 'printing', reason = '', sent = 1, copy = copy OR sent OR kind NOT IN ('cart', 'test') AND (
				EXISTS (SELECT 1 FROM print_job o WHERE o.ref = print_job.ref AND o.kind = print_job.kind AND o.sent = 1)
				OR EXISTS (SELECT 1 FROM sale s WHERE s.id = ref AND s.series < ?2)
				OR EXISTS (SELECT 1 FROM reversal v WHERE v.id = ref AND v.series < ?2)
				OR EXISTS (SELECT 1 FROM order_money m WHERE m.id = ref AND m.series < ?2))
			WHERE id = ?1 AND state = 'queued'`, id, e.n)
		if err := oneRow(r, err, "job %.64q does not wait for the printer any more", id); err != nil {
			return nil, err
		}
		return printJob(ctx, t.conn, `WHERE id = ?`, id)
	})
}

// oneRow makes an update that found no row a Conflict.
func oneRow(r sql.Result, err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return edge.Errorf("sqlite.print", edge.Conflict, format, args...)
}

// EndPrint says what became of a job.
func (db *DB) EndPrint(ctx context.Context, id string, state edge.PrintState, why edge.PrintReason, sent bool) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		r, err := t.conn.ExecContext(ctx, `UPDATE print_job SET state = ?2, reason = ?3, sent = max(copy, ?4)
			WHERE id = ?1 AND state IN ('queued', 'printing')`, id, state, why, sent)
		return struct{}{}, oneRow(r, err, "job %.64q is not being printed", id)
	})
	return err
}

// RecoverPrints makes doubtful whatever may have come out without this database
// knowing it.
func (db *DB) RecoverPrints(ctx context.Context) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		e, err := t.epoch(ctx)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, t.exec(ctx, `UPDATE print_job SET state = 'doubtful', reason = ?2, sent = 1
			WHERE state = 'printing' OR state = 'queued' AND epoch < ?1`, e.n, edge.PrintRestart)
	})
	return err
}

// latePrints are the jobs that have waited since before ?1, carts' slips, or ?2.
const latePrints = `state = 'queued' AND at < CASE kind WHEN 'cart' THEN ?1 ELSE ?2 END`

// DropLatePrints drops the jobs that have waited since before a time. Where there
// is none nothing is written: it is called often, and the database has idle times.
func (db *DB) DropLatePrints(ctx context.Context, carts, others time.Time) error {
	var late bool
	err := db.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM print_job WHERE `+latePrints+`)`, carts.UnixMilli(), others.UnixMilli()).Scan(&late)
	if err != nil || !late {
		return fault("sqlite.DropLatePrints", err)
	}
	_, err = write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		return struct{}{}, t.exec(ctx, `UPDATE print_job SET state = 'dropped', reason = ?3 WHERE `+latePrints,
			carts.UnixMilli(), others.UnixMilli(), edge.PrintLate)
	})
	return err
}

// DecidePrint carries out what somebody who looked at the printer says.
func (db *DB) DecidePrint(ctx context.Context, id string, d edge.PrintDecision, staff string) (*edge.PrintJob, error) {
	const op = "sqlite.DecidePrint"
	var change string
	switch d {
	case edge.PrintIsThere:
		change = `state = 'printed', reason = ?2 WHERE id = ?1 AND state = 'doubtful'`
	case edge.PrintAgain: // its place is at the end: the shop has gone on
		change = `state = 'queued', reason = '', copy = max(copy, sent), at = ?4, n = (SELECT max(n) + 1 FROM print_job), epoch = ?5
			WHERE id = ?1 AND state IN ('doubtful', 'failed')`
	case edge.PrintDrop:
		change = `state = 'dropped', reason = ?2 WHERE id = ?1 AND state IN ('queued', 'doubtful', 'failed')`
	default:
		return nil, edge.Errorf(op, edge.Invalid, "decision %.20q: want %s, %s or %s", d, edge.PrintIsThere, edge.PrintAgain, edge.PrintDrop)
	}
	return write(ctx, db, func(ctx context.Context, t *tx) (*edge.PrintJob, error) {
		e, err := t.epoch(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := printJob(ctx, t.conn, `WHERE id = ?`, id); errors.Is(err, sql.ErrNoRows) {
			return nil, edge.Errorf(op, edge.NotFound, "there is no print job %.64q", id)
		} else if err != nil {
			return nil, err
		}
		r, err := t.conn.ExecContext(ctx, `UPDATE print_job SET staff = ?3, `+change, id, edge.PrintStaff, staff, t.now().UnixMilli(), e.n)
		if err := oneRow(r, err, "this ticket stands otherwise by now: look again"); err != nil {
			return nil, err
		}
		return printJob(ctx, t.conn, `WHERE id = ?`, id)
	})
}

// PrintJobs lists the newest jobs.
func (db *DB) PrintJobs(ctx context.Context, limit int) ([]edge.PrintJob, error) {
	list := []edge.PrintJob{}
	err := each(ctx, db.reader, func(rows *sql.Rows) error {
		j, err := scanPrint(rows)
		if err == nil {
			list = append(list, *j)
		}
		return err
	}, `SELECT `+printColumns+` FROM print_job ORDER BY n DESC LIMIT ?`, max(limit, 0))
	return list, fault("sqlite.PrintJobs", err)
}

// PrintsOpen counts what waits, and what somebody must decide about.
func (db *DB) PrintsOpen(ctx context.Context) (waiting, asks int, err error) {
	waiting, asks, err = printsOpen(ctx, db.reader)
	return waiting, asks, fault("sqlite.PrintsOpen", err)
}

func printsOpen(ctx context.Context, q querier) (waiting, asks int, err error) {
	err = q.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE state IN ('queued', 'printing')), count(*) FILTER (WHERE state IN ('doubtful', 'failed'))
		FROM print_job WHERE state IN ('queued', 'printing', 'doubtful', 'failed')`).Scan(&waiting, &asks)
	return waiting, asks, err
}

func printJob(ctx context.Context, q querier, which string, args ...any) (*edge.PrintJob, error) {
	return scanPrint(q.QueryRowContext(ctx, `SELECT `+printColumns+` FROM print_job `+which, args...))
}

func scanPrint(row interface{ Scan(dest ...any) error }) (*edge.PrintJob, error) {
	var j edge.PrintJob
	var at int64
	err := row.Scan(&j.ID, &j.Kind, &j.Ref, &j.Lang, &j.Staff, &j.State, &j.Reason, &j.Copy, &at)
	j.At = time.UnixMilli(at).UTC()
	return &j, err
}

// Reversal finds a void or a refund of this ledger by its id; the other is nil.
func (db *DB) Reversal(ctx context.Context, id string) (*edge.Void, *edge.Refund, error) {
	const op = "sqlite.Reversal"
	var kind string
	var body []byte
	err := db.reader.QueryRowContext(ctx, `SELECT kind, body FROM reversal WHERE id = ?`, id).Scan(&kind, &body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil, edge.Errorf(op, edge.NotFound, "%.64q is no void or refund of this gateway's ledger", id)
	case err != nil:
		return nil, nil, fault(op, err)
	case kind == "void":
		v, err := decode[edge.Void](body)
		return v, nil, err
	}
	r, err := decode[edge.Refund](body)
	return nil, r, err
}

// ZReport finds a Z report by its id.
func (db *DB) ZReport(ctx context.Context, id string) (*edge.ZReport, error) {
	const op = "sqlite.ZReport"
	list, err := bodies[edge.ZReport](ctx, db.reader, `SELECT body FROM z_report WHERE id = ?`, id)
	if err == nil && len(list) == 0 {
		err = edge.Errorf(op, edge.NotFound, "%.64q is no Z report of this gateway", id)
	}
	if err != nil {
		return nil, fault(op, err)
	}
	return &list[0], nil
}
