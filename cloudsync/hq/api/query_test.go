package api

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func FuzzCursor(f *testing.F) {
	for _, s := range []string{"", "ZXZlbnRzOjEyMw", "c2FsZXM6MQ", "ZXZlbnRzOg", "!", positionCursor("events", 1<<62), strings.Repeat("A", 600)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		pos, err := position("events", s)
		if err != nil {
			require.Equal(t, edge.Invalid, edge.KindOf(err))
			return
		}
		require.GreaterOrEqual(t, pos, int64(0))
		again, err := position("events", positionCursor("events", pos))
		require.NoError(t, err)
		require.Equal(t, pos, again)
		_, err = position("sales", positionCursor("events", pos))
		require.Error(t, err, "a cursor is of one list")
	})
}

func FuzzSequenceOrTime(f *testing.F) {
	for _, s := range []string{"", "1", "0", "-1", "18446744073709551615", "2026-11-21T09:00:00+07:00", "9999-12-31T23:59:59Z", "noon"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		seq, at, err := seqOrTime("from", s)
		if err != nil {
			require.Equal(t, edge.Invalid, edge.KindOf(err))
			return
		}
		require.True(t, s == "" || seq != 0 || !at.IsZero() || strings.HasPrefix(s, "0001-01-01T00:00:00"), "%q", s)
		require.True(t, seq == 0 || at.IsZero(), "either the one or the other")
	})
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"", "=1", "  +1", "\u3000＠", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cell(s)
		require.True(t, got == s || got == "'"+s)
		require.NotRegexp(t, "^[ \u00a0\u3000]*[=+@|\t\r\n＝＋－＠-]", got)
	})
}
