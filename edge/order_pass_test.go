package edge_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Whatever is scanned, nothing passes that was not signed; what was says the
// same again.
func FuzzPickUpPass(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	pub := key.Public().(ed25519.PublicKey)
	good := edge.PickUpPass{Order: "o1", Shop: "s1", Code: "ABC-234", Total: edge.Money{Amount: 1000, Currency: "VND"}, Due: 400, At: time.Unix(1, 0).UTC()}
	text, err := good.Seal(key)
	require.NoError(f, err)
	f.Add(text)
	f.Add(text[:len(text)-1])
	f.Add("MCP.")
	f.Add("ABC-234")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := edge.OpenPickUpPass(s, pub)
		if err != nil {
			require.Nil(t, p)
			return
		}
		again, err := p.Seal(key)
		require.NoError(t, err)
		q, err := edge.OpenPickUpPass(again, pub)
		require.NoError(t, err)
		require.Equal(t, p, q)
		require.LessOrEqual(t, p.Due, p.Total.Amount)
	})
}

// A deposit is never more than the order, never less than its share, and can be
// paid in cash.
func TestDeposits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Int64Range(1, 1<<30).Draw(t, "price")
		share := rapid.IntRange(1, 10000).Draw(t, "share")
		r := &edge.Release{Version: 1, Currency: "VND", Variants: []edge.Variant{{SKU: "A", Price: edge.Money{Amount: price, Currency: "VND"}}}}
		a := edge.OrderAsk{
			Lines: []edge.AskedLine{{SKU: "A", Quantity: 1}}, Way: edge.Collect, Terms: edge.PayDeposit, Home: "s", Staff: "Lan",
			Rules: edge.OrderRules{Deposit: edge.BasisPoints(share), Cash: edge.CashRounding{"VND": 1000}},
		}
		o, err := a.Quote(nil, r, orderTime)
		require.NoError(t, err)
		d := o.Taken.Deposit
		require.LessOrEqual(t, d, o.Total.Amount)
		require.GreaterOrEqual(t, d*10000, price*int64(share))
		if d < o.Total.Amount {
			require.Zero(t, d%1000)
		}
	})
}
