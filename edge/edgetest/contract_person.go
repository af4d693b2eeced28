package edgetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/person"
)

// Persons is the contract of what Outbox.Apply does where HQ asks for a person to
// be forgotten: contacts go but those of orders on their way, and the audit log
// answers.
func Persons(t *testing.T, open Open) {
	s, clock := opened(t, open)
	ctx := t.Context()
	place := func(key string, phone string) *edge.KnownOrder {
		a := OrderAsk(Cream, 1, 320000, edge.PayOnReceipt)
		a.Contact.Phone, a.Remember = phone, true
		k, _, err := s.PlaceOrder(ctx, key, a)
		require.NoError(t, err)
		return k
	}
	ended, travels, other := place("order-00001", "0901234567"), place("order-00002", "0901234567"), place("order-00003", "0907654321")
	clock.Advance(time.Minute)
	require.NoError(t, s.Apply(ctx, 1, Told(t, &ended.Order, edge.OrderCompleted, clock.Now(), 0)))
	asked := edge.NewPersonAsk("11111111-0000-7000-8000-000000000001", edge.PersonForget, clock.Now(), "0901234567")
	clock.Advance(time.Hour)
	later := place("order-00004", "0901234567")
	require.NoError(t, s.Apply(ctx, 2, Told(t, &later.Order, edge.OrderCompleted, clock.Now(), 0)))

	for n := range uint64(2) { // HQ may say it again
		require.NoError(t, s.Apply(ctx, 3+n, edge.Delivery{Persons: []edge.PersonAsk{*asked, {ID: "odd"}}}))
	}
	_, err := s.OrderContact(ctx, ended.ID)
	requireKind(t, edge.NotFound, err)
	for what, k := range map[string]*edge.KnownOrder{"on its way": travels, "somebody else's": other, "agreed to later": later} {
		_, err = s.OrderContact(ctx, k.ID)
		require.NoError(t, err, what)
	}
	found, err := s.Customers(ctx, "0901234567", 5)
	require.NoError(t, err)
	require.Len(t, found, 1, "of the later order alone")

	list, err := s.AuditRecords(ctx, 2)
	require.NoError(t, err)
	require.Len(t, list, 2)
	for i, want := range []string{
		"contacts deleted: 0; kept until their orders have come to an end: 1",
		"contacts deleted: 1; kept until their orders have come to an end: 1",
	} {
		require.Equal(t, edge.AuditForgot, list[i].Kind)
		require.Equal(t, asked.ID, list[i].About)
		require.Equal(t, want, list[i].Reason)
	}
}

// PersonKeys are master keys that everybody knows: the seeds' keys, the first in
// use; that of 7 where none is named.
func PersonKeys(seeds ...byte) *person.Keys {
	if len(seeds) == 0 {
		seeds = []byte{7}
	}
	var text []byte
	for _, seed := range seeds {
		text = fmt.Appendf(text, "%s\n", strings.Repeat(fmt.Sprintf("%02x", seed), 32))
	}
	keys, err := person.Parse(text)
	if err != nil {
		panic(err)
	}
	return keys
}
