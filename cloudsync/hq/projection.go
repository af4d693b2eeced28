package hq

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const projectAtOnce = 500 // events of one transaction

// entry is an event that a mark has passed, on its way into the tables that
// people read.
type entry struct {
	edge.Event
	pos      int64
	shop     string
	hash     edge.Hash
	flaw     string
	received int64
}

// Project brings sales, stock and carts up to what the marks have passed. An
// event it cannot use is quarantined and holds up nothing.
func (h *HQ) Project(ctx context.Context) error {
	h.projecting.Lock()
	defer h.projecting.Unlock()
	for {
		n, err := h.projectSome(ctx)
		if err != nil {
			return fmt.Errorf("hq.Project: %w", err)
		}
		if n < projectAtOnce {
			return nil
		}
	}
}

// Rebuild makes sales and stock anew from the inbox. Carts are only merged
// again: what phones changed is not in the inbox.
func (h *HQ) Rebuild(ctx context.Context) error {
	h.projecting.Lock()
	err := h.inTx(ctx, func(tx *sql.Tx) error {
		for _, q := range []string{
			"delete from sale", "delete from stock", "delete from projected", "update projection set pos = 0 where name = 'inbox'",
		} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
	h.projecting.Unlock()
	if err != nil {
		return fmt.Errorf("hq.Rebuild: %w", err)
	}
	return h.Project(ctx)
}

// projector is one transaction's worth of projecting.
type projector struct {
	*HQ
	tx       *sql.Tx
	remember *sql.Stmt
	stock    map[stockKey]int64 // moved in this transaction
	carts    []edge.CartID      // changed in it
}

type stockKey struct {
	shop string
	sku  edge.SKU
}

func (h *HQ) projectSome(ctx context.Context) (int, error) {
	var p projector
	var count int
	err := h.inTx(ctx, func(tx *sql.Tx) error {
		p = projector{HQ: h, tx: tx, stock: map[stockKey]int64{}}
		entries, err := p.next(ctx)
		count = len(entries)
		if err != nil || count == 0 {
			return err
		}
		return p.project(ctx, entries)
	})
	if err != nil || count == 0 {
		return 0, err
	}
	for _, id := range p.carts {
		h.carts.tell(id)
	}
	h.changed.tell(struct{}{})
	return count, nil
}

func (p *projector) project(ctx context.Context, entries []entry) (err error) {
	const remember = "insert into projected (node, id, digest) values ($1, $2, $3) on conflict (node, id) do nothing"
	if p.remember, err = p.tx.PrepareContext(ctx, remember); err != nil {
		return err
	}
	defer p.remember.Close()
	for i := range entries {
		e := &entries[i]
		flaw, err := p.one(ctx, e)
		if err != nil {
			return fmt.Errorf("event at %d: %w", e.pos, err)
		}
		if flaw == nil {
			continue
		}
		p.log.Error("event not usable", "node", e.Node, "epoch", e.Epoch, "lane", e.Lane, "seq", e.Seq, "error", flaw)
		if err := p.setAside(ctx, e, flaw); err != nil {
			return err
		}
	}
	if err := p.storeStock(ctx); err != nil {
		return err
	}
	_, err = p.tx.ExecContext(ctx, "update projection set pos = $1 where name = 'inbox'", entries[len(entries)-1].pos)
	return err
}

// next reads the events to project.
func (p *projector) next(ctx context.Context) ([]entry, error) {
	var pos int64
	if err := p.tx.QueryRowContext(ctx, "select pos from projection where name = 'inbox'").Scan(&pos); err != nil {
		return nil, err
	}
	events, err := readEvents(ctx, p.tx, pos, projectAtOnce)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	shops, err := shopsOf(ctx, p.tx)
	if err != nil {
		return nil, err
	}
	list := make([]entry, len(events))
	for i, r := range events {
		list[i] = entry{Event: r.Event, pos: r.Cursor, shop: shops[r.Event.Node], hash: r.Hash, flaw: r.Flaw, received: r.Received.UnixMilli()}
	}
	return list, nil
}

// shopsOf maps the nodes to their shops.
func shopsOf(ctx context.Context, db queryer) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, "select node, shop from node")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	shops := map[string]string{}
	for rows.Next() {
		var node, shop string
		if err := rows.Scan(&node, &shop); err != nil {
			return nil, err
		}
		shops[node] = shop
	}
	return shops, rows.Err()
}

// one lets one event take effect, once however often it comes. flaw
// says why it cannot; err that the database failed.
func (p *projector) one(ctx context.Context, e *entry) (flaw, err error) {
	if e.Type == edge.EventEpoch || e.flaw != "" {
		return nil, nil
	}
	first, flaw, err := p.firstTime(ctx, e)
	if !first || err != nil {
		return flaw, err
	}
	switch e.Type {
	case edge.EventSale:
		return p.sale(ctx, e)
	case edge.EventStock:
		return p.move(e)
	case edge.EventCart:
		var c edge.Cart
		if err := json.Unmarshal(e.Data, &c); err != nil {
			return fmt.Errorf("not a cart: %w", err), nil
		}
		p.carts = append(p.carts, c.ID)
		_, err := p.mergeCart(ctx, p.tx, &c, e.Node)
		if refused, ok := errors.AsType[*edge.Error](err); ok {
			return refused, nil
		}
		return nil, err
	}
	return fmt.Errorf("event type %.40q is unknown to this version", e.Type), nil
}

// firstTime remembers the event by its id. An event of an earlier epoch is
// sent again in the next one under its old id; the same id with another
// content is a flaw.
func (p *projector) firstTime(ctx context.Context, e *entry) (first bool, flaw, err error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00", e.Type)
	sum.Write(e.Data)
	digest := sum.Sum(nil)
	res, err := p.remember.ExecContext(ctx, e.Node, e.ID, digest)
	if err != nil {
		return false, nil, err
	}
	if n, err := res.RowsAffected(); n > 0 || err != nil {
		return n > 0, nil, err
	}
	var have []byte
	err = p.tx.QueryRowContext(ctx, "select digest from projected where node = $1 and id = $2", e.Node, e.ID).Scan(&have)
	if err != nil {
		return false, nil, err
	}
	if !bytes.Equal(have, digest) {
		flaw = fmt.Errorf("id %.40q was used before for another event", e.ID)
	}
	return false, flaw, nil
}

func (p *projector) move(e *entry) (flaw, err error) {
	var m edge.StockMove
	if err := json.Unmarshal(e.Data, &m); err != nil {
		return fmt.Errorf("not a stock move: %w", err), nil
	}
	if err := m.Check(); err != nil {
		return err, nil
	}
	if !storable(string(m.SKU)) {
		return fmt.Errorf("stock move of a SKU that no database takes: %.40q", m.SKU), nil
	}
	if m.Delta > maxPieces || m.Delta < -maxPieces {
		return fmt.Errorf("stock move of %d pieces of %.40q", m.Delta, m.SKU), nil
	}
	p.stock[stockKey{e.shop, m.SKU}] += m.Delta
	return nil, nil
}

func (p *projector) storeStock(ctx context.Context) error {
	const q = `insert into stock (shop, sku, quantity) values ($1, $2, $3)
		on conflict (shop, sku) do update set quantity = stock.quantity + excluded.quantity`
	for k, delta := range p.stock {
		if _, err := p.tx.ExecContext(ctx, q, k.shop, k.sku, delta); err != nil {
			return err
		}
	}
	return nil
}

func (p *projector) setAside(ctx context.Context, e *entry, flaw error) error {
	body, err := json.Marshal(cloudsync.NewOpaque(&e.Event))
	if err != nil {
		return err
	}
	_, err = setAside(ctx, p.tx, Flaw{
		Node: e.Node, Epoch: e.Epoch, Lane: e.Lane, Seq: e.Seq, Hash: e.hash,
		Reason: flaw.Error(), Body: body, At: p.now(),
	})
	return err
}
