package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Digests are the digests of what HQ holds of a lane, from the block that holds
// event from up to event to (0 for all), computed anew from the inbox.
func (h *HQ) Digests(ctx context.Context, node, epoch string, lane edge.Lane, from, to uint64) ([]cloudsync.Digest, error) {
	const op = "hq.Digests"
	const q = `select seq, id, type, time, mono, subject, data, prev, hash, flaw from inbox
		where node = $1 and epoch = $2 and lane = $3 and seq >= $4 and seq <= $5 order by seq`
	if to == 0 {
		to = math.MaxInt64
	}
	rows, err := h.db.Read.QueryContext(ctx, q, node, epoch, lane, int64(cloudsync.BlockStart(from)), int64(to))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	var d cloudsync.Digester
	for rows.Next() {
		e := edge.Event{Node: node, Epoch: epoch, Lane: lane}
		var prev, hash []byte
		var flaw sql.NullString
		err := rows.Scan(&e.Seq, &e.ID, &e.Type, &e.Time, &e.Mono, &e.Subject, (*[]byte)(&e.Data), &prev, &hash, &flaw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		before, perr := toHash(prev)
		signed, herr := toHash(hash)
		if err := errors.Join(perr, herr); err != nil {
			return nil, fmt.Errorf("%s: event %d: %w", op, e.Seq, err)
		}
		if !flaw.Valid {
			signed = e.Hash(before)
		}
		d.Add(e.Seq, signed)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return d.End(), nil
}

// CompareDigests compares what a node answered to a digest command with what HQ
// holds, and lists the blocks that differ, each as its first and last possible
// event; ask for these with cloudsync.OpRange. A command that is not done, or
// was another one, is an edge.Error of kind Conflict.
func (h *HQ) CompareDigests(ctx context.Context, id string) ([][2]uint64, error) {
	const op = "hq.CompareDigests"
	c, err := h.CommandByID(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if c.Op != cloudsync.OpDigest || c.Status != cloudsync.CmdDone {
		return nil, edge.Errorf(op, edge.Conflict, "command %s is a %s and %s: compare when a digest is done", id, c.Op, c.Status)
	}
	parts, err := h.CommandResult(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	var theirs []cloudsync.Digest
	for i := range parts {
		theirs = append(theirs, parts[i].Digests...)
	}
	if len(theirs) == 0 {
		return nil, nil
	}
	last := theirs[len(theirs)-1]
	ours, err := h.Digests(ctx, c.Node, parts[0].Epoch, parts[0].Lane, theirs[0].From, last.To)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return cloudsync.Differing(theirs, ours), nil
}
