package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// maxChanges bounds how often one friend may vote anew.
const maxChanges = 20

// NoChoice is the choice of a friend who has looked and not voted.
const NoChoice = -1

// errFull says that no more friends may look.
var errFull = edge.Errorf("hq.EnterVote", edge.TooMany, "%d friends take part already", edge.MaxVoters)

// Choice is what a friend has voted for, NoChoice for nothing; in reports whether
// the friend takes part.
func (h *HQ) Choice(ctx context.Context, token, voter string) (choice int, in bool, err error) {
	choice, _, err = readBallot(ctx, h.db.Read, token, voter)
	if errors.Is(err, sql.ErrNoRows) {
		return NoChoice, false, nil
	}
	if err != nil {
		return NoChoice, false, fmt.Errorf("hq.Choice: %w", err)
	}
	return choice, true, nil
}

// EnterVote lets a friend look at a vote: the first edge.MaxVoters to come, any
// other is an edge.Error of kind TooMany. Who takes part already may come again.
func (h *HQ) EnterVote(ctx context.Context, token, voter string) error {
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		_, err := h.enterVote(ctx, tx, token, voter)
		return err
	})
	if err != nil {
		return fmt.Errorf("hq.EnterVote: %w", err)
	}
	return nil
}

// CastVote votes for a look, counted from 0, in the place of what the friend
// voted before.
func (h *HQ) CastVote(ctx context.Context, token, voter string, choice int) error {
	const op = "hq.CastVote"
	var v *Vote
	err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		if v, err = h.enterVote(ctx, tx, token, voter); err != nil {
			return err
		}
		if choice < 0 || choice >= len(v.Looks) {
			return edge.Errorf(op, edge.Invalid, "look %d of %d", choice+1, len(v.Looks))
		}
		have, changes, err := readBallot(ctx, tx, token, voter)
		if err != nil || have == choice {
			return err
		}
		if changes >= maxChanges {
			return edge.Errorf(op, edge.TooMany, "a vote can be changed %d times", maxChanges)
		}
		const q = "update voter set choice = $1, changes = changes + 1 where vote = $2 and voter = $3"
		if _, err := tx.ExecContext(ctx, q, choice, token, voter); err != nil {
			return err
		}
		return h.queueVote(ctx, tx, token)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return h.toldOfVote(op, v.Cart, nil)
}

// enterVote finds an open vote and gives the friend a place in it.
func (h *HQ) enterVote(ctx context.Context, tx *sql.Tx, token, voter string) (*Vote, error) {
	const op = "hq.EnterVote"
	v, _, err := readVote(ctx, tx, "token = $1", token)
	if err != nil {
		return nil, err
	}
	if !v.Open(h.now()) {
		return nil, edge.Errorf(op, edge.Expired, "the vote is over")
	}
	_, _, err = readBallot(ctx, tx, token, voter)
	if !errors.Is(err, sql.ErrNoRows) {
		return v, err
	}
	if v.Voters >= edge.MaxVoters {
		return nil, errFull
	}
	const q = "insert into voter (vote, voter, at, choice, changes) values ($1, $2, $3, $4, 0)"
	_, err = tx.ExecContext(ctx, q, token, voter, h.nowMillis(), NoChoice)
	return v, err
}

func readBallot(ctx context.Context, db database.Rower, token, voter string) (choice, changes int, err error) {
	err = db.QueryRowContext(ctx, "select choice, changes from voter where vote = $1 and voter = $2", token, voter).Scan(&choice, &changes)
	return choice, changes, err
}
