package rollout

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Rollout is a bundle on its way, and how far it is.
type Rollout struct {
	ID string `json:"id"`
	Bundle
	Plan    Plan      `json:"plan"`
	State   State     `json:"state"`
	Ring    int       `json:"ring"`          // from 0: the one that is under way
	Since   time.Time `json:"since"`         // when that began
	Ripe    time.Time `json:"ripe,omitzero"` // since when enough of it run the bundle; zero before
	Why     string    `json:"why,omitempty"` // it is paused or stopped
	Created time.Time `json:"created"`
	By      string    `json:"by"`
	Counts  Counts    `json:"counts"`
}

// Counts are gateways of a rollout.
type Counts struct {
	Gateways  int `json:"gateways"` // that the bundle is for, without those that were shut out
	Told      int `json:"told"`     // of them; the sum of the next four
	Committed int `json:"committed"`
	Failed    int `json:"failed"` // refused it, or rolled it back
	UnderWay  int `json:"under_way"`
	Silent    int `json:"silent"` // have not answered
}

// Machine is how a gateway's machine stands with a rollout.
type Machine struct {
	Node    string                `json:"node"`
	Shop    string                `json:"shop"`
	Ring    int                   `json:"ring"` // from 0
	State   cloudsync.BundleState `json:"state"`
	Reason  string                `json:"reason,omitempty"`
	Message string                `json:"message,omitempty"`
	At      time.Time             `json:"at"` // by HQ's clock
}

// Fleet is how many machines of a kind run a version; 0 is none.
type Fleet struct {
	Class    string `json:"class"`
	Version  int64  `json:"version"`
	Gateways int    `json:"gateways"`
}

const atMost = 1000

// inForce says of a gateway's row t that it has a key which was not taken back. One
// that was shut out, stolen perhaps, never answers again: nobody waits for it.
const inForce = "exists (select 1 from node_key k where k.node = t.node and k.revoked = 0)"

// List lists the rollouts, newest first, at most limit (1 to 1000).
func (r *Rollouts) List(ctx context.Context, limit int) ([]Rollout, error) {
	list, err := r.rows(ctx, r.DB.Read, "order by created desc, id limit $1", min(max(limit, 1), atMost))
	if err != nil {
		return nil, fmt.Errorf("rollout.List: %w", err)
	}
	return list, nil
}

// reader is a pool or a transaction.
type reader interface {
	database.Queryer
	database.Rower
}

func (r *Rollouts) rows(ctx context.Context, db reader, where string, args ...any) (list []Rollout, err error) {
	q := "select id, version, sha256, size, expires, plan, state, ring, since, ripe, why, created, author from rollout " + where
	err = database.Select(ctx, db, q, args...).Each(func(rows *sql.Rows) error {
		var o Rollout
		var sum []byte
		var plan string
		var expires, since, ripe, created int64
		err := rows.Scan(&o.ID, &o.Version, &sum, &o.Size, &expires, &plan, &o.State, &o.Ring, &since, &ripe, &o.Why, &created, &o.By)
		if err != nil {
			return err
		}
		o.SHA256, o.Expires, o.Since = edge.Hash(sum), database.Time(expires), database.Time(since)
		o.Ripe, o.Created = database.Time(ripe), database.Time(created)
		list = append(list, o)
		return json.Unmarshal([]byte(plan), &list[len(list)-1].Plan)
	})
	for i := range list {
		if err == nil {
			err = list[i].count(ctx, db)
		}
	}
	return list, err
}

// count reads what a rollout's own row does not say.
func (o *Rollout) count(ctx context.Context, db reader) error {
	err := database.Select(ctx, db, "select class from rollout_class where rollout = $1 order by class", o.ID).Each(func(rows *sql.Rows) error {
		var class string
		err := rows.Scan(&class)
		o.Classes = append(o.Classes, class)
		return err
	})
	if err != nil {
		return err
	}
	const all = "select count(*) from twin t where t.class in (select class from rollout_class where rollout = $1) and " + inForce
	if err := db.QueryRowContext(ctx, all, o.ID).Scan(&o.Counts.Gateways); err != nil {
		return err
	}
	return database.Select(ctx, db, "select t.state, count(*) from rollout_node t where t.rollout = $1 and "+inForce+" group by t.state", o.ID).Each(func(rows *sql.Rows) error {
		var state cloudsync.BundleState
		var n int
		err := rows.Scan(&state, &n)
		o.Counts.Told += n
		switch {
		case state == cloudsync.BundleCommitted:
			o.Counts.Committed += n
		case state.Final():
			o.Counts.Failed += n
		case state == Told:
			o.Counts.Silent += n
		default:
			o.Counts.UnderWay += n
		}
		return err
	})
}

// Machines lists the machines of a rollout that are not done with it, or failed,
// those that failed first, at most limit (1 to 1000).
func (r *Rollouts) Machines(ctx context.Context, id string, limit int) (list []Machine, err error) {
	const q = `select t.node, n.shop, t.ring, t.state, t.reason, t.message, t.at from rollout_node t join node n on n.node = t.node
		where t.rollout = $1 and t.state <> $2 and ` + inForce + ` order by case when t.state in ($3, $4) then 0 else 1 end, t.at desc, t.node limit $5`
	err = database.Select(ctx, r.DB.Read, q, id, cloudsync.BundleCommitted, cloudsync.BundleRolledBack, cloudsync.BundleRefused, min(max(limit, 1), atMost)).Each(func(rows *sql.Rows) error {
		var m Machine
		var at int64
		err := rows.Scan(&m.Node, &m.Shop, &m.Ring, &m.State, &m.Reason, &m.Message, &at)
		m.At = database.Time(at)
		list = append(list, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("rollout.Machines: %w", err)
	}
	return list, nil
}

// Fleets counts the machines by kind and version, as they last reported.
func (r *Rollouts) Fleets(ctx context.Context) (list []Fleet, err error) {
	err = database.Select(ctx, r.DB.Read, "select class, running, count(*) from twin group by class, running order by class, running desc").Each(func(rows *sql.Rows) error {
		var f Fleet
		err := rows.Scan(&f.Class, &f.Version, &f.Gateways)
		list = append(list, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("rollout.Fleets: %w", err)
	}
	return list, nil
}
