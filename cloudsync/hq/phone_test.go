package hq

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

func phoneKey(n int) PhoneKey { return PhoneKeyOf(edge.CartID{1}, fmt.Sprint("secret ", n)) }

// However many phones come at once, one owns the cart.
func TestPhonesRaceForACart(t *testing.T) {
	g := newGateway(t)
	const phones = 8
	for cart := range 4 {
		id := edge.CartID{byte(cart)}
		roles := make([]PhoneRole, phones)
		var all sync.WaitGroup
		for i := range phones {
			all.Go(func() {
				p, err := g.hq.BindPhone(t.Context(), id, 0, phoneKey(i))
				if err == nil {
					roles[i] = p.Role
				}
			})
		}
		all.Wait()
		var owners int
		for i, r := range roles {
			if r == PhoneOwner {
				owners++
			}
			p, err := g.hq.Phones(t.Context(), id, 0, phoneKey(i))
			require.NoError(t, err)
			require.Equal(t, r, p.Role)
			require.True(t, p.Owned)
		}
		require.Equal(t, 1, owners)
	}
}

// Whatever phones do, a cart has one owner at most, only the owner lets others
// in, and nobody becomes more than that.
func TestPhonesKeepTheirPlace(t *testing.T) {
	g := newGateway(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		id := edge.CartID{9, byte(n), byte(n >> 8)}
		want := map[int]PhoneRole{}
		owner, links := -1, uint32(0)
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			i := rapid.IntRange(0, 4).Draw(rt, "phone")
			switch rapid.IntRange(0, 4).Draw(rt, "what") {
			case 0:
				p, err := g.hq.BindPhone(t.Context(), id, links, phoneKey(i))
				require.NoError(rt, err)
				if owner < 0 {
					owner, want = i, map[int]PhoneRole{i: PhoneOwner}
				}
				require.Equal(rt, want[i], p.Role)
			case 1:
				p, err := g.hq.AskOwner(t.Context(), id, links, phoneKey(i))
				if owner < 0 {
					require.Equal(rt, edge.Conflict, edge.KindOf(err))
					break
				}
				require.NoError(rt, err)
				if want[i] == "" {
					want[i] = PhoneAsking
				}
				require.Equal(rt, want[i], p.Role)
			case 2, 3:
				j := rapid.IntRange(0, 4).Draw(rt, "asker")
				in := rapid.Bool().Draw(rt, "in")
				p, err := g.hq.Phones(t.Context(), id, links, phoneKey(j))
				require.NoError(rt, err)
				err = g.hq.AnswerPhone(t.Context(), id, links, phoneKey(i), p.Code, in)
				switch {
				case i != owner:
					require.Equal(rt, edge.Forbidden, edge.KindOf(err))
				case want[j] != PhoneAsking:
					require.Equal(rt, edge.NotFound, edge.KindOf(err))
				default:
					require.NoError(rt, err)
					want[j] = map[bool]PhoneRole{true: PhoneGuest, false: PhoneRefused}[in]
				}
			case 4:
				links++ // the shop withdraws the links
				owner, want = -1, map[int]PhoneRole{}
			}
			for j := range 5 {
				p, err := g.hq.Phones(t.Context(), id, links, phoneKey(j))
				require.NoError(rt, err)
				require.Equal(rt, want[j], p.Role)
				require.Equal(rt, owner >= 0, p.Owned)
				if j != owner {
					require.Empty(rt, p.Asking)
				}
			}
		}
	})
}

func TestOnlySoManyPhonesMayAsk(t *testing.T) {
	g := newGateway(t)
	id := edge.CartID{1}
	_, err := g.hq.BindPhone(t.Context(), id, 0, phoneKey(0))
	require.NoError(t, err)
	codes := map[string]bool{}
	for i := range maxGuests {
		p, err := g.hq.AskOwner(t.Context(), id, 0, phoneKey(i+1))
		require.NoError(t, err)
		codes[p.Code] = true
	}
	require.Len(t, codes, maxGuests, "no two have the same code")
	_, err = g.hq.AskOwner(t.Context(), id, 0, phoneKey(99))
	require.Equal(t, edge.TooMany, edge.KindOf(err))
}
