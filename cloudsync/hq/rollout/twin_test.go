package rollout

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestOldReportsChangeNothing(t *testing.T) {
	c := newChain(t, 1)
	id := c.publish(1)
	c.becomes(cloudsync.BundleCommitted, c.told()...)
	old := &cloudsync.Reported{Node: "gw-000", Class: "minipc", N: 1, State: cloudsync.BundleRefused, Bundle: edge.Hash{1}, At: c.clock.Now()}
	c.reportAs(0, old)
	require.Equal(t, Counts{Gateways: 1, Told: 1, Committed: 1}, c.only(id).Counts)
}

// A machine that was made anew, and knows nothing, is told again.
func TestMachineThatForgotIsToldAgain(t *testing.T) {
	c := newChain(t, 1)
	c.publish(1)
	node := c.told()
	c.becomes(cloudsync.BundleCommitted, node...)
	c.clock.Advance(time.Hour)
	require.Empty(t, c.told())
	c.report(&cloudsync.Reported{Node: node[0], Class: "minipc", State: cloudsync.BundleNone})
	require.Equal(t, node, c.told())
	d, err := c.Wanted(t.Context(), node[0])
	require.NoError(t, err)
	require.Equal(t, c.wants[node[0]], d)
}

// Headquarters' database is put back from a backup: gateways have heard words that
// it does not know of.
func TestGatewayThatHasHeardMore(t *testing.T) {
	t.Run("and was done", func(t *testing.T) {
		c := newChain(t, 1)
		c.publish(1)
		node := c.told()
		c.becomes(cloudsync.BundleCommitted, node...)
		c.report(&cloudsync.Reported{Node: node[0], Class: "minipc", Desired: c.wants[node[0]].N + 1000, State: cloudsync.BundleCommitted, Bundle: edge.Hash{2}, Running: 2})
		for range 3 {
			c.clock.Advance(time.Minute)
			require.Empty(t, c.told(), "it would pass over what is older")
		}
	})
	t.Run("and had the bundle withdrawn", func(t *testing.T) {
		c := newChain(t, 1)
		id := c.publish(1)
		node := c.told()
		heard := c.wants[node[0]].N + uint64(time.Hour.Milliseconds())
		c.report(&cloudsync.Reported{Node: node[0], Class: "minipc", Desired: heard, State: cloudsync.BundleNone})
		require.Equal(t, node, c.told())
		require.Greater(t, c.wants[node[0]].N, heard, "it passes over a word that is older")
		require.Equal(t, int64(1), c.wants[node[0]].Bundle.Version)
		c.becomes(cloudsync.BundleCommitted, node...)
		require.Equal(t, 1, c.only(id).Counts.Committed)
		c.clock.Advance(time.Minute)
		require.Empty(t, c.told())
	})
}

// A clock that stood wrong once is no reason never to hear of a machine again.
func TestMachineWhoseClockWasAheadIsHeard(t *testing.T) {
	c := newChain(t, 1)
	id := c.publish(1)
	node := c.told()
	ahead := c.clock.Now().AddDate(14, 0, 0)
	c.reportAs(0, &cloudsync.Reported{Node: node[0], Class: "minipc", N: uint64(ahead.UnixMilli()), State: cloudsync.BundleNone, At: ahead})
	c.reports = uint64(c.clock.Now().UnixMilli()) // of the machine that was made anew
	c.clock.Advance(time.Minute)
	require.Equal(t, node, c.told())
	c.becomes(cloudsync.BundleCommitted, node...)
	require.Equal(t, 1, c.only(id).Counts.Committed)
}

// A day is not longer than a clock may be wrong: what a machine said of tomorrow
// does not count until then, nor for ever.
func TestMachineWhoseClockWasHoursAheadIsHeard(t *testing.T) {
	c := newChain(t, 1)
	runs := func(version int64, ahead time.Duration) *cloudsync.Reported {
		at := c.clock.Now().Add(ahead)
		return &cloudsync.Reported{Node: "gw-000", Class: "minipc", N: uint64(at.UnixMilli()), Running: version, State: cloudsync.BundleNone, At: at}
	}
	c.reportAs(0, runs(1, 20*time.Hour))
	c.clock.Advance(time.Minute)
	c.reportAs(0, runs(2, 0))
	require.EqualValues(t, 2, c.running("gw-000"))
	late := runs(3, -time.Minute)
	c.reportAs(0, late)
	require.EqualValues(t, 2, c.running("gw-000"), "an older one is passed over")
}

// Of a gateway that was claimed anew the machine with the newest key is shown, by
// whatever clock it or a copy of the one before numbers its reports.
func TestTheNewestClaimIsShown(t *testing.T) {
	c := newChain(t, 1)
	of := func(n uint64, version int64) *cloudsync.Reported {
		return &cloudsync.Reported{Node: "gw-000", Class: "minipc", N: n, Running: version, State: cloudsync.BundleNone, At: c.clock.Now()}
	}
	now := uint64(c.clock.Now().UnixMilli())
	c.reportAs(0, of(now, 7))
	c.clock.Advance(time.Hour)
	c.claim("gw-000")
	c.reportAs(0, of(now+1, 8))
	require.EqualValues(t, 8, c.running("gw-000"), "the new one has said nothing yet")
	c.reportAs(1, of(1, 5))
	require.EqualValues(t, 5, c.running("gw-000"))
	c.reportAs(0, of(now+2, 8))
	require.EqualValues(t, 5, c.running("gw-000"), "a copy with the key before")
	c.reportAs(1, of(2, 6))
	require.EqualValues(t, 6, c.running("gw-000"))
}

// running is the bundle's version that a gateway is shown with.
func (c *chain) running(node string) (version int64) {
	c.t.Helper()
	require.NoError(c.t, c.DB.Read.QueryRowContext(c.t.Context(), "select running from twin where node = $1", node).Scan(&version))
	return version
}
