package sqlite

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/edge"
)

// claimTime is how long a new cart is the shop's alone to take money for.
// Whoever wants to pay on the phone before that is handed the cart.
const claimTime = 12 * time.Hour

// CreateCart opens an empty cart. HQ hears of it with its first line.
func (db *DB) CreateCart(ctx context.Context) (*edge.Cart, error) {
	return write(ctx, db, func(ctx context.Context, t *tx) (*edge.Cart, error) {
		var id edge.CartID
		rand.Read(id[:]) // never fails (crypto/rand)
		c := edge.NewCart(id, db.opt.Now().Add(claimTime))
		_, err := t.saveCart(ctx, c, nil)
		return c, err
	})
}

// Cart finds a cart.
func (db *DB) Cart(ctx context.Context, id edge.CartID) (*edge.Cart, error) {
	c, _, err := loadCart(ctx, db.reader, id)
	return c, fault("sqlite.Cart", err)
}

func loadCart(ctx context.Context, q querier, id edge.CartID) (c *edge.Cart, body []byte, err error) {
	return scanCart(q.QueryRowContext(ctx, `SELECT body FROM cart WHERE id = ?`, id.String()), id)
}

// cartToSell is a cart, what is stored of it, and the number of its next
// check-out.
type cartToSell struct {
	*edge.Cart
	body     []byte
	checkout uint32
	order    sql.NullString // that it shows
	deal     *edge.Deal     // nil where nothing was settled
}

func (t *tx) loadToSell(ctx context.Context, id edge.CartID) (*cartToSell, error) {
	c := &cartToSell{}
	row := t.conn.QueryRowContext(ctx, `SELECT body, 1 + coalesce((SELECT checkout FROM sale WHERE cart = ?1 ORDER BY checkout DESC LIMIT 1), 0),
		(SELECT id FROM shop_order WHERE cart = ?1), deal FROM cart WHERE id = ?1`, id.String())
	var deal []byte
	var err error
	if c.Cart, c.body, err = scanCart(row, id, &c.checkout, &c.order, &deal); err == nil && deal != nil {
		c.deal, err = decode[edge.Deal](deal)
	}
	return c, err
}

func scanCart(row *sql.Row, id edge.CartID, more ...any) (c *edge.Cart, body []byte, err error) {
	err = row.Scan(append([]any{&body}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, edge.Errorf("sqlite.Cart", edge.NotFound, "there is no cart %s in this shop", id)
	}
	if err != nil {
		return nil, nil, err
	}
	c = new(edge.Cart)
	if err := json2.Unmarshal(body, c); err != nil { // twice as fast, which every sale feels
		return nil, nil, fmt.Errorf("the stored cart %s does not decode: %w", id, err)
	}
	return c, body, nil
}

func decode[T any](body []byte) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(body, v); err != nil {
		return nil, fmt.Errorf("a stored %T does not decode: %w", v, err)
	}
	return v, nil
}

// bodies are the stored records that a query finds.
func bodies[T any](ctx context.Context, q querier, query string, args ...any) (list []T, err error) {
	err = each(ctx, q, func(rows *sql.Rows) error {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return err
		}
		v, err := decode[T](body)
		if err == nil {
			list = append(list, *v)
		}
		return err
	}, query, args...)
	return list, err
}

// saveCart stores c unless it still is what before says: then body is nil.
func (t *tx) saveCart(ctx context.Context, c *edge.Cart, before []byte) (body []byte, err error) {
	if body, err = json.Marshal(c); err != nil || bytes.Equal(body, before) {
		return nil, err
	}
	pieces := 0
	for i := range c.Lines {
		pieces += c.Lines[i].Quantity()
	}
	return body, t.exec(ctx, `INSERT INTO cart (id, pieces, closed, body, changed, made, bare) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
		ON CONFLICT (id) DO UPDATE SET pieces = excluded.pieces, closed = excluded.closed, body = excluded.body,
			changed = excluded.changed, bare = excluded.bare`,
		c.ID.String(), pieces, c.Closed != nil, body, t.now().UnixMilli(), len(c.Lines) == 0)
}

// ChangeCart runs change on the cart as the gateway of the present epoch.
// change runs while all writing waits for it: it must not block.
func (db *DB) ChangeCart(ctx context.Context, id edge.CartID, change func(c *edge.Cart, w edge.Writer) error) (*edge.Cart, error) {
	return write(ctx, db, func(ctx context.Context, t *tx) (*edge.Cart, error) {
		c, before, err := loadCart(ctx, t.conn, id)
		if err != nil {
			return nil, err
		}
		e, err := t.epoch(ctx)
		if err != nil {
			return nil, err
		}
		if err := change(c, edge.EpochWriter(e.id)); err != nil {
			return nil, err
		}
		if err := c.Check(); err != nil {
			return nil, err // nobody else would take it
		}
		body, err := t.saveCart(ctx, c, before)
		if err != nil || body == nil {
			return c, err
		}
		_, err = t.appendBody(ctx, edge.LaneOps, edge.EventCart, id.String(), body)
		return c, err
	})
}

// MergeCart takes in what another party knows of a cart. Where that shows that
// the cart was paid twice and this shop's sale is the second, its payment
// becomes due.
func (db *DB) MergeCart(ctx context.Context, c *edge.Cart) (*edge.Cart, error) {
	return write(ctx, db, func(ctx context.Context, t *tx) (*edge.Cart, error) {
		return t.mergeCart(ctx, c)
	})
}

func (t *tx) mergeCart(ctx context.Context, c *edge.Cart) (*edge.Cart, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	mine, before, err := loadCart(ctx, t.conn, c.ID)
	switch {
	case edge.KindOf(err) == edge.NotFound:
		mine = &edge.Cart{ID: c.ID, Claim: c.Claim}
		// It may have been sold and forgotten since.
		if mine.Closed, err = closingOf(ctx, t.conn, c.ID); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	}
	second := edge.SecondClosing(mine.Closed, c.Closed)
	if err := mine.Merge(c); err != nil {
		return nil, err
	}
	if err := mine.Check(); err != nil {
		return nil, err
	}
	if second != nil {
		if err := t.saleDue(ctx, second, *mine.Closed); err != nil {
			return nil, err
		}
	}
	_, err = t.saveCart(ctx, mine, before)
	return mine, err
}
