package hq

import (
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// priced is edgetest's catalogue with another price of the lipstick.
func priced(price int64, effective time.Time) *edge.Release {
	r := edgetest.Release(1)
	r.Effective = effective.UTC().Truncate(time.Second)
	r.Variants[0].Price.Amount = price
	return r
}

// downs reads the messages that wait for the gateway, as it would.
func (g *gateway) downs() []*cloudsync.Down {
	g.t.Helper()
	list, err := g.hq.pendingDown(g.t.Context(), testNode, 0, 100)
	require.NoError(g.t, err)
	var downs []*cloudsync.Down
	for _, p := range list {
		env, err := cloudsync.Open(p.message.Payload)
		require.NoError(g.t, err)
		require.NoError(g.t, env.Verify(g.hq.PublicKey(), p.message.Topic))
		d, err := g.codec.DecodeDown(env.Body)
		require.NoError(g.t, err)
		downs = append(downs, d)
	}
	return downs
}

// parts counts the parts of what waits, by kind.
func (g *gateway) partKinds() map[cloudsync.PartKind]int {
	n := map[cloudsync.PartKind]int{}
	for _, d := range g.downs() {
		for _, p := range d.Parts {
			n[p.Kind]++
		}
	}
	return n
}

func decodePart[T any](t *testing.T, p cloudsync.Part) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(p.Data, &v))
	return v
}

func (g *gateway) reach(n uint64, first bool) {
	g.t.Helper()
	topic := cloudsync.Topic{Node: testNode, Branch: cloudsync.BranchRsp}
	body, err := (&cloudsync.Confirm{Node: testNode, Down: n, First: first}).Encode()
	require.NoError(g.t, err)
	_, err = g.hq.confirmed(g.t.Context(), topic, cloudsync.Seal(g.key, cloudsync.KindConfirm, topic.String(), body))
	require.NoError(g.t, err)
}

// confirmAll confirms what waits, and returns the last number.
func (g *gateway) confirmAll() uint64 {
	downs := g.downs()
	last := downs[len(downs)-1].N
	g.reach(last, false)
	return last
}

func TestReleasesAreIssuedAndTakenBack(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	_, err := g.hq.Undo(ctx, 0)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
	require.NoError(t, g.hq.PutRelease(ctx, edgetest.Release(1)))
	require.Empty(t, g.downs(), "HQ's own is no matter for nodes")
	issued, err := g.hq.HasIssued(ctx)
	require.NoError(t, err)
	require.False(t, issued)

	first, err := g.hq.IssueRelease(ctx, priced(210000, g.clock.Now()), "spring.csv")
	require.NoError(t, err)
	require.EqualValues(t, 2, first.Version)
	require.NoError(t, first.Verify(g.hq.PublicKey()))
	later, err := g.hq.IssueRelease(ctx, priced(220000, g.clock.Now().Add(time.Hour)), "summer.csv")
	require.NoError(t, err)
	require.EqualValues(t, 3, later.Version)
	r, err := g.hq.Release(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 2, r.Version)
	require.Equal(t, 2, g.partKinds()[cloudsync.PartRelease])

	undone, err := g.hq.Undo(ctx, 0)
	require.NoError(t, err)
	require.EqualValues(t, 4, undone.Version)
	r, err = g.hq.Release(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 210000, r.Variants[0].Price.Amount, "as the one before the newest")
	again, err := g.hq.Undo(ctx, 0)
	require.NoError(t, err)
	r, err = again.Release()
	require.NoError(t, err)
	require.EqualValues(t, 220000, r.Variants[0].Price.Amount, "undone twice")
	_, err = g.hq.Undo(ctx, 99)
	require.Equal(t, edge.NotFound, edge.KindOf(err))

	list, err := g.hq.Issues(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"5 content of 3 true", "4 content of 2 false", "3 summer.csv false", "2 spring.csv false", "1  false"}, func() (s []string) {
		for _, i := range list {
			s = append(s, fmt.Sprintf("%d %s %v", i.Version, i.Note, i.InForce))
		}
		return s
	}())

	bad := priced(0, g.clock.Now())
	_, err = g.hq.IssueRelease(ctx, bad, "")
	require.Equal(t, edge.Invalid, edge.KindOf(err), "no price: %v", err)
	bare := priced(1, g.clock.Now())
	bare.Assets = []edge.Asset{{Name: "pictures/a.svg", SHA256: sha256.Sum256([]byte("a")), Size: 1}}
	_, err = g.hq.IssueRelease(ctx, bare, "")
	require.Equal(t, edge.Conflict, edge.KindOf(err), "a file that is not stored: %v", err)
}

func TestALargeReleaseTravelsByItsHash(t *testing.T) {
	g := newGateway(t)
	r := priced(210000, g.clock.Now())
	for i := range 2000 {
		v := r.Variants[2]
		v.SKU, v.Product = edge.SKU(fmt.Sprintf("SKU-%d", i)), fmt.Sprintf("P-%d", i)
		r.Variants = append(r.Variants, v)
	}
	s, err := g.hq.IssueRelease(t.Context(), r, "")
	require.NoError(t, err)
	require.Greater(t, len(s.Body), cloudsync.MaxInline)
	downs := g.downs()
	require.Len(t, downs, 1)
	require.Less(t, len(downs[0].Parts[0].Data), 1000, "only the announcement")
	body, _, err := g.hq.Asset(t.Context(), s.SHA256)
	require.NoError(t, err)
	require.Equal(t, s.Body, body)
}

func TestANodeIsToldHowThingsStand(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	for i, price := range []int64{210000, 220000} {
		_, err := g.hq.IssueRelease(ctx, priced(price, g.clock.Now().Add(time.Duration(i)*time.Minute)), "")
		require.NoError(t, err)
	}
	staff := &edge.Directory{Members: []edge.Member{{Name: "Lan", Role: edge.RoleClerk, PIN: edgetest.PINHash, Active: true}}}
	require.NoError(t, g.hq.PutStaff(ctx, "test", testShop, staff))
	require.Equal(t, edge.NotFound, edge.KindOf(g.hq.PutStaff(ctx, "test", "nowhere", staff)))
	require.NoError(t, g.hq.SendRecord(ctx, testNode, edge.Record{Kind: edge.RecordOrder, ID: "o-1", State: "placed", At: g.clock.Now()}))
	require.Equal(t, edge.Invalid, edge.KindOf(g.hq.SendRecord(ctx, testNode, edge.Record{})))
	require.Equal(t, edge.NotFound, edge.KindOf(g.hq.SendRecord(ctx, "nobody", edge.Record{Kind: edge.RecordOrder, ID: "o", State: "placed", At: g.clock.Now()})))
	all := map[cloudsync.PartKind]int{cloudsync.PartRelease: 2, cloudsync.PartSealedStaff: 1, cloudsync.PartRecord: 1}
	require.Equal(t, all, g.partKinds())
	last := g.confirmAll()
	require.Empty(t, g.downs())

	// What overtook another confirmation says nothing of a backup.
	g.reach(last-1, false)
	g.reach(last, false)
	require.Empty(t, g.downs())
	// A node that begins with less than it had was put back.
	g.clock.Advance(time.Hour)
	g.reach(0, true)
	told := g.downs()
	newest := told[len(told)-1]
	require.Greater(t, newest.N, last)
	kinds := map[cloudsync.PartKind]int{}
	for _, p := range newest.Parts {
		kinds[p.Kind]++
	}
	require.Equal(t, map[cloudsync.PartKind]int{cloudsync.PartRelease: 1, cloudsync.PartSealedStaff: 1}, kinds, "the release in force and the directory once more")

	// One that is new here is told the same.
	require.NoError(t, g.hq.Enrol(ctx, Node{Node: "shop-2", Shop: testShop, Key: newKey(t).Public().(ed25519.PublicKey)}))
	other, err := g.hq.waitingDown(ctx, "shop-2", 0, 10)
	require.NoError(t, err)
	require.Len(t, other, 1)
}

func TestStockOfAllShopsIsTold(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	require.NoError(t, g.hq.tellStock(ctx))
	require.Empty(t, g.downs(), "there is none")
	figures := func() map[string]edge.ShopStock {
		t.Helper()
		got := map[string]edge.ShopStock{}
		for _, d := range g.downs() {
			for _, p := range d.Parts {
				require.Equal(t, cloudsync.PartStock, p.Kind)
				s := decodePart[edge.ShopStock](t, p)
				require.NoError(t, s.Check())
				got[s.Shop] = s
			}
		}
		return got
	}
	g.addMoves(3)
	g.send(g.batch(1, 3))
	require.EqualValues(t, 3, g.stock())
	require.NoError(t, g.hq.tellStock(ctx))
	got := figures()
	require.Equal(t, map[edge.SKU]int64{edgetest.Lipstick: 3}, got[testShop].Levels)
	require.WithinDuration(t, g.clock.Now(), got[testShop].AsOf, time.Second)

	// While that is not confirmed nothing is added: it goes as fresh as it can.
	g.addMoves(2)
	g.send(g.batch(4, 5))
	require.EqualValues(t, 5, g.stock())
	require.NoError(t, g.hq.tellStock(ctx))
	require.Len(t, g.downs(), 1)
	require.EqualValues(t, 5, figures()[testShop].Levels[edgetest.Lipstick])
	g.confirmAll()

	g.clock.Advance(time.Hour)
	require.NoError(t, g.hq.tellStock(ctx))
	if len(g.downs()) > 0 {
		g.confirmAll() // what may have been missed
	}
	g.clock.Advance(time.Hour)
	require.NoError(t, g.hq.tellStock(ctx))
	require.Empty(t, g.downs(), "nothing has changed")
	g.addMoves(1)
	g.send(g.batch(6, 6))
	require.EqualValues(t, 6, g.stock())
	require.NoError(t, g.hq.tellStock(ctx))
	got = figures()
	require.True(t, got[testShop].Update)
	require.EqualValues(t, 6, got[testShop].Levels[edgetest.Lipstick])
}

func TestSalesPricedOtherwiseAreFlagged(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	n := 0
	sell := func(at time.Time, release uint32, price int64, sku edge.SKU) {
		n++
		s := edge.Sale{
			ID: fmt.Sprintf("sale-%d", n), Shop: testShop, Release: release, At: at, Offline: true,
			Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: uint64(n)},
			Lines:   []edge.SaleLine{{SKU: sku, Quantity: 2, Price: price, Total: 2 * price}},
			Total:   edge.Money{Amount: 2 * price, Currency: "VND"}, Payments: edge.Payments{{Method: edge.Cash, Amount: 2 * price}},
		}
		g.add(edge.EventSale, s.ID, &s)
	}
	start := g.clock.Now()
	sell(start, 1, 150000, edgetest.Lipstick) // before HQ had issued anything
	g.clock.Advance(time.Minute)
	_, err := g.hq.IssueRelease(ctx, priced(200000, g.clock.Now()), "") // version 1
	require.NoError(t, err)
	_, err = g.hq.IssueRelease(ctx, priced(250000, g.clock.Now().Add(time.Hour)), "") // version 2
	require.NoError(t, err)
	sell(g.clock.Now().Add(time.Minute), 1, 200000, edgetest.Lipstick)
	sell(g.clock.Now().Add(2*time.Hour), 1, 200000, edgetest.Lipstick) // the new one had not come through
	sell(g.clock.Now().Add(2*time.Hour), 2, 250000, edgetest.Lipstick)
	n++
	g.add(edge.EventSale, "cheaper", &edge.Sale{
		ID: "cheaper", Shop: testShop, Release: 2, At: g.clock.Now().Add(2 * time.Hour), Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: uint64(n)},
		Lines:     []edge.SaleLine{{SKU: edgetest.Lipstick, Quantity: 2, Price: 250000, Discount: 50000, Total: 450000}},
		Discounts: []edge.Discount{{Rate: 1000, Amount: 50000, Reason: "tester", Staff: "Mai"}}, Total: edge.Money{Amount: 450000, Currency: "VND"},
	}) // a discount is the shop's own to give
	sell(g.clock.Now().Add(2*time.Hour), 2, 1000, "NO-SUCH")
	sell(g.clock.Now().Add(2*time.Hour), 1, 320000, edgetest.Cream) // another release, the same price
	g.send(g.batch(1, uint64(n)))
	require.NoError(t, g.hq.Project(ctx))
	require.Empty(t, g.flaws())
	list, err := g.hq.FindDifferences(ctx, Filter{}, 0, 10)
	require.NoError(t, err)
	require.Len(t, list, 3)
	late := list[0]
	require.Equal(t, []uint32{1, 2}, []uint32{late.Priced, late.Expected})
	require.Equal(t, edge.Money{Amount: -100000, Currency: "VND"}, late.Amount)
	require.Equal(t, []LineDifference{{SKU: edgetest.Lipstick, Quantity: 2, Taken: 400000, Expected: 500000, By: -100000}}, late.Lines)
	require.True(t, late.Offline)
	require.True(t, list[1].Lines[0].Unknown)
	require.EqualValues(t, 2000, list[1].Amount.Amount)
	require.Empty(t, list[2].Lines)
	next, err := g.hq.FindDifferences(ctx, Filter{Shop: testShop, Node: testNode}, list[0].Cursor, 1)
	require.NoError(t, err)
	require.Equal(t, list[1:2], next)
	none, err := g.hq.FindDifferences(ctx, Filter{To: late.At}, 0, 10)
	require.NoError(t, err)
	require.Empty(t, none)
	require.NoError(t, g.hq.Rebuild(ctx))
	again, err := g.hq.FindDifferences(ctx, Filter{}, 0, 10)
	require.NoError(t, err)
	require.Equal(t, list, again)
	sales, err := g.hq.Sales(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, sales, n, "all of them stay")
}

func TestAssetsAreServedWholeAndInRanges(t *testing.T) {
	g := newGateway(t)
	body := []byte("<svg>0123456789</svg>")
	sum, err := g.hq.PutAsset(t.Context(), body)
	require.NoError(t, err)
	again, err := g.hq.PutAsset(t.Context(), body)
	require.NoError(t, err)
	require.Equal(t, sum, again)
	_, err = g.hq.PutAsset(t.Context(), make([]byte, edge.MaxAssetBytes+1))
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
	handler := g.hq.Assets()
	ask := func(method, path string, header ...string) *http.Response {
		r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result()
	}
	at := AssetPath + sum.String()
	whole := ask("GET", at)
	got, err := io.ReadAll(whole.Body)
	require.NoError(t, err)
	require.Equal(t, body, got)
	require.Equal(t, "application/octet-stream", whole.Header.Get("Content-Type"), "no page of ours")
	require.Equal(t, "nosniff", whole.Header.Get("X-Content-Type-Options"))
	tag := whole.Header.Get("ETag")
	require.Equal(t, `"`+sum.String()+`"`, tag)

	some := ask("GET", at, "Range", "bytes=5-")
	got, err = io.ReadAll(some.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusPartialContent, some.StatusCode)
	require.Equal(t, body[5:], got)
	for _, tt := range []struct {
		method, path string
		header       []string
		want         int
	}{
		{"HEAD", at, nil, http.StatusOK},
		{"GET", at, []string{"If-None-Match", tag}, http.StatusNotModified},
		{"GET", at, []string{"Range", "bytes=99-"}, http.StatusRequestedRangeNotSatisfiable},
		{"POST", at, nil, http.StatusMethodNotAllowed},
		{"GET", AssetPath + edge.Hash{1}.String(), nil, http.StatusNotFound},
		{"GET", AssetPath, nil, http.StatusNotFound},
		{"GET", AssetPath + "../" + sum.String(), nil, http.StatusNotFound},
		{"GET", AssetPath + fmt.Sprintf("%X", sum), nil, http.StatusNotFound},
	} {
		require.Equal(t, tt.want, ask(tt.method, tt.path, tt.header...).StatusCode, "%s %s %v", tt.method, tt.path, tt.header)
	}
}

// A shop with more figures than a till may take at once is told in several
// messages, which come to the whole of it.
func TestAManyFiguredShopIsToldInParts(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	const many = 2*maxFigures + 7
	put := func(shop string, n int) {
		err := g.hq.db.InTx(ctx, func(tx *sql.Tx) error {
			for i := range n {
				_, err := tx.ExecContext(ctx, "insert into stock (shop, sku, quantity, changed) values ($1, $2, $3, $4)", shop, fmt.Sprintf("SKU-%05d", i), i, g.clock.Now().UnixMilli())
				if err != nil {
					return err
				}
			}
			return nil
		})
		require.NoError(t, err)
	}
	g.hq.places = map[string]edge.Place{"hue": {Name: "Huế Trường Tiền"}}
	put("dalat", 3)
	put("hue", many)
	put("saigon", 5)
	require.NoError(t, g.hq.tellStock(ctx))
	shop := edgetest.NewMemory(g.clock.Now)
	downs := g.downs()
	require.Len(t, downs, 5, "a small shop, three parts of a large one, a small shop")
	for _, d := range downs {
		for _, p := range d.Parts {
			s := decodePart[edge.ShopStock](t, p)
			require.LessOrEqual(t, len(s.Levels), maxFigures)
			require.NoError(t, shop.Apply(ctx, d.N, edge.Delivery{Stock: []edge.ShopStock{s}}))
		}
	}
	for i := range many {
		levels, err := shop.StockElsewhere(ctx, edge.SKU(fmt.Sprintf("SKU-%05d", i)))
		require.NoError(t, err)
		require.EqualValues(t, i, levels[1].Quantity)
		require.Equal(t, "Huế Trường Tiền", levels[1].Name)
	}
}
