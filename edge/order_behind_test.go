package edge_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestOrdersThatAreBehind(t *testing.T) {
	patience := edge.OrderPatience{Deposit: time.Hour, Answer: 2 * time.Hour, Refund: 3 * time.Hour, PickUp: 72 * time.Hour}
	promised := &edge.OrderTaken{Promise: orderTime.Add(5 * time.Hour)}
	for name, tc := range map[string]struct {
		k     edge.KnownOrder
		after time.Duration
		want  edge.OrderBehind
	}{
		"in time":                   {edge.KnownOrder{Stands: edge.OrderPlaced}, 2 * time.Hour, edge.BehindNothing},
		"no answer":                 {edge.KnownOrder{Stands: edge.OrderPlaced}, 2*time.Hour + 1, edge.BehindLong},
		"no deposit":                {edge.KnownOrder{Stands: edge.OrderDepositPending}, 2 * time.Hour, edge.BehindLong},
		"patience without an end":   {edge.KnownOrder{Stands: edge.OrderInTransit}, 1000 * time.Hour, edge.BehindNothing},
		"over":                      {edge.KnownOrder{Stands: edge.OrderCompleted}, 1000 * time.Hour, edge.BehindNothing},
		"money to give back":        {edge.KnownOrder{Stands: edge.OrderCancelled, Refundable: 1}, 4 * time.Hour, edge.BehindLong},
		"promise still holds":       {edge.KnownOrder{Order: edge.Order{Taken: promised}, Stands: edge.OrderAllocated}, 5 * time.Hour, edge.BehindNothing},
		"promise is over":           {edge.KnownOrder{Order: edge.Order{Taken: promised}, Stands: edge.OrderAllocated}, 6 * time.Hour, edge.BehindPromise},
		"the goods are there":       {edge.KnownOrder{Order: edge.Order{Taken: promised}, Stands: edge.OrderReady}, 6 * time.Hour, edge.BehindNothing},
		"there, and nobody comes":   {edge.KnownOrder{Order: edge.Order{Taken: promised}, Stands: edge.OrderReady}, 73 * time.Hour, edge.BehindLong},
		"the shopper has them":      {edge.KnownOrder{Order: edge.Order{Taken: promised}, Stands: edge.OrderDelivered}, 6 * time.Hour, edge.BehindNothing},
		"cancelled, promise or not": {edge.KnownOrder{Order: edge.Order{Taken: promised}, Stands: edge.OrderCancelled}, 6 * time.Hour, edge.BehindNothing},
	} {
		tc.k.At = orderTime
		require.Equal(t, tc.want, tc.k.Behind(patience, orderTime.Add(tc.after)), name)
	}
}
