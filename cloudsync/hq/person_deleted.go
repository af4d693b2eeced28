package hq

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// deletedList is a file beside the database in which stands who was deleted: one
// line of JSON for each, which tells nobody who that was without the master key. A
// database that was put back to a backup learns from it whom to delete again.
type deletedList struct {
	mu   sync.Mutex
	path string // empty for none
}

// deletedEntry is a line of the list.
type deletedEntry struct {
	ID     string         `json:"id"`
	At     time.Time      `json:"at"`
	By     string         `json:"by"`
	Why    DeletionReason `json:"why,omitempty"`
	Sealed []byte         `json:"sealed"` // edge.PersonAsk, with a master key
}

const maxDeletedLine = 4 << 10 // bytes

// add writes an entry down, on the disk when it returns.
func (l *deletedList) add(e deletedEntry) error {
	if l.path == "" {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("list of deleted persons: %w", err)
	}
	// A line that the power cut short ends where the next one begins.
	_, err = f.Write(append(append([]byte{'\n'}, line...), '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("list of deleted persons: %w", err)
	}
	return nil
}

// read reads the list. What is no entry is left out.
func (l *deletedList) read() (list []deletedEntry, err error) {
	if l.path == "" {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list of deleted persons: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxDeletedLine)
	for lines.Scan() {
		var e deletedEntry
		if len(bytes.TrimSpace(lines.Bytes())) > 0 && json.Unmarshal(lines.Bytes(), &e) == nil && e.ID != "" {
			list = append(list, e)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("list of deleted persons %s: %w", l.path, err)
	}
	return list, nil
}

// replace puts other entries in the list's place, whole or not at all.
func (l *deletedList) replace(list []deletedEntry) error {
	if l.path == "" {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := os.CreateTemp(filepath.Dir(l.path), "."+filepath.Base(l.path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("list of deleted persons: %w", err)
	}
	defer os.Remove(f.Name())
	out := json.NewEncoder(f)
	for _, e := range list {
		err = errors.Join(err, out.Encode(e))
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("list of deleted persons: %w", err)
	}
	if err := os.Rename(f.Name(), l.path); err != nil {
		return fmt.Errorf("list of deleted persons: %w", err)
	}
	return nil
}

// deleteAgain deletes whom the list has and the database does not know of, since
// it was put back to a backup, and writes down in the list whom that lacks.
func (h *HQ) deleteAgain(ctx context.Context) error {
	listed, err := h.deleted.read()
	if err != nil {
		return err
	}
	kept, err := h.deletions(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, e := range kept {
		known[e.ID] = true
	}
	inList := map[string]bool{}
	for _, e := range listed {
		inList[e.ID] = true
		if known[e.ID] {
			continue
		}
		a, err := h.openAsk(e.ID, e.Sealed)
		if err != nil {
			h.log.Error("it cannot be read who was deleted: put the master key of that time back", "deletion", e.ID, "error", err)
			continue
		}
		ids, err := h.personsAsked(ctx, a)
		if err != nil {
			return err
		}
		err = h.db.InTx(ctx, func(tx *sql.Tx) error { return h.storeDeletion(ctx, tx, a, e, ids) })
		if err != nil {
			return err
		}
		h.traces.Store(true)
		h.log.Warn("a person was deleted again: the database did not know of it", "audit", true, "deletion", e.ID)
	}
	for _, e := range kept {
		if !inList[e.ID] {
			if err := h.deleted.add(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetUnread forgets whom a deletion did not find because a master key was not
// there: the person's was not, or who deleted had another file of them. Then the two
// are sealed with different keys, until all is sealed anew; so it comes before that.
func (h *HQ) forgetUnread(ctx context.Context) error {
	const q = `select count(*) from (select substr(key, 1, 4) from person
		union select substr(sealed, 1, 4) from person_ask where deed = 'forget') as marks`
	var marks int
	if err := h.db.Read.QueryRowContext(ctx, q).Scan(&marks); err != nil || marks < 2 {
		return err
	}
	deleted, err := h.deletions(ctx)
	if err != nil {
		return err
	}
	others := map[string][]numbered{} // by the mark of a deletion, those sealed with another key
	for _, d := range deleted {
		a, err := h.openAsk(d.ID, d.Sealed)
		if err != nil {
			continue // it waits for its own key
		}
		mark := string(d.Sealed[:len(h.persons.Mark())])
		if _, ok := others[mark]; !ok {
			if others[mark], err = h.numbers(ctx, []byte(mark)); err != nil {
				return err
			}
		}
		if ids := personsIn(others[mark], a); len(ids) > 0 {
			if err := h.forgetFound(ctx, a, ids); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetFound deletes persons whom a deletion that is on record did not find.
func (h *HQ) forgetFound(ctx context.Context, a *edge.PersonAsk, ids []string) error {
	var contacts, chats int64
	err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		if contacts, chats, err = h.forgetPerson(ctx, tx, a, ids); err != nil || contacts == 0 {
			return err
		}
		if err := h.forgetExportsOf(ctx, tx, a); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "update person_ask set contacts = contacts + $1, chats = chats + $2 where id = $3", contacts, chats, a.ID)
		return err
	})
	if err == nil && contacts > 0 {
		h.log.Warn("a person was deleted now: the master key was not here when it was asked for", "audit", true, "deletion", a.ID)
	}
	return err
}

// listAnew writes the list as the database has it. An entry that the database
// lacks stays: the master key by which it is read may come back.
func (h *HQ) listAnew(ctx context.Context) error {
	listed, err := h.deleted.read()
	if err != nil {
		return err
	}
	list, err := h.deletions(ctx)
	if err != nil {
		return err
	}
	for _, e := range listed {
		if !slices.ContainsFunc(list, func(k deletedEntry) bool { return k.ID == e.ID }) {
			list = append(list, e)
		}
	}
	return h.deleted.replace(list)
}

// deletions lists who was deleted, as the database has it.
func (h *HQ) deletions(ctx context.Context) (list []deletedEntry, err error) {
	err = database.Select(ctx, h.db.Read, "select id, at, asked_by, why, sealed from person_ask where deed = 'forget' order by at, id").Each(func(rows *sql.Rows) error {
		var e deletedEntry
		var at int64
		err := rows.Scan(&e.ID, &at, &e.By, &e.Why, &e.Sealed)
		e.At = database.Time(at)
		list = append(list, e)
		return err
	})
	return list, err
}
