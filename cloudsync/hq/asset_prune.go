package hq

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	keepReleases = 20                  // the newest whose files are kept
	keepFilesFor = 90 * 24 * time.Hour // those of all that were issued since
	newFilesFor  = 24 * time.Hour      // a file may be put that long before the release that names it
)

// pruneAssets deletes the files that no release needs any more, neither one that
// is in force or to come nor one that may be undone, and that are no bundle which
// gateways may still take.
func (h *HQ) pruneAssets(ctx context.Context, tx *sql.Tx) error {
	const q = `select body from release where issued >= $1 or version >= (select coalesce(max(version), 0) from release where effective <= $2)
		or version in (select version from release order by version desc limit $3)`
	now := h.now()
	needed := map[edge.Hash]bool{}
	err := database.Select(ctx, tx, q, now.Add(-keepFilesFor).UnixMilli(), now.UnixMilli(), keepReleases).Each(func(rows *sql.Rows) error {
		var body []byte
		var r struct{ Assets []edge.Asset }
		if err := rows.Scan(&body); err != nil {
			return err
		}
		needed[sha256.Sum256(body)] = true // a large one is a file itself
		err := json.Unmarshal(body, &r)
		for _, a := range r.Assets {
			needed[a.SHA256] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	err = database.Select(ctx, tx, "select sha256 from rollout where expires > $1", now.UnixMilli()).Each(func(rows *sql.Rows) error {
		var sum []byte
		if err := rows.Scan(&sum); err != nil {
			return err
		}
		hash, err := toHash(sum)
		needed[hash] = true // a bundle, which gateways may still fetch
		return err
	})
	if err != nil {
		return err
	}
	var old [][]byte
	err = database.Select(ctx, tx, "select sha256 from asset where added < $1", now.Add(-newFilesFor).UnixMilli()).Each(func(rows *sql.Rows) error {
		var sum []byte
		if err := rows.Scan(&sum); err != nil {
			return err
		}
		hash, err := toHash(sum)
		if !needed[hash] {
			old = append(old, sum)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, sum := range old {
		if _, err := tx.ExecContext(ctx, "delete from asset where sha256 = $1", sum); err != nil {
			return err
		}
	}
	if len(old) > 0 {
		h.log.Info("files that no catalogue needs are deleted", "files", len(old))
	}
	return nil
}
