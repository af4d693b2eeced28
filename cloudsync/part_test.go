package cloudsync

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

var partTime = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

func part(t require.TestingT, kind PartKind, data any) Part {
	p, err := NewPart(kind, data)
	require.NoError(t, err)
	return p
}

func releasePart(t testing.TB, seed byte, version uint32) Part {
	t.Helper()
	p, err := NewReleasePart(edgetest.Signed(t, seed, edgetest.Release(version)))
	require.NoError(t, err)
	return p
}

func hqKeys(seed byte) []ed25519.PublicKey {
	return []ed25519.PublicKey{edgetest.Key(seed).Public().(ed25519.PublicKey)}
}

// travelled is d as it arrives.
func travelled(t testing.TB, d *Down) *Down {
	t.Helper()
	c, err := NewCodec()
	require.NoError(t, err)
	return through(t, c, d)
}

func through(t require.TestingT, c *Codec, d *Down) *Down {
	body, err := c.EncodeDown(d)
	require.NoError(t, err)
	got, err := c.DecodeDown(body)
	require.NoError(t, err)
	return got
}

func TestABadPartHoldsUpNothing(t *testing.T) {
	good := releasePart(t, 1, 7)
	altered := good
	altered.Data = json.RawMessage(strings.Replace(string(good.Data), "199000", "099000", 1))
	require.NotEqual(t, good.Data, altered.Data)
	order := edge.Record{Kind: edge.RecordOrder, ID: "o-1", State: "placed", At: partTime}
	stock := edge.ShopStock{Shop: "hue-1", AsOf: partTime, Levels: map[edge.SKU]int64{edgetest.Cream: 4}}
	staff := edge.Directory{Members: []edge.Member{{Name: "Lan", Role: edge.RoleClerk, PIN: edgetest.PINHash, Active: true}}}
	d := travelled(t, &Down{Node: "node", N: 10, Parts: []Part{
		altered, releasePart(t, 2, 8), good,
		{Kind: "hologram", Data: json.RawMessage(`{"a":1}`)},
		{Kind: PartRecord, Data: json.RawMessage(`[1]`)},
		{Kind: PartRecord, Data: json.RawMessage(`null`)},
		{Kind: PartStock, Data: json.RawMessage(`{"shop":"x","as_of":"no time"}`)},
		part(t, PartRecord, edge.Record{Kind: "wish", ID: "w", State: "new", At: partTime}),
		part(t, PartStaff, edge.Directory{Members: []edge.Member{{Name: "Bo", Role: "owner", PIN: "1234"}}}),
		part(t, PartRecord, order), part(t, PartStock, stock), part(t, PartStaff, staff),
	}})
	got, flaws := d.delivery(hqKeys(1), nil)
	require.Len(t, got.Releases, 1)
	require.EqualValues(t, 7, got.Releases[0].Version)
	require.Equal(t, []edge.Record{order}, got.Records)
	require.Equal(t, []edge.ShopStock{stock}, got.Stock)
	require.Equal(t, &staff, got.Staff)
	require.Len(t, flaws, 8)
	require.Equal(t, edge.Forbidden, edge.KindOf(flaws[0]), "altered: %v", flaws[0])
	require.Equal(t, edge.Forbidden, edge.KindOf(flaws[1]), "signed with another key: %v", flaws[1])
	require.ErrorIs(t, flaws[2], errUnknownKind)

	// The session logs it and goes on.
	shop := edgetest.NewMemory(time.Now)
	var log strings.Builder
	u := &Uplink{c: UplinkConfig{Node: "node", HQ: hqKeys(1), Outbox: shop, Log: slog.New(slog.NewTextHandler(&log, nil))}}
	require.NoError(t, u.newSession().applyAll(t.Context(), d))
	applied, err := shop.Applied(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 10, applied)
	require.Contains(t, log.String(), "hologram")
	require.NotContains(t, log.String(), "argon2id")
	r, err := shop.Release(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 7, r.Version)
}

func TestPartsHaveLimits(t *testing.T) {
	c, err := NewCodec()
	require.NoError(t, err)
	d := &Down{Node: "node", N: 1}
	for range maxDownParts + 1 {
		d.Parts = append(d.Parts, Part{Kind: "x", Data: json.RawMessage("{}")})
	}
	body, err := c.EncodeDown(d)
	require.NoError(t, err)
	_, err = c.DecodeDown(body)
	var refused *RefusalError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, RefusedTooLarge, refused.Code)

	// A part that is none at all is left out; what is in the same message is not.
	got := &Down{}
	require.NoError(t, json.Unmarshal([]byte(`{"v":1,"node":"node","n":2,"parts":[7,{"kind":5},{"kind":"record","data":{}}]}`), got))
	require.Len(t, got.Parts, 3)
	_, flaws := got.delivery(nil, nil)
	require.Len(t, flaws, 3)
}

func TestALargeReleaseIsOnlyAnnounced(t *testing.T) {
	r := edgetest.Release(3)
	for i := range 2000 {
		v := r.Variants[2]
		v.SKU = edge.SKU(fmt.Sprintf("SKU-%d", i))
		r.Variants = append(r.Variants, v)
	}
	s := edgetest.Signed(t, 1, r)
	p, err := NewReleasePart(s)
	require.NoError(t, err)
	got, flaws := travelled(t, &Down{Node: "node", N: 1, Parts: []Part{p}}).delivery(hqKeys(1), nil)
	require.Empty(t, flaws)
	want := *s
	want.Body = nil
	require.Equal(t, &want, got.Releases[0])
}

// TestDownMessagesConverge sends messages in any order, any number of times, and
// loses some: once all have arrived at last, the shop is where it would be had
// each arrived once and in turn.
func TestDownMessagesConverge(t *testing.T) {
	signed := []Part{releasePart(t, 1, 1), releasePart(t, 1, 2), releasePart(t, 1, 3)}
	codec, err := NewCodec()
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "messages")
		var all []*Down
		prev := uint64(0)
		for i := range n {
			d := &Down{Node: "node", N: prev + uint64(rapid.IntRange(1, 50).Draw(t, "step")), Prev: prev}
			for range rapid.IntRange(0, 3).Draw(t, "parts") {
				d.Parts = append(d.Parts, drawPart(t, signed, i))
			}
			prev = d.N
			all = append(all, d)
		}
		want := newOffice(t)
		for _, d := range all {
			require.NoError(t, want.session.apply(t.Context(), through(t, codec, d)))
		}
		got := newOffice(t)
		for range rapid.IntRange(0, 40).Draw(t, "deliveries") {
			d := rapid.SampledFrom(all).Draw(t, "message")
			if rapid.IntRange(0, 3).Draw(t, "lost") == 0 {
				continue
			}
			require.NoError(t, got.session.applyAll(t.Context(), through(t, codec, d)))
			if rapid.IntRange(0, 9).Draw(t, "reconnect") == 0 {
				got.session = got.uplink.newSession()
			}
		}
		for _, d := range all { // HQ sends again until all is confirmed
			require.NoError(t, got.session.applyAll(t.Context(), through(t, codec, d)))
		}
		require.Equal(t, want.tell(t), got.tell(t))
	})
}

// drawPart is any part; message tells one from another.
func drawPart(t *rapid.T, signed []Part, message int) Part {
	shops, skus := []string{"hue-1", "dalat-1"}, []edge.SKU{edgetest.Cream, edgetest.Lipstick}
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return rapid.SampledFrom(signed).Draw(t, "release")
	case 1:
		return part(t, PartRecord, edge.Record{
			Kind: edge.RecordOrder, ID: rapid.SampledFrom([]string{"o-1", "o-2"}).Draw(t, "order"),
			State: rapid.SampledFrom([]string{"placed", "packed", "delivered"}).Draw(t, "state"), At: partTime.Add(time.Duration(message) * time.Second),
		})
	case 2:
		return part(t, PartStock, edge.ShopStock{
			Shop: rapid.SampledFrom(shops).Draw(t, "shop"), AsOf: partTime.Add(time.Duration(message) * time.Second),
			Update: rapid.Bool().Draw(t, "update"),
			Levels: map[edge.SKU]int64{rapid.SampledFrom(skus).Draw(t, "sku"): int64(rapid.IntRange(-3, 9).Draw(t, "pieces"))},
		})
	case 3:
		return part(t, PartStaff, edge.Directory{Members: []edge.Member{{
			Name: fmt.Sprintf("Lan %d", message), Role: edge.RoleClerk, PIN: edgetest.PINHash, Active: rapid.Bool().Draw(t, "active"),
		}}})
	}
	return Part{Kind: "hologram", Data: json.RawMessage(`{}`)}
}

// office is a shop and its end of the line.
type office struct {
	shop    *edgetest.Memory
	uplink  *Uplink
	session *session
}

func newOffice(t require.TestingT) *office {
	o := &office{shop: edgetest.NewMemory(func() time.Time { return partTime })}
	o.uplink = &Uplink{c: UplinkConfig{Node: "node", HQ: hqKeys(1), Outbox: o.shop, Log: slog.New(slog.DiscardHandler)}}
	o.session = o.uplink.newSession()
	return o
}

// tell is all that the shop knows from HQ.
func (o *office) tell(t *rapid.T) string {
	ctx := t.Context()
	applied, err := o.shop.Applied(ctx)
	require.NoError(t, err)
	version := uint32(0)
	if r, err := o.shop.Release(ctx); err == nil {
		version = r.Version
	}
	orders, err := o.shop.Records(ctx, edge.RecordOrder, 10)
	require.NoError(t, err)
	staff, err := o.shop.Staff(ctx)
	require.NoError(t, err)
	var levels []edge.ShopLevel
	for _, sku := range []edge.SKU{edgetest.Cream, edgetest.Lipstick} {
		list, err := o.shop.StockElsewhere(ctx, sku)
		require.NoError(t, err)
		levels = slices.Concat(levels, list)
	}
	b, err := json.Marshal([]any{applied, version, orders, staff, levels})
	require.NoError(t, err)
	return string(b)
}

func FuzzDecodeDown(f *testing.F) {
	c, err := NewCodec()
	require.NoError(f, err)
	for _, s := range []string{
		`{"v":1,"node":"node","n":2,"prev":1,"parts":[{"kind":"record","data":{"kind":"order","id":"o","state":"placed","at":"2026-11-21T08:00:00Z"}}]}`,
		`{"v":1,"node":"node","n":2,"parts":[{"kind":"stock","data":{"shop":"x","as_of":"2026-11-21T08:00:00Z","levels":{"A":1}}},{"kind":"staff","data":{"members":[]}}]}`,
		`{"v":1,"node":"node","n":2,"parts":[{"kind":"release","data":{"version":1,"sha256":"00"}},7,null]}`,
	} {
		f.Add([]byte(s))
	}
	keys, own := hqKeys(1), ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	sealed, err := NewSealedPart(PartSealedStaff, "node", own.Public().(ed25519.PublicKey), edge.Directory{Members: []edge.Member{}})
	require.NoError(f, err)
	body, err := json.Marshal(Down{Node: "node", N: 3, Parts: []Part{sealed}})
	require.NoError(f, err)
	f.Add(body)
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := c.DecodeDown(c.enc.EncodeAll(raw, nil))
		if err != nil {
			return
		}
		got, flaws := d.delivery(keys, own)
		taken := len(got.Releases) + len(got.Stock) + len(got.Records)
		staff := slices.ContainsFunc(d.Parts, func(p Part) bool { return p.Kind == PartStaff || p.Kind == PartSealedStaff })
		if taken+len(flaws) > len(d.Parts) || !staff && taken+len(flaws) != len(d.Parts) {
			t.Fatalf("%d parts, %d taken, %d left out", len(d.Parts), taken, len(flaws))
		}
		if len(got.Releases) > 0 {
			t.Fatal("nobody signed this")
		}
		shop := edgetest.NewMemory(time.Now)
		require.NoError(t, shop.Apply(t.Context(), 1, got))
	})
}
