package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// openOrRepair opens the file, or what takes its place when it cannot be used.
func (opt Options) openOrRepair(ctx context.Context) (*DB, error) {
	if err := undoMove(opt.Path); err != nil {
		return nil, fmt.Errorf("sqlite.Open: %w", err)
	}
	why, err := opt.unusable(ctx)
	if err != nil {
		return nil, err
	}
	var r *Restored
	if why != "" {
		if r, err = opt.repair(ctx, why); err != nil {
			return nil, fmt.Errorf("sqlite.Open: %s, and nothing could take its place: %w", why, err)
		}
	}
	db, err := opt.openFile(ctx, start{})
	if err != nil {
		return nil, err
	}
	db.restored = r
	return db, nil
}

// unusable is why the database that should be there must be replaced; empty
// where it is well, or there never was one.
func (opt Options) unusable(ctx context.Context) (why string, err error) {
	if len(opt.Backups) == 0 {
		return "", nil
	}
	why = "the database is missing"
	if statOrNil(opt.Path) != nil {
		found, err := whose(ctx, opt.Path)
		switch {
		case errors.Is(err, errDamaged):
			return "the database is damaged", nil
		case err != nil:
			return "", err
		case found != identity{}:
			return "", found.belongs(opt.Path, opt.Node, opt.Shop)
		}
		why = "the database is empty"
	}
	w, err := callWitness(opt.Witness, opt.Node, opt.Machine)
	if err != nil {
		return "", err
	}
	first := w == nil || w.state == witnessNone
	if first && len(Backups(opt.Node, opt.Backups...)) == 0 {
		return "", nil
	}
	return why, nil
}

// repair replaces a database that cannot be used by the newest backup that can,
// or by a new one: the till must sell. The lock is held.
func (opt Options) repair(ctx context.Context, why string) (*Restored, error) {
	opt.Log.ErrorContext(ctx, "the database cannot be used, its newest backup takes its place", "file", opt.Path, "why", why)
	for _, b := range Backups(opt.Node, opt.Backups...) {
		if err := checkBackup(ctx, "sqlite.Open", b.Path, opt); err != nil {
			opt.Log.ErrorContext(ctx, "backup passed over", "file", b.Path, "err", err)
			continue
		}
		r, err := opt.restore(ctx, b.Path, why)
		if err == nil {
			return r, nil
		}
		if noRoom(err) || ctx.Err() != nil {
			return nil, err // that is no fault of the backup's
		}
		opt.Log.ErrorContext(ctx, "backup passed over", "file", b.Path, "err", err)
	}
	opt.Log.ErrorContext(ctx, "there is no good backup: a new database is begun", "folders", strings.Join(opt.Backups, " "))
	return opt.restore(ctx, "", why)
}

// Restored is what happened to the database at the start; nil where it was
// opened as it was.
func (db *DB) Restored() *Restored { return db.restored }
