package edgetest

import (
	"crypto/ed25519"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// PINHash is the form of a PIN's hash; no PIN fits it.
const PINHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Signed is r as an HQ with the key of seed issues it.
func Signed(t testing.TB, seed byte, r *edge.Release) *edge.SignedRelease {
	t.Helper()
	s, err := edge.SignRelease(Key(seed), r)
	require.NoError(t, err)
	return s
}

// Key is a key that everybody knows.
func Key(seed byte) ed25519.PrivateKey {
	b := make([]byte, ed25519.SeedSize)
	b[0] = seed
	return ed25519.NewKeyFromSeed(b)
}

// Office is the contract of edge.Office, and of what Outbox.Apply does for it.
func Office(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	at := clock.Now().UTC().Truncate(time.Second)

	none, err := s.Staff(ctx)
	require.NoError(t, err)
	require.Empty(t, none.Members)
	_, err = s.Record(ctx, edge.RecordOrder, "o-1")
	requireKind(t, edge.NotFound, err)

	lan := edge.Member{Name: "Lan", Role: edge.RoleManager, PIN: PINHash, Active: true}
	order := edge.Record{Kind: edge.RecordOrder, ID: "o-1", State: "placed", At: at, Data: json.RawMessage(`{"total":5}`)}
	paid := edge.Record{Kind: edge.RecordPayment, ID: "o-1", State: "paid", At: at}
	nameless := edge.Member{Role: edge.RoleClerk, PIN: PINHash}
	require.NoError(t, s.Apply(ctx, 10, edge.Delivery{
		Stock: []edge.ShopStock{
			{Shop: "hue-1", Place: edge.Place{Name: "Huế Trường Tiền", Address: "5 Trường Tiền"}, AsOf: at, Levels: map[edge.SKU]int64{Lipstick: 3, Cream: 1}},
			{Shop: "odd-1", Place: edge.Place{Name: "two\nlines"}, AsOf: at, Levels: map[edge.SKU]int64{Lipstick: 99}},
			{Shop: "", AsOf: at, Levels: map[edge.SKU]int64{Lipstick: 99}},
			{Shop: "dalat-1", AsOf: at, Levels: map[edge.SKU]int64{Lipstick: -1}},
		},
		Records: []edge.Record{order, {Kind: "wish", ID: "w", State: "new", At: at}, paid},
		Staff:   &edge.Directory{Members: []edge.Member{lan}},
	}))
	level := func(sku edge.SKU) []edge.ShopLevel {
		list, err := s.StockElsewhere(ctx, sku)
		require.NoError(t, err)
		return list
	}
	require.Equal(t, []edge.ShopLevel{{Shop: "dalat-1", Quantity: -1, AsOf: at}, {Shop: "hue-1", Place: edge.Place{Name: "Huế Trường Tiền", Address: "5 Trường Tiền"}, Quantity: 3, AsOf: at}}, level(Lipstick))
	places, err := s.Places(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]edge.Place{"hue-1": {Name: "Huế Trường Tiền", Address: "5 Trường Tiền"}}, places)
	got, err := s.Record(ctx, edge.RecordOrder, "o-1")
	require.NoError(t, err)
	require.Equal(t, order, *got)

	// Later messages are right; an earlier one changes nothing any more.
	later := at.Add(time.Minute)
	packed := edge.Record{Kind: edge.RecordOrder, ID: "o-1", State: "packed", At: later}
	second := edge.Record{Kind: edge.RecordOrder, ID: "o-2", State: "placed", At: at}
	require.NoError(t, s.Apply(ctx, 20, edge.Delivery{
		Stock:   []edge.ShopStock{{Shop: "hue-1", AsOf: later, Levels: map[edge.SKU]int64{Cream: 7}}},
		Records: []edge.Record{second, packed},
		Staff:   &edge.Directory{Members: []edge.Member{lan, nameless}},
	}))
	require.NoError(t, s.Apply(ctx, 15, edge.Delivery{
		Records: []edge.Record{{Kind: edge.RecordOrder, ID: "o-1", State: "cancelled", At: at}},
		Staff:   &edge.Directory{},
	}))
	require.Equal(t, []edge.ShopLevel{{Shop: "dalat-1", Quantity: -1, AsOf: at}, {Shop: "hue-1", AsOf: later}}, level(Lipstick))
	require.EqualValues(t, 7, level(Cream)[1].Quantity)
	require.NoError(t, s.Apply(ctx, 30, edge.Delivery{Stock: []edge.ShopStock{
		{Shop: "hue-1", AsOf: later, Update: true, Levels: map[edge.SKU]int64{Lipstick: 2}},
	}}))
	require.EqualValues(t, 7, level(Cream)[1].Quantity, "an update names only what changed")
	require.EqualValues(t, 2, level(Lipstick)[1].Quantity)
	orders, err := s.Records(ctx, edge.RecordOrder, 10)
	require.NoError(t, err)
	require.Equal(t, []edge.Record{packed, second}, orders)
	staff, err := s.Staff(ctx)
	require.NoError(t, err)
	require.Equal(t, []edge.Member{lan}, staff.Members, "a directory with a fault is left out whole")
}

// Passing is the contract of what is of a shopper's visit: it is forgotten when
// newer word of its kind comes, days later; what is of business stays.
func Passing(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	at := clock.Now().UTC().Truncate(time.Second)
	order := edge.Record{Kind: edge.RecordOrder, ID: "o-1", State: "placed", At: at}
	photo := edge.Record{Kind: edge.RecordPhoto, ID: "00", State: edge.PhotoDeleted, At: at}
	vote := edge.Record{Kind: edge.RecordVote, ID: "c-1", State: edge.VoteOpen, At: at, Data: json.RawMessage(`{"looks":[]}`)}
	require.NoError(t, s.Apply(ctx, 10, edge.Delivery{Records: []edge.Record{order, photo, vote}}))
	later := edge.Record{Kind: edge.RecordVote, ID: "c-2", State: edge.VoteOpen, At: at.Add(4 * 24 * time.Hour)}
	require.NoError(t, s.Apply(ctx, 20, edge.Delivery{Records: []edge.Record{later}}))
	for kind, want := range map[edge.RecordKind][]edge.Record{
		edge.RecordOrder: {order}, edge.RecordPhoto: {photo}, edge.RecordVote: {later},
	} {
		got, err := s.Records(ctx, kind, 10)
		require.NoError(t, err)
		require.Equal(t, want, got, kind)
	}
}

// Issued is the contract of releases that HQ issues: they take the place of the
// folder's, each when its time has come.
func Issued(t *testing.T, open Open) {
	s, clock := opened(t, open) // the folder's has version 1
	ctx := t.Context()
	inForce := func() int64 {
		r, err := s.Release(ctx)
		require.NoError(t, err)
		v, ok := r.Variant(Lipstick)
		require.True(t, ok)
		return v.Price.Amount
	}
	issue := func(n uint64, version uint32, price int64, effective time.Time) {
		r := Release(version)
		r.Effective = effective.UTC().Truncate(time.Second)
		r.Variants[0].Price.Amount = price
		require.NoError(t, s.Apply(ctx, n, edge.Delivery{Releases: []*edge.SignedRelease{Signed(t, 1, r)}}))
	}
	issue(1, 1, 201000, clock.Now())
	require.EqualValues(t, 201000, inForce(), "the same version as the folder's")
	issue(2, 2, 202000, clock.Now().Add(time.Hour))
	require.EqualValues(t, 201000, inForce(), "not yet")
	sale := Sell(t, s, Lipstick)
	require.EqualValues(t, 201000, sale.Total.Amount)
	clock.Advance(time.Hour)
	require.EqualValues(t, 202000, inForce())
	sale = Sell(t, s, Lipstick)
	require.EqualValues(t, 202000, sale.Total.Amount)
	require.EqualValues(t, 2, sale.Release)
	require.NoError(t, s.PutRelease(ctx, Release(7)))
	require.EqualValues(t, 202000, inForce(), "the folder has no say any more")

	bad := Signed(t, 1, Release(3))
	bad.Body = append([]byte(" "), bad.Body...)
	require.NoError(t, s.Apply(ctx, 3, edge.Delivery{Releases: []*edge.SignedRelease{bad}}))
	require.EqualValues(t, 202000, inForce(), "a document that does not fit is left out")
}
