package hq

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// IncidentKind says what went wrong.
type IncidentKind string

// The kinds of incident.
const (
	// IncidentGap: events are missing that later ones were seen to follow. It is
	// closed when they have come, or when the shop goes on in a new epoch.
	IncidentGap IncidentKind = "gap"
	// IncidentMismatch: an event came that is not the one held under its number.
	// It is closed when the shop goes on in a new epoch.
	IncidentMismatch IncidentKind = "mismatch"
	// IncidentDiverged: the shop's history of an epoch is not HQ's. It is closed
	// when the shop goes on in a new epoch.
	IncidentDiverged IncidentKind = "diverged"
	// IncidentClone: two gateways write under one name, each in an epoch of its
	// own. It is of no single lane, and is closed when either has been silent for a
	// day. While it lasts the gateways hear of it with the answers to their questions.
	IncidentClone IncidentKind = "clone"
	// IncidentRestored: HQ's ledger came from a backup or was moved. It is closed
	// after a day, when all shops that are there have been asked.
	IncidentRestored IncidentKind = "restored"
	// IncidentQuarantine: an event of the node was set aside. It is closed a day
	// after the last one was.
	IncidentQuarantine IncidentKind = "quarantine"
)

const (
	gapAfter   = 5 * time.Second // a gap is an incident
	gapBatches = 2 * credit      // or when so many batches have come beyond it: twice what a shop has in flight
	cloneApart = time.Minute     // by which a gateway's own clock may have gone back
	closeAfter = 24 * time.Hour
)

// Incident is something that went wrong and a person should know.
type Incident struct {
	N      int64        `json:"n"`
	Kind   IncidentKind `json:"kind"`
	Node   string       `json:"node,omitempty"`
	Epoch  string       `json:"epoch,omitempty"`
	Lane   edge.Lane    `json:"lane,omitempty"`
	What   string       `json:"what"`
	Opened time.Time    `json:"opened"`
	Closed time.Time    `json:"closed"` // zero while it lasts
}

// Incidents lists the newest incidents, or only those that last, newest first,
// at most limit (1 to 1000).
func (h *HQ) Incidents(ctx context.Context, onlyOpen bool, limit int) ([]Incident, error) {
	const op = "hq.Incidents"
	const q = `select n, kind, node, epoch, lane, what, opened, closed from incident
		where closed = 0 or $1 = 0 order by n desc limit $2`
	rows, err := h.db.Read.QueryContext(ctx, q, toInt(onlyOpen), min(max(limit, 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []Incident{}
	for rows.Next() {
		var i Incident
		var opened, closed int64
		if err := rows.Scan(&i.N, &i.Kind, &i.Node, &i.Epoch, &i.Lane, &i.What, &opened, &closed); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		i.Opened, i.Closed = database.Time(opened), database.Time(closed)
		list = append(list, i)
	}
	return list, rows.Err()
}

// openIncident notes an incident unless the same one lasts already.
func openIncident(ctx context.Context, tx *sql.Tx, i Incident) error {
	const q = `insert into incident (kind, node, epoch, lane, what, opened) values ($1, $2, $3, $4, $5, $6)
		on conflict (kind, node, epoch, lane) where closed = 0 do nothing`
	_, err := tx.ExecContext(ctx, q, string(i.Kind), i.Node, i.Epoch, string(i.Lane), database.Text([]byte(i.What)), i.Opened.UnixMilli())
	return err
}

// LookForIncidents opens the incidents that show over time, and closes those
// that are mended. Collectors call it every second.
func (h *HQ) LookForIncidents(ctx context.Context) error {
	const op = "hq.LookForIncidents"
	found, err := h.findIncidents(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	mended, err := h.mendedIncidents(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if len(found) == 0 && len(mended) == 0 {
		return nil
	}
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		for _, i := range found {
			if err := openIncident(ctx, tx, i); err != nil {
				return err
			}
		}
		for _, n := range mended {
			if _, err := tx.ExecContext(ctx, "update incident set closed = $1 where n = $2 and closed = 0", h.nowMillis(), n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	for _, i := range found {
		h.log.Error("incident", "kind", i.Kind, "node", i.Node, "epoch", i.Epoch, "lane", i.Lane, "what", i.What)
	}
	h.changed.tell(struct{}{})
	return nil
}

// notOpen begins the condition of a query for what would be an incident: none
// of its kind, the first parameter, lasts, for the lane or for all.
const notOpen = ` where not exists (select 1 from incident i where i.closed = 0 and i.kind = $1
	and i.node = c.node and i.epoch = c.epoch and i.lane in (c.lane, ''))`

// findIncidents looks for gaps and clones that are no incidents yet.
func (h *HQ) findIncidents(ctx context.Context) ([]Incident, error) {
	const gaps = `select c.node, c.epoch, c.lane, c.mark + 1, c.max_seen, '' from cursor c` + notOpen + `
		and c.gap_since > 0 and (c.gap_since <= $2 or c.gap_batches >= $3)`
	// A gateway alone writes nothing more into an epoch once it has opened the
	// next one. That events of both still come tells this from old ones sent late,
	// and that they were written beside each other from old ones brought later.
	const clones = `select c.node, c.epoch, c.lane, c.max_seen, d.max_seen, d.epoch from cursor c
		join cursor d on d.node = c.node and d.lane = c.lane and d.opened > c.opened and d.first_time > 0` + notOpen + `
		and c.last_time > d.first_time + $2 and d.last_time >= c.first_time and c.last_at > d.opened and c.last_at > $3 and d.last_at > $3
		order by c.node, c.epoch, c.lane desc, d.opened desc`
	now := h.now()
	found, err := h.suspects(ctx, IncidentGap, gaps, now.Add(-gapAfter).UnixMilli(), gapBatches)
	if err != nil {
		return nil, err
	}
	twins, err := h.suspects(ctx, IncidentClone, clones, cloneApart.Milliseconds(), now.Add(-closeAfter).UnixMilli())
	return append(found, slices.CompactFunc(twins, func(a, b Incident) bool { return a.Node == b.Node && a.Epoch == b.Epoch })...), err
}

func (h *HQ) suspects(ctx context.Context, kind IncidentKind, q string, args ...any) ([]Incident, error) {
	rows, err := h.db.Read.QueryContext(ctx, q, append([]any{string(kind)}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Incident
	for rows.Next() {
		i := Incident{Kind: kind, Opened: h.now()}
		var first, second uint64
		var other string
		if err := rows.Scan(&i.Node, &i.Epoch, &i.Lane, &first, &second, &other); err != nil {
			return nil, err
		}
		i.What = fmt.Sprintf("events from %d on are missing, %d has come", first, second)
		if kind == IncidentClone {
			i.What = fmt.Sprintf("two gateways write as %s: one in epoch %s, up to event %d of lane %s, one in epoch %s, up to event %d", i.Node, i.Epoch, first, i.Lane, other, second)
			i.Lane = "" // they do so in all lanes
		}
		list = append(list, i)
	}
	return list, rows.Err()
}

// mendedIncidents lists those that no longer last.
func (h *HQ) mendedIncidents(ctx context.Context) ([]int64, error) {
	const q = `select i.n from incident i where i.closed = 0 and (
		i.kind in ('gap', 'mismatch', 'diverged') and exists (select 1 from cursor c join cursor d
			on d.node = c.node and d.lane = c.lane and d.opened > c.opened
			where c.node = i.node and c.epoch = i.epoch and c.lane = i.lane)
		or i.kind = 'gap' and exists (select 1 from cursor c
			where c.node = i.node and c.epoch = i.epoch and c.lane = i.lane and c.gap_since = 0)
		or i.kind = 'clone' and not exists (select 1 from cursor c join cursor d
			on d.node = c.node and d.lane = c.lane and d.opened > c.opened and d.last_at > $1
			where c.node = i.node and c.epoch = i.epoch and c.last_at > $1)
		or i.kind = 'restored' and i.opened <= $1
		or i.kind = 'quarantine' and not exists (select 1 from quarantine x where x.node = i.node and x.at > $1))`
	var list []int64
	err := database.Select(ctx, h.db.Read, q, h.now().Add(-closeAfter).UnixMilli()).Each(func(rows *sql.Rows) error {
		var n int64
		err := rows.Scan(&n)
		list = append(list, n)
		return err
	})
	return list, err
}
