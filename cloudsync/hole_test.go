package cloudsync_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// A hole that HQ finds is filled without waiting for the patience to end.
func TestHoleIsFilledAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.confirmed()
		up := cloudsync.Topic{Node: memoryNode, Branch: cloudsync.BranchUp, Lane: edge.LaneSale}.String()
		b.hub.cut()
		sold := b.sell(1000)
		lost := 0
		codec, err := cloudsync.NewCodec()
		require.NoError(t, err)
		b.hub.lose(func(m cloudsync.Message) bool {
			env, err := cloudsync.Open(m.Payload)
			if m.Topic != up || err != nil || lost > 0 {
				return false
			}
			batch, err := codec.DecodeBatch(env.Body)
			if err != nil || batch.Probe() {
				return false
			}
			lost++
			return true
		})
		b.hub.mend()
		require.Eventually(t, func() bool { return b.uplink.Status().Up }, time.Minute, 10*time.Millisecond)
		begun := time.Now()
		require.Eventually(t, func() bool { return b.waiting() == 0 }, 2*time.Minute, 10*time.Millisecond)
		require.Less(t, time.Since(begun), time.Second, fmt.Sprint("lost ", lost))
		require.Equal(t, 1, lost)
		require.NoError(t, b.hq.Project(t.Context()))
		allHeld(t, sold, b.held())
		b.halt()
	})
}
