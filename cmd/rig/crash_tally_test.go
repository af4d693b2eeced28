package rig

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestTally(t *testing.T) {
	const a, b = "AAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBB"
	printed := []string{"try " + a, "sold " + a + " T1-1-000001", "try " + b, "sold " + b + " T1-1-000002"}
	both := []string{a + " T1-1-000001", b + " T1-1-000002"}
	for name, tt := range map[string]struct {
		printed, held       []string
		lost, doubled, gaps int
	}{
		"all is well":          {printed, both, 0, 0, 0},
		"answered again":       {append(printed[:4:4], printed[1]), both, 0, 0, 0},
		"withheld":             {printed, both[:1], 1, 0, 0},
		"another receipt":      {printed, []string{both[0], b + " T1-2-000001"}, 1, 0, 0},
		"twice":                {printed, append(both[:2:2], a+" T1-1-000003"), 1, 1, 0},
		"one number for two":   {printed, []string{both[0], b + " T1-1-000001"}, 1, 1, 0},
		"nobody asked":         {printed[:2], both, 0, 1, 0},
		"never answered":       {printed[:3], both, 1, 0, 0},
		"a number is missing":  {[]string{"try " + a, "sold " + a + " T1-1-000003"}, []string{a + " T1-1-000003"}, 0, 0, 2},
		"printed as another":   {append(printed[:4:4], "sold "+a+" T1-1-000003"), both, 1, 1, 0},
		"printed for two":      {append(printed[:3:3], "sold "+b+" T1-1-000001"), both, 1, 1, 0},
		"nothing has happened": {nil, nil, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			n := newTally()
			for _, line := range tt.printed {
				n.hear("shop-1", line)
			}
			require.NoError(t, n.unclear)
			c := newCensus(n)
			for _, s := range tt.held {
				var cart edge.CartID
				require.NoError(t, cart.UnmarshalText([]byte(s[:16])))
				r, err := edge.ParseReceipt(s[17:])
				require.NoError(t, err)
				c.see(cart, number{"shop-1", r})
			}
			var r CrashReport
			c.sum(&r)
			require.Equal(t, []int{tt.lost, tt.doubled, tt.gaps}, []int{r.Lost, r.Doubled, r.Gaps})
			if tt.lost+tt.doubled+tt.gaps > 0 {
				require.ErrorContains(t, r.Err(), fmt.Sprintf("%d lost, %d doubled, %d gaps", tt.lost, tt.doubled, tt.gaps))
			} else {
				require.NoError(t, r.Err())
			}
		})
	}
}

func TestTallyKnowsWhatWasNotAnswered(t *testing.T) {
	const a, b = "AAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBB"
	n := newTally()
	for _, line := range []string{"try " + a, "try " + b, "sold " + a + " T1-1-000001"} {
		n.hear("shop-1", line)
	}
	left := n.unanswered("shop-1")
	require.Len(t, left, 1)
	require.Equal(t, b, left[0].String())
	require.Empty(t, n.unanswered("shop-2"))
	for _, line := range []string{"", "try", "sold " + a, "sold " + a + " T1", "sold CCCCCCCCCCCCCCCC T1-1-000002", "panic: no"} {
		n := newTally()
		n.hear("shop-1", line)
		require.Error(t, n.unclear, line)
	}
}

func TestLinesAreHeardInFull(t *testing.T) {
	var heard []string
	l := &lines{hear: func(s string) { heard = append(heard, s) }}
	for _, s := range []string{"a", "b\nc\n\nd", "", "e\nhalf"} {
		n, err := l.Write([]byte(s))
		require.NoError(t, err)
		require.Equal(t, len(s), n)
	}
	require.Equal(t, []string{"ab", "c", "", "de"}, heard)
}
