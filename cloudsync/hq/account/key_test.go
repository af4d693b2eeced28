package account

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestKeys(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	ends := o.clock.Now().Add(48 * time.Hour)
	text, made, err := o.MakeKey(ctx, "lan", Key{Name: "erp", Role: Operator, Shops: []string{"hue-1", "hanoi-1"}, Expires: ends})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(text, made.ID))
	require.Less(t, len(made.ID), len(text)-15, "what is shown opens nothing")
	all, _, err := o.MakeKey(ctx, "lan", Key{Name: "bi", Role: Viewer})
	require.NoError(t, err)

	finds := func(text string) bool {
		k, err := o.FindKey(ctx, text)
		if err != nil {
			require.Equal(t, edge.NotFound, edge.KindOf(err), "%v", err)
			return false
		}
		return k.Name != ""
	}
	for _, bad := range []string{"", "mchq_", made.ID, text + "x", text[:len(text)-1], strings.ToLower(text), text[:keyID] + all[keyID:], "mchq_\x00aaaaaaaaaaaaaaa", strings.Repeat("mchq_", 100)} {
		require.False(t, finds(bad), bad)
	}
	k, err := o.FindKey(ctx, text)
	require.NoError(t, err)
	require.Equal(t, Operator, k.Role)
	require.True(t, k.For("hue-1") && k.For("hanoi-1"))
	require.False(t, k.For("saigon-1") || k.For(""))
	k, err = o.FindKey(ctx, all)
	require.NoError(t, err)
	require.True(t, k.For("saigon-1"))

	used := func() time.Time {
		keys, err := o.Keys(ctx)
		require.NoError(t, err)
		require.Len(t, keys, 2)
		for _, k := range keys {
			if k.Name == "erp" {
				return k.Used
			}
		}
		return time.Time{}
	}
	first := o.clock.Now()
	require.Equal(t, first, used())
	o.clock.Advance(usedEvery - time.Second)
	require.True(t, finds(text))
	require.Equal(t, first, used(), "not at every request")
	o.clock.Advance(time.Second)
	require.True(t, finds(text))
	require.Equal(t, first.Add(usedEvery), used())

	_, _, err = o.MakeKey(ctx, "lan", Key{Name: "erp", Role: Viewer})
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	require.NoError(t, o.RevokeKey(ctx, "lan", made.ID))
	require.False(t, finds(text))
	require.Equal(t, edge.NotFound, edge.KindOf(o.RevokeKey(ctx, "lan", made.ID)))
	again, _, err := o.MakeKey(ctx, "lan", Key{Name: "erp", Role: Viewer, Expires: ends})
	require.NoError(t, err)
	o.clock.Advance(ends.Sub(o.clock.Now()) - time.Second)
	require.True(t, finds(again))
	o.clock.Advance(time.Second)
	require.False(t, finds(again), "a key ends")

	stored := o.stored("account_key", "name || id || shops")
	for _, secret := range []string{text, again, all} {
		require.NotContains(t, stored, secret)
		require.NotContains(t, stored, fmt.Sprintf("%x", sha256.Sum256([]byte(secret))))
		require.NotContains(t, o.stored("act", "person || what || subject || detail"), secret[keyID:])
	}
}

func TestKeysThatAreNotMade(t *testing.T) {
	o := newOffice(t)
	good := Key{Name: "erp", Role: Viewer}
	for name, change := range map[string]func(*Key){
		"name":   func(k *Key) { k.Name = "e r p" },
		"empty":  func(k *Key) { k.Name = "" },
		"role":   func(k *Key) { k.Role = "queen" },
		"admin":  func(k *Key) { k.Role = Admin },
		"ended":  func(k *Key) { k.Expires = o.clock.Now() },
		"shop":   func(k *Key) { k.Shops = []string{""} },
		"text":   func(k *Key) { k.Shops = []string{"\x00"} },
		"shops":  func(k *Key) { k.Shops = strings.Split(strings.Repeat("x,", maxKeyShops)+"x", ",") },
		"letter": func(k *Key) { k.Name = "Lần" },
	} {
		k := good
		change(&k)
		_, _, err := o.MakeKey(t.Context(), "lan", k)
		require.Equal(t, edge.Invalid, edge.KindOf(err), name)
	}
	keys, err := o.Keys(t.Context())
	require.NoError(t, err)
	require.Empty(t, keys)
}
