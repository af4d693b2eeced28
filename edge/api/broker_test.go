package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// A listener that does not fetch hears of each cart once, and is dropped when
// too many wait for it; the others do not notice.
func TestSlowListener(t *testing.T) {
	b := newBroker()
	slow, err := b.listen(func(edge.CartID) bool { return true })
	require.NoError(t, err)
	one := edge.CartID{1}
	quick, err := b.listen(func(id edge.CartID) bool { return id == one })
	require.NoError(t, err)
	for range 1000 {
		b.cartChanged(one)
	}
	<-slow.wake
	carts, status, lost := b.take(slow)
	require.Equal(t, []edge.CartID{one}, carts)
	require.False(t, status)
	require.False(t, lost)

	for i := range maxPending + 1 {
		b.cartChanged(edge.CartID{2, byte(i >> 8), byte(i)})
	}
	<-slow.wake
	_, _, lost = b.take(slow)
	require.True(t, lost)
	b.leave(slow)

	<-quick.wake
	carts, _, lost = b.take(quick)
	require.Equal(t, []edge.CartID{one}, carts)
	require.False(t, lost)
	b.statusChanged()
	<-quick.wake
	_, status, _ = b.take(quick)
	require.True(t, status)
	select {
	case <-quick.wake:
		t.Fatal("woken for nothing")
	default:
	}
	b.leave(quick)
	require.True(t, b.empty())
}
