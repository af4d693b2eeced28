package cloudsync

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestDownMessagesTakeEffectOnceAndInOrder(t *testing.T) {
	shop := edgetest.NewMemory(time.Now)
	s := &session{Uplink: &Uplink{c: UplinkConfig{Node: "node", Outbox: shop, Log: slog.New(slog.DiscardHandler)}}}
	known := func(id byte) bool {
		_, err := shop.Cart(t.Context(), edge.CartID{id})
		return err == nil
	}
	cart := func(id byte) *edge.Cart { return edge.NewCart(edge.CartID{id}, time.Now()) }
	broken := cart(9)
	broken.Claim.Holder = "nobody"
	for _, step := range []struct {
		d       Down
		applied uint64
	}{
		{Down{Node: "node", N: 20, Prev: 10, Carts: []*edge.Cart{cart(2)}}, 0}, // 10 was lost
		{Down{Node: "other", N: 10, Carts: []*edge.Cart{cart(3)}}, 0},
		{Down{Node: "node", N: 10, Carts: []*edge.Cart{cart(1)}}, 10},
		{Down{Node: "node", N: 10, Carts: []*edge.Cart{cart(4)}}, 10}, // repeated
		{Down{Node: "node", N: 20, Prev: 10, Carts: []*edge.Cart{cart(5), broken}}, 20},
		{Down{Node: "node", N: 30, Prev: 12, Carts: []*edge.Cart{cart(6)}}, 30}, // HQ was restored to 12
	} {
		require.NoError(t, s.apply(t.Context(), &step.d))
		applied, err := shop.Applied(t.Context())
		require.NoError(t, err)
		require.Equal(t, step.applied, applied, "%+v", step.d)
	}
	for id, want := range map[byte]bool{1: true, 2: false, 3: false, 4: false, 5: true, 6: true, 9: false} {
		require.Equal(t, want, known(id), "cart %d", id)
	}
}
