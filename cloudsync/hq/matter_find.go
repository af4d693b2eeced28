package hq

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

// FoundIncident is an incident, its shop (” where it concerns no single one),
// and who has dealt with it.
type FoundIncident struct {
	Incident
	Shop    string
	Settled Settled
}

// FindIncidents lists incidents after one's N (0 for all), in the order they were
// opened, at most limit (1 to 1000); only those that last, where open is set. The
// filter's types are kinds, its times those of the opening.
func (h *HQ) FindIncidents(ctx context.Context, f Filter, open bool, after int64, limit int) ([]FoundIncident, error) {
	var c conditions
	c.add("x.n > ?", after)
	c.of(f, "x.kind", "x.opened")
	if open {
		c.add("x.closed = 0")
	}
	q := `select x.n, x.kind, x.node, x.epoch, x.lane, x.what, x.opened, x.closed, coalesce(n.shop, ''), x.settled, x.settled_by, x.note
		from incident x left join node n on n.node = x.node` + c.where() + " order by x.n limit " + strconv.Itoa(min(max(limit, 1), maxPage))
	list := []FoundIncident{}
	err := database.Select(ctx, h.db.Read, q, c.args...).Each(func(rows *sql.Rows) error {
		var i FoundIncident
		var opened, closed, settled int64
		err := rows.Scan(&i.N, &i.Kind, &i.Node, &i.Epoch, &i.Lane, &i.What, &opened, &closed, &i.Shop, &settled, &i.Settled.By, &i.Settled.Note)
		i.Opened, i.Closed, i.Settled.At = database.Time(opened), database.Time(closed), database.Time(settled)
		list = append(list, i)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hq.FindIncidents: %w", err)
	}
	return list, nil
}

// FoundFlaw is an event that was set aside, its shop, and who has dealt with it.
type FoundFlaw struct {
	Flaw
	N       int64  // in the order they were set aside
	Type    string // of the event, where that is known
	Shop    string
	Settled Settled
}

// FindSetAside lists events that were set aside after one's N (0 for all), in the
// order they were, at most limit (1 to 1000). The filter's times are when.
func (h *HQ) FindSetAside(ctx context.Context, f Filter, after int64, limit int) ([]FoundFlaw, error) {
	const op = "hq.FindSetAside"
	const typ = "coalesce((select i.type from inbox i where i.node = x.node and i.epoch = x.epoch and i.lane = x.lane and i.seq = x.seq), '')"
	var c conditions
	c.add("x.n > ?", after)
	c.of(f, typ, "x.at")
	q := "select x.n, x.node, x.epoch, x.lane, x.seq, x.hash, " + typ + `, x.kind, x.reason, x.body, x.at, coalesce(n.shop, ''), x.settled, x.settled_by, x.note
		from quarantine x left join node n on n.node = x.node` + c.where() + " order by x.n limit " + strconv.Itoa(min(max(limit, 1), maxPage))
	list := []FoundFlaw{}
	err := database.Select(ctx, h.db.Read, q, c.args...).Each(func(rows *sql.Rows) error {
		var x FoundFlaw
		var hash []byte
		var at, settled int64
		err := rows.Scan(&x.N, &x.Node, &x.Epoch, &x.Lane, &x.Seq, &hash, &x.Type, &x.Kind, &x.Reason, &x.Body, &at, &x.Shop, &settled, &x.Settled.By, &x.Settled.Note)
		if err == nil {
			x.Hash, err = toHash(hash)
		}
		x.At, x.Settled.At = database.Time(at), database.Time(settled)
		list = append(list, x)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return list, nil
}

// of adds a filter of what concerns a node x, which may be of the shop n.
func (c *conditions) of(f Filter, kind, at string) {
	if f.Shop != "" {
		c.add("n.shop = ?", f.Shop)
	}
	if f.Node != "" {
		c.add("x.node = ?", f.Node)
	}
	if len(f.Types) > 0 {
		c.oneOf(kind, f.Types)
	}
	c.between(at, f)
}
