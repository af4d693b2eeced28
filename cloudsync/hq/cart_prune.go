package hq

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// How a cart is kept.
const (
	cartBare   = "bare" // never had a line
	cartOpen   = "open"
	cartClosed = "closed"
)

const (
	pruneAtOnce = 500 // carts of each kind in one transaction
	pruneEvery  = time.Hour
	pruneCarts  = `delete from cart where id in (select id from cart where state = $1 and changed < $2
		and not exists (select 1 from orders where orders.cart = cart.id and orders.live = 1) order by changed limit $3)`
)

func cartState(c *edge.Cart) string {
	switch {
	case c.Closed != nil:
		return cartClosed
	case len(c.Lines) == 0:
		return cartBare
	}
	return cartOpen
}

// PruneCarts forgets carts that nobody changed for longer than keep says, a few
// at a time, and returns how many. Payments and sales of carts stay, and so do
// carts whose order is not at its end.
func (h *HQ) PruneCarts(ctx context.Context, keep edge.CartKeep) (int, error) {
	if err := keep.Check(); err != nil {
		return 0, err
	}
	sum := 0
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		sum = 0
		for state, d := range map[string]time.Duration{cartBare: keep.Empty, cartOpen: keep.Open, cartClosed: keep.Closed} {
			res, err := tx.ExecContext(ctx, pruneCarts, state, h.now().Add(-d).UnixMilli(), pruneAtOnce)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			sum += int(n)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("hq.PruneCarts: %w", err)
	}
	return sum, nil
}

// forgetOld forgets old carts, and what people were told long ago, now and then
// until ctx is done.
func (h *HQ) forgetOld(ctx context.Context, keep edge.CartKeep) error {
	if err := keep.Check(); err != nil {
		return err
	}
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		carts := 0
		for n := 1; n > 0 && ctx.Err() == nil; carts += n {
			var err error
			if n, err = h.PruneCarts(ctx, keep); err != nil && ctx.Err() == nil {
				h.log.Error("old carts could not be forgotten", "error", err)
			}
		}
		h.tidied("carts", carts)
		contacts, err := h.forgetStrangers(ctx)
		if err != nil && ctx.Err() == nil {
			h.log.Error("phones of old carts could not be forgotten", "error", err)
		}
		h.tidied("contacts", contacts)
		if err := h.keepPersons(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("not all that is sealed is sealed with the master key in use", "error", err)
		}
		if err := h.pruneTold(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("old incidents could not be forgotten", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
