package database

import (
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// However little is read at a time, the rows are the same; this is COPY's format
// by hand.
func TestCopyFormat(t *testing.T) {
	flaw := "opaque"
	c := Columns{
		Same("node", "n1"),
		List("seq", []int64{1, -2}),
		List("id", []string{"a", ""}),
		List("data", [][]byte{{0, 1}, {}}),
		List("flaw", []*string{nil, &flaw}),
	}
	want := "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" +
		"\x00\x05" + "\x00\x00\x00\x02n1" + "\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01" + "\x00\x00\x00\x01a" + "\x00\x00\x00\x02\x00\x01" + "\xff\xff\xff\xff" +
		"\x00\x05" + "\x00\x00\x00\x02n1" + "\x00\x00\x00\x08\xff\xff\xff\xff\xff\xff\xff\xfe" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x06opaque" +
		"\xff\xff"
	for name, reader := range map[string]io.Reader{
		"whole":          newCopyReader(c),
		"byte by byte":   iotest.OneByteReader(newCopyReader(c)),
		"half at a time": iotest.HalfReader(newCopyReader(c)),
	} {
		got, err := io.ReadAll(reader)
		require.NoError(t, err, name)
		require.Equal(t, want, string(got), name)
	}
	require.NoError(t, iotest.TestReader(newCopyReader(c), []byte(want)))
}
