package rig_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/pgtemp"
	"github.com/mirrorcart/mirrorcart/cloudsync/mosquitto"
	"github.com/mirrorcart/mirrorcart/cmd/rig"
	"github.com/mirrorcart/mirrorcart/edge"
)

var plans = map[string]rig.Plan{
	"mochi, sqlite":       {Broker: rig.Mochi, Database: rig.SQLite, Shops: 2, Collectors: 1, Log: quiet, Pace: quick},
	"mosquitto, postgres": {Broker: rig.Mosquitto, Database: rig.Postgres, Shops: 2, Collectors: 2, Log: quiet, Pace: quick},
}

var (
	quiet = slog.New(slog.DiscardHandler)
	quick = rig.Pace{
		Backoff: cloudsync.Backoff{Base: 20 * time.Millisecond, Max: 200 * time.Millisecond}, Resend: 300 * time.Millisecond,
	}
)

// skipMissing skips where a server is not installed.
func skipMissing(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, pgtemp.ErrMissing) || errors.Is(err, mosquitto.ErrMissing) {
		t.Skip(err)
	}
	require.NoError(t, err)
}

// A sale goes all the way, also when the broker was away in between.
func TestChain(t *testing.T) {
	for name, plan := range plans {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			c, err := rig.Start(ctx, plan)
			skipMissing(t, err)
			defer func() { require.NoError(t, c.Stop()) }()
			for i := range plan.Collectors {
				h, err := c.HQ.Open(ctx, quiet)
				require.NoError(t, err)
				defer func() { require.NoError(t, h.Close()) }()
				collector := rig.Go(ctx, c.HQ.Collector(h, rig.CollectorName(i), quiet).Run)
				defer func() { require.NoError(t, collector.Stop()) }()
			}
			for i := range c.Shops {
				s := &c.Shops[i]
				db, err := s.Open(ctx, quiet)
				require.NoError(t, err)
				defer func() { require.NoError(t, db.Close()) }()
				up, err := s.Uplink(db, db, s.Dialer(quiet), quiet)
				require.NoError(t, err)
				line := rig.Go(ctx, up.Run)
				defer func() { require.NoError(t, line.Stop()) }()
				for range 2 {
					cart, err := rig.Cart(ctx, db)
					require.NoError(t, err)
					_, err = rig.Sell(ctx, db, cart)
					require.NoError(t, err)
					require.Eventually(t, func() bool {
						n, _, err := db.Waiting(ctx, edge.LaneSale)
						return err == nil && n == 0
					}, 2*time.Minute, time.Millisecond, "%+v", up.Status())
					c.Broker.Kill()
					require.NoError(t, c.Broker.Restart(ctx))
				}
			}
		})
	}
}

func TestPlanIsChecked(t *testing.T) {
	good := rig.Plan{Broker: rig.Mochi, Database: rig.SQLite, Shops: 1, Collectors: 1, Log: quiet}
	require.NoError(t, good.Check())
	for _, change := range []func(*rig.Plan){
		func(p *rig.Plan) { p.Broker = "kafka" },
		func(p *rig.Plan) { p.Database = "oracle" },
		func(p *rig.Plan) { p.Shops = 0 },
		func(p *rig.Plan) { p.Shops = rig.MaxShops + 1 },
		func(p *rig.Plan) { p.Collectors = 0 },
		func(p *rig.Plan) { p.Collectors = rig.MaxCollectors + 1 },
	} {
		p := good
		change(&p)
		require.Error(t, p.Check())
		_, err := rig.Start(t.Context(), p)
		require.Error(t, err)
	}
}
