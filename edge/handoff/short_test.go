package handoff

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func publicOf(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// shortToken is of gateway 1, for headquarters 9.
func shortToken(t testing.TB, s Short) string {
	secret, err := Share(testKey(1), publicOf(testKey(9)))
	require.NoError(t, err)
	token, err := EncodeShort(secret, s)
	require.NoError(t, err)
	return token
}

func testShort() Short {
	return Short{KeyID: KeyIDOf(publicOf(testKey(1))), Cart: cartID, Links: 2, Expires: noon.Add(72 * time.Hour)}
}

func TestBothSidesShareOneSecret(t *testing.T) {
	a, err := Share(testKey(1), publicOf(testKey(9)))
	require.NoError(t, err)
	b, err := Share(testKey(9), publicOf(testKey(1)))
	require.NoError(t, err)
	require.Equal(t, a, b)
	other, err := Share(testKey(9), publicOf(testKey(2)))
	require.NoError(t, err)
	require.NotEqual(t, a, other)

	zero := make(ed25519.PublicKey, ed25519.PublicKeySize) // a point of low order: everybody would know the secret
	for _, peer := range []ed25519.PublicKey{nil, zero, append(ed25519.PublicKey{1}, zero[1:]...)} {
		_, err := Share(testKey(1), peer)
		require.Equal(t, edge.Invalid, edge.KindOf(err), "%x", peer)
	}
	_, err = Share(nil, publicOf(testKey(9)))
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}

func TestShortTokenOpens(t *testing.T) {
	want := testShort()
	token := shortToken(t, want)
	require.Len(t, token, ShortLen)
	require.Regexp(t, `^[A-Za-z0-9_-]{32}$`, token)
	want.Node = "shop1"
	got, err := DecodeShort(token, enrolled(testKey(2), testKey(1)), testKey(9), noon)
	require.NoError(t, err)
	require.Equal(t, &want, got)
}

// Two gateways whose keys share an id are told apart by the tag.
func TestShortTokenTriesAllKeysOfAnID(t *testing.T) {
	find := func(KeyID) ([]Key, error) {
		return []Key{{"other", publicOf(testKey(3))}, {"shop1", publicOf(testKey(1))}}, nil
	}
	got, err := DecodeShort(shortToken(t, testShort()), find, testKey(9), noon)
	require.NoError(t, err)
	require.Equal(t, "shop1", got.Node)
}

func TestShortTokenIsRefused(t *testing.T) {
	good := shortToken(t, testShort())
	found := enrolled(testKey(1))
	tests := []struct {
		name, token string
		hq          byte
		now         time.Time
		kind        edge.Kind
	}{
		{"empty", "", 9, noon, edge.Invalid},
		{"too short", good[:31], 9, noon, edge.Invalid},
		{"too long", good + "A", 9, noon, edge.Invalid},
		{"a line break inside", good[:30] + "\n" + good[30:31], 9, noon, edge.Invalid},
		{"another alphabet", strings.Repeat("~", 32), 9, noon, edge.Invalid},
		{"of a foreign shop", "AAAA" + good[4:], 9, noon, edge.NotFound},
		{"for another chain's headquarters", good, 8, noon, edge.Invalid},
		{"expired", good, 9, noon.Add(72 * time.Hour), edge.Expired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := DecodeShort(tt.token, found, testKey(tt.hq), tt.now)
			require.Nil(t, s)
			require.Equal(t, tt.kind, edge.KindOf(err), "%v", err)
		})
	}
	raw, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	for i := range raw {
		for bit := range 8 {
			changed := append([]byte(nil), raw...)
			changed[i] ^= 1 << bit
			_, err := DecodeShort(base64.RawURLEncoding.EncodeToString(changed), found, testKey(9), noon)
			require.Contains(t, []edge.Kind{edge.Invalid, edge.NotFound}, edge.KindOf(err), "byte %d bit %d", i, bit)
		}
	}
}

func TestEncodeShortRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Short){
		"before its time":       func(s *Short) { s.Expires = time.Unix(0, 0) },
		"after its time":        func(s *Short) { s.Expires = noon.AddDate(40, 0, 0) },
		"withdrawn beyond room": func(s *Short) { s.Links = shortLinks },
	} {
		s := testShort()
		spoil(&s)
		_, err := EncodeShort(Shared{}, s)
		require.Equal(t, edge.Invalid, edge.KindOf(err), name)
	}
}

// FuzzDecodeShort feeds tokens past the tag, too: whatever is taken is what
// EncodeShort writes.
func FuzzDecodeShort(f *testing.F) {
	good := shortToken(f, testShort())
	secret, err := Share(testKey(9), publicOf(testKey(1)))
	require.NoError(f, err)
	find := func(KeyID) ([]Key, error) { return []Key{{"shop1", publicOf(testKey(1))}}, nil }
	f.Add(good, false)
	f.Add("", false)
	f.Add(good[:24], true)
	f.Add(strings.Repeat("A", 24), true)
	f.Fuzz(func(t *testing.T, token string, tagged bool) {
		if raw, err := base64.RawURLEncoding.DecodeString(token); tagged && err == nil && len(raw) == shortTag {
			token = base64.RawURLEncoding.EncodeToString(append(raw, secret.tag(raw)...))
		}
		s, err := DecodeShort(token, find, testKey(9), noon)
		if err != nil {
			require.Nil(t, s)
			return
		}
		require.Equal(t, token, shortToken(t, *s))
	})
}
