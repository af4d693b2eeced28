package hq

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/edge"
)

// PutRelease stores a release. The same version again must be the same
// release, or it is a Conflict.
func (h *HQ) PutRelease(ctx context.Context, r *edge.Release) error {
	const op = "hq.PutRelease"
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	err = h.inTx(ctx, func(tx *sql.Tx) error {
		var have []byte
		err := tx.QueryRowContext(ctx, "select body from release where version = $1", r.Version).Scan(&have)
		switch {
		case err == nil && bytes.Equal(have, body):
			return nil
		case err == nil:
			return edge.Errorf(op, edge.Conflict, "catalogue %d is already there with another content: give the changed one a new version", r.Version)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		_, err = tx.ExecContext(ctx, "insert into release (version, effective, body) values ($1, $2, $3)",
			r.Version, r.Effective.UnixMilli(), body)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.changed.tell(struct{}{})
	return nil
}

// Release is the newest release in effect; an edge.Error of kind Unavailable
// where there is none yet.
func (h *HQ) Release(ctx context.Context) (*edge.Release, error) {
	const op = "hq.Release"
	const q = "select body from release where effective <= $1 order by version desc limit 1"
	r, err := readRelease(h.read.QueryRowContext(ctx, q, h.nowMillis()))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.Unavailable, "there is no catalogue yet")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return r, nil
}

// ReleaseVersion is the release with that version; an edge.Error of kind
// NotFound where there is none.
func (h *HQ) ReleaseVersion(ctx context.Context, version uint32) (*edge.Release, error) {
	const op = "hq.ReleaseVersion"
	r, err := readRelease(h.read.QueryRowContext(ctx, "select body from release where version = $1", version))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.NotFound, "catalogue %d is not known here", version)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return r, nil
}

func readRelease(row *sql.Row) (*edge.Release, error) {
	var body []byte
	if err := row.Scan(&body); err != nil {
		return nil, err
	}
	var r edge.Release
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	return &r, nil
}
