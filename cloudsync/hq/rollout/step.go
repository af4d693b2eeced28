package rollout

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

const stepEvery = time.Second

// Run drives the rollouts until ctx ends. Of several collectors one does at a
// time.
func (r *Rollouts) Run(ctx context.Context) error {
	tick := time.NewTicker(stepEvery)
	defer tick.Stop()
	for {
		if err := r.Step(ctx); err != nil && ctx.Err() == nil {
			r.Log.Error("rollouts, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Step takes every rollout as far as it goes now.
func (r *Rollouts) Step(ctx context.Context) error {
	const op = "rollout.Step"
	// The newest that is done goes to gateways that have come since.
	const q = `select id from rollout r where state = $1 or state = $2 and expires > $3
			and not exists (select 1 from rollout l join rollout_class c on c.rollout = l.id
				where l.version > r.version and c.class in (select class from rollout_class where rollout = r.id))
			and exists (select 1 from twin t where t.class in (select class from rollout_class where rollout = r.id)
				and ` + inForce + ` and not exists (select 1 from rollout_node m where m.rollout = r.id and m.node = t.node))
		order by created, id`
	var open []string
	err := database.Select(ctx, r.DB.Read, q, Running, Done, r.Now().UnixMilli()).Each(func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		open = append(open, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	for _, id := range open {
		if err := r.stepOne(ctx, id); err != nil {
			return fmt.Errorf("%s: %s: %w", op, id, err)
		}
	}
	return nil
}

// stepOne steps a rollout, unless another collector does so now.
func (r *Rollouts) stepOne(ctx context.Context, id string) error {
	var before, after *Rollout
	invited := 0
	err := r.DB.InTx(ctx, func(tx *sql.Tx) error {
		before, after, invited = nil, nil, 0
		if mine, err := r.DB.TryLock(ctx, tx, database.LockRollout); err != nil || !mine {
			return err
		}
		list, err := r.rows(ctx, tx, "where id = $1 and state in ($2, $3)", id, Running, Done)
		if err != nil || len(list) == 0 {
			return err
		}
		before, after = &list[0], new(list[0])
		if invited, err = r.advance(ctx, tx, after); err != nil {
			return err
		}
		if invited == 0 && after.State == before.State && after.Ring == before.Ring && after.Ripe.Equal(before.Ripe) {
			after = nil
			return nil
		}
		const q = "update rollout set state = $1, ring = $2, since = $3, ripe = $4, why = $5 where id = $6"
		_, err = tx.ExecContext(ctx, q, after.State, after.Ring, database.Millis(after.Since), database.Millis(after.Ripe), clip(after.Why), id)
		return err
	})
	if err != nil || after == nil {
		return err
	}
	if after.State != before.State {
		r.Log.Info("bundle's rollout changed", "audit", true, "rollout", id, "version", after.Version, "state", after.State, "ring", after.Ring+1, "why", after.Why)
	} else if after.Ring != before.Ring {
		r.Log.Info("bundle's rollout begins a ring", "audit", true, "rollout", id, "version", after.Version, "ring", after.Ring+1)
	}
	if invited > 0 || after.State == Stopped {
		r.Wake()
	}
	r.Changed()
	return nil
}

// advance decides what a rollout does now.
func (r *Rollouts) advance(ctx context.Context, tx *sql.Tx, o *Rollout) (invited int, err error) {
	now := r.Now()
	if o.State == Done {
		return r.invite(ctx, tx, o, o.Counts.Gateways)
	}
	last := o.Ring == len(o.Plan.Rings)-1
	if why := o.tooBad(now); why != "" {
		o.State, o.Why = Stopped, why
		if err := r.withdraw(ctx, tx, o.ID); err != nil {
			return 0, err
		}
		return 0, r.Audit(ctx, tx, "", "bundle.stop", o.ID, why)
	}
	target := o.Plan.Rings[o.Ring].of(o.Counts.Gateways)
	if invited, err = r.invite(ctx, tx, o, target); err != nil || invited > 0 {
		o.Ripe = time.Time{}
		return invited, err
	}
	enough := o.Plan.Enough
	if o.Ring == 0 {
		enough = 100
	}
	switch {
	case o.Counts.Told == 0 || o.Counts.Committed*100 < enough*o.Counts.Told:
		o.Ripe = time.Time{}
	case o.Ripe.IsZero():
		o.Ripe = now
	case now.Sub(o.Ripe) < o.Plan.Soak:
	case last:
		o.State = Done
		return 0, r.Audit(ctx, tx, "", "bundle.done", o.ID, "")
	default:
		o.Ring, o.Since, o.Ripe = o.next(), now, time.Time{}
		return 0, r.Audit(ctx, tx, "", "bundle.ring", o.ID, o.Plan.Rings[o.Ring].String())
	}
	return 0, nil
}

// next is the ring after the present one. In a small chain some rings would bring
// nobody new: they are passed over.
func (o *Rollout) next() int {
	n := o.Ring + 1
	for n < len(o.Plan.Rings)-1 && o.Plan.Rings[n].of(o.Counts.Gateways) <= o.Counts.Told {
		n++
	}
	return n
}

// Why a rollout stops by itself.
const (
	WhyExpired   = "the bundle has expired"
	WhyFirstRing = "it failed in the first ring"
	WhyTooMany   = "too many have failed"
)

// tooBad says why a rollout must stop; empty where it may go on.
func (o *Rollout) tooBad(now time.Time) string {
	switch c := o.Counts; {
	case !o.Expires.After(now):
		return WhyExpired
	case c.Failed > 0 && o.Ring == 0:
		return WhyFirstRing
	case c.Failed*100 > o.Plan.Tolerance*c.Told:
		return WhyTooMany
	}
	return ""
}

// invite tells gateways of the bundle until so many have been told.
func (r *Rollouts) invite(ctx context.Context, tx *sql.Tx, o *Rollout, target int) (invited int, err error) {
	if o.Counts.Told >= target {
		return 0, nil
	}
	const q = `select t.node, n.up, n.since, n.seen from twin t join node n on n.node = t.node
		where t.class in (select class from rollout_class where rollout = $1) and ` + inForce + `
		and not exists (select 1 from rollout_node m where m.rollout = $1 and m.node = t.node)`
	type candidate struct {
		node  string
		hash  [sha256.Size]byte
		there bool
	}
	var list []candidate
	err = database.Select(ctx, tx, q, o.ID).Each(func(rows *sql.Rows) error {
		var c candidate
		var up bool
		var since, seen int64
		err := rows.Scan(&c.node, &up, &since, &seen)
		c.hash, c.there = sha256.Sum256([]byte(c.node)), r.There(up, database.Time(since), database.Time(seen), r.Now())
		list = append(list, c)
		return err
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(list, func(a, b candidate) int {
		if o.Ring == 0 && a.there != b.there { // a shop that is closed for a month would hold up all others
			return cmp.Compare(toInt(b.there), toInt(a.there))
		}
		return bytes.Compare(a.hash[:], b.hash[:])
	})
	for _, c := range list[:min(len(list), target-o.Counts.Told)] {
		const join = "insert into rollout_node (rollout, node, ring, state, at) values ($1, $2, $3, $4, $5)"
		if _, err := tx.ExecContext(ctx, join, o.ID, c.node, o.Ring, Told, r.Now().UnixMilli()); err != nil {
			return 0, err
		}
		if err := r.want(ctx, tx, c.node, o.ID); err != nil {
			return 0, err
		}
		invited++
	}
	return invited, nil
}

// want changes what HQ wants of a gateway: the bundle of a rollout, or with ""
// that it stays as it is.
func (r *Rollouts) want(ctx context.Context, tx *sql.Tx, node, rollout string) error {
	const q = `update twin set wanted = case when wanted >= $1 then wanted + 1 else $1 end, rollout = $2, sent = 0, settled = 0 where node = $3`
	_, err := tx.ExecContext(ctx, q, r.Now().UnixMilli(), rollout, node)
	return err
}

// withdraw takes the bundle from the gateways that have not applied it yet.
func (r *Rollouts) withdraw(ctx context.Context, tx *sql.Tx, id string) error {
	return r.wantAll(ctx, tx, id, "", "t.rollout = $1")
}

// tellAgain tells those of it once more from whom it was withdrawn.
func (r *Rollouts) tellAgain(ctx context.Context, tx *sql.Tx, id string) error {
	return r.wantAll(ctx, tx, id, id, "t.rollout <> $1")
}

func (r *Rollouts) wantAll(ctx context.Context, tx *sql.Tx, id, wanted, of string) error {
	var nodes []string
	q := `select m.node from rollout_node m join twin t on t.node = m.node
		where m.rollout = $1 and ` + of + ` and m.state in ($2, $3, $4, $5)`
	err := database.Select(ctx, tx, q, id, Told, cloudsync.BundleAsked, cloudsync.BundleFetched, cloudsync.BundleVerified).Each(func(rows *sql.Rows) error {
		var node string
		err := rows.Scan(&node)
		nodes = append(nodes, node)
		return err
	})
	for _, node := range nodes {
		if err == nil {
			err = r.want(ctx, tx, node, wanted)
		}
	}
	return err
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
