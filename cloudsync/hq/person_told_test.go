package hq

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// tellsOfPerson brings what the gateway keeps of a person.
func (g *gateway) tellsOfPerson(ask string, contacts ...edge.OrderContact) error {
	body, err := json.Marshal(edge.PersonTold{Ask: ask, Contacts: contacts})
	require.NoError(g.t, err)
	return g.hq.TakeTold(g.t.Context(), cloudsync.Seal(g.key, cloudsync.KindTold, cloudsync.ToldTopic(g.node), body))
}

func TestExportOfAPerson(t *testing.T) {
	g := orderingGateway(t)
	ctx := t.Context()
	c := g.meets(1)
	_, err := g.hq.BindPhone(ctx, edge.CartID{1}, 0, phoneKey(1))
	require.NoError(t, err)
	o, err := g.order("key-00001", edge.Deliver)
	require.NoError(t, err)
	e, err := g.hq.ExportPerson(ctx, c.Phone, "ops")
	require.NoError(t, err)
	require.Equal(t, c.Phone, e.Phone)
	require.Equal(t, []KeptContact{{Cart: edge.CartID{1}, Contact: *c, Agreed: "2026-11", Since: g.clock.Now().UTC().Truncate(time.Millisecond), Purpose: purposeOrder}}, e.Contacts)
	require.Len(t, e.Orders, 1)
	require.Equal(t, o.ID, e.Orders[0].ID)
	require.Len(t, e.Chats, 1)
	require.Contains(t, e.Chats[0].Lines[0].Text, c.Name)
	require.Equal(t, []Waiting{{testNode, testShop}}, e.Waiting)
	asks := g.personAsks()
	require.Len(t, asks, 1)
	require.Equal(t, edge.PersonTell, asks[0].Do)
	require.True(t, asks[0].Is(c.Phone))

	in := edge.OrderContact{Order: "o-1", Contact: *c, Agreed: "2026-11", At: g.clock.Now().UTC()}
	for range 2 {
		require.NoError(t, g.tellsOfPerson(e.ID, in))
	}
	require.Equal(t, edge.Invalid, edge.KindOf(g.tellsOfPerson("nobody asks", in)))
	bad := in
	bad.Contact.Phone = "x"
	require.Equal(t, edge.Invalid, edge.KindOf(g.tellsOfPerson(e.ID, bad)))
	e, err = g.hq.PersonExport(ctx, e.ID)
	require.NoError(t, err)
	require.Empty(t, e.Waiting)
	require.Len(t, e.Shops, 1)
	require.Equal(t, []edge.OrderContact{in}, e.Shops[0].Contacts)

	_, err = g.hq.Deletion(ctx, e.ID)
	require.Equal(t, edge.NotFound, edge.KindOf(err), "it is none")
	g.clock.Advance(keepExports + time.Hour)
	require.NoError(t, g.hq.keepPersons(ctx))
	_, err = g.hq.PersonExport(ctx, e.ID)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}
