package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// aheadFor is how long before a release may come into force it is decoded at the
// latest. It is more than lookEvery.
const aheadFor = time.Minute

// ahead is a release of HQ that was decoded before anybody asked for it: no sale
// waits for a chain's 100,000 products. mu is held while one is decoded, so that
// many who ask at once have it decoded once.
type ahead struct {
	mu sync.Mutex
	of source
	*edge.Release
}

// keep notes a release that was decoded on its way into the database.
func (a *ahead) keep(s issued) {
	if s.release == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of, a.Release = source{s.Version, s.SHA256}, s.release
}

// decoded is the release that q finds by body.
func (db *DB) decoded(ctx context.Context, q querier, of source, body string) (*edge.Release, error) {
	db.ahead.mu.Lock()
	defer db.ahead.mu.Unlock()
	if known := db.release.Load(); known != nil && known.of == of {
		return known.Release, nil
	}
	if db.ahead.Release != nil && db.ahead.of == of {
		return db.ahead.Release, nil
	}
	var raw []byte
	if err := q.QueryRowContext(ctx, body, of.version).Scan(&raw); err != nil {
		return nil, err
	}
	r, err := decode[edge.Release](raw)
	if err == nil && of.signed != (edge.Hash{}) { // a folder's has nothing to tell it from another one
		db.ahead.of, db.ahead.Release = of, r
	}
	return r, err
}

// lookAhead decodes the release that comes into force next, if it does so soon,
// whether its files are here or not.
func (db *DB) lookAhead(ctx context.Context) error {
	var next source
	var sum []byte
	err := db.reader.QueryRowContext(ctx, `SELECT version, sha256 FROM hq_release
		WHERE body IS NOT NULL AND flaw IS NULL AND effective <= ? ORDER BY version DESC LIMIT 1`,
		db.opt.Now().Add(aheadFor).UnixMilli()).Scan(&next.version, &sum)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		copy(next.signed[:], sum)
		_, err = db.decoded(ctx, db.reader, next, issuedBody)
	}
	return fault("sqlite.lookAhead", err)
}
