// Package sqlite keeps the shop in one SQLite file: catalogue, carts, sales,
// stock, and the ledger of events on their way to HQ. It implements
// edge.Carts, edge.Ledger, edge.Catalogue and edge.Outbox.
//
// All writing goes through one goroutine that commits many requests at once
// and answers each only after COMMIT has reached the disk. Reading goes
// through a pool of its own and never waits for writing.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/mattn/go-sqlite3"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Options say which file to open and whose it is.
type Options struct {
	Path string // the database's file; it and its folder are made if missing
	Node string // the gateway's name at HQ
	Shop string // the shop's name at HQ
	Till string // leads every receipt number

	Now   func() time.Time // time.Now where nil
	NewID func() string    // makes UUIDv7s; uuid.NewV7 where nil
	Log   *slog.Logger     // nothing is logged where nil
}

// DB is the shop's database. It is safe for concurrent use.
type DB struct {
	opt     Options
	start   time.Time
	writer  *sql.DB
	reader  *sql.DB
	queue   chan request
	quit    chan struct{}
	stopped chan struct{}
	closing sync.Once
	changed chan struct{}
	epoch   atomic.Pointer[epoch]
	release atomic.Pointer[edge.Release] // the last one read
}

var (
	_ edge.Carts     = (*DB)(nil)
	_ edge.Ledger    = (*DB)(nil)
	_ edge.Catalogue = (*DB)(nil)
	_ edge.Outbox    = (*DB)(nil)
)

// Open opens the database, making or upgrading it first. It refuses, without
// touching it, a file that is damaged, of a newer version, another program's,
// or another gateway's. Call Close when done.
func Open(ctx context.Context, opt Options) (*DB, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.NewID == nil {
		opt.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Node == "" || opt.Shop == "" || opt.Till == "" {
		return nil, edge.Errorf("sqlite.Open", edge.Invalid, "node, shop and till must all be named")
	}
	path, err := prepareFile(ctx, opt.Path, opt.Node, opt.Shop)
	if err != nil {
		return nil, err
	}
	opt.Path = path
	db := &DB{
		opt:     opt,
		start:   opt.Now(),
		queue:   make(chan request),
		quit:    make(chan struct{}),
		stopped: make(chan struct{}),
		changed: make(chan struct{}, 1),
	}
	if err := db.open(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context) error {
	var err error
	if db.writer, err = sql.Open("sqlite3", dsn(db.opt.Path, writing)); err != nil {
		return fmt.Errorf("sqlite.Open: %w", err)
	}
	db.writer.SetMaxOpenConns(1)
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("sqlite.Open %s: %w", db.opt.Path, err)
	}
	if err := db.migrate(ctx, conn, migrations()); err != nil {
		return errors.Join(err, conn.Close())
	}
	if err := syncFolder(db.opt.Path); err != nil {
		return errors.Join(err, conn.Close())
	}
	if db.reader, err = sql.Open("sqlite3", dsn(db.opt.Path, reading)); err != nil {
		return errors.Join(fmt.Errorf("sqlite.Open: %w", err), conn.Close())
	}
	db.reader.SetMaxOpenConns(readers)
	db.reader.SetMaxIdleConns(readers)
	go db.commitLoop(conn)
	return db.settle(ctx)
}

// readers bounds the connections that read at the same time.
const readers = 4

// settle writes the gateway's name and first epoch into a new database, and
// takes the present epoch from an old one.
func (db *DB) settle(ctx context.Context) error {
	e, err := write(ctx, db, func(ctx context.Context, t *tx) (*epoch, error) {
		err := t.exec(ctx, `INSERT INTO gateway (one, node, shop) VALUES (1, ?, ?) ON CONFLICT DO NOTHING`, db.opt.Node, db.opt.Shop)
		if err != nil {
			return nil, err
		}
		e, err := t.epoch(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return t.openEpoch(ctx, nil, 0)
		}
		return e, err
	})
	if err != nil {
		return fmt.Errorf("sqlite.Open: %w", err)
	}
	db.epoch.Store(e)
	return nil
}

// Close waits for the commit that is under way and closes the file. Whoever
// writes afterwards gets an Error of kind Unavailable.
func (db *DB) Close() error {
	var err error
	db.closing.Do(func() {
		close(db.quit)
		if db.reader != nil {
			<-db.stopped // the loop runs since the reader exists
			err = db.reader.Close()
		}
		if db.writer != nil {
			err = errors.Join(err, db.writer.Close())
		}
	})
	return err
}

// fault classes an error of the driver: what another attempt may mend is
// Unavailable.
func fault(op string, err error) error {
	if _, ok := errors.AsType[*edge.Error](err); err == nil || ok {
		return err
	}
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		switch e.Code {
		case sqlite3.ErrFull:
			return &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "the disk is full, nothing was recorded: free some space", Err: err}
		case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrIoErr, sqlite3.ErrReadonly:
			return &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "the database cannot be used now, nothing was recorded: try again", Err: err}
		}
	}
	return fmt.Errorf("%s: %w", op, err)
}
