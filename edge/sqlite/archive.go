package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// maxSnapshotCarts bounds the carts of a snapshot.
const maxSnapshotCarts = 1000

// Epochs lists the epochs, oldest first.
func (db *DB) Epochs(ctx context.Context) ([]string, error) {
	var list []string
	epochs, err := epochsOf(ctx, db.reader)
	for i := range epochs {
		list = append(list, epochs[i].id)
	}
	return list, fault("sqlite.Epochs", err)
}

// EpochHead is the last event of a lane in an epoch and its hash.
func (db *DB) EpochHead(ctx context.Context, id string, lane edge.Lane) (uint64, edge.Hash, error) {
	const op = "sqlite.EpochHead"
	e, err := past(ctx, db.reader, id)
	if err != nil {
		return 0, edge.Hash{}, fault(op, err)
	}
	seq, h, err := head(ctx, db.reader, e.n, lane)
	return seq, h, fault(op, err)
}

// EpochMark is how far HQ has confirmed a lane of an epoch.
func (db *DB) EpochMark(ctx context.Context, id string, lane edge.Lane) (uint64, error) {
	const op = "sqlite.EpochMark"
	e, err := past(ctx, db.reader, id)
	if err != nil {
		return 0, fault(op, err)
	}
	m, err := mark(ctx, db.reader, e.n, lane)
	return m, fault(op, err)
}

// Snapshot is the shop's state, all of one moment: one reading transaction.
func (db *DB) Snapshot(ctx context.Context) (*edge.Snapshot, error) {
	const op = "sqlite.Snapshot"
	tx, err := db.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fault(op, err)
	}
	defer tx.Rollback()
	s := &edge.Snapshot{At: db.opt.Now().UTC()}
	if err := errors.Join(readLanes(ctx, tx, s), readReceipts(ctx, tx, s)); err != nil {
		return nil, fault(op, err)
	}
	if s.Stock, err = stockNow(ctx, tx); err != nil {
		return nil, fault(op, err)
	}
	s.Carts, err = bodies[*edge.Cart](ctx, tx, `SELECT body FROM cart WHERE closed = 0 AND pieces > 0 ORDER BY n DESC LIMIT ?`, maxSnapshotCarts)
	return s, fault(op, err)
}

// each runs scan for every row of a query.
func each(ctx context.Context, q querier, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func readLanes(ctx context.Context, q querier, s *edge.Snapshot) error {
	list, err := epochsOf(ctx, q)
	if err != nil {
		return err
	}
	for _, e := range list {
		for _, lane := range edge.Lanes() {
			l := edge.LaneReach{Epoch: e.id, Lane: lane}
			if l.Head, l.Hash, err = head(ctx, q, e.n, lane); err != nil {
				return err
			}
			if l.Mark, err = mark(ctx, q, e.n, lane); err != nil {
				return err
			}
			s.Lanes = append(s.Lanes, l)
		}
	}
	return nil
}

func readReceipts(ctx context.Context, q querier, s *edge.Snapshot) error {
	return each(ctx, q, func(rows *sql.Rows) error {
		var r edge.Receipt
		err := rows.Scan(&r.Till, &r.Series, &r.Counter)
		s.Receipts = append(s.Receipts, r)
		return err
	}, `SELECT till, series, last FROM receipt ORDER BY series, till`)
}

// Archive is a gateway's database opened for reading only.
type Archive struct {
	edge.Archive
	Node   string // whose it is
	db     *DB    // good for reading what needs no epoch
	reader *sql.DB
}

// OpenArchive opens a gateway's database for reading only, beside the gateway
// where it runs. It refuses what is not a whole database of a gateway, without
// touching it.
func OpenArchive(ctx context.Context, path string) (*Archive, error) {
	const op = "sqlite.OpenArchive"
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, edge.Errorf(op, edge.Invalid, "database path %q is not usable", path)
	}
	empty, err := checkHeader(path)
	if err != nil {
		return nil, err
	}
	var who identity
	if !empty {
		if who, err = identify(ctx, path); err != nil {
			return nil, err
		}
	}
	if who == (identity{}) {
		return nil, edge.Errorf(op, edge.NotFound, "%s holds nothing yet", path)
	}
	reader, err := sql.Open("sqlite3", dsn(path, reading))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	db := &DB{opt: Options{Path: path, Node: who.node, Shop: who.shop, Now: time.Now}, reader: reader}
	return &Archive{Archive: db, Node: who.node, db: db, reader: reader}, nil
}

// Close closes the file.
func (a *Archive) Close() error { return a.reader.Close() }
