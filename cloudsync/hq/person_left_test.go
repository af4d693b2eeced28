package hq

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// Another master key is put in place while a deletion waits for an older one: the
// list still has it when that comes back.
func TestAnotherMasterKeyLosesNoDeletion(t *testing.T) {
	if databasetest.OnPostgres() {
		t.Skip("it copies SQLite's own file; where the tests run on SQLite, it runs")
	}
	g := newGateway(t)
	list := filepath.Join(t.TempDir(), "deleted.ndjson")
	g.with(Options{Persons: edgetest.PersonKeys(1), Deleted: list})
	g.meets(1)
	g.meets(2)
	require.NoError(t, g.hq.Close())
	backup, err := os.ReadFile(g.where)
	require.NoError(t, err)
	g.with(Options{Persons: edgetest.PersonKeys(2, 1), Deleted: list})
	d := g.deletes("0901234001") // by the second key
	require.NoError(t, g.hq.Close())

	require.NoError(t, os.WriteFile(g.where, backup, 0o600))
	g.with(Options{Persons: edgetest.PersonKeys(3, 1), Deleted: list}) // somebody left that out
	require.NoError(t, g.hq.keepPersons(t.Context()))
	g.with(Options{Persons: edgetest.PersonKeys(3, 2), Deleted: list})
	_, err = g.hq.Deletion(t.Context(), d.ID)
	require.NoError(t, err)
	_, err = g.hq.Contact(t.Context(), edge.CartID{1}, phoneKey(1))
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}

// A shop without a line took an order before its person was deleted: what it
// brings afterwards is kept until the order has come to its end, and no longer.
func TestContactThatComesAfterTheDeletion(t *testing.T) {
	s := newTill(t)
	ctx := t.Context()
	k := s.place("order-00001", edgetest.OrderAsk(edgetest.Cream, 1, 320000, edge.PayOnReceipt))
	c := edge.OrderContact{Order: k.ID, Contact: edgetest.Customer(), Agreed: "2026-11", At: s.clock.Now()}
	s.clock.Advance(time.Hour)
	s.deletes(c.Contact.Phone)
	s.clock.Advance(time.Hour)
	s.sync()
	bring := func() {
		t.Helper()
		body, err := json.Marshal(c)
		require.NoError(t, err)
		require.NoError(t, s.hq.TakeContact(ctx, cloudsync.Seal(s.key, cloudsync.KindContact, cloudsync.ContactTopic(s.node), body)))
	}
	bring()
	_, err := s.hq.forgetStrangers(ctx)
	require.NoError(t, err)
	kept, err := s.hq.ContactOfOrder(ctx, k.ID)
	require.NoError(t, err)
	require.Equal(t, c.Contact, *kept)
	s.move(k.ID, edge.OrderRejected, "none left")
	n, err := s.hq.forgetStrangers(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = s.hq.ContactOfOrder(ctx, k.ID)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	require.False(t, strings.Contains(string(s.everything()), c.Contact.Name))
}

// A shopper who deletes the name on the phone, or writes another number, leaves no
// key behind in the database's files either.
func TestWhatAShopperDeletesIsGone(t *testing.T) {
	if databasetest.OnPostgres() {
		t.Skip("it reads SQLite's own files; where the tests run on SQLite, it runs")
	}
	g := newGateway(t)
	ctx := t.Context()
	for n, drop := range map[byte]func(){
		1: func() { require.NoError(t, g.hq.DeleteContact(ctx, edge.CartID{1}, phoneKey(1))) },
		2: func() {
			c := aContact()
			c.Phone = "0907654321"
			require.NoError(t, g.hq.PutContact(ctx, edge.CartID{2}, phoneKey(2), c, agreed))
		},
	} {
		g.meets(n)
		var key []byte
		require.NoError(t, g.hq.db.Read.QueryRowContext(ctx, "select p.key from person p join contact c on c.person = p.id where c.cart = $1", edge.CartID{n}.String()).Scan(&key))
		drop()
		require.NoError(t, g.hq.keepPersons(ctx))
		for _, file := range []string{g.where, g.where + "-wal"} {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			require.False(t, bytes.Contains(b, key), "the key of %d is in %s", n, filepath.Base(file))
		}
	}
}

// Whoever was deleted is deleted again where headquarters is put back to a backup,
// and the shops are told again.
func TestABackupOfHeadquartersBringsNobodyBack(t *testing.T) {
	if databasetest.OnPostgres() {
		t.Skip("it copies SQLite's own file; where the tests run on SQLite, it runs")
	}
	g := newGateway(t)
	ctx := t.Context()
	list := filepath.Join(t.TempDir(), "deleted.ndjson")
	g.with(Options{Deleted: list})
	g.meets(1)
	g.meets(2)
	require.NoError(t, g.hq.Close())
	backup, err := os.ReadFile(g.where)
	require.NoError(t, err)
	g.with(Options{Deleted: list})
	d := g.deletes("0901234001")
	g.clock.Advance(time.Hour)

	require.NoError(t, g.hq.Close())
	require.NoError(t, os.WriteFile(g.where, backup, 0o600))
	f, err := os.OpenFile(list, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"id":"cut sh`) // by a power cut
	require.NoError(t, err)
	require.NoError(t, f.Close())
	g.with(Options{Deleted: list})
	_, err = g.hq.Contact(ctx, edge.CartID{1}, phoneKey(1))
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	_, err = g.hq.Contact(ctx, edge.CartID{2}, phoneKey(2))
	require.NoError(t, err)
	again, err := g.hq.Deletion(ctx, d.ID)
	require.NoError(t, err)
	require.Equal(t, d.At, again.At)
	require.Len(t, g.personAsks(), 1)

	// The list is lost: the database writes it again.
	require.NoError(t, os.Remove(list))
	g.with(Options{Deleted: list})
	text, err := os.ReadFile(list)
	require.NoError(t, err)
	require.Contains(t, string(text), d.ID)
	require.NotContains(t, string(text), "0901234001")
}

// A gateway that was put back to a backup is told anew whom to forget.
func TestAGatewayThatWasPutBackForgetsAgain(t *testing.T) {
	g := newGateway(t)
	_, err := g.hq.DeletePerson(t.Context(), "0901234001", DeletedAsked, "ops")
	require.NoError(t, err)
	require.Len(t, g.personAsks(), 1)
	require.NoError(t, g.hq.db.InTx(t.Context(), func(tx *sql.Tx) error { return g.hq.queueAll(t.Context(), tx, testNode) }))
	require.Len(t, g.personAsks(), 2)
}
