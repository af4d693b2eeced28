package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

var _ edge.ConsentLog = (*DB)(nil)

// RecordConsent records what somebody agreed to.
func (db *DB) RecordConsent(ctx context.Context, c edge.Consent) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) { return struct{}{}, t.putConsent(ctx, c) })
	return err
}

func (t *tx) putConsent(ctx context.Context, c edge.Consent) error {
	if err := c.Check(); err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO consent (at, purpose, version, place) VALUES (?, ?, ?, ?)`, t.now().UnixMilli(), c.Purpose, c.Version, c.Place)
}

// Consents lists the newest.
func (db *DB) Consents(ctx context.Context, limit int) ([]edge.Consent, error) {
	list := []edge.Consent{}
	err := each(ctx, db.reader, func(rows *sql.Rows) error {
		var c edge.Consent
		var at int64
		err := rows.Scan(&at, &c.Purpose, &c.Version, &c.Place)
		c.At = time.UnixMilli(at).UTC()
		list = append(list, c)
		return err
	}, `SELECT at, purpose, version, place FROM consent ORDER BY n DESC LIMIT ?`, max(limit, 0))
	return list, fault("sqlite.Consents", err)
}

// pruneConsents forgets what was agreed to before a time, a few at a time, and
// returns how many.
func (db *DB) pruneConsents(ctx context.Context, before time.Time) (int, error) {
	const atOnce = 1000
	sum := 0
	for {
		n, err := write(ctx, db, func(ctx context.Context, t *tx) (int64, error) {
			r, err := t.conn.ExecContext(ctx, `DELETE FROM consent WHERE n IN (SELECT n FROM consent WHERE at < ? ORDER BY n LIMIT ?)`, before.UnixMilli(), atOnce)
			if err != nil {
				return 0, err
			}
			return r.RowsAffected()
		})
		if sum += int(n); err != nil || n < atOnce {
			return sum, fault("sqlite.pruneConsents", err)
		}
	}
}
