package cloudsync_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// Another machine sells with this one's key and name. HQ tells both, until it has
// heard nothing of one of them for a day.
func TestACopiedMachineLearnsThatThereAreTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.sell(2)
		b.confirmed()
		require.False(t, b.uplink.Status().Clone)
		copied := edgetest.NewMemory(time.Now)
		require.NoError(t, copied.PutRelease(t.Context(), edgetest.Release(1)))
		second := b.newUplink(copied, func(*cloudsync.UplinkConfig) {})
		b.run(second.Run)
		for range 4 {
			time.Sleep(time.Minute)
			b.sell(1)
			edgetest.Sell(t, copied, edgetest.Lipstick)
		}
		time.Sleep(2 * cloudsync.ProbeEvery)
		require.True(t, b.uplink.Status().Clone)
		require.True(t, second.Status().Clone)
		b.confirmed()
		require.Len(t, b.held(), 2+2*4, "both sell")
		b.halt()

		time.Sleep(25 * time.Hour)
		b.startCollector()
		b.run(b.uplink.Run)
		b.sell(1)
		time.Sleep(3 * cloudsync.ProbeEvery)
		require.True(t, b.uplink.Status().Up)
		require.False(t, b.uplink.Status().Clone)
		b.halt()
	})
}

// A broker ends a connection as soon as another machine comes under the same name.
func TestConnectionsThatAreLostAsSoonAsTheyAreMadeAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		lost := func() int { return b.uplink.Status().Lost }
		time.Sleep(2 * time.Minute)
		b.hub.cut()
		b.hub.mend()
		time.Sleep(10 * time.Second)
		require.Zero(t, lost(), "it stood for a while")
		for n := range 6 {
			b.hub.cut()
			b.hub.mend()
			time.Sleep(10 * time.Second)
			require.Equal(t, n+1, lost())
		}
		time.Sleep(2 * time.Minute)
		require.True(t, b.uplink.Status().Up)
		require.Zero(t, lost(), "it stands")

		b.hub.cut()
		b.hub.mend()
		time.Sleep(10 * time.Second)
		b.hub.cut()
		synctest.Wait()
		require.Equal(t, 1, lost())
		time.Sleep(10 * time.Minute)
		require.Zero(t, lost(), "nobody answers: that is another matter")
		b.hub.mend()
		b.sell(1)
		b.confirmed()
		mark, err := b.shop.Mark(t.Context(), edge.LaneSale)
		require.NoError(t, err)
		require.EqualValues(t, 2, mark)
		b.halt()
	})
}

// sharing dials links that no other machine can take the place of.
type sharing struct{ cloudsync.Dialer }

func (d sharing) Dial(ctx context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	link, err := d.Dialer.Dial(ctx, s)
	return sharedLink{link}, err
}

type sharedLink struct{ cloudsync.Link }

func (sharedLink) Shared() bool { return true }

// Over HTTPS a connection that is lost at once, as while headquarters' database is
// away, says nothing of another machine.
func TestAConnectionThatMachinesShareCountsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.halt()
		b.startCollector()
		u := b.newUplink(b.outbox, func(c *cloudsync.UplinkConfig) { c.Dialer = sharing{b.hub} })
		b.run(u.Run)
		for range 6 {
			time.Sleep(10 * time.Second)
			require.True(t, u.Status().Up)
			b.hub.cut()
			b.hub.mend()
			synctest.Wait()
			require.Zero(t, u.Status().Lost)
		}
		b.halt()
	})
}
