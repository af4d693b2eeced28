package api

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// newTestLockout has a clock that the test moves.
func newTestLockout() (l *lockout, advance func(time.Duration)) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	return newLockout(func() time.Time { return now }), func(d time.Duration) { now = now.Add(d) }
}

// stranger is a client where nobody has signed in.
func stranger(name string) guesser { return guesser{name: name} }

// guess makes n wrong tries that must all be let through.
func guess(t *testing.T, l *lockout, client string, n int) {
	t.Helper()
	for range n {
		require.Zero(t, l.try(stranger(client)))
	}
}

func TestLocksDouble(t *testing.T) {
	l, advance := newTestLockout()
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		guess(t, l, "a", maxWrong)
		l.all = wrong{} // looked at elsewhere
		require.Equal(t, want*time.Minute, l.try(stranger("a")))
		advance(want*time.Minute - time.Second)
		require.Equal(t, time.Second, l.try(stranger("a")), "to ask does not make it longer")
		guess(t, l, "b", 1)
		l.right(stranger("b"), "Hoa")
		advance(time.Second)
	}
	advance(forgetAfter)
	guess(t, l, "a", maxWrong)
	require.Equal(t, time.Minute, l.try(stranger("a")), "a day later all is forgotten")
	require.Len(t, l.clients, 1)
}

// Whoever has a PIN cannot guess another one between sign-ins for ever.
func TestRightPINClearsOneRound(t *testing.T) {
	l, advance := newTestLockout()
	guess(t, l, "a", maxWrong)
	advance(time.Minute)
	guess(t, l, "a", maxWrong)
	l.right(stranger("a"), "Hoa") // the last one was it
	guess(t, l, "a", maxWrong)
	require.Equal(t, 2*time.Minute, l.try(stranger("a")), "the first round is remembered")
}

func TestAllClientsTogether(t *testing.T) {
	l, advance := newTestLockout()
	for i := range maxWrongIn - 1 {
		guess(t, l, fmt.Sprint("guesser ", i), 1)
	}
	for range 100 {
		guess(t, l, "till", 1)
		l.right(stranger("till"), "Hoa")
	}
	guess(t, l, "guesser 0", 1)
	require.Equal(t, time.Minute, l.try(stranger("till")), "right PINs took nothing from the guessers' count")

	advance(time.Minute)
	guess(t, l, "guesser 1", 1)
	guess(t, l, "guesser 2", 2)
	l.right(stranger("guesser 1"), "Hoa")
	for i := range maxWrongIn - 2 {
		guess(t, l, fmt.Sprint("more ", i), 1)
	}
	require.Equal(t, 2*time.Minute, l.try(stranger("till")), "right takes nothing that a round before has counted")
	advance(forgetAfter)
	require.Zero(t, l.try(stranger("till")))
	require.Len(t, l.clients, 1)
}

// Guessers with all the addresses in the world fill no memory.
func TestLockoutRemembersFew(t *testing.T) {
	l, advance := newTestLockout()
	most := 0
	for i := range 3 * 24 * 60 {
		for j := 0; l.try(stranger(fmt.Sprint(i, "/", j))) == 0; j++ {
		}
		most = max(most, len(l.clients))
		advance(time.Minute)
	}
	require.Less(t, most, 1000)
	require.Greater(t, most, 500)
}

// Whoever guesses can keep others from guessing, but no till from selling.
func TestOthersDoNotLockATill(t *testing.T) {
	l, advance := newTestLockout()
	till := guesser{name: "till", till: true}
	for i := range maxWrongIn {
		guess(t, l, fmt.Sprint("guesser ", i), 1)
	}
	require.Equal(t, time.Minute, l.try(stranger("another")))
	require.Zero(t, l.try(till))
	l.right(till, "Hoa")
	require.Equal(t, time.Minute, l.try(stranger("another")), "a till's right PIN frees no others")
	for i, want := range []time.Duration{1, 2, 4, 8, 10, 10, 10, 10, 10, 10} {
		require.True(t, l.trusts(till), "after %d rounds", i)
		for range maxWrong {
			require.Zero(t, l.try(till))
		}
		require.Equal(t, want*time.Minute, l.try(till), "its own wrong PINs lock it")
		advance(want * time.Minute)
	}
	require.Zero(t, l.try(till))
	require.False(t, l.trusts(till), "guessed at for too long")
	advance(forgetAfter)
	require.True(t, l.trusts(till))
}
