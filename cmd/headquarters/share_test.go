package headquarters_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
)

// A broker hands each batch to one of the collectors' group, and Mosquitto drops it
// where that one may not read it: no gateway gets into the group.
func TestAGatewayTakesNoShareOfTheBatches(t *testing.T) {
	c := newChain(t)
	honest, thief := c.machine("gw-1"), c.machine("gw-2")
	line, err := honest.dial(ackTopic("gw-1"))
	require.NoError(t, err)
	require.Equal(t, cloudsync.KindAck, honest.sends(line, honest.batch("gw-1", "e")))
	_, err = thief.dial("$share/hq/v1/+/+/up/+", "$share/hq/v1/+/+/rsp", "$share/gw-2/v1/+/+/up/+")
	require.NoError(t, err)
	waits := map[string]bool{}
	for n := range 10 {
		epoch := fmt.Sprint("e", n)
		waits[epoch] = true
		require.NoError(t, line.Publish(t.Context(), honest.batch("gw-1", epoch))) // once
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for len(waits) > 0 {
		select {
		case m := <-line.Messages():
			env, err := cloudsync.Open(m.Payload)
			require.NoError(t, err)
			a, err := cloudsync.DecodeAck(env.Body)
			require.NoError(t, err)
			delete(waits, a.Epoch)
		case <-ctx.Done():
			require.Fail(t, "batches did not reach headquarters", "%v", waits)
		}
	}
}
