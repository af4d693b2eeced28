package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// How many releases of HQ stay beside the one in force and those to come, and how
// many bytes they may have, with those.
const (
	keptReleases = 10
	keptBytes    = 128 << 20
)

// issued is a release that HQ issued, checked before any transaction.
type issued struct {
	*edge.SignedRelease
	release  *edge.Release // nil where its document is not here
	complete bool          // it needs no files
}

func newIssued(s *edge.SignedRelease) (issued, error) {
	if s == nil {
		return issued{}, errors.New("no catalogue at all")
	}
	if err := s.CheckForm(); err != nil || s.Body == nil {
		return issued{SignedRelease: s}, err
	}
	r, err := s.Release()
	if err != nil {
		return issued{SignedRelease: s}, err
	}
	return issued{s, r, len(r.Assets) == 0}, nil
}

// putIssued stores releases that HQ issued. The same one again changes nothing;
// another one under the same version takes its place, for HQ said so last: it
// was restored from a backup.
func (t *tx) putIssued(ctx context.Context, releases []issued) error {
	for _, s := range releases {
		var have []byte
		err := t.conn.QueryRowContext(ctx, `SELECT sha256 FROM hq_release WHERE version = ? AND effective = ?`, s.Version, s.Effective.UnixMilli()).Scan(&have)
		switch {
		case err == nil && bytes.Equal(have, s.SHA256[:]):
			if err := t.putDocument(ctx, s); err != nil {
				return err
			}
			continue
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		}
		err = t.execRelease(ctx, `INSERT OR REPLACE INTO hq_release (version, effective, arrived, sha256, size, signature, body, complete) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			s.Version, s.Effective.UnixMilli(), t.db.opt.Now().UnixMilli(), s.SHA256[:], s.Size, s.Signature, s.Body, s.complete)
		if err != nil {
			return err
		}
	}
	return t.forgetReleases(ctx)
}

// putDocument adds the document to a release that waits for it.
func (t *tx) putDocument(ctx context.Context, s issued) error {
	if s.Body == nil {
		return nil
	}
	return t.execRelease(ctx, `UPDATE hq_release SET body = ?, complete = ? WHERE version = ? AND sha256 = ? AND body IS NULL`,
		s.Body, s.complete, s.Version, s.SHA256[:])
}

func scanSigned(row interface{ Scan(...any) error }, dest ...any) (s edge.SignedRelease, err error) {
	var effective int64
	var sum []byte
	err = row.Scan(append([]any{&s.Version, &effective, &sum, &s.Size, &s.Signature}, dest...)...)
	if err != nil {
		return s, err
	}
	s.Effective = time.UnixMilli(effective).UTC()
	if copy(s.SHA256[:], sum) != len(s.SHA256) {
		return s, fmt.Errorf("catalogue %d: hash of %d bytes", s.Version, len(sum))
	}
	return s, nil
}

const signedColumns = `version, effective, sha256, size, signature`

// IssuedReleases lists what HQ has issued, newest first.
func (db *DB) IssuedReleases(ctx context.Context) ([]edge.IssuedRelease, error) {
	const op = "sqlite.IssuedReleases"
	rows, err := db.reader.QueryContext(ctx, `SELECT `+signedColumns+`, arrived, body IS NOT NULL, complete, coalesce(flaw, '')
		FROM hq_release ORDER BY version DESC`)
	if err != nil {
		return nil, fault(op, err)
	}
	defer rows.Close()
	list := []edge.IssuedRelease{}
	for rows.Next() {
		var r edge.IssuedRelease
		var arrived int64
		if r.SignedRelease, err = scanSigned(rows, &arrived, &r.Stored, &r.Complete, &r.Flaw); err != nil {
			return nil, fault(op, err)
		}
		r.Arrived = time.UnixMilli(arrived).UTC()
		list = append(list, r)
	}
	return list, fault(op, rows.Err())
}

// SignedRelease is a release as HQ issued it, with its document where that is
// here; NotFound where HQ has issued none of this version.
func (db *DB) SignedRelease(ctx context.Context, version uint32) (*edge.SignedRelease, error) {
	const op = "sqlite.SignedRelease"
	var body []byte
	s, err := scanSigned(db.reader.QueryRowContext(ctx, `SELECT `+signedColumns+`, body FROM hq_release WHERE version = ?`, version), &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.NotFound, "HQ has issued no catalogue %d", version)
	}
	s.Body = body
	return &s, fault(op, err)
}

// StoreDocument stores the document of a release that HQ has issued. One that
// is not what was signed is Invalid; one that can never be used is stored as
// such, and Invalid too.
func (db *DB) StoreDocument(ctx context.Context, version uint32, body []byte) error {
	s, err := db.SignedRelease(ctx, version)
	if err != nil {
		return err
	}
	if edge.Hash(sha256.Sum256(body)) != s.SHA256 {
		return edge.Errorf("sqlite.StoreDocument", edge.Invalid, "this is not the document of catalogue %d", version)
	}
	s.Body = body
	r, flaw := newIssued(s)
	db.ahead.keep(r)
	_, err = write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		if flaw != nil {
			return struct{}{}, t.execRelease(ctx, `UPDATE hq_release SET flaw = ? WHERE version = ? AND sha256 = ?`, flaw.Error(), version, s.SHA256[:])
		}
		return struct{}{}, t.putDocument(ctx, r)
	})
	return errors.Join(flaw, err)
}

// CompleteRelease records that all files of the release are here.
func (db *DB) CompleteRelease(ctx context.Context, s *edge.SignedRelease) error {
	_, err := write(ctx, db, func(ctx context.Context, t *tx) (struct{}, error) {
		return struct{}{}, t.execRelease(ctx, `UPDATE hq_release SET complete = 1 WHERE version = ? AND sha256 = ?`, s.Version, s.SHA256[:])
	})
	return err
}

// forgetReleases deletes the oldest releases below the one in force.
func (t *tx) forgetReleases(ctx context.Context) error {
	version, _, err := issuedInForce(ctx, t.conn, t.db.opt.Now())
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.execRelease(ctx, `DELETE FROM hq_release WHERE version < ?1 AND version NOT IN
		(SELECT version FROM (SELECT version, sum(size) OVER (ORDER BY version DESC) AS held FROM hq_release ORDER BY version DESC LIMIT ?2)
			WHERE held <= ?3)`, version, keptReleases, keptBytes)
}

// issuedInForce is the newest release of HQ that is due and whose files are
// here, or have been waited for long enough; sql.ErrNoRows where there is none.
func issuedInForce(ctx context.Context, q querier, now time.Time) (version uint32, sum edge.Hash, err error) {
	var hash []byte
	err = q.QueryRowContext(ctx, `SELECT version, sha256 FROM hq_release
		WHERE body IS NOT NULL AND flaw IS NULL AND effective <= ?1 AND (complete = 1 OR max(effective, arrived) <= ?2)
		ORDER BY version DESC LIMIT 1`, now.UnixMilli(), now.Add(-edge.AssetGrace).UnixMilli()).Scan(&version, &hash)
	copy(sum[:], hash)
	return version, sum, err
}
