package handoff

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

const gateway = edge.Writer("gk3f9a1c7")

var (
	noon   = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	cartID = edge.CartID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
)

func testKey(n byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return ed25519.NewKeyFromSeed(seed)
}

// enrolled finds the keys given, all of node shop1.
func enrolled(keys ...ed25519.PrivateKey) func(KeyID) ([]Key, error) {
	return func(id KeyID) ([]Key, error) {
		var found []Key
		for _, k := range keys {
			if pub := k.Public().(ed25519.PublicKey); KeyIDOf(pub) == id {
				found = append(found, Key{Node: "shop1", Public: pub})
			}
		}
		return found, nil
	}
}

func testMeta() Meta {
	return Meta{Writer: gateway, Release: 7, Issued: noon, Expires: noon.Add(48 * time.Hour)}
}

// cartOf has n lines of its gateway's own.
func cartOf(t testing.TB, n int) *edge.Cart {
	c := edge.NewCart(cartID, noon.Add(2*time.Hour))
	for i := range n {
		_, err := c.Add(gateway, edge.SKU(fmt.Sprintf("LIP-VEL-%02d", i+1)), 1+i%3)
		require.NoError(t, err)
	}
	return c
}

// variedCart has n lines of its gateway's own, of products that have nothing in
// common but the form of their numbers.
func variedCart(t testing.TB, n int) *edge.Cart {
	c := edge.NewCart(cartID, noon.Add(12*time.Hour))
	letters := mathrand.New(mathrand.NewPCG(1, uint64(n)))
	for i := range n {
		sku := []byte("AAA-AAA-00")
		for j, c := range sku {
			switch c {
			case 'A':
				sku[j] += byte(letters.IntN(26))
			case '0':
				sku[j] += byte(letters.IntN(10))
			}
		}
		_, err := c.Add(gateway, edge.SKU(sku), 1+i%3)
		require.NoError(t, err)
	}
	return c
}

// mixedCart has a line removed by its own writer, one removed after a phone
// had added to it, one of the phone's own, and one of an earlier epoch.
func mixedCart(t testing.TB) *edge.Cart {
	c := cartOf(t, 3)
	line := func(w edge.Writer, n uint32) edge.LineID { return edge.LineID{Writer: w, N: n} }
	require.NoError(t, c.SetQuantity(gateway, line(gateway, 1), 0))
	require.NoError(t, c.SetQuantity("pabc", line(gateway, 2), 5))
	require.NoError(t, c.SetQuantity(gateway, line(gateway, 2), 0))
	_, err := c.Add("pabc", "GLA-RND-02", 2)
	require.NoError(t, err)
	_, err = c.Add("gold", "BLU-SIL-01", 1)
	require.NoError(t, err)
	require.NoError(t, c.SetQuantity("gold", line("gold", 1), 0))
	c.Claim.N, c.Claim.Holder = 1, edge.HeldByPhone
	c.Links = 3
	return c
}

func encode(t testing.TB, c *edge.Cart) string {
	token, err := Encode(testKey(1), c, testMeta())
	require.NoError(t, err)
	return token
}

func TestDecodeGivesBackTheCart(t *testing.T) {
	c := mixedCart(t)
	c.Closed = &edge.Closing{Sale: "01939c3a-0000-7000-8000-000000000001", Receipt: "T1-1-000042", At: noon}
	o, err := Decode(encode(t, c), enrolled(testKey(2), testKey(1)), noon)
	require.NoError(t, err)
	require.Equal(t, testMeta(), o.Meta)
	require.Equal(t, "shop1", o.Node)
	require.EqualValues(t, 3, o.Cut)
	require.Equal(t, KeyIDOf(testKey(1).Public().(ed25519.PublicKey)), o.KeyID)

	want := *c
	want.Lines = append([]edge.Line(nil), c.Lines...)
	for i := range want.Lines {
		if want.Lines[i].ID == (edge.LineID{Writer: gateway, N: 1}) {
			want.Lines[i] = edge.Line{ID: want.Lines[i].ID, Gone: true} // all that the code says of it
		}
	}
	require.Equal(t, asJSON(t, &want), asJSON(t, o.Cart))
}

func asJSON(t testing.TB, c *edge.Cart) string {
	b, err := json.MarshalIndent(c, "", " ")
	require.NoError(t, err)
	return string(b)
}

func TestDecodeRefusesEveryChangedByte(t *testing.T) {
	raw, err := base64.RawURLEncoding.DecodeString(encode(t, mixedCart(t)))
	require.NoError(t, err)
	for i := range raw {
		changed := append([]byte(nil), raw...)
		changed[i] ^= 0x10
		want := edge.Invalid
		if i >= 1 && i < headSize {
			want = edge.NotFound // the key's id is another one now
		}
		_, err := Decode(base64.RawURLEncoding.EncodeToString(changed), enrolled(testKey(1)), noon)
		require.Equal(t, want, edge.KindOf(err), "byte %d: %v", i, err)
	}
}

func TestDecodeErrors(t *testing.T) {
	good := encode(t, cartOf(t, 2))
	raw, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	resigned := func(change func(body []byte) []byte) string {
		body := change(append([]byte(nil), raw[:len(raw)-ed25519.SignatureSize]...))
		return base64.RawURLEncoding.EncodeToString(append(body, ed25519.Sign(testKey(1), signed(body))...))
	}
	version := func(v byte) string {
		return resigned(func(b []byte) []byte { b[0] = v; return b })
	}
	unknownDomain := append(append([]byte(nil), raw[:len(raw)-64]...), ed25519.Sign(testKey(1), raw[:len(raw)-64])...)
	tests := []struct {
		name, token string
		now         time.Time
		kind        edge.Kind
		says        string
	}{
		{"empty", "", noon, edge.Invalid, "damaged"},
		{"no token at all", "hello", noon, edge.Invalid, "damaged"},
		{"cut short", good[:len(good)-4], noon, edge.Invalid, "damaged"},
		{"something after it", good + "AAAA", noon, edge.Invalid, "damaged"},
		{"padded", good + "=", noon, edge.Invalid, "damaged"},
		{"line break inside", good[:9] + "\n" + good[9:], noon, edge.Invalid, "damaged"},
		{"endless", string(make([]byte, MaxToken+1)), noon, edge.Invalid, "characters"},
		{"expired", good, noon.Add(48 * time.Hour), edge.Expired, "2026-11-23"},
		{"older version", version(0), noon, edge.Expired, "version 0"},
		{"newer version", version(2), noon, edge.Unavailable, "newer"},
		{"signed for another purpose", base64.RawURLEncoding.EncodeToString(unknownDomain), noon, edge.Invalid, "damaged"},
		{"leading zero, signed", resigned(func(b []byte) []byte {
			return append(append(b[:16:16], 0), b[16:]...)
		}), noon, edge.Invalid, "damaged"},
		{"no content, signed", resigned(func(b []byte) []byte { return b[:headSize] }), noon, edge.Invalid, "damaged"},
		{"of a clock a little ahead", good, noon.Add(-11 * time.Minute), edge.TooEarly, "clock of the shop is ahead"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := Decode(tt.token, enrolled(testKey(1)), tt.now)
			require.Nil(t, o)
			require.Equal(t, tt.kind, edge.KindOf(err), "%v", err)
			require.ErrorContains(t, err, tt.says)
		})
	}
	_, err = Decode(good, enrolled(testKey(2)), noon)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	_, err = Decode(good, enrolled(testKey(1)), noon.Add(-edge.ClaimMargin))
	require.NoError(t, err, "clocks may differ so far")
}

func TestDecodeTriesAllKeysOfAnID(t *testing.T) {
	token := encode(t, cartOf(t, 1))
	other, right := testKey(2).Public().(ed25519.PublicKey), testKey(1).Public().(ed25519.PublicKey)
	o, err := Decode(token, func(KeyID) ([]Key, error) {
		return []Key{{"shop2", other}, {"shop1", right}}, nil
	}, noon)
	require.NoError(t, err)
	require.Equal(t, "shop1", o.Node)
	_, err = Decode(token, func(KeyID) ([]Key, error) { return []Key{{"shop2", other}}, nil }, noon)
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	_, err = Decode(token, func(KeyID) ([]Key, error) {
		return nil, edge.Errorf("hq", edge.Unavailable, "down")
	}, noon)
	require.Equal(t, edge.Unavailable, edge.KindOf(err))
}

func TestEncodeRefusesTimes(t *testing.T) {
	for name, m := range map[string]Meta{
		"no time of issue":     {Writer: gateway, Expires: noon.Add(time.Hour)},
		"a time too late":      {Writer: gateway, Issued: noon.AddDate(40, 0, 0), Expires: noon.AddDate(40, 0, 0).Add(time.Hour)},
		"seconds":              {Writer: gateway, Issued: noon.Add(time.Second), Expires: noon.Add(time.Hour + time.Second)},
		"no time to be opened": {Writer: gateway, Issued: noon, Expires: noon},
		"half an hour":         {Writer: gateway, Issued: noon, Expires: noon.Add(90 * time.Minute)},
		"a year":               {Writer: gateway, Issued: noon, Expires: noon.AddDate(1, 0, 0)},
	} {
		_, err := Encode(testKey(1), cartOf(t, 1), m)
		require.Equal(t, edge.Invalid, edge.KindOf(err), name)
	}
}

func TestEncodeRefuses(t *testing.T) {
	long := edge.NewCart(cartID, noon)
	_, err := long.Add(gateway, edge.SKU(make([]byte, maxText+1)), 1)
	require.NoError(t, err)
	unordered := cartOf(t, 2)
	unordered.Lines[0], unordered.Lines[1] = unordered.Lines[1], unordered.Lines[0]
	huge := edge.NewCart(cartID, noon)
	for i := range uint32(4 * edge.MaxLines) {
		id := edge.LineID{Writer: edge.Writer(rune('a' + i/100)), N: i%100 + 1}
		huge.Lines = append(huge.Lines, edge.Line{ID: id, SKU: edge.SKU(rand.Text() + rand.Text()), Counts: map[edge.Writer]edge.Count{id.Writer: {Added: 1}}})
	}
	far := cartOf(t, 1)
	far.Lines[0].ID.N = edge.MaxLines + 1
	tests := []struct {
		name   string
		cart   *edge.Cart
		writer edge.Writer
		kind   edge.Kind
	}{
		{"SKU too long", long, gateway, edge.Invalid},
		{"lines out of order", unordered, gateway, edge.Invalid},
		{"no writer", cartOf(t, 1), "", edge.Invalid},
		{"a number beyond all lines", far, gateway, edge.Invalid},
		{"more than a token holds", huge, gateway, edge.TooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Encode(testKey(1), tt.cart, Meta{Writer: tt.writer, Issued: noon, Expires: noon.Add(time.Hour)})
			require.Equal(t, tt.kind, edge.KindOf(err), "%v", err)
		})
	}
}

// FuzzDecode feeds bodies past the signature: whatever is taken must be in the
// one form that Encode writes.
func FuzzDecode(f *testing.F) {
	for _, c := range []*edge.Cart{cartOf(f, 0), cartOf(f, 1), mixedCart(f)} {
		content, ok := contentOf(c, testMeta())
		require.True(f, ok)
		f.Add(content)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		raw := append(head(testKey(1)), body...)
		raw = append(raw, ed25519.Sign(testKey(1), signed(raw))...)
		token := base64.RawURLEncoding.EncodeToString(raw)
		o, err := Decode(token, enrolled(testKey(1)), time.Unix(0, 0))
		if edge.KindOf(err) == edge.TooEarly { // good in itself
			o, err = parse(body)
		}
		if err != nil {
			require.Nil(t, o)
			return
		}
		if o.Meta.check() != nil {
			return // of no gateway's making
		}
		again, err := Encode(testKey(1), o.Cart, o.Meta)
		require.NoError(t, err)
		require.Equal(t, token, again)
	})
}

func BenchmarkEncode(b *testing.B) {
	for _, n := range []int{1, 5, 10} {
		c := cartOf(b, n)
		b.Run(fmt.Sprintf("lines=%d", n), func(b *testing.B) {
			token := ""
			for b.Loop() {
				token = encode(b, c)
			}
			b.ReportMetric(float64(len(token)), "chars")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	token := encode(b, cartOf(b, 5))
	for b.Loop() {
		_, err := Decode(token, enrolled(testKey(1)), noon)
		require.NoError(b, err)
	}
}
