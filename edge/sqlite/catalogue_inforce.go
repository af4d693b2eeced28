package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// issuedBody finds the document of a release that HQ issued.
const issuedBody = `SELECT body FROM hq_release WHERE version = ?`

// inForce is a release that was found in force, and how long that holds: from
// and until are milliseconds, and changes is DB.changes at that time.
type inForce struct {
	*edge.Release
	of          source
	changes     uint64
	from, until int64
}

// source tells releases apart that have the same version: one of a folder has
// no hash, and HQ may issue a version anew after it was restored.
type source struct {
	version uint32
	signed  edge.Hash
}

// Release is the newest release that is in effect: of those HQ issued, where
// there is one.
func (db *DB) Release(ctx context.Context) (*edge.Release, error) {
	r, err := db.releaseInForce(ctx, db.reader)
	return r, fault("sqlite.Release", err)
}

// releaseInForce is what the commit sells with. Where it changed the releases
// itself nobody else may see that yet.
func (t *tx) releaseInForce(ctx context.Context) (*edge.Release, error) {
	if !t.released {
		return t.db.releaseInForce(ctx, t.conn)
	}
	r, err := t.db.readInForce(ctx, t.conn)
	if err != nil {
		return nil, err
	}
	return r.Release, nil
}

// execRelease is how releases are written, always.
func (t *tx) execRelease(ctx context.Context, query string, args ...any) error {
	t.released = true
	return t.exec(ctx, query, args...)
}

// releaseInForce asks the database only where a release may have come or gone
// since it did last: every sale wants to know. q must see what is committed and
// nothing else.
func (db *DB) releaseInForce(ctx context.Context, q querier) (*edge.Release, error) {
	changes, now := db.changes.Load(), db.opt.Now().UnixMilli()
	if r := db.release.Load(); r != nil && r.changes == changes && r.from <= now && now < r.until {
		return r.Release, nil
	}
	r, err := db.readInForce(ctx, q)
	if err != nil {
		return nil, err
	}
	r.changes = changes // a commit meanwhile has counted on
	db.release.Store(r)
	return r.Release, nil
}

func (db *DB) readInForce(ctx context.Context, q querier) (*inForce, error) {
	now := db.opt.Now()
	r := &inForce{}
	var err error
	body := issuedBody
	r.of.version, r.of.signed, err = issuedInForce(ctx, q, now)
	if errors.Is(err, sql.ErrNoRows) {
		body = `SELECT body FROM release WHERE version = ?`
		r.of.signed = edge.Hash{}
		err = q.QueryRowContext(ctx, `SELECT version FROM release WHERE effective <= ? ORDER BY version DESC LIMIT 1`, now.UnixMilli()).Scan(&r.of.version)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("sqlite.Release", edge.Unavailable, "the shop has no catalogue yet: load one, or wait for HQ to send it")
	}
	if err != nil {
		return nil, err
	}
	if r.from, r.until, err = changesAround(ctx, q, now); err != nil {
		return nil, err
	}
	if known := db.release.Load(); known != nil && known.of == r.of {
		r.Release = known.Release
		return r, nil
	}
	r.Release, err = db.decoded(ctx, q, r.of, body)
	return r, err
}

// changesAround are the last time up to now, and the next one after it, at which
// another release may come into force by the clock alone; see issuedInForce.
func changesAround(ctx context.Context, q querier, now time.Time) (last, next int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT coalesce(max(at) FILTER (WHERE at <= ?1), ?2), coalesce(min(at) FILTER (WHERE at > ?1), ?3) FROM (
			SELECT effective AS at FROM release
			UNION ALL SELECT effective FROM hq_release
			UNION ALL SELECT max(effective, arrived) + ?4 FROM hq_release)`,
		now.UnixMilli(), math.MinInt64, math.MaxInt64, edge.AssetGrace.Milliseconds()).Scan(&last, &next)
	return last, next, err
}
