package rollout

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Told is the state of a gateway that has not answered yet.
const Told cloudsync.BundleState = "told"

// askAgain is after how long a gateway that knows what is wanted, and is not done,
// is asked how it stands.
const askAgain = 30 * time.Second

// clockAhead is how far a machine's clock may be ahead of HQ's. A report's number
// follows it; one that came from further ahead puts no later one in its shade.
const clockAhead = 10 * time.Minute

// Report takes in how a gateway's machine stands, by a report that was signed with
// a key of the gateway's. One that is older than what is known changes nothing: one
// of a key that the gateway had before, or with a lower number of the same key.
func (r *Rollouts) Report(ctx context.Context, key cloudsync.KeyID, p *cloudsync.Reported) error {
	const op = "rollout.Report"
	moved := false
	err := r.DB.InTx(ctx, func(tx *sql.Tx) (err error) {
		moved, err = r.report(ctx, tx, key, p)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if moved {
		r.Changed()
	}
	return nil
}

func (r *Rollouts) report(ctx context.Context, tx *sql.Tx, key cloudsync.KeyID, p *cloudsync.Reported) (moved bool, err error) {
	var claimed int64
	if err := tx.QueryRowContext(ctx, "select coalesce(max(added), 0) from node_key where key_id = $1", key[:]).Scan(&claimed); err != nil {
		return false, err
	}
	var known struct{ n, at, claimed, received int64 }
	var wanted int64
	var rollout string
	var was bool
	err = tx.QueryRowContext(ctx, "select n, at, claimed, received, wanted, rollout, settled from twin where node = $1", p.Node).
		Scan(&known.n, &known.at, &known.claimed, &known.received, &wanted, &rollout, &was)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	numbered := claimed == known.claimed && known.n <= known.received+clockAhead.Milliseconds()
	if claimed < known.claimed || numbered && int64(p.N) < known.n {
		return false, nil
	}
	now := r.Now().UnixMilli()
	settled := int64(p.Desired) == wanted && (rollout == "" || p.State.Final())
	// A gateway that has heard more than HQ knows to have said (its database came from
	// a backup) passes over what is older. What it still waits for is said anew.
	if ahead := wanted > 0 && int64(p.Desired) > wanted; ahead && was {
		settled = true
	} else if ahead {
		if _, err := tx.ExecContext(ctx, "update twin set wanted = $1, sent = 0 where node = $2", int64(p.Desired)+1, p.Node); err != nil {
			return false, err
		}
	}
	const store = `insert into twin (node, n, desired, class, running, state, reason, message, at, received, settled, claimed)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (node) do update set claimed = excluded.claimed, n = excluded.n, desired = excluded.desired, class = excluded.class, running = excluded.running,
			state = excluded.state, reason = excluded.reason, message = excluded.message, at = excluded.at, received = excluded.received, settled = excluded.settled`
	if _, err := tx.ExecContext(ctx, store, p.Node, int64(p.N), int64(p.Desired), p.Class, p.Running, string(p.State),
		clip(p.Reason), clip(p.Message), p.At.UnixMilli(), now, toInt(settled), claimed); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, "update node set seen = $1 where node = $2", now, p.Node); err != nil {
		return false, err
	}
	const member = `update rollout_node set state = $1, reason = $2, message = $3, at = case when state = $1 then at else $4 end
		where node = $5 and rollout in (select id from rollout where sha256 = $6)`
	_, err = tx.ExecContext(ctx, member, string(p.State), clip(p.Reason), clip(p.Message), now, p.Node, p.Bundle[:])
	return p.At.UnixMilli() != known.at, err
}

// Wanted is what a gateway should be told; nil where it knows and is done, or
// nothing is wanted.
func (r *Rollouts) Wanted(ctx context.Context, node string) (*cloudsync.Desired, error) {
	list, err := r.wanted(ctx, "t.node = $1 and t.wanted > 0 and t.settled = 0", node)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0].desired, nil
}

// Due lists what connected gateways should be told now: those that have not
// answered for resend, and those at which it has been silent. Of several
// collectors one gets each.
func (r *Rollouts) Due(ctx context.Context, resend time.Duration) ([]*cloudsync.Desired, error) {
	now := r.Now()
	const q = "t.wanted > 0 and t.settled = 0 and (t.sent <= $1 and t.desired <> t.wanted or t.sent <= $2)"
	list, err := r.wanted(ctx, q, now.Add(-resend).UnixMilli(), now.Add(-askAgain).UnixMilli())
	if err != nil {
		return nil, err
	}
	var due []*cloudsync.Desired
	for _, w := range list {
		if !w.there {
			continue
		}
		res, err := r.DB.Write.ExecContext(ctx, "update twin set sent = $1 where node = $2 and sent = $3", now.UnixMilli(), w.desired.Node, w.sent)
		if err != nil {
			return due, fmt.Errorf("rollout.Due: %w", err)
		}
		if n, err := res.RowsAffected(); err == nil && n > 0 {
			due = append(due, w.desired)
		}
	}
	return due, nil
}

type wish struct {
	desired *cloudsync.Desired
	sent    int64
	there   bool
}

func (r *Rollouts) wanted(ctx context.Context, where string, args ...any) (list []wish, err error) {
	q := `select t.node, t.wanted, t.sent, n.up, n.since, n.seen, o.version, o.sha256, o.size, o.expires, o.plan
		from twin t join node n on n.node = t.node left join rollout o on o.id = t.rollout where ` + inForce + " and " + where + " order by t.node"
	err = database.Select(ctx, r.DB.Read, q, args...).Each(func(rows *sql.Rows) error {
		w := wish{desired: &cloudsync.Desired{}}
		var up bool
		var since, seen, wanted int64
		var version, size, expires sql.NullInt64
		var sum []byte
		var plan sql.NullString
		if err := rows.Scan(&w.desired.Node, &wanted, &w.sent, &up, &since, &seen, &version, &sum, &size, &expires, &plan); err != nil {
			return err
		}
		w.desired.N, w.there = uint64(wanted), r.There(up, database.Time(since), database.Time(seen), r.Now())
		list = append(list, w)
		if !version.Valid {
			return nil
		}
		var p Plan
		if err := json.Unmarshal([]byte(plan.String), &p); err != nil {
			return err
		}
		d := w.desired
		d.Bundle = &cloudsync.BundleRef{Version: version.Int64, SHA256: edge.Hash(sum), Size: size.Int64}
		d.NotBefore, d.Window, d.Exp = p.NotBefore, p.Window, database.Time(expires.Int64)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("rollout.wanted: %w", err)
	}
	return list, nil
}
