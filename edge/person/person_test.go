package person_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/person"
)

func parse(t *testing.T, lines ...string) *person.Keys {
	t.Helper()
	k, err := person.Parse([]byte(strings.Join(lines, "\n")))
	require.NoError(t, err)
	return k
}

func TestWhatIsSealed(t *testing.T) {
	k := parse(t, person.Line())
	sealed := k.Seal("here", []byte("0901234567"))
	require.False(t, bytes.Contains(sealed, []byte("0901234567")))
	require.NotEqual(t, sealed, k.Seal("here", []byte("0901234567")), "the same text looks different each time")
	text, err := k.Open("here", sealed)
	require.NoError(t, err)
	require.Equal(t, "0901234567", string(text))
	_, err = k.Open("elsewhere", sealed)
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		_, err := k.Open("here", changed)
		require.Error(t, err, "byte %d", i)
	}
	_, err = parse(t, person.Line()).Open("here", sealed)
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
	_, err = k.Open("here", nil)
	require.Equal(t, edge.NotFound, edge.KindOf(err), "a key that was destroyed")
}

func TestAnotherMasterKey(t *testing.T) {
	old := person.Line()
	before := parse(t, old)
	key, sealed, err := before.NewKey("p1")
	require.NoError(t, err)
	name := key.Seal("name", []byte("Lan"))

	after := parse(t, "# master keys", person.Line(), "", old)
	require.False(t, after.Fresh(sealed))
	require.Equal(t, [][]byte{before.Mark()}, after.Older())
	again, err := after.Reseal("p1", sealed)
	require.NoError(t, err)
	require.True(t, after.Fresh(again))
	_, err = after.Reseal("p2", sealed)
	require.Error(t, err, "another person's")
	_, err = before.OpenKey("p1", again)
	require.Error(t, err)
	key, err = after.OpenKey("p1", again)
	require.NoError(t, err)
	text, err := key.Open("name", name)
	require.NoError(t, err)
	require.Equal(t, "Lan", string(text))
	_, err = key.Open("address", name)
	require.Error(t, err)

	require.Equal(t, before.Index("0901234567")[0], after.Index("0901234567")[1], "it is found by the old key too")
	require.NotEqual(t, after.Index("0901234567")[0], after.Index("0901234568")[0])
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(person.Line()))
	f.Add([]byte("# none\n"))
	f.Add([]byte("abcd"))
	f.Add([]byte(strings.Repeat(person.Line()+"\n", 2)))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := person.Parse(text)
		if err != nil {
			require.Equal(t, edge.Invalid, edge.KindOf(err))
			require.NotContains(t, err.Error(), strings.Repeat("0", 8), "no key stands in an error")
			return
		}
		got, err := k.Open("x", k.Seal("x", text))
		require.NoError(t, err)
		require.Equal(t, string(text), string(got))
	})
}
