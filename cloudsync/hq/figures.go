package hq

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

// Figures is how the ledger stands, for those who keep headquarters running.
type Figures struct {
	Nodes       []NodeLag
	Down        int64            // messages to shops that are not confirmed
	Gaps        int64            // lanes that wait for an event that is missing
	Quarantined int64            // events that nobody has dealt with
	Incidents   map[string]int64 // that last, by their kind
	Behind      map[string]int64 // events that a projection has not come to, by its name
}

// NodeLag is how much of a gateway headquarters may not know.
type NodeLag struct {
	Node    string
	Known   bool   // it was heard once at least; else the rest means nothing
	Up      bool   // as Shop has it
	Waiting uint64 // events not confirmed, as it last told
	// Lag is for how long the gateway may have had something that headquarters has
	// not: since it last told that all is confirmed, or since it was last heard
	// where it never did. It tells so again and again, so a short while is nothing.
	Lag time.Duration
}

// Figures counts. It reads a row for each gateway, and nothing that grows with
// what they sell.
func (h *HQ) Figures(ctx context.Context) (*Figures, error) {
	f := &Figures{Incidents: map[string]int64{}, Behind: map[string]int64{}}
	last, err := h.LastEvent(ctx)
	if err != nil {
		return nil, fmt.Errorf("hq.Figures: %w", err)
	}
	for _, read := range []func() error{
		func() error { return h.lags(ctx, f) },
		func() error {
			return h.counted(ctx, f.Incidents, "select kind, count(*) from incident where closed = 0 group by kind")
		},
		func() error { return h.counted(ctx, f.Behind, "select name, pos from projection") },
		func() error {
			return h.count(ctx, &f.Down, "select count(*) from down d join node n on n.node = d.node where d.n > n.down_mark")
		},
		func() error { return h.count(ctx, &f.Gaps, "select count(*) from cursor where gap_since > 0") },
		func() error {
			return h.count(ctx, &f.Quarantined, "select count(*) from quarantine where settled = 0")
		},
	} {
		if err := read(); err != nil {
			return nil, fmt.Errorf("hq.Figures: %w", err)
		}
	}
	for name, pos := range f.Behind {
		f.Behind[name] = max(last-pos, 0)
	}
	return f, nil
}

func (h *HQ) count(ctx context.Context, n *int64, query string) error {
	return h.db.Read.QueryRowContext(ctx, query).Scan(n)
}

func (h *HQ) counted(ctx context.Context, into map[string]int64, query string) error {
	return database.Select(ctx, h.db.Read, query).Each(func(rows *sql.Rows) error {
		var name string
		var n int64
		err := rows.Scan(&name, &n)
		into[name] = n
		return err
	})
}

func (h *HQ) lags(ctx context.Context, f *Figures) error {
	const q = `select n.node, n.up, n.since, n.seen, coalesce(t.received, n.seen), t.body from node n left join telemetry t on t.node = n.node order by n.node`
	now := h.now()
	return database.Select(ctx, h.db.Read, q).Each(func(rows *sql.Rows) error {
		var l NodeLag
		var since, seen, told int64
		var body []byte
		if err := rows.Scan(&l.Node, &l.Up, &since, &seen, &told, &body); err != nil {
			return err
		}
		l.Known = seen > 0
		l.Up = connected(l.Up, database.Time(since), database.Time(seen), now)
		if ago := now.Sub(database.Time(told)); l.Known && ago > silence {
			l.Lag = ago
		}
		if s, err := cloudsync.DecodeSample(body); err == nil { // else it has told nothing yet
			for _, lane := range s.Lanes {
				l.Waiting += lane.Waiting
				if lane.Waiting > 0 {
					l.Lag = max(l.Lag, now.Sub(lane.Oldest))
				}
			}
		}
		f.Nodes = append(f.Nodes, l)
		return nil
	})
}

// Ready reports why the ledger cannot be written to; nil where it can.
func (h *HQ) Ready(ctx context.Context) error {
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		_, err := lastPosition(ctx, tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("the ledger cannot be written to: see that the database runs and its disk has room: %w", err)
	}
	return nil
}
