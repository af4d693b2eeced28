package hq

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	projectAtOnce = 1000                   // events of one transaction
	otherAtWork   = 20 * time.Millisecond  // between two looks at whether another collector still projects
	yieldStep     = 2 * time.Millisecond   // between two looks at whether batches still wait
	yieldAtMost   = 500 * time.Millisecond // so that pages follow at least so often
)

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
// event it cannot use is quarantined and holds up nothing. Of several
// collectors one projects at a time; the others wait until it has.
func (h *HQ) Project(ctx context.Context) error { return h.projectAll(ctx, false) }

// projectAll does it, behind the batches that come where it is polite.
func (h *HQ) projectAll(ctx context.Context, polite bool) error {
	h.projecting.Lock()
	defer h.projecting.Unlock()
	for {
		if polite {
			if err := h.yield(ctx); err != nil {
				return fmt.Errorf("hq.Project: %w", err)
			}
		}
		begin := time.Now()
		n, busy, err := h.projectSome(ctx)
		h.worked = time.Since(begin)
		switch {
		case err != nil:
		case busy:
			err = pause(ctx, otherAtWork)
		case n < projectAtOnce:
			return errors.Join(h.comparePrices(ctx), h.auditRecords(ctx))
		}
		if err != nil {
			return fmt.Errorf("hq.Project: %w", err)
		}
	}
}

// yield lets the batches that come go first: what the shops wait for is the
// ack. They get up to nine tenths of the time.
func (h *HQ) yield(ctx context.Context) error {
	until := time.Now().Add(min(9*h.worked, yieldAtMost))
	for h.commits.coming() && time.Now().Before(until) {
		if err := pause(ctx, yieldStep); err != nil {
			return err
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Rebuild makes sales, stock and all else that is projected anew from the
// inbox. Carts are only merged again: what phones changed is not in the inbox.
func (h *HQ) Rebuild(ctx context.Context) error {
	err := h.inTx(ctx, func(tx *sql.Tx) error {
		if err := h.dialect.lock(ctx, tx, lockProjection); err != nil {
			return err
		}
		for _, q := range []string{
			"delete from sale", "delete from correction", "delete from z_report", "delete from einvoice", "delete from stock",
			"delete from node_total", "delete from discrepancy", "delete from foreign_refund", "delete from projected", "update projection set pos = 0 where name in ('inbox', 'audit')",
		} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hq.Rebuild: %w", err)
	}
	return h.Project(ctx)
}

// projector is one transaction's worth of projecting.
type projector struct {
	*HQ
	tx    *sql.Tx
	flaws []flawed
	sales []soldEntry
	stock map[stockKey]int64 // moved in this transaction
	carts []edge.CartID      // changed in it
}

// flawed is an event that cannot take effect, and why.
type flawed struct {
	*entry
	reason error
}

type stockKey struct {
	shop string
	sku  edge.SKU
}

// projectSome projects some events; busy says that another collector does.
func (h *HQ) projectSome(ctx context.Context) (count int, busy bool, err error) {
	var p projector
	err = h.inTx(ctx, func(tx *sql.Tx) error {
		p, count = projector{HQ: h, tx: tx, stock: map[stockKey]int64{}}, 0
		held, err := h.dialect.tryLock(ctx, tx, lockProjection)
		if busy = !held; err != nil || busy {
			return err
		}
		entries, err := p.next(ctx)
		if err != nil || len(entries) == 0 {
			return err
		}
		count = len(entries)
		return p.project(ctx, entries)
	})
	if err != nil || count == 0 {
		return 0, busy, err
	}
	for _, f := range p.flaws {
		h.log.Error("event not usable", "node", f.Node, "epoch", f.Epoch, "lane", f.Lane, "seq", f.Seq, "error", f.reason)
	}
	for _, id := range p.carts {
		h.carts.tell(id)
	}
	h.changed.tell(struct{}{})
	return count, false, nil
}

func (p *projector) project(ctx context.Context, entries []entry) error {
	fresh, err := p.firstTimes(ctx, entries)
	if err != nil {
		return err
	}
	for _, e := range fresh {
		if err := p.one(ctx, e); err != nil {
			return fmt.Errorf("event at %d: %w", e.pos, err)
		}
	}
	if err := p.storeSales(ctx); err != nil {
		return err
	}
	if err := p.storeStock(ctx); err != nil {
		return err
	}
	if err := p.settleSales(ctx, entries[0].pos, entries[len(entries)-1].pos); err != nil {
		return err
	}
	slices.SortFunc(p.flaws, func(a, b flawed) int { return cmp.Compare(a.pos, b.pos) })
	for _, f := range p.flaws {
		if err := p.setAside(ctx, f); err != nil {
			return err
		}
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

func (p *projector) refuse(e *entry, reason error) { p.flaws = append(p.flaws, flawed{e, reason}) }

// one lets one event take effect. Its error says that the database failed.
func (p *projector) one(ctx context.Context, e *entry) error {
	switch e.Type {
	case edge.EventSale:
		p.sale(e)
	case edge.EventDue:
		flaw, err := p.due(ctx, e)
		if flaw != nil {
			p.refuse(e, flaw)
		}
		return err
	case edge.EventVoid:
		return p.void(ctx, e)
	case edge.EventRefund:
		return p.refund(ctx, e)
	case edge.EventZ:
		return p.zReport(ctx, e)
	case edge.EventEInvoice:
		return p.einvoice(ctx, e)
	case edge.EventStock:
		p.move(e)
	case edge.EventCart:
		return p.cart(ctx, e)
	default:
		p.refuse(e, fmt.Errorf("event type %.40q is unknown to this version", e.Type))
	}
	return nil
}

func (p *projector) cart(ctx context.Context, e *entry) error {
	var c edge.Cart
	if err := json2.Unmarshal(e.Data, &c); err != nil {
		p.refuse(e, fmt.Errorf("not a cart: %w", err))
		return nil
	}
	_, err := p.mergeCart(ctx, p.tx, &c, e.Node)
	if refused, ok := errors.AsType[*edge.Error](err); ok {
		p.refuse(e, refused)
		return nil
	}
	p.carts = append(p.carts, c.ID)
	return err
}

// eventID names an event for good: one of an earlier epoch is sent again in the
// next one under its old id.
type eventID struct{ node, id string }

// firstTimes remembers the events and returns those that are new. The same id
// with another content is a flaw.
func (p *projector) firstTimes(ctx context.Context, entries []entry) ([]*entry, error) {
	var nodes, ids []string
	var digests [][]byte
	first := make(map[eventID]*entry, len(entries))
	digest := make(map[*entry][]byte, len(entries))
	var again []*entry
	for i := range entries {
		e := &entries[i]
		if e.Type == edge.EventEpoch || e.flaw != "" {
			continue
		}
		digest[e] = digestOf(e)
		k := eventID{e.Node, e.ID}
		if first[k] != nil {
			again = append(again, e)
			continue
		}
		first[k] = e
		nodes, ids, digests = append(nodes, e.Node), append(ids, e.ID), append(digests, digest[e])
	}
	stored := make(map[eventID]bool, len(nodes))
	const tail = "on conflict (node, id) do nothing returning node, id"
	c := columns{{"node", nodes}, {"id", ids}, {"digest", digests}}
	err := p.dialect.insert(ctx, p.tx, "projected", c, tail, func(rows *sql.Rows) error {
		var k eventID
		err := rows.Scan(&k.node, &k.id)
		stored[k] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	fresh := make([]*entry, 0, len(nodes))
	for i := range entries {
		e := &entries[i]
		if k := (eventID{e.Node, e.ID}); first[k] == e && stored[k] {
			fresh = append(fresh, e)
		} else if first[k] == e {
			again = append(again, e)
		}
	}
	for _, e := range again {
		if err := p.compare(ctx, e, digest[e]); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

func digestOf(e *entry) []byte {
	sum := sha256.New()
	sum.Write([]byte(e.Type))
	sum.Write([]byte{0})
	sum.Write(e.Data)
	return sum.Sum(nil)
}

// compare looks whether an event that was remembered before is the same one.
func (p *projector) compare(ctx context.Context, e *entry, digest []byte) error {
	var have []byte
	err := p.tx.QueryRowContext(ctx, "select digest from projected where node = $1 and id = $2", e.Node, e.ID).Scan(&have)
	if err == nil && !bytes.Equal(have, digest) {
		p.refuse(e, fmt.Errorf("id %.40q was used before for another event", e.ID))
	}
	return err
}

func (p *projector) setAside(ctx context.Context, f flawed) error {
	body, err := json2.Marshal(cloudsync.NewOpaque(&f.Event))
	if err != nil {
		return err
	}
	fresh, err := setAside(ctx, p.tx, Flaw{
		Node: f.Node, Epoch: f.Epoch, Lane: f.Lane, Seq: f.Seq, Hash: f.hash,
		Reason: f.reason.Error(), Body: body, At: p.now(),
	})
	if err != nil || !fresh {
		return err
	}
	return openIncident(ctx, p.tx, Incident{
		Kind: IncidentQuarantine, Node: f.Node, Opened: p.now(),
		What: fmt.Sprintf("event %d of epoch %s, lane %s: %v", f.Seq, f.Epoch, f.Lane, f.reason),
	})
}
