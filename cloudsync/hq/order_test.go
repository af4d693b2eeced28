package hq

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func aContact() *edge.Contact {
	return &edge.Contact{Name: "Nguyễn Thị Hạ", Phone: "0901234567", Address: &edge.Address{
		Country: edge.Vietnam, Region: "Thành phố Hồ Chí Minh", Locality: "Phường Sài Gòn", Street: "12 Lê Lợi",
	}}
}

var agreed = Consent{Agreed: "2026-11"}

// orderingGateway has a cart with two lipsticks.
func orderingGateway(t *testing.T) *gateway {
	t.Helper()
	g := newGateway(t)
	require.NoError(t, g.hq.PutRelease(t.Context(), edgetest.Release(1)))
	_, err := g.hq.OpenCart(t.Context(), testCart(t, 2), testNode, false)
	require.NoError(t, err)
	return g
}

func (g *gateway) order(key string, way edge.OrderWay) (*edge.Order, error) {
	return g.hq.PlaceOrder(g.t.Context(), OrderRequest{Cart: edge.CartID{1}, Key: key, Way: way, Phone: phoneKey(1)})
}

// records lists those that wait for the gateway.
func (g *gateway) records() (list []edge.Record) {
	g.t.Helper()
	waiting, err := g.hq.waitingDown(g.t.Context(), testNode, 0, 100)
	require.NoError(g.t, err)
	for _, w := range waiting {
		var d cloudsync.Down
		require.NoError(g.t, json.Unmarshal(w.body, &d))
		for _, p := range d.Parts {
			if p.Kind == cloudsync.PartRecord {
				var r edge.Record
				require.NoError(g.t, json.Unmarshal(p.Data, &r))
				require.NoError(g.t, r.Check())
				list = append(list, r)
			}
		}
	}
	return list
}

func TestOrderIsPlacedOnce(t *testing.T) {
	g := orderingGateway(t)
	changed, cancel := g.hq.WatchCart(edge.CartID{1})
	defer cancel()
	o, err := g.order("key-00001", edge.Collect)
	require.NoError(t, err)
	require.Len(t, changed, 1)
	require.Equal(t, edge.OrderPlaced, o.State())
	require.Equal(t, int64(2*edgetest.Release(1).Variants[0].Price.Amount), o.Total.Amount)
	require.True(t, o.Short(), "HQ knows of no stock there")
	require.Regexp(t, `^[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{3}$`, o.Code)
	again, err := g.order("key-00001", edge.Collect)
	require.NoError(t, err)
	require.Equal(t, o, again)
	_, err = g.order("key-00002", edge.Collect)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)

	told := g.records()
	require.Len(t, told, 1, "the shop is told once")
	require.Equal(t, o.ID, told[0].ID)
	require.Equal(t, "placed", told[0].State)
	var news edge.OrderNews
	require.NoError(t, json.Unmarshal(told[0].Data, &news))
	require.Equal(t, o.Code, news.Code)
	require.Equal(t, edge.CartID{1}, news.Cart)

	_, err = g.hq.MoveOrder(t.Context(), o.ID, edge.ByShopper, edge.OrderCancelled, "")
	require.NoError(t, err)
	again, err = g.order("key-00001", edge.Collect)
	require.NoError(t, err)
	require.Equal(t, edge.OrderCancelled, again.State(), "its key names it for good")
	second, err := g.order("key-00002", edge.Collect)
	require.NoError(t, err)
	require.NotEqual(t, o.ID, second.ID)
	of, err := g.hq.OrderOfCart(t.Context(), edge.CartID{1})
	require.NoError(t, err)
	require.Equal(t, second.ID, of.ID, "the live one")
	require.Len(t, g.records(), 3)
}

func TestOrdersRefused(t *testing.T) {
	g := orderingGateway(t)
	ctx := t.Context()
	_, err := g.order("short", edge.Collect)
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	_, err = g.order("key-00001", "fly")
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	_, err = g.order("key-00001", edge.Deliver)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "there is no address")
	c := aContact()
	c.Address = nil
	require.NoError(t, g.hq.PutContact(ctx, edge.CartID{1}, phoneKey(1), c, agreed))
	_, err = g.order("key-00001", edge.Deliver)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "there is a name alone")
	require.NoError(t, g.hq.PutContact(ctx, edge.CartID{1}, phoneKey(2), aContact(), agreed))
	_, err = g.order("key-00001", edge.Deliver)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "the address is another phone's")
	_, err = g.hq.PlaceOrder(ctx, OrderRequest{Cart: edge.CartID{8}, Key: "key-00001", Way: edge.Collect})
	require.Equal(t, edge.NotFound, edge.KindOf(err))

	_, err = g.hq.ChangeCart(ctx, edge.CartID{1}, phone, setQuantity(0))
	require.NoError(t, err)
	_, err = g.order("key-00001", edge.Collect)
	require.Equal(t, edge.Invalid, edge.KindOf(err), "the cart is empty")
	_, err = g.hq.RecordPayment(ctx, phonePayment("bank-0001", edge.CartID{1}, g.clock.Now()))
	require.NoError(t, err)
	_, err = g.order("key-00001", edge.Collect)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "the cart is paid")
}

func TestOrderGoesItsWay(t *testing.T) {
	g := orderingGateway(t)
	ctx := t.Context()
	require.NoError(t, g.hq.PutContact(ctx, edge.CartID{1}, phoneKey(1), aContact(), agreed))
	o, err := g.order("key-00001", edge.Deliver)
	require.NoError(t, err)
	require.Empty(t, o.Code)
	changed, cancel := g.hq.WatchCart(edge.CartID{1})
	defer cancel()
	_, err = g.hq.MoveOrder(ctx, o.ID, edge.ByHQ, edge.OrderDelivered, "")
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	_, err = g.hq.MoveOrder(ctx, o.ID, edge.ByShop, edge.OrderAccepted, "")
	require.Equal(t, edge.Forbidden, edge.KindOf(err))
	_, err = g.hq.MoveOrder(ctx, "nothing", edge.ByHQ, edge.OrderAccepted, "")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	require.Empty(t, changed)
	require.Len(t, g.records(), 1)

	seen := int64(0)
	for _, s := range []edge.OrderState{
		edge.OrderAccepted, edge.OrderAllocated, edge.OrderPacked, edge.OrderHandedOver, edge.OrderInTransit, edge.OrderOutForDelivery,
		edge.OrderDelivered, edge.OrderCompleted,
	} {
		g.clock.Advance(time.Minute)
		moved, err := g.hq.MoveOrder(ctx, o.ID, edge.ByHQ, s, "")
		require.NoError(t, err)
		require.Equal(t, s, moved.State())
		<-changed
		told := g.records()
		require.Equal(t, string(s), told[len(told)-1].State)
		found, err := g.hq.FindOrders(ctx, OrderFilter{}, seen, 10)
		require.NoError(t, err)
		require.Len(t, found, 1, "who goes on from the last change hears of the next")
		require.Equal(t, *moved, found[0].Order)
		require.True(t, found[0].Contact)
		seen = found[0].N
	}
	_, err = g.hq.MoveOrder(ctx, o.ID, edge.ByHQ, edge.OrderCompleted, "")
	require.NoError(t, err)
	require.Len(t, g.records(), 9, "the same again is no news")
	for _, f := range []struct {
		OrderFilter
		n int
	}{
		{OrderFilter{Shop: o.Shop, States: []string{"completed"}, Cart: o.Cart.String()}, 1},
		{OrderFilter{Shop: "elsewhere"}, 0},
		{OrderFilter{States: []string{"placed", "accepted"}}, 0},
	} {
		found, err := g.hq.FindOrders(ctx, f.OrderFilter, 0, 10)
		require.NoError(t, err)
		require.Len(t, found, f.n)
	}
}

func TestContactIsForItsPhoneAlone(t *testing.T) {
	g := orderingGateway(t)
	ctx := t.Context()
	id := edge.CartID{1}
	require.Equal(t, edge.Invalid, edge.KindOf(g.hq.PutContact(ctx, id, phoneKey(1), aContact(), Consent{})), "without consent nothing is kept")
	require.NoError(t, g.hq.PutContact(ctx, id, phoneKey(1), aContact(), agreed))
	c, err := g.hq.Contact(ctx, id, phoneKey(1))
	require.NoError(t, err)
	require.Equal(t, aContact(), c)
	_, err = g.hq.Contact(ctx, id, phoneKey(2))
	require.Equal(t, edge.NotFound, edge.KindOf(err))

	o, err := g.order("key-00001", edge.Deliver)
	require.NoError(t, err)
	c, err = g.hq.ContactOfOrder(ctx, o.ID)
	require.NoError(t, err)
	require.Equal(t, aContact(), c)
	require.Equal(t, edge.Conflict, edge.KindOf(g.hq.DeleteContact(ctx, id, phoneKey(1))), "the order is on its way there")
	require.Equal(t, edge.Conflict, edge.KindOf(g.hq.PutContact(ctx, id, phoneKey(1), aContact(), agreed)))
	_, err = g.hq.MoveOrder(ctx, o.ID, edge.ByShopper, edge.OrderCancelled, "")
	require.NoError(t, err)
	require.NoError(t, g.hq.DeleteContact(ctx, id, phoneKey(2)))
	_, err = g.hq.Contact(ctx, id, phoneKey(1))
	require.NoError(t, err, "another phone deletes nothing")
	require.NoError(t, g.hq.DeleteContact(ctx, id, phoneKey(1)))
	_, err = g.hq.ContactOfOrder(ctx, o.ID)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}

// A field that is put in another's place, or in another cart's, cannot be read.
func TestSealedFieldsStayInTheirPlace(t *testing.T) {
	g := orderingGateway(t)
	ctx := t.Context()
	require.NoError(t, g.hq.PutContact(ctx, edge.CartID{1}, phoneKey(1), aContact(), agreed))
	_, err := g.hq.db.Write.ExecContext(ctx, "update contact set name = number")
	require.NoError(t, err)
	_, err = g.hq.Contact(ctx, edge.CartID{1}, phoneKey(1))
	require.ErrorContains(t, err, "was changed")
}

// The database's files hold nothing of a name, a number or an address.
func TestContactIsSealedOnTheDisk(t *testing.T) {
	g := orderingGateway(t)
	ctx := t.Context()
	require.NoError(t, g.hq.PutContact(ctx, edge.CartID{1}, phoneKey(1), aContact(), agreed))
	_, err := g.order("key-00001", edge.Deliver)
	require.NoError(t, err)
	if database.IsPostgres(g.where) {
		t.Skip("PostgreSQL's files are its own")
	}
	files, err := filepath.Glob(g.where + "*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var all []byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		all = append(all, b...)
	}
	require.Contains(t, string(all), "key-00001", "this is where it would be")
	for _, secret := range []string{"Nguyễn", "0901234567", "901234567", "Lê Lợi", "Phường Sài Gòn"} {
		require.False(t, bytes.Contains(all, []byte(secret)), secret)
	}
}

func TestACartWithAnOrderIsNotForgotten(t *testing.T) {
	g := orderingGateway(t)
	ctx := t.Context()
	require.NoError(t, g.hq.PutContact(ctx, edge.CartID{1}, phoneKey(1), aContact(), agreed))
	_, err := g.hq.BindPhone(ctx, edge.CartID{1}, 0, phoneKey(1))
	require.NoError(t, err)
	o, err := g.order("key-00001", edge.Deliver)
	require.NoError(t, err)
	keep := edge.CartKeep{Empty: time.Hour, Open: 24 * time.Hour, Closed: 24 * time.Hour}
	g.clock.Advance(48 * time.Hour)
	count := func(table string) (n int) {
		require.NoError(t, g.hq.db.Read.QueryRowContext(ctx, "select count(*) from "+table).Scan(&n))
		return n
	}
	forget := func() {
		_, err := g.hq.PruneCarts(ctx, keep)
		require.NoError(t, err)
		_, err = g.hq.forgetStrangers(ctx)
		require.NoError(t, err)
	}
	forget()
	require.Equal(t, []int{1, 1, 1}, []int{count("cart"), count("contact"), count("cart_phone")})
	_, err = g.hq.MoveOrder(ctx, o.ID, edge.ByHQ, edge.OrderRejected, "out of stock")
	require.NoError(t, err)
	forget()
	require.Equal(t, []int{0, 0, 0, 1}, []int{count("cart"), count("contact"), count("cart_phone"), count("orders")})
}
