package rollout

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	maxText    = 500 // bytes of a reason, and of what a machine says: as many as it may report
	maxClasses = 16
)

// Options are what Rollouts are made with. All are needed.
type Options struct {
	DB    *database.DB
	Now   func() time.Time
	NewID func() string // unique names
	Log   *slog.Logger
	// There reports whether a gateway is connected, by what it last said of its
	// connection and when anything of it was heard last.
	There func(up bool, since, seen, now time.Time) bool
	// Audit writes down an act together with what it changes; by is empty where
	// headquarters did it by itself.
	Audit   func(ctx context.Context, tx *sql.Tx, by, what, rollout, detail string) error
	Wake    func() // is called when gateways have something to be told
	Changed func() // is called when a rollout changed
}

// Rollouts are all rollouts of a database, and what its gateways report.
type Rollouts struct{ Options }

// New makes the rollouts that a database holds.
func New(o Options) *Rollouts { return &Rollouts{o} }

// State says whether a rollout goes on.
type State string

// The states. The last two are final.
const (
	Running State = "running"
	Paused  State = "paused"
	Stopped State = "stopped" // it goes to no gateway any more
	Done    State = "done"    // gateways that come later get it too
)

// Bundle is what a rollout brings.
type Bundle struct {
	Version int64     `json:"version"`
	SHA256  edge.Hash `json:"sha256"` // of the file, a stored asset
	Size    int64     `json:"size"`   // bytes
	Classes []string  `json:"classes"`
	Expires time.Time `json:"expires"`
}

func (b *Bundle) check(now time.Time) error {
	const op = "rollout.Bundle"
	switch {
	case b.Version < 1 || b.Size < 1 || b.SHA256 == edge.Hash{}:
		return edge.Errorf(op, edge.Invalid, "version %d of %d bytes is no bundle", b.Version, b.Size)
	case len(b.Classes) == 0 || len(b.Classes) > maxClasses:
		return edge.Errorf(op, edge.Invalid, "it is for %d kinds of machine: want 1 to %d", len(b.Classes), maxClasses)
	case !b.Expires.After(now):
		return edge.Errorf(op, edge.Expired, "it could be taken until %s: build it anew", b.Expires.Format(time.RFC3339))
	}
	for _, class := range b.Classes {
		if err := cloudsync.CheckClass(class); err != nil {
			return err
		}
	}
	return nil
}

// Publish begins to bring a bundle, whose file is stored already, to the gateways
// whose machines it is for. Of each kind of machine one rollout at a time is under
// way, and versions only grow: otherwise the error is of kind Conflict.
func (r *Rollouts) Publish(ctx context.Context, b Bundle, p Plan, by string) (id string, err error) {
	const op = "rollout.Publish"
	now := r.Now()
	if err := b.check(now); err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	if err := p.Check(); err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	id = r.NewID()
	err = r.DB.InTx(ctx, func(tx *sql.Tx) error { return r.publish(ctx, tx, id, b, p, by) })
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	r.Log.Info("bundle published", "audit", true, "rollout", id, "version", b.Version, "classes", b.Classes, "rings", p.Rings, "by", by)
	r.Changed()
	return id, nil
}

func (r *Rollouts) publish(ctx context.Context, tx *sql.Tx, id string, b Bundle, p Plan, by string) error {
	if err := r.DB.Lock(ctx, tx, database.LockRollout); err != nil {
		return err
	}
	gateways := 0
	for _, class := range b.Classes {
		n, err := r.classFree(ctx, tx, class, b.Version)
		if err != nil {
			return err
		}
		gateways += n
	}
	if gateways == 0 {
		return edge.Errorf("rollout.Publish", edge.NotFound, "no gateway has reported a machine of kind %v: is its class set in edge.yaml, and has it been connected?", b.Classes)
	}
	plan, err := json.Marshal(p)
	if err != nil {
		return err
	}
	now := r.Now().UnixMilli()
	const q = `insert into rollout (id, version, sha256, size, expires, plan, state, since, created, author)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)`
	if _, err := tx.ExecContext(ctx, q, id, b.Version, b.SHA256[:], b.Size, b.Expires.UnixMilli(), string(plan), Running, now, clip(by)); err != nil {
		return err
	}
	for _, class := range b.Classes {
		if _, err := tx.ExecContext(ctx, "insert into rollout_class (class, rollout) values ($1, $2) on conflict do nothing", class, id); err != nil {
			return err
		}
	}
	return r.Audit(ctx, tx, by, "bundle.publish", id, fmt.Sprintf("version %d for %v, rings %v", b.Version, b.Classes, p.Rings))
}

// classFree refuses a version for a kind of machine that has a newer one, or to
// which another is on its way. It counts the machines.
func (r *Rollouts) classFree(ctx context.Context, tx *sql.Tx, class string, version int64) (gateways int, err error) {
	const q = "select r.version, r.state from rollout r join rollout_class c on c.rollout = r.id where c.class = $1"
	err = database.Select(ctx, tx, q, class).Each(func(rows *sql.Rows) error {
		var other int64
		var state State
		if err := rows.Scan(&other, &state); err != nil {
			return err
		}
		if state == Running || state == Paused {
			return edge.Errorf("rollout.Publish", edge.Conflict, "version %d is on its way to machines of kind %s: wait until it is done, or stop it first", other, class)
		}
		if other >= version {
			return edge.Errorf("rollout.Publish", edge.Conflict, "version %d was published for machines of kind %s: build this one anew under a higher number", other, class)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, "select count(*) from twin t where t.class = $1 and "+inForce, class).Scan(&gateways)
	return gateways, err
}

// Act is what people do to a rollout.
type Act string

// The acts.
const (
	Pause  Act = "pause"
	Resume Act = "resume"
	Stop   Act = "stop"
)

// Do pauses, resumes or stops a rollout. Pausing and stopping withdraw the bundle
// from the gateways that have not applied it yet. An edge.Error of kind Conflict
// says that the rollout is not in a state for it.
func (r *Rollouts) Do(ctx context.Context, id string, act Act, by, why string) (next State, err error) {
	const op = "rollout.Do"
	err = r.DB.InTx(ctx, func(tx *sql.Tx) error {
		if err := r.DB.Lock(ctx, tx, database.LockRollout); err != nil {
			return err
		}
		var state State
		err := tx.QueryRowContext(ctx, "select state from rollout where id = $1", id).Scan(&state)
		if errors.Is(err, sql.ErrNoRows) {
			return edge.Errorf(op, edge.NotFound, "there is no rollout %.64q", id)
		}
		if err != nil {
			return err
		}
		next, err = r.do(ctx, tx, id, state, act, by, why)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	r.Log.Info("bundle's rollout changed", "audit", true, "rollout", id, "act", act, "by", by, "why", why)
	r.Wake()
	r.Changed()
	return next, nil
}

func (r *Rollouts) do(ctx context.Context, tx *sql.Tx, id string, state State, act Act, by, why string) (next State, err error) {
	switch {
	case act == Pause && state == Running:
		next = Paused
	case act == Resume && state == Paused:
		next = Running
	case act == Stop && (state == Running || state == Paused):
		next = Stopped
	case act == Pause || act == Resume || act == Stop:
		return "", edge.Errorf("rollout.Do", edge.Conflict, "the rollout is %s: there is nothing to %s", state, act)
	default:
		return "", edge.Errorf("rollout.Do", edge.Invalid, "there is no act %.20q", act)
	}
	if _, err := tx.ExecContext(ctx, "update rollout set state = $1, why = $2, ripe = 0 where id = $3", next, clip(why), id); err != nil {
		return "", err
	}
	move := r.withdraw
	if next == Running {
		move = r.tellAgain
	}
	if err := move(ctx, tx, id); err != nil {
		return "", err
	}
	return next, r.Audit(ctx, tx, by, "bundle."+string(act), id, clip(why))
}

// clip makes what people or machines wrote short and storable.
func clip(s string) string {
	s = database.Text([]byte(s))
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") // what was cut in the middle of a letter
	}
	return s
}
