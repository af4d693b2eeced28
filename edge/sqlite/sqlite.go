// Package sqlite keeps the shop in one SQLite file: catalogue, carts, sales,
// stock, and the ledger of events on their way to HQ. It implements
// edge.Carts, edge.Ledger, edge.Catalogue, edge.Outbox and edge.PrintQueue.
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
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/mattn/go-sqlite3"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/person"
)

// Options say which file to open and whose it is.
type Options struct {
	Path string // the database's file; it and its folder are made if missing
	Node string // the gateway's name at HQ
	Shop string // the shop's name at HQ
	Till string // leads every receipt number

	// Witness is a small file outside the database, beside the device key. By it
	// an old copy of the database, put back by hand, is told from the present
	// one at the start, and opens a new epoch. Empty for none.
	Witness string
	// Machine is a fingerprint of the computer; a database that comes from
	// another one opens a new epoch. Empty where it is not known.
	Machine string
	// Line says that there is a headquarters which may know this gateway of another
	// machine. Until it has been heard, see SetMark, a new database gives no number
	// of the first series: that machine may have given it.
	Line bool
	// Reserve is how many bytes of the disk are kept, as a file beside the
	// database, for sales to go on when it is full; 0 for none.
	Reserve int64
	// Tickets queues the ticket of every sale, void, refund and Z report for the
	// printer, in the transaction that records it.
	Tickets bool
	// Persons are the master keys by which names and addresses are sealed; nil for
	// none, then nothing that needs them is recorded.
	Persons *person.Keys
	// Secret is what earlier versions sealed names and addresses with, 32 bytes; it
	// opens these once, for Persons.
	Secret []byte
	// Backups are the folders in which a damaged or missing database's backup is
	// looked for. Where none is named a damaged database is refused.
	Backups []string

	// Committed, where set, is told how long each COMMIT of new events took: as
	// good as all of it is the disk's. It must not block.
	Committed func(time.Duration)

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
	pen     chan pen
	stopped chan struct{} // closed when nothing is written any more
	closing sync.Once
	changed chan struct{}
	epoch   atomic.Pointer[epoch]
	release atomic.Pointer[inForce] // the last one read
	changes atomic.Uint64           // of the releases, committed
	ahead   ahead

	saleTimes saleTimes

	lock     *lock
	witness  *witness // nil where none is kept
	saved    *salvaged
	restored *Restored // nil where the file was opened as it was
	disk     *disk
	wrote    atomic.Int64 // milliseconds, the last commit

	was      int           // the schema's version before it was brought up to date
	standing standing      // after the last commit; whoever holds the pen has it
	proven   [2]proven     // of each lane, what was acknowledged last; as standing
	broken   chan struct{} // closed when the database takes no more writes
	breaking sync.Once
	noted    sync.Mutex
	notes    map[string]string // troubles by their part
}

var (
	_ edge.Carts     = (*DB)(nil)
	_ edge.Ledger    = (*DB)(nil)
	_ edge.Catalogue = (*DB)(nil)
	_ edge.Outbox    = (*DB)(nil)
	_ edge.Orders    = (*DB)(nil)
)

// Open opens the database, making or upgrading it first. It refuses, without
// touching it, a file that is of a newer version, another program's, or another
// gateway's, that is in use, or that is damaged, unless Backups are named: then
// the newest good one takes its place, see Restore. Call Close when done.
func Open(ctx context.Context, opt Options) (*DB, error) {
	opt, err := opt.complete()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(opt.Path), 0o700); err != nil {
		return nil, fmt.Errorf("sqlite.Open: making the database's folder: %w", err)
	}
	l, err := acquire("sqlite.Open", opt.Path)
	if err != nil {
		return nil, err
	}
	db, err := opt.openOrRepair(ctx)
	if noRoom(err) && newDisk(opt).giveUp() {
		opt.Log.ErrorContext(ctx, "the disk is full: the room that was kept for sales is given up, free some space", "file", opt.Path)
		db, err = opt.openOrRepair(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, l.release())
	}
	db.lock = l
	if err := db.adoptContacts(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite.Open: names and addresses: %w", err), db.Close())
	}
	return db, nil
}

// complete fills in what was left out.
func (opt Options) complete() (Options, error) {
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
		return opt, edge.Errorf("sqlite.Open", edge.Invalid, "node, shop and till must all be named")
	}
	abs, err := filepath.Abs(opt.Path)
	if err != nil || opt.Path == "" {
		return opt, edge.Errorf("sqlite.Open", edge.Invalid, "database path %q is not usable", opt.Path)
	}
	opt.Path = abs
	return opt, nil
}

// start says how a file is opened.
type start struct {
	reopen bool   // in a new epoch, whatever the witness says
	old    string // the database that it replaces, to take over what that has more
}

func (opt Options) openFile(ctx context.Context, how start) (*DB, error) {
	if err := prepareFile(ctx, opt.Path, opt.Node, opt.Shop); err != nil {
		return nil, err
	}
	var err error
	db := &DB{
		opt:     opt,
		saved:   &salvaged{},
		start:   opt.Now(),
		queue:   make(chan request, maxBatch),
		pen:     make(chan pen, 1),
		stopped: make(chan struct{}),
		changed: make(chan struct{}, 1),
		broken:  make(chan struct{}),
		disk:    newDisk(opt),
	}
	if db.witness, err = callWitness(opt.Witness, opt.Node, opt.Machine); err != nil {
		return nil, err
	}
	if err := db.open(ctx, how); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, how start) error {
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
	if err := tune(ctx, conn); err != nil {
		return errors.Join(err, conn.Close())
	}
	if db.reader, err = sql.Open("sqlite3", dsn(db.opt.Path, reading)); err != nil {
		return errors.Join(fmt.Errorf("sqlite.Open: %w", err), conn.Close())
	}
	db.reader.SetMaxOpenConns(readers)
	db.reader.SetMaxIdleConns(readers)
	db.pen <- pen{conn: conn}
	return db.settle(ctx, how)
}

// tune sets what cannot stand in the data source name: a WAL that grew while
// a backup was read shrinks again.
func tune(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, `PRAGMA journal_size_limit = 67108864`); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}

// readers bounds the connections that read at the same time.
const readers = 4

// Close waits for the commit that is under way and closes the file. Whoever
// writes afterwards gets an Error of kind Unavailable.
func (db *DB) Close() error {
	var err error
	db.closing.Do(func() {
		if err := db.tell(context.Background()); err != nil {
			db.opt.Log.Error("the ledger's witness does not follow", "err", err)
		}
		if db.reader != nil { // and so the pen
			if p := <-db.pen; p.conn != nil {
				err = errors.Join(err, p.conn.Close())
			}
			err = errors.Join(err, db.reader.Close())
		}
		close(db.stopped)
		if db.writer != nil {
			err = errors.Join(err, db.writer.Close())
		}
		err = errors.Join(err, db.lock.release())
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
