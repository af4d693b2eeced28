package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	labelled    = `SELECT body, made, place, parked, parked_by, parked_at, deal FROM cart WHERE `
	takenCarts  = labelled + `taken > 0 AND (closed = 1 OR pieces = 0) ORDER BY n DESC LIMIT ?`
	unordered   = `NOT EXISTS (SELECT 1 FROM shop_order o WHERE o.cart = cart.id)` // an order's cart only shows it
	openCarts   = labelled + `closed = 0 AND pieces > 0 AND parked = '' AND ` + unordered + ` ORDER BY n DESC LIMIT ?`
	parkedCarts = labelled + `closed = 0 AND pieces > 0 AND parked <> '' ORDER BY n DESC LIMIT ?`
)

// OpenCarts lists carts of which money goes back, then those that have lines and
// are not paid, the parked ones first.
func (db *DB) OpenCarts(ctx context.Context, limit int) (carts []edge.OpenCart, err error) {
	for _, query := range []string{takenCarts, parkedCarts, openCarts} {
		err = each(ctx, db.reader, func(rows *sql.Rows) error {
			c, err := scanOpen(rows)
			if err == nil {
				carts = append(carts, *c)
			}
			return err
		}, query, max(limit-len(carts), 0))
		if err != nil {
			return nil, fault("sqlite.OpenCarts", err)
		}
	}
	return carts, nil
}

func scanOpen(row interface{ Scan(dest ...any) error }) (*edge.OpenCart, error) {
	var c edge.OpenCart
	var body, deal []byte
	var made, parkedAt int64
	var p edge.Parking
	err := row.Scan(&body, &made, &c.Place, &p.Name, &p.Staff, &parkedAt, &deal)
	if err != nil {
		return nil, err
	}
	if deal != nil {
		d, err := decode[edge.Deal](deal)
		if err != nil {
			return nil, err
		}
		c.Deal = *d
	}
	c.Made = time.UnixMilli(made).UTC()
	if p.Name != "" {
		p.At = time.UnixMilli(parkedAt).UTC()
		c.Parked = &p
	}
	c.Cart, err = decode[edge.Cart](body)
	return &c, err
}

// OpenCart finds a cart with what staff tell it apart by.
func (db *DB) OpenCart(ctx context.Context, id edge.CartID) (*edge.OpenCart, error) {
	c, err := loadOpen(ctx, db.reader, id)
	return c, fault("sqlite.OpenCart", err)
}

func loadOpen(ctx context.Context, q querier, id edge.CartID) (*edge.OpenCart, error) {
	c, err := scanOpen(q.QueryRowContext(ctx, labelled+`id = ?`, id.String()))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("sqlite.OpenCart", edge.NotFound, "there is no cart %s in this shop", id)
	}
	return c, err
}

// LabelCart changes what staff tell the cart apart by.
func (db *DB) LabelCart(ctx context.Context, id edge.CartID, change func(c *edge.OpenCart) error) (*edge.OpenCart, error) {
	return write(ctx, db, func(ctx context.Context, t *tx) (*edge.OpenCart, error) {
		c, err := loadOpen(ctx, t.conn, id)
		if err != nil {
			return nil, err
		}
		if err := change(c); err != nil {
			return nil, err
		}
		var p edge.Parking
		if c.Parked != nil {
			p = *c.Parked
		}
		err = t.exec(ctx, `UPDATE cart SET place = ?, parked = ?, parked_by = ?, parked_at = ? WHERE id = ?`,
			c.Place, p.Name, p.Staff, max(p.At.UnixMilli(), 0), id.String())
		if err != nil {
			return nil, err
		}
		if err := t.saveDeal(ctx, id, &c.Deal); err != nil {
			return nil, err
		}
		return c, t.audit(ctx, c.Deeds())
	})
}

func (t *tx) saveDeal(ctx context.Context, id edge.CartID, d *edge.Deal) error {
	var body []byte
	if !d.Empty() {
		var err error
		if body, err = json.Marshal(d); err != nil {
			return err
		}
	}
	return t.exec(ctx, `UPDATE cart SET deal = ?, taken = ? WHERE id = ?`, body, len(d.Parts), id.String())
}

// CartByCode finds the cart that has the code now. Codes are looked for seldom,
// and mostly those of new carts: to keep an index of them would cost every sale.
func (db *DB) CartByCode(ctx context.Context, code string) (*edge.Cart, error) {
	const op = "sqlite.CartByCode"
	var found edge.Cart
	done := errors.New("found")
	err := each(ctx, db.reader, func(rows *sql.Rows) error {
		var id string
		var c edge.Cart
		if err := rows.Scan(&id, &c.Links); err != nil {
			return err
		}
		if err := c.ID.UnmarshalText([]byte(id)); err != nil {
			return err
		}
		if c.Code() == code {
			found.ID = c.ID
			return done
		}
		return nil
	}, `SELECT id, coalesce(json_extract(CAST(body AS TEXT), '$.links'), 0) FROM cart ORDER BY n DESC`)
	switch {
	case errors.Is(err, done):
		return db.Cart(ctx, found.ID)
	case err != nil:
		return nil, fault(op, err)
	}
	return nil, edge.Errorf(op, edge.NotFound, "no cart of this shop has the code %.20s: read it again", code)
}
