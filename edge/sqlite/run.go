package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// lookEvery is how often the disk is looked at, and dueEvery how often whatever
// else is due.
const (
	lookEvery      = 15 * time.Second
	integrityEvery = 24 * time.Hour
	idleFor        = 10 * time.Minute // without a write, before the whole database is read
)

// Run looks after the database until ctx ends: the room on its disk, its
// witness, and once a day, in idle time, all of its pages. Its error says that
// the database cannot be used any more: the program must start anew, which
// repairs it.
func (db *DB) Run(ctx context.Context) error {
	look, remember := time.NewTicker(lookEvery), time.NewTicker(witnessEvery)
	defer look.Stop()
	defer remember.Stop()
	var checked time.Time
	var shrunk int64 // the last commit before the WAL was emptied
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-db.broken:
			return errBroken()
		case <-look.C:
			if err := db.disk.look(); err != nil {
				db.opt.Log.WarnContext(ctx, "disk", "err", err)
			}
			if err := db.lookAhead(ctx); err != nil {
				db.opt.Log.WarnContext(ctx, "the next catalogue is not decoded ahead", "err", err)
			}
		case <-remember.C:
			if err := db.tell(ctx); err != nil {
				db.opt.Log.ErrorContext(ctx, "the ledger's witness does not follow", "err", err)
			}
			now, wrote := db.opt.Now(), db.wrote.Load()
			if now.Sub(time.UnixMilli(wrote)) <= idleFor {
				continue
			}
			if shrunk != wrote && db.emptyWAL(ctx) {
				shrunk = wrote
			}
			if now.Sub(checked) > integrityEvery {
				checked = now
				db.checkIntegrity(ctx)
			}
		}
	}
}

// emptyWAL brings all that the WAL holds into the database and gives its room on
// the disk back, unless somebody reads or writes just now: it waits for nobody,
// and no sale waits for it longer than for another.
func (db *DB) emptyWAL(ctx context.Context) (done bool) {
	c, err := sql.Open("sqlite3", dsn(db.opt.Path, "mode=rw&_synchronous=FULL&_busy_timeout=0"))
	if err == nil {
		var busy, pages, moved int
		err = c.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved)
		done = err == nil && busy == 0
		err = errors.Join(err, c.Close())
	}
	if err != nil && ctx.Err() == nil {
		db.opt.Log.WarnContext(ctx, "the database's WAL could not be emptied", "err", err)
	}
	return done
}

// checkIntegrity reads every page through a connection of its own, so that
// nobody waits for it.
func (db *DB) checkIntegrity(ctx context.Context) {
	start := time.Now()
	var found string
	err := db.reader.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&found)
	switch {
	case ctx.Err() != nil:
	case err != nil || found != "ok":
		db.note("database", "the daily check found damage in the database: run `edge restore --latest` when the shop is closed")
		db.opt.Log.ErrorContext(ctx, "the daily check found damage in the database", "found", found, "err", err)
	default:
		db.note("database", "")
		db.opt.Log.InfoContext(ctx, "the daily check found the database whole", "took", time.Since(start).Round(time.Millisecond))
	}
}

// Trouble is something that is out of order while sales go on.
type Trouble struct {
	Part    string // database, disk, backup, backup_copy, or witness
	Message string // what it is, and what to do about it
}

// note remembers a trouble of the database; an empty text ends it.
func (db *DB) note(part, text string) {
	db.noted.Lock()
	defer db.noted.Unlock()
	if db.notes == nil {
		db.notes = map[string]string{}
	}
	db.notes[part] = text
}

// Troubles lists what is out of order.
func (db *DB) Troubles() []Trouble {
	list := db.disk.troubles()
	if r := db.restored; r != nil && r.Why != "" {
		with := "its newest backup, " + filepath.Base(r.From) + ","
		if r.From == "" {
			with = "a new one, for there was no good backup"
		}
		list = append(list, Trouble{"restored", fmt.Sprintf("%s at the start; %s took its place and receipts go on in series %d; what was there is kept as %s: see whether sales are missing, and have the disk checked",
			r.Why, with, r.Series, filepath.Base(r.Aside))})
	}
	if db.witness != nil {
		db.witness.mu.Lock()
		if db.witness.failed != nil {
			list = append(list, Trouble{"witness", "the file beside the device key that guards receipt numbers cannot be written: let the gateway write there; its log says why"})
		}
		db.witness.mu.Unlock()
	}
	db.noted.Lock()
	defer db.noted.Unlock()
	if text := db.notes["database"]; text != "" {
		list = append(list, Trouble{"database", text})
	}
	return list
}
