package database

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// witness is what stands in the file beside a SQLite database.
type witness struct {
	Ledger   string `json:"ledger"`   // incarnation
	Position int64  `json:"position"` // the last one committed
}

const witnessEnd = ".incarnation" // after the database's name

const witnessSize = 256 // bytes, filled with spaces, so that one write replaces all

// openWitness opens the file beside the database, making it if need be.
func (d *sqlite) openWitness() (err error) {
	d.beside, err = os.OpenFile(d.path+witnessEnd, os.O_RDWR|os.O_CREATE, 0o600)
	return err
}

// Vouches reports whether the database holds all that was committed under the
// incarnation.
func (d *sqlite) Vouches(id string, position int64) bool {
	var w witness
	text, err := io.ReadAll(io.NewSectionReader(d.beside, 0, witnessSize))
	return err == nil && json.Unmarshal(text, &w) == nil && w.Ledger == id && w.Position <= position
}

// Committed notes what is committed. It is no matter of durability: what the
// file says too little makes it a little less watchful.
func (d *sqlite) Committed(id string, position int64) error {
	text, err := json.Marshal(witness{id, position})
	if err != nil {
		return err
	}
	line := make([]byte, witnessSize)
	for i := copy(line, text); i < len(line); i++ {
		line[i] = ' '
	}
	line[len(line)-1] = '\n'
	if _, err := d.beside.WriteAt(line, 0); err != nil {
		return fmt.Errorf("database: %s: %w", d.beside.Name(), err)
	}
	return nil
}

// Place is the file, by device and inode: a copy that is put back has another.
func (d *sqlite) Place(context.Context, *sql.Tx) (string, error) {
	info, err := os.Stat(d.path)
	if err != nil {
		return "", err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", nil
	}
	return fmt.Sprintf("%d/%d", s.Dev, s.Ino), nil
}

func (d *sqlite) Incarnation(ctx context.Context, tx *sql.Tx) (id string, same bool, err error) {
	var place string
	err = tx.QueryRowContext(ctx, "select id, place from ledger where one = 1").Scan(&id, &place)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return id, place == d.found, err
}
