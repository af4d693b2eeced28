package cloudsync

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestDownMessagesTakeEffectOnceAndInOrder(t *testing.T) {
	shop := edgetest.NewMemory(time.Now)
	var log strings.Builder
	u := &Uplink{c: UplinkConfig{Node: "node", Outbox: shop, Log: slog.New(slog.NewTextHandler(&log, nil))}}
	s := u.newSession()
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
		{Down{Node: "node", N: 20, Prev: 10, Carts: []*edge.Cart{cart(2), broken}}, 0}, // 10 comes later
		{Down{Node: "node", N: 30, Prev: 25, Carts: []*edge.Cart{cart(7)}}, 0},         // 25 never comes
		{Down{Node: "other", N: 10, Carts: []*edge.Cart{cart(3)}}, 0},
		{Down{Node: "node", N: 10, Carts: []*edge.Cart{cart(1)}}, 20},
		{Down{Node: "node", N: 10, Carts: []*edge.Cart{cart(4)}}, 20},           // repeated
		{Down{Node: "node", N: 40, Prev: 12, Carts: []*edge.Cart{cart(6)}}, 40}, // HQ was restored to 12
	} {
		require.NoError(t, s.applyAll(t.Context(), &step.d))
		applied, err := shop.Applied(t.Context())
		require.NoError(t, err)
		require.Equal(t, step.applied, applied, "%+v", step.d)
	}
	for id, want := range map[byte]bool{1: true, 2: true, 3: false, 4: false, 6: true, 7: false, 9: false} {
		require.Equal(t, want, known(id), "cart %d", id)
		require.NotContains(t, log.String(), edge.CartID{id}.String(), "who knows a cart's id may change the cart")
	}
}
