package hq

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	json2 "github.com/go-json-experiment/json"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

const projectAtOnce = 1000 // events of one transaction

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

// projector is one transaction's worth of projecting. Events are looked at one
// by one; what they come to is stored at once for all of them.
type projector struct {
	*HQ
	tx          *sql.Tx
	flaws       []flawed
	sales       []soldEntry
	corrections []correctionEntry
	reports     []reportEntry
	invoices    map[invoiceKey]invoiceEntry
	stock       map[stockKey]int64 // moved
	carts       []cartEntry
	told        []edge.CartID // changed, as who watches them is told
	ordersTold  []edge.Order  // changed
	money       bool          // that waited for a transfer was matched: its shop is told
}

// flawed is an event that cannot take effect, and why.
type flawed struct {
	*entry
	reason error
}

// projectSome projects the next events.
func (h *HQ) projectSome(ctx context.Context) (pos int64, busy bool, err error) {
	var p projector
	busy, err = h.inProjection(ctx, func(tx *sql.Tx) error {
		p = projector{HQ: h, tx: tx, stock: map[stockKey]int64{}, invoices: map[invoiceKey]invoiceEntry{}}
		if pos, err = progressOf(ctx, tx, "inbox"); err != nil {
			return err
		}
		entries, err := p.next(ctx, pos)
		if err != nil || len(entries) == 0 {
			return err
		}
		pos = entries[len(entries)-1].pos
		if err := p.project(ctx, entries); err != nil {
			return err
		}
		return setProgress(ctx, tx, "inbox", pos)
	})
	if err != nil || busy {
		return pos, busy, err
	}
	for _, f := range p.flaws {
		h.log.Error("event not usable", "node", f.Node, "epoch", f.Epoch, "lane", f.Lane, "seq", f.Seq, "error", f.reason)
	}
	for _, id := range p.told {
		h.carts.tell(id)
	}
	for i := range p.ordersTold {
		h.carts.tell(p.ordersTold[i].Cart)
	}
	if p.money || len(p.ordersTold) > 0 {
		h.downs.tell(struct{}{})
	}
	h.changed.tell(struct{}{})
	return pos, false, nil
}

// next reads the events after a position.
func (p *projector) next(ctx context.Context, after int64) ([]entry, error) {
	events, err := readEvents(ctx, p.tx, after, p.projectAtOnce)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	shops, err := shopsOf(ctx, p.tx)
	if err != nil {
		return nil, err
	}
	list := make([]entry, len(events))
	for i := range events {
		r := &events[i]
		list[i] = entry{Event: r.Event, pos: r.Cursor, shop: shops[r.Event.Node], hash: r.Hash, flaw: r.Flaw, received: r.Received.UnixMilli()}
	}
	return list, nil
}

// shopsOf maps the nodes to their shops.
func shopsOf(ctx context.Context, db database.Queryer) (map[string]string, error) {
	shops := map[string]string{}
	err := database.Select(ctx, db, "select node, shop from node").Each(func(rows *sql.Rows) error {
		var node, shop string
		err := rows.Scan(&node, &shop)
		shops[node] = shop
		return err
	})
	return shops, err
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
	stores := []func(context.Context) error{
		p.storeCarts, p.storeSales, p.storeCorrections, p.storeReports, p.storeInvoices, p.storeStock, p.settleSales,
	}
	for _, store := range stores {
		if err := store(ctx); err != nil {
			return err
		}
	}
	slices.SortFunc(p.flaws, func(a, b flawed) int { return cmp.Compare(a.pos, b.pos) })
	for _, f := range p.flaws {
		if err := p.setAside(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// one looks at one event. Its error says that the database failed.
func (p *projector) one(ctx context.Context, e *entry) error {
	var flaw, err error
	switch e.Type {
	case edge.EventSale:
		flaw = p.sale(e)
	case edge.EventVoid:
		flaw = p.void(e)
	case edge.EventRefund:
		flaw = p.refund(e)
	case edge.EventZ:
		flaw = p.zReport(e)
	case edge.EventEInvoice:
		flaw = p.einvoice(e)
	case edge.EventStock:
		flaw = p.move(e)
	case edge.EventDue:
		flaw, err = p.due(ctx, e)
	case edge.EventGiven:
		flaw, err = p.given(ctx, e)
	case edge.EventTransfer:
		flaw, err = p.transfer(ctx, e)
	case edge.EventOrder:
		flaw, err = p.takenOrder(ctx, e)
	case edge.EventOrderPaid, edge.EventOrderRefunded:
		flaw, err = p.orderMoney(ctx, e)
	case edge.EventOrderRequest:
		flaw, err = p.orderRequest(ctx, e)
	case edge.EventOrderCollected:
		flaw, err = p.collected(ctx, e)
	case edge.EventCart:
		flaw = p.cart(e)
	case edge.EventAudit:
		flaw, err = p.audited(ctx, e)
	case edge.EventCash:
		flaw, err = p.cash(ctx, e)
	default:
		flaw = &flawError{FlawUnknown, fmt.Sprintf("event type %.40q is unknown to this version", e.Type)}
	}
	if flaw != nil {
		p.refuse(e, flaw)
	}
	return err
}

func (p *projector) refuse(e *entry, reason error) { p.flaws = append(p.flaws, flawed{e, reason}) }

// insertOnce stores a row of each entry in a table where others may have taken
// its key, and reports which were stored; the others are refused. The columns
// begin with pos.
func (p *projector) insertOnce(ctx context.Context, table, key string, c database.Columns, of []*entry, name func(i int) string) ([]bool, error) {
	at := make(map[int64]int, len(of))
	for i, e := range of {
		at[e.pos] = i
	}
	stored := make([]bool, len(of))
	err := p.db.Insert(ctx, p.tx, table, c, "on conflict ("+key+") do nothing returning pos", func(rows *sql.Rows) error {
		var pos int64
		err := rows.Scan(&pos)
		stored[at[pos]] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", table, err)
	}
	for i, ok := range stored {
		if !ok {
			p.refuse(of[i], &flawError{FlawTwice, name(i) + " is held already from another event"})
		}
	}
	return stored, nil
}

func (p *projector) setAside(ctx context.Context, f flawed) error {
	body, err := json2.Marshal(cloudsync.NewOpaque(&f.Event))
	if err != nil {
		return err
	}
	fresh, err := setAside(ctx, p.tx, Flaw{
		Node: f.Node, Epoch: f.Epoch, Lane: f.Lane, Seq: f.Seq, Hash: f.hash,
		Kind: flawOf(f.reason), Reason: f.reason.Error(), Body: body, At: p.now(),
	})
	if err != nil || !fresh {
		return err
	}
	return openIncident(ctx, p.tx, Incident{
		Kind: IncidentQuarantine, Node: f.Node, Opened: p.now(),
		What: fmt.Sprintf("event %d of epoch %s, lane %s: %v", f.Seq, f.Epoch, f.Lane, f.reason),
	})
}
