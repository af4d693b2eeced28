package hq

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// AssetPath leads the address of an asset; its SHA-256 in lower-case hex follows.
const AssetPath = "/assets/v1/"

// maxFetches bounds the assets that are read at once: each is held in memory
// while it is on its way.
const maxFetches = 16

// PutAsset stores a file, and returns its name: the SHA-256 of what is in it.
func (h *HQ) PutAsset(ctx context.Context, body []byte) (edge.Hash, error) {
	const op = "hq.PutAsset"
	if len(body) == 0 || len(body) > edge.MaxAssetBytes {
		return edge.Hash{}, edge.Errorf(op, edge.TooLarge, "a file of %d bytes: want 1 to %d", len(body), edge.MaxAssetBytes)
	}
	sum := edge.Hash(sha256.Sum256(body))
	err := h.db.InTx(ctx, func(tx *sql.Tx) error { return h.putAsset(ctx, tx, sum, body) })
	if err != nil {
		return sum, fmt.Errorf("%s: %w", op, err)
	}
	return sum, nil
}

func (h *HQ) putAsset(ctx context.Context, tx *sql.Tx, sum edge.Hash, body []byte) error {
	const q = "insert into asset (sha256, size, added, body) values ($1, $2, $3, $4) on conflict (sha256) do update set added = excluded.added"
	_, err := tx.ExecContext(ctx, q, sum[:], len(body), h.nowMillis(), body)
	return err
}

// Asset reads a file; an edge.Error of kind NotFound where there is none.
func (h *HQ) Asset(ctx context.Context, sum edge.Hash) (body []byte, added time.Time, err error) {
	var ms int64
	err = h.db.Read.QueryRowContext(ctx, "select body, added from asset where sha256 = $1", sum[:]).Scan(&body, &ms)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, added, edge.Errorf("hq.Asset", edge.NotFound, "there is no file %s", sum)
	}
	if err != nil {
		return nil, added, fmt.Errorf("hq.Asset: %w", err)
	}
	return body, time.UnixMilli(ms).UTC(), nil
}

// checkAssets refuses a release whose files are not all there.
func checkAssets(ctx context.Context, tx *sql.Tx, assets []edge.Asset) error {
	for _, a := range assets {
		var size int64
		err := tx.QueryRowContext(ctx, "select size from asset where sha256 = $1", a.SHA256[:]).Scan(&size)
		if errors.Is(err, sql.ErrNoRows) || err == nil && size != a.Size {
			return edge.Errorf("hq.checkAssets", edge.Conflict, "file %s is not stored as the catalogue has it: put it first", a.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Assets serves the files at AssetPath: whole or in ranges, for ever the same.
// Who knows a file's hash knows what is in it, so no password is asked.
func (h *HQ) Assets() http.Handler {
	turn := make(chan struct{}, maxFetches)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "files can only be read", http.StatusMethodNotAllowed)
			return
		}
		name := r.URL.Path[min(len(r.URL.Path), len(AssetPath)):]
		var sum edge.Hash
		if len(name) != hex.EncodedLen(len(sum)) || sum.UnmarshalText([]byte(name)) != nil || sum.String() != name {
			http.Error(w, "want the SHA-256 of a file in lower-case hex", http.StatusNotFound)
			return
		}
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		default:
			w.Header().Set("Retry-After", "2")
			http.Error(w, "too many files are being fetched: try again in 2 seconds", http.StatusServiceUnavailable)
			return
		}
		h.serveAsset(w, r, sum)
	})
}

func (h *HQ) serveAsset(w http.ResponseWriter, r *http.Request, sum edge.Hash) {
	body, added, err := h.Asset(r.Context(), sum)
	switch {
	case edge.KindOf(err) == edge.NotFound:
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	case err != nil:
		h.log.Error("a file could not be read", "file", sum, "error", err)
		http.Error(w, "the file cannot be read now: try again", http.StatusInternalServerError)
		return
	}
	head := w.Header()
	head.Set("ETag", `"`+sum.String()+`"`)
	head.Set("Cache-Control", "public, max-age=31536000, immutable")
	// It is a file to keep, never a page of ours: what an SVG says must not run.
	head.Set("Content-Type", "application/octet-stream")
	head.Set("Content-Disposition", "attachment")
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	head.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", added, bytes.NewReader(body))
}
