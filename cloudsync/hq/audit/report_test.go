package audit

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Where the numbers get longer they are no longer in order as text.
func TestNumbersAreInOrderAsTextWithinARange(t *testing.T) {
	for _, ends := range [][2]uint64{{1, 7}, {5, 1_000_000}, {1_000_000, 20_000_000}, {1, 1<<63 - 1}} {
		next := ends[0]
		for _, p := range numberRanges(&edge.ZReport{Till: "T1", Series: 1, From: ends[0], To: ends[1]}) {
			require.Len(t, p[1], len(p[0]))
			require.Equal(t, edge.Receipt{Till: "T1", Series: 1, Counter: next}.String(), p[0])
			last, err := edge.ParseReceipt(p[1])
			require.NoError(t, err)
			require.GreaterOrEqual(t, last.Counter, next)
			next = last.Counter + 1
		}
		require.Equal(t, ends[1]+1, next)
	}
}
