package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	// unfetched is how long a photo waits for the phone: where nobody took the
	// link along, nobody can open the photo either.
	unfetched = 2 * time.Hour
	// visitsEvery is how late what was for a day is deleted; nobody is given it
	// from the moment it is over.
	visitsEvery = 5 * time.Minute
	// photosOfNode bounds the photos of one gateway at once.
	photosOfNode = 2000
)

// Photo is a sealed photo that a cart's phone may fetch.
type Photo struct {
	ID      string
	SKUs    []edge.SKU // what is worn on it
	Expires time.Time
}

// TakePhoto takes in an envelope of a shopper's sealed photo, or of its
// withdrawal. Its error is a RefusalError or an edge.Error unless the database
// failed; a photo that was deleted or has expired is an edge.Error of kind
// Expired.
func (h *HQ) TakePhoto(ctx context.Context, payload []byte) error {
	const op = "hq.TakePhoto"
	p, node, err := h.openPhoto(ctx, payload)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		if len(p.Sealed) == 0 {
			return h.withdrawPhoto(ctx, tx, p, node)
		}
		return h.storePhoto(ctx, tx, p, node)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.carts.tell(p.Cart)
	return nil
}

// openPhoto finds who signed a photo, and reads it.
func (h *HQ) openPhoto(ctx context.Context, payload []byte) (*edge.SealedPhoto, string, error) {
	body, node, err := photoPost().open(ctx, h, payload)
	if err != nil {
		return nil, "", err
	}
	p, err := cloudsync.DecodePhoto(body)
	if err != nil {
		return nil, "", err
	}
	return p, node, p.Check(h.now())
}

func (h *HQ) storePhoto(ctx context.Context, tx *sql.Tx, p *edge.SealedPhoto, node string) error {
	const op = "hq.storePhoto"
	var owner string
	var deleted bool
	err := tx.QueryRowContext(ctx, "select node, body is null from photo where id = $1", p.ID).Scan(&owner, &deleted)
	switch {
	case err == nil && owner != node:
		return edge.Errorf(op, edge.Conflict, "the photo is of another gateway")
	case err == nil && deleted:
		return edge.Errorf(op, edge.Expired, "the photo was deleted")
	case err == nil:
		return nil // it came before
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	var ofCart, ofNode int
	const count = "select count(case when cart = $1 then 1 end), count(*) from photo where node = $2 and body is not null and expires > $3"
	if err := tx.QueryRowContext(ctx, count, p.Cart.String(), node, h.nowMillis()).Scan(&ofCart, &ofNode); err != nil {
		return err
	}
	if ofCart >= edge.MaxCartPhotos || ofNode >= photosOfNode {
		return edge.Errorf(op, edge.TooMany, "%d photos of this cart and %d of this gateway are here: at most %d and %d", ofCart, ofNode, edge.MaxCartPhotos, photosOfNode)
	}
	skus, err := json.Marshal(p.SKUs)
	if err != nil {
		return err
	}
	now := h.now()
	soon := min(now.Add(unfetched).UnixMilli(), p.Expires.UnixMilli())
	const q = "insert into photo (id, cart, node, added, expires, latest, skus, body) values ($1, $2, $3, $4, $5, $6, $7, $8)"
	_, err = tx.ExecContext(ctx, q, p.ID, p.Cart.String(), node, now.UnixMilli(), soon, p.Expires.UnixMilli(), skus, p.Sealed)
	return err
}

// withdrawPhoto deletes a photo for its shop, also one that has yet to come.
func (h *HQ) withdrawPhoto(ctx context.Context, tx *sql.Tx, p *edge.SealedPhoto, node string) error {
	const q = `insert into photo (id, cart, node, added, expires, latest, skus) values ($1, $2, $3, $4, $5, $5, $6)
		on conflict (id) do update set body = null, skus = excluded.skus, expires = photo.latest where photo.node = excluded.node`
	_, err := tx.ExecContext(ctx, q, p.ID, p.Cart.String(), node, h.nowMillis(), p.Expires.UnixMilli(), []byte("[]"))
	return err
}

// ofCart holds where a photo is to be had, and comes from the gateway that the
// cart is of.
const ofCart = "from photo p join cart c on c.id = p.cart and c.node = p.node where p.cart = $1 and p.body is not null and p.expires > $2"

// Photos lists a cart's photos, the oldest first.
func (h *HQ) Photos(ctx context.Context, cart edge.CartID) ([]Photo, error) {
	const op = "hq.Photos"
	rows, err := h.db.Read.QueryContext(ctx, "select p.id, p.skus, p.latest "+ofCart+" order by p.added, p.id", cart.String(), h.nowMillis())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	var list []Photo
	for rows.Next() {
		var p Photo
		var skus []byte
		var expires int64
		if err := rows.Scan(&p.ID, &skus, &expires); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		if err := json.Unmarshal(skus, &p.SKUs); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		p.Expires = time.UnixMilli(expires).UTC()
		list = append(list, p)
	}
	return list, rows.Err()
}

// Photo is what is sealed of a cart's photo; an edge.Error of kind NotFound
// where there is none any more. From now on it stays until its shopper deletes
// it, or the time is up that the shop gave it.
func (h *HQ) Photo(ctx context.Context, cart edge.CartID, id string) ([]byte, error) {
	const op = "hq.Photo"
	var body []byte
	var expires, latest int64
	err := h.db.Read.QueryRowContext(ctx, "select p.body, p.expires, p.latest "+ofCart+" and p.id = $3", cart.String(), h.nowMillis(), id).Scan(&body, &expires, &latest)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.NotFound, "there is no such photo, or it was deleted")
	}
	if err == nil && expires < latest {
		_, err = h.db.Write.ExecContext(ctx, "update photo set expires = latest where id = $1", id)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return body, nil
}

// DeletePhoto deletes a cart's photo for its shopper, and tells the shop. One
// that is not there is as good as deleted.
func (h *HQ) DeletePhoto(ctx context.Context, cart edge.CartID, id string) error {
	const op = "hq.DeletePhoto"
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		var node string
		err := tx.QueryRowContext(ctx, "select p.node "+ofCart+" and p.id = $3", cart.String(), h.nowMillis(), id).Scan(&node)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "update photo set body = null, skus = $1, expires = latest where id = $2", []byte("[]"), id); err != nil {
			return err
		}
		return h.queueRecord(ctx, tx, node, &edge.Record{Kind: edge.RecordPhoto, ID: id, State: edge.PhotoDeleted, At: h.now().UTC()})
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.carts.tell(cart)
	h.downs.tell(struct{}{})
	return nil
}

// pruneVisits deletes what was for a day: photos that have expired, and votes
// that have been over for one.
func (h *HQ) pruneVisits(ctx context.Context) error {
	now := h.now()
	for _, old := range []struct {
		query string
		at    time.Time
	}{
		{"delete from photo where expires <= $1", now},
		{"delete from voter where vote in (select token from vote where closes <= $1)", now.Add(-edge.VoteLife)},
		{"delete from vote where closes <= $1", now.Add(-edge.VoteLife)},
	} {
		if _, err := h.db.Write.ExecContext(ctx, old.query, old.at.UnixMilli()); err != nil {
			return fmt.Errorf("hq.pruneVisits: %w", err)
		}
	}
	return nil
}

// forgetVisits does so now and then until ctx is done.
func (h *HQ) forgetVisits(ctx context.Context) {
	tick := time.NewTicker(visitsEvery)
	defer tick.Stop()
	for {
		if err := h.pruneVisits(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("photos and votes that are over could not be deleted", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
