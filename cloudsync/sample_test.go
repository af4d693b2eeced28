package cloudsync_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

func TestSamplesAreSentWhileThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.confirmed()
		time.Sleep(2 * time.Minute)
		s, received, err := b.hq.LastSample(t.Context(), memoryNode)
		require.NoError(t, err)
		require.Less(t, time.Since(received), 31*time.Second)
		shed := s.Shed
		require.Len(t, s.Lanes, 2)
		tele := cloudsync.Topic{Node: memoryNode, Branch: cloudsync.BranchUp, Lane: cloudsync.LaneTele}.String()
		sent := len(b.hub.published(tele))
		require.GreaterOrEqual(t, sent, 4)

		b.hub.lose(func(m cloudsync.Message) bool { return strings.Contains(m.Topic, "/ack/") })
		b.sell(1)
		time.Sleep(2 * time.Minute)
		require.Len(t, b.hub.published(tele), sent, "sales wait, so nothing else is sent")
		b.hub.lose(nil)
		b.confirmed()
		time.Sleep(time.Minute)
		s, _, err = b.hq.LastSample(t.Context(), memoryNode)
		require.NoError(t, err)
		// Two turns pass at least before a headquarters that is silent for a minute
		// is called anew; from then until it answers there is no session to send in.
		require.GreaterOrEqual(t, s.Shed, shed+2)
		b.halt()
	})
}

// Headquarters' people read the whole of what a gateway says is wrong, or see that
// there was more.
func TestFaultsComeWholeOrEndWithAnEllipsis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.halt()
		b.startCollector()
		whole, long := strings.Repeat("x", cloudsync.FaultText), strings.Repeat("ệ", cloudsync.FaultText)
		u := b.newUplink(b.outbox, func(c *cloudsync.UplinkConfig) {
			c.Machine.Faults = func() []cloudsync.Fault {
				return []cloudsync.Fault{{Part: "clone", Message: whole}, {Part: "catalogue", Message: long}}
			}
		})
		b.run(u.Run)
		time.Sleep(2 * time.Minute)
		s, _, err := b.hq.LastSample(t.Context(), memoryNode)
		require.NoError(t, err)
		require.Len(t, s.Faults, 2)
		require.Equal(t, whole, s.Faults[0].Message)
		require.Equal(t, strings.Repeat("ệ", (cloudsync.FaultText-len("…"))/len("ệ"))+"…", s.Faults[1].Message)
		b.halt()
	})
}
