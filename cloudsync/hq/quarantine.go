package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// FlawKind says why an event was set aside.
type FlawKind string

// The kinds of flaw.
const (
	FlawOpaque   FlawKind = "opaque"   // has bytes that no text column takes
	FlawWithheld FlawKind = "withheld" // too large to travel; its data is in the shop
	FlawRevoked  FlawKind = "revoked"  // signed with a key that was taken back
	FlawOther    FlawKind = "other"    // another event with its number is held
	FlawUnknown  FlawKind = "unknown"  // of a type that this version does not know
	FlawTwice    FlawKind = "twice"    // what it records is held from another event
	FlawContent  FlawKind = "content"  // what it says does not hold together
)

// FlawKinds lists them.
func FlawKinds() []FlawKind {
	return []FlawKind{FlawOpaque, FlawWithheld, FlawRevoked, FlawOther, FlawUnknown, FlawTwice, FlawContent}
}

// flawError is a reason of a kind of its own; all others are FlawContent.
type flawError struct {
	kind FlawKind
	msg  string
}

func (e *flawError) Error() string { return e.msg }

func flawOf(err error) FlawKind {
	if e, ok := errors.AsType[*flawError](err); ok {
		return e.kind
	}
	return FlawContent
}

// Flaw is an event that was set aside for a person to look at.
type Flaw struct {
	Node   string    `json:"node"`
	Epoch  string    `json:"epoch"`
	Lane   edge.Lane `json:"lane"`
	Seq    uint64    `json:"seq"`
	Hash   edge.Hash `json:"hash"`
	Kind   FlawKind  `json:"kind"`
	Reason string    `json:"reason"`
	Body   []byte    `json:"body"` // JSON of cloudsync.Opaque
	At     time.Time `json:"at"`
}

// Quarantine lists the newest events that were set aside, at most limit (1 to
// 1000).
func (h *HQ) Quarantine(ctx context.Context, limit int) ([]Flaw, error) {
	const op = "hq.Quarantine"
	const q = "select node, epoch, lane, seq, hash, kind, reason, body, at from quarantine order by n desc limit $1"
	rows, err := h.db.Read.QueryContext(ctx, q, min(max(limit, 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []Flaw{}
	for rows.Next() {
		var f Flaw
		var hash []byte
		var at int64
		if err := rows.Scan(&f.Node, &f.Epoch, &f.Lane, &f.Seq, &hash, &f.Kind, &f.Reason, &f.Body, &at); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		if f.Hash, err = toHash(hash); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		f.At = database.Time(at)
		list = append(list, f)
	}
	return list, rows.Err()
}

// setAside stores a flaw once; fresh is false when it is there already.
func setAside(ctx context.Context, tx *sql.Tx, f Flaw) (fresh bool, err error) {
	const q = `insert into quarantine (node, epoch, lane, seq, hash, kind, reason, body, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (node, epoch, lane, seq, hash) do nothing`
	res, err := tx.ExecContext(ctx, q, f.Node, f.Epoch, f.Lane, f.Seq, f.Hash[:], f.Kind, database.Text([]byte(f.Reason)), f.Body, f.At.UnixMilli())
	if err != nil {
		return false, fmt.Errorf("quarantine: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
