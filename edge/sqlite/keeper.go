package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// BackupPlan says where a gateway's backups go, and how often.
type BackupPlan struct {
	Dir    string        // made if missing
	Second string        // a folder on another medium, made by whoever mounts it; empty for none
	Every  time.Duration // from one to the next
	Keep   int           // newest ones kept in each folder
}

// keepWhenShort is how many backups stay when the disk is short of room for
// sales.
const keepWhenShort = 2

// Keeper makes backups of a database that is in use, and deletes old ones.
type Keeper struct {
	db   *DB
	plan BackupPlan

	mu     sync.Mutex
	last   time.Time // of the newest backup; zero for none
	err    error     // why the last attempt failed
	second error     // why the second medium has no copy of it
}

// Keeper makes a keeper; Run starts it.
func (db *DB) Keeper(plan BackupPlan) (*Keeper, error) {
	if plan.Dir == "" || plan.Every <= 0 || plan.Keep < 1 {
		return nil, edge.Errorf("sqlite.Keeper", edge.Invalid, "a backup needs a folder, how often, and how many to keep")
	}
	k := &Keeper{db: db, plan: plan}
	if there := Backups(db.opt.Node, plan.Dir); len(there) > 0 {
		k.last = there[0].At
	}
	return k, nil
}

// Run makes a backup whenever one is due, until ctx ends. One that is under way
// then is finished.
func (k *Keeper) Run(ctx context.Context) error {
	soon := max(k.plan.Every/12, time.Second)
	wait := max(k.plan.Every-k.db.opt.Now().Sub(k.last), 0)
	if wait > k.plan.Every {
		wait = soon // the clock was set back: nobody knows when the last one was made
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = k.plan.Every
		if err := k.Make(ctx); err != nil && ctx.Err() == nil {
			wait = soon
			k.db.opt.Log.ErrorContext(ctx, "no backup was made", "err", err, "again_in", wait)
		}
	}
}

// Make makes a backup now.
func (k *Keeper) Make(ctx context.Context) error {
	err := k.make(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = err
	return err
}

func (k *Keeper) make(ctx context.Context) error {
	node, dir := k.db.opt.Node, k.plan.Dir
	if k.db.Disk().Short {
		return errors.Join(
			edge.Errorf("sqlite.Keeper", edge.Unavailable, "the disk is nearly full: its last room is kept for sales, so no backup is made and old ones are deleted"),
			pruneBackups(node, dir, keepWhenShort))
	}
	at := k.db.opt.Now().UTC().Truncate(time.Second)
	if err := k.room(dir); err != nil {
		return err
	}
	to := NextBackup(node, dir, at)
	if err := Backup(ctx, k.db.opt.Path, to); err != nil {
		return err
	}
	second := k.copyOut(to)
	if second != nil {
		k.db.opt.Log.ErrorContext(ctx, "the second medium has no copy of the backup", "folder", k.plan.Second, "err", second)
	}
	k.mu.Lock()
	k.last, k.second = at, second
	k.mu.Unlock()
	k.db.opt.Log.InfoContext(ctx, "backup made", "file", to)
	return errors.Join(pruneBackups(node, dir, k.plan.Keep), k.db.tell(ctx))
}

// room refuses a backup that would take the room that sales need.
func (k *Keeper) room(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("sqlite.Keeper: %w", err)
	}
	st, err := os.Stat(k.db.opt.Path)
	if err != nil {
		return fmt.Errorf("sqlite.Keeper: %w", err)
	}
	free, err := freeBytes(dir)
	if err != nil {
		return err
	}
	if need := st.Size() + k.db.opt.Reserve; free < need {
		return errors.Join(
			edge.Errorf("sqlite.Keeper", edge.Unavailable, "%s has %d MB left and a backup needs %d MB: free some space", dir, free>>20, need>>20),
			pruneBackups(k.db.opt.Node, dir, keepWhenShort))
	}
	return nil
}

// copyOut copies a backup to the second medium. Its folder is never made: where
// the medium is not mounted that would only fill the first one.
func (k *Keeper) copyOut(from string) error {
	if k.plan.Second == "" {
		return nil
	}
	if st, err := os.Stat(k.plan.Second); err != nil || !st.IsDir() {
		return edge.Errorf("sqlite.Keeper", edge.Unavailable, "there is no folder %s: plug the medium in, or make the folder on it", k.plan.Second)
	}
	to := filepath.Join(k.plan.Second, filepath.Base(from))
	if err := pruneBackups(k.db.opt.Node, k.plan.Second, k.plan.Keep-1); err != nil { // of a full medium the oldest goes first
		return err
	}
	if err := copyDurably(from, to+part); err != nil {
		return err
	}
	return publish(to+part, to)
}

// Last is when the newest backup was made, zero where there is none.
func (k *Keeper) Last() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

// Troubles are what keeps backups from being made.
func (k *Keeper) Troubles() (list []Trouble) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		since := "none was made yet"
		if !k.last.IsZero() {
			since = "the last one is of " + k.last.Format(time.RFC3339)
		}
		list = append(list, Trouble{"backup", "the last attempt to make a backup failed, " + since + ": the gateway's log says why"})
	}
	if k.second != nil {
		list = append(list, Trouble{"backup_copy", "the second medium has no copy of the last backup: see whether it is plugged in and has room; the gateway's log says why"})
	}
	return list
}
