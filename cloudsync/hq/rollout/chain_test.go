package rollout

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// chain is gateways whose machines report what a test says.
type chain struct {
	*Rollouts
	t       *testing.T
	clock   *edgetest.Clock
	ids     int
	reports uint64
	wants   map[string]*cloudsync.Desired
	audit   []string
	keys    map[string][]cloudsync.KeyID // of each gateway, the newest last
}

func newChain(t *testing.T, gateways int) *chain {
	t.Helper()
	db, err := database.Open(t.Context(), databasetest.Place(t))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	c := &chain{t: t, clock: edgetest.NewClock(), wants: map[string]*cloudsync.Desired{}, keys: map[string][]cloudsync.KeyID{}}
	c.Rollouts = New(Options{
		DB: db, Now: c.clock.Now, NewID: func() string { c.ids++; return fmt.Sprint("r", c.ids) }, Log: slog.New(slog.DiscardHandler),
		There: func(up bool, _, _, _ time.Time) bool { return up },
		Audit: func(_ context.Context, _ *sql.Tx, by, what, rollout, detail string) error {
			c.audit = append(c.audit, strings.TrimSpace(strings.Join([]string{by, what, rollout, detail}, " ")))
			return nil
		},
		Wake: func() {}, Changed: func() {},
	})
	for i := range gateways {
		c.join(fmt.Sprintf("gw-%03d", i), "minipc")
	}
	return c
}

// join connects a gateway that has no bundle.
func (c *chain) join(node, class string) {
	c.t.Helper()
	_, err := c.DB.Write.ExecContext(c.t.Context(), "insert into node (node, shop, enrolled, up) values ($1, 'shop', 0, 1)", node)
	require.NoError(c.t, err)
	c.claim(node)
	c.report(&cloudsync.Reported{Node: node, Class: class, State: cloudsync.BundleNone})
}

// claim gives a gateway a key, its first or another.
func (c *chain) claim(node string) {
	c.t.Helper()
	const q = "insert into node_key (key_id, node, public_key, added) values ($1, $2, $1, $3)"
	key := cloudsync.IDOf([]byte(fmt.Sprint(node, len(c.keys[node]))))
	_, err := c.DB.Write.ExecContext(c.t.Context(), q, key[:], node, c.clock.Now().UnixMilli())
	require.NoError(c.t, err)
	c.keys[node] = append(c.keys[node], key)
}

// shutOut takes a gateway's keys back.
func (c *chain) shutOut(node string) {
	c.t.Helper()
	_, err := c.DB.Write.ExecContext(c.t.Context(), "update node_key set revoked = 1 where node = $1", node)
	require.NoError(c.t, err)
}

func (c *chain) leave(node string) {
	c.t.Helper()
	_, err := c.DB.Write.ExecContext(c.t.Context(), "update node set up = 0 where node = $1", node)
	require.NoError(c.t, err)
}

func (c *chain) report(p *cloudsync.Reported) {
	c.t.Helper()
	c.reports++
	p.N, p.At = c.reports, c.clock.Now()
	c.reportAs(len(c.keys[p.Node])-1, p)
}

// reportAs reports with one of the gateway's keys.
func (c *chain) reportAs(key int, p *cloudsync.Reported) {
	c.t.Helper()
	require.NoError(c.t, c.Report(c.t.Context(), c.keys[p.Node][key], p))
}

func (c *chain) publish(version int64, change ...func(*Plan)) string {
	c.t.Helper()
	p := DefaultPlan()
	for _, f := range change {
		f(&p)
	}
	id, err := c.Publish(c.t.Context(), c.bundle(version), p, "mai")
	require.NoError(c.t, err)
	return id
}

func (c *chain) bundle(version int64) Bundle {
	return Bundle{Version: version, SHA256: edge.Hash{byte(version)}, Size: 100, Classes: []string{"minipc"}, Expires: c.clock.Now().Add(30 * 24 * time.Hour)}
}

// told steps, and lists who was told something now.
func (c *chain) told() (nodes []string) {
	c.t.Helper()
	require.NoError(c.t, c.Step(c.t.Context()))
	due, err := c.Due(c.t.Context(), 5*time.Second)
	require.NoError(c.t, err)
	for _, d := range due {
		if before := c.wants[d.Node]; before != nil {
			require.GreaterOrEqual(c.t, d.N, before.N)
		}
		c.wants[d.Node] = d
		nodes = append(nodes, d.Node)
	}
	return nodes
}

// longest is as much as a machine may say, how to mend it at its end.
func longest() string { return strings.Repeat("no frame came; ", 32) + "see its ổ cắm" }

// becomes makes gateways report a state of what they were told last.
func (c *chain) becomes(state cloudsync.BundleState, nodes ...string) {
	c.t.Helper()
	for _, node := range nodes {
		d := c.wants[node]
		p := &cloudsync.Reported{Node: node, Class: "minipc", Desired: d.N, State: cloudsync.BundleNone}
		if d.Bundle != nil {
			p.State, p.Bundle = state, d.Bundle.SHA256
			if state == cloudsync.BundleCommitted {
				p.Running = d.Bundle.Version
			}
			if state == cloudsync.BundleRolledBack {
				p.Reason, p.Message = "camera", longest()
			}
		}
		c.report(p)
	}
}

func (c *chain) only(id string) *Rollout {
	c.t.Helper()
	list, err := c.List(c.t.Context(), 10)
	require.NoError(c.t, err)
	for i := range list {
		if list[i].ID == id {
			return &list[i]
		}
	}
	require.Fail(c.t, "there is no such rollout")
	return nil
}

func (c *chain) does(id string, act Act, by, why string) error {
	_, err := c.Do(c.t.Context(), id, act, by, why)
	return err
}

// soak lets the plan's half hour pass.
func (c *chain) soak() {
	c.t.Helper()
	require.Empty(c.t, c.told(), "it soaks first")
	c.clock.Advance(29 * time.Minute)
	require.Empty(c.t, c.told(), "not long enough")
	c.clock.Advance(time.Minute)
	require.NoError(c.t, c.Step(c.t.Context()))
}
