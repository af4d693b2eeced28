package account

import (
	"crypto/sha256"
	"fmt"
	"os"
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

// A key does no more than who made it may do now.
func TestAKeyStandsOnItsMakersRight(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	o.add("root", Admin)
	o.add("lan", Admin)
	key := func(name, maker string, role Role) (text string) {
		text, made, err := o.MakeKey(ctx, "lan", Key{Name: name, Role: role, Maker: maker})
		require.NoError(t, err)
		require.Equal(t, role, made.InForce)
		return text
	}
	erp, bi, own := key("erp", "lan", Operator), key("bi", "lan", Viewer), key("settings", "", Manager)
	gone, made, err := o.MakeKey(ctx, "lan", Key{Name: "old", Role: Viewer, Maker: "lan"})
	require.NoError(t, err)
	require.NoError(t, o.RevokeKey(ctx, "root", made.ID))
	force := func() (roles []Role) {
		for _, text := range []string{erp, bi, own, gone} {
			k, err := o.FindKey(ctx, text)
			if err != nil {
				require.Equal(t, edge.NotFound, edge.KindOf(err), "%v", err)
				k = &Key{}
			}
			roles = append(roles, k.Role)
		}
		return roles
	}
	require.Equal(t, []Role{Operator, Viewer, Manager, Nobody}, force())
	require.NoError(t, o.SetRole(ctx, "root", "lan", Manager))
	require.Equal(t, []Role{Operator, Viewer, Manager, Nobody}, force(), "who may not make keys any more may do what they do")
	require.NoError(t, o.SetRole(ctx, "root", "lan", Merchandiser))
	require.Equal(t, []Role{Viewer, Viewer, Manager, Nobody}, force())
	require.NoError(t, o.SetActive(ctx, "root", "lan", false))
	require.Equal(t, []Role{Nobody, Nobody, Manager, Nobody}, force())
	keys, err := o.Keys(ctx)
	require.NoError(t, err)
	for _, k := range keys {
		require.Equal(t, k.Name == "settings", k.InForce != Nobody, k.Name)
	}
	require.NoError(t, o.SetActive(ctx, "root", "lan", true))
	require.Equal(t, []Role{Viewer, Viewer, Manager, Nobody}, force())

	acts, err := o.Acts(ctx, 0, 100)
	require.NoError(t, err)
	var did []string
	for _, a := range acts {
		if strings.HasPrefix(a.What, "key.") && a.What != "key.make" && a.What != "key.revoke" {
			require.Equal(t, "root", a.By)
			did = append(did, a.What+" "+a.Subject[strings.Index(a.Subject, " ")+1:]+" "+a.Detail)
		}
	}
	require.ElementsMatch(t, []string{"key.force erp viewer", "key.rest erp ", "key.rest bi ", "key.force erp viewer", "key.force bi viewer"}, did)
}

// Keys that were made before keys knew their makers stand on the right of who made
// them, by what the log says.
func TestOldKeysGetTheirMakers(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	o.add("lan", Admin)
	for _, by := range []string{"lan", "command"} {
		_, _, err := o.MakeKey(ctx, by, Key{Name: "of-" + by, Role: Viewer})
		require.NoError(t, err)
	}
	text, err := os.ReadFile("../database/migration/0031_known.sql")
	require.NoError(t, err)
	_, update, found := strings.Cut(string(text), "update account_key")
	require.True(t, found)
	_, err = o.db.Write.ExecContext(ctx, "update account_key"+update)
	require.NoError(t, err)
	keys, err := o.Keys(ctx)
	require.NoError(t, err)
	makers := map[string]string{}
	for _, k := range keys {
		makers[k.Name] = k.Maker
	}
	require.Equal(t, map[string]string{"of-lan": "lan", "of-command": ""}, makers)
}

func TestWithin(t *testing.T) {
	for _, r := range Roles() {
		for _, maker := range append(Roles(), Nobody) {
			got := r.Within(maker)
			for _, right := range []Right{Look, Catalogue, Operate, Staff, Persons, Accounts} {
				require.Equal(t, r.May(right) && maker.May(right), got.May(right), "%s of %s: %s", r, maker, right)
			}
		}
	}
}
