package hq

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// PutRelease stores a release of HQ's own, which no node is told of. The same
// version again must be the same release, or it is a Conflict.
func (h *HQ) PutRelease(ctx context.Context, r *edge.Release) error {
	const op = "hq.PutRelease"
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
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
// where there is none yet. The caller must not change it.
func (h *HQ) Release(ctx context.Context) (*edge.Release, error) {
	const op = "hq.Release"
	const q = "select version, effective, issued from release where effective <= $1 order by version desc limit 1"
	var name releaseName
	err := h.db.Read.QueryRowContext(ctx, q, h.nowMillis()).Scan(&name.version, &name.effective, &name.issued)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.Unavailable, "there is no catalogue yet")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if r := h.releases.find(name); r != nil {
		return r, nil
	}
	h.releases.reading.Lock()
	defer h.releases.reading.Unlock()
	r, err := h.releases.read(ctx, h.db.Read, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return r, nil
}

// ReleaseVersion is the release with that version; an edge.Error of kind
// NotFound where there is none.
func (h *HQ) ReleaseVersion(ctx context.Context, version uint32) (*edge.Release, error) {
	r, err := releaseVersion(ctx, h.db.Read, version)
	if err != nil {
		return nil, fmt.Errorf("hq.ReleaseVersion: %w", err)
	}
	return r, nil
}

func releaseVersion(ctx context.Context, db database.Rower, version uint32) (*edge.Release, error) {
	r, err := readRelease(db.QueryRowContext(ctx, "select body from release where version = $1", version))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("hq.releaseVersion", edge.NotFound, "catalogue %d is not known here", version)
	}
	return r, err
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

// Issue is a release that HQ has issued, or one of its own.
type Issue struct {
	Version   uint32
	Effective time.Time
	Issued    time.Time // zero for HQ's own
	Note      string    // where its content came from
	InForce   bool
}

// Issues lists the releases, newest first, at most limit (1 to 1000).
func (h *HQ) Issues(ctx context.Context, limit int) ([]Issue, error) {
	const op = "hq.Issues"
	const q = "select version, effective, issued, note from release order by version desc limit $1"
	rows, err := h.db.Read.QueryContext(ctx, q, min(max(limit, 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []Issue{}
	now, found := h.now(), false
	for rows.Next() {
		var i Issue
		var effective, issued int64
		if err := rows.Scan(&i.Version, &effective, &issued, &i.Note); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		i.Effective, i.Issued = time.UnixMilli(effective).UTC(), database.Time(issued)
		i.InForce = !found && !i.Effective.After(now)
		found = found || i.InForce
		list = append(list, i)
	}
	return list, rows.Err()
}

// HasIssued reports whether HQ has ever issued a release. From then on a folder
// has no say.
func (h *HQ) HasIssued(ctx context.Context) (bool, error) {
	var n int
	if err := h.db.Read.QueryRowContext(ctx, "select count(*) from release where issued > 0").Scan(&n); err != nil {
		return false, fmt.Errorf("hq.HasIssued: %w", err)
	}
	return n > 0, nil
}

// IssueRelease gives r, whose version it sets, to all nodes: signed, numbered
// after all that there were, in force from r.Effective on. Its files must have
// been put before. note says where the content came from.
func (h *HQ) IssueRelease(ctx context.Context, r *edge.Release, note string) (*edge.SignedRelease, error) {
	const op = "hq.IssueRelease"
	var s *edge.SignedRelease
	err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		s, err = h.issue(ctx, tx, r, note)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.log.Info("catalogue issued", "audit", true, "version", s.Version, "effective", s.Effective, "note", note)
	h.changed.tell(struct{}{})
	h.downs.tell(struct{}{})
	return s, nil
}

// Undo issues the content of an earlier release as a new version, in force at
// once: that of the one before the newest or, unless it is 0, that of version.
// The files of old releases are not kept for ever: where some are gone, it is a
// Conflict.
func (h *HQ) Undo(ctx context.Context, version uint32) (*edge.SignedRelease, error) {
	const op = "hq.Undo"
	var s *edge.SignedRelease
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		from := version
		if from == 0 {
			err := tx.QueryRowContext(ctx, "select version from release order by version desc limit 1 offset 1").Scan(&from)
			if errors.Is(err, sql.ErrNoRows) {
				return edge.Errorf(op, edge.Conflict, "there is no catalogue before the newest one")
			}
			if err != nil {
				return err
			}
		}
		r, err := releaseVersion(ctx, tx, from)
		if err != nil {
			return err
		}
		r.Effective = h.now().UTC().Truncate(time.Second)
		s, err = h.issue(ctx, tx, r, fmt.Sprintf("content of %d", from))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.log.Info("catalogue issued", "audit", true, "version", s.Version, "undo", true)
	h.changed.tell(struct{}{})
	h.downs.tell(struct{}{})
	return s, nil
}

func (h *HQ) issue(ctx context.Context, tx *sql.Tx, r *edge.Release, note string) (*edge.SignedRelease, error) {
	err := tx.QueryRowContext(ctx, "select coalesce(max(version), 0) + 1 from release").Scan(&r.Version)
	if err != nil {
		return nil, err
	}
	if err := checkAssets(ctx, tx, r.Assets); err != nil {
		return nil, err
	}
	s, err := edge.SignRelease(h.key, r)
	if err != nil {
		return nil, err
	}
	const q = "insert into release (version, effective, body, issued, signature, note) values ($1, $2, $3, $4, $5, $6)"
	_, err = tx.ExecContext(ctx, q, s.Version, s.Effective.UnixMilli(), s.Body, h.nowMillis(), s.Signature, note)
	if err != nil {
		return nil, err
	}
	if len(s.Body) > cloudsync.MaxInline { // it is fetched by its hash
		if err := h.putAsset(ctx, tx, s.SHA256, s.Body); err != nil {
			return nil, err
		}
	}
	if err := h.pruneAssets(ctx, tx); err != nil {
		return nil, err
	}
	nodes, err := nodeNames(ctx, tx, "")
	if err != nil {
		return nil, err
	}
	for _, node := range nodes {
		if err := h.queueSituation(ctx, tx, node, situation{Releases: []uint32{s.Version}}); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// signedRelease reads a release that HQ has issued.
func signedRelease(ctx context.Context, db database.Rower, version uint32) (*edge.SignedRelease, error) {
	s := &edge.SignedRelease{Version: version}
	var effective int64
	const q = "select effective, body, signature from release where version = $1 and issued > 0"
	if err := db.QueryRowContext(ctx, q, version).Scan(&effective, &s.Body, &s.Signature); err != nil {
		return nil, fmt.Errorf("catalogue %d: %w", version, err)
	}
	s.Effective, s.Size, s.SHA256 = time.UnixMilli(effective).UTC(), int64(len(s.Body)), sha256.Sum256(s.Body)
	return s, nil
}

// nodeNames lists the nodes of a shop, or all where shop is empty.
func nodeNames(ctx context.Context, tx *sql.Tx, shop string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, "select node from node where shop = $1 or $1 = '' order by node", shop)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var nodes []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, rows.Err()
}
