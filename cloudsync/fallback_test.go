package cloudsync_test

import (
	"context"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/https"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestSecondWayIsTakenAfterAWhileAndLeftAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newHub(1), newHub(2)
		f := &cloudsync.Fallback{First: first, Second: second, Log: quiet()}
		dial := func() cloudsync.Link {
			l, _ := f.Dial(t.Context(), cloudsync.Session{})
			return l
		}
		l := dial()
		require.NotNil(t, l)
		l.Close()

		first.cut()
		require.Nil(t, dial())
		time.Sleep(59 * time.Second)
		require.Nil(t, dial(), "too early")
		time.Sleep(time.Second)
		second.cut()
		require.Nil(t, dial())
		second.mend()
		l = dial()
		require.NotNil(t, l)
		time.Sleep(10 * time.Minute)
		select {
		case <-l.Done():
			require.Fail(t, "the first way is not there")
		default:
		}
		first.mend()
		time.Sleep(2 * time.Minute)
		<-l.Done()
		l = dial()
		require.Zero(t, second.standing())
		first.cut()
		require.Nil(t, dial(), "the patience begins anew")
		l.Close()
	})
}

// The broker is there, and nobody behind it who answers: the second way is taken,
// and the first tried ever less often until somebody does.
func TestSecondWayIsTakenWhereHQIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newHub(1), newHub(2)
		f := &cloudsync.Fallback{First: first, Second: second, Log: quiet()}
		dial := func(silent bool) cloudsync.Link {
			l, err := f.Dial(t.Context(), cloudsync.Session{Silent: silent})
			require.NoError(t, err)
			return l
		}
		dial(false).Close()
		second.cut()
		l := dial(true)
		require.Equal(t, 1, first.standing(), "there is no second way")
		l.Close()
		second.mend()
		var lasted []time.Duration
		for range 8 {
			l = dial(true)
			synctest.Wait()
			require.Equal(t, 1, second.standing())
			begun := time.Now()
			<-l.Done()
			lasted = append(lasted, time.Since(begun))
			dial(false).Close()
		}
		require.Less(t, lasted[0], 7*time.Minute)
		require.Greater(t, lasted[7], 16*time.Minute)
		require.Less(t, lasted[7], 49*time.Minute)

		dial(false).Close() // somebody answered
		l = dial(true)
		time.Sleep(3*time.Minute + time.Second)
		<-l.Done()
	})
}

// A till whose HQ does not answer dials anew, and says so; one that has nothing
// to send hears of HQ by asking, and does not.
func TestSilenceEndsAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.sell(3)
		b.confirmed()
		time.Sleep(time.Hour)
		require.Equal(t, []bool{false}, b.hub.toldOfSilence())
		b.hub.faults(1, 0, 0)
		sold := b.sell(3)
		time.Sleep(10 * time.Minute)
		told := b.hub.toldOfSilence()
		require.Greater(t, len(told), 4)
		require.Less(t, len(told), 12)
		require.NotContains(t, told[1:], false)
		b.hub.faults(0, 0, 0)
		b.confirmed()
		require.Subset(t, receipts(b.held()), receipts(sold))
		b.halt()
	})
}

// countingDialer counts the connections that were made.
type countingDialer struct {
	cloudsync.Dialer
	dialled atomic.Int64
}

func (d *countingDialer) Dial(ctx context.Context, s cloudsync.Session) (cloudsync.Link, error) {
	l, err := d.Dialer.Dial(ctx, s)
	if err == nil {
		d.dialled.Add(1)
	}
	return l, err
}

// The broker is dead: sales, a phone's change, a command and a sample travel over
// HTTPS, and later over the broker again.
func TestShopWithoutBrokerGoesOverHTTPS(t *testing.T) {
	c := newChain(t, newEmbedded(t))
	server := httptest.NewTLSServer(c.hq.IngestHandler())
	defer server.Close()
	first := &countingDialer{Dialer: c.net.dialer(node)}
	c.dialer = &cloudsync.Fallback{
		First:  first,
		Second: &https.Dialer{URL: server.URL, Client: server.Client(), Poll: 50 * time.Millisecond},
		Log:    quiet(), After: 100 * time.Millisecond, Return: 500 * time.Millisecond,
	}
	var sold []edge.Sale
	sell := func(n int) {
		for range n {
			sold = append(sold, *edgetest.Sell(t, c.shop, edgetest.Lipstick))
		}
	}
	sell(300)
	cart := edgetest.FillCart(t, c.shop, edgetest.Lipstick, 1)
	c.startUplink(t)
	c.settled(t, sold)
	phone := edge.Writer("p1")
	_, err := c.hq.ChangeCart(t.Context(), cart.ID, phone, func(k *edge.Cart) error { return k.SetQuantity(phone, cart.Lines[0].ID, 3) })
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		k, err := c.shop.Cart(t.Context(), cart.ID)
		require.NoError(t, err)
		return k.Lines[0].Quantity() == 3
	}, 2*time.Minute, 10*time.Millisecond, "the downlink comes in the replies")
	require.Equal(t, cloudsync.CmdDone, c.ended(t, c.command(t, cloudsync.OpDiagnostics, cloudsync.Args{})).Status)
	require.Eventually(t, func() bool {
		_, _, err := c.hq.LastSample(t.Context(), node)
		return err == nil
	}, 2*time.Minute, 10*time.Millisecond)
	shops, err := c.hq.Shops(t.Context())
	require.NoError(t, err)
	require.True(t, shops[0].Up)

	c.net.start(t)
	c.collect(t, "hq-1")
	require.Eventually(t, func() bool { return first.dialled.Load() >= 2 }, 2*time.Minute, 10*time.Millisecond, "looked for, and taken")
	server.Close()
	sell(20)
	c.settled(t, sold)
}
