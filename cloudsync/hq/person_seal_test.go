package hq

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// Another master key takes the old one's place, and nothing is left for the old
// one to open.
func TestAnotherMasterKeyOfHeadquarters(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	list := filepath.Join(t.TempDir(), "deleted.ndjson")
	g.with(Options{Persons: edgetest.PersonKeys(1), Deleted: list})
	g.meets(0)
	g.sealsChatsAsBefore()
	const people = resealAtOnce + 3
	for n := byte(1); int(n) < people; n++ {
		g.meets(n)
	}
	c := g.meets(7)
	e, err := g.hq.ExportPerson(ctx, c.Phone, "ops")
	require.NoError(t, err)
	require.NoError(t, g.tellsOfPerson(e.ID, edge.OrderContact{Order: "o-1", Contact: *c, Agreed: "2026-11", At: g.clock.Now()}))
	d := g.deletes("0901234050")

	paid := g.pays("TRAN VAN BINH")
	_, err = g.hq.db.Write.ExecContext(ctx, "update credit set content = 'TRAN VAN BINH'") // as earlier versions did
	require.NoError(t, err)
	require.NoError(t, g.hq.keepPersons(ctx))
	require.NotContains(t, string(g.everything()), "TRAN VAN")

	g.with(Options{Persons: edgetest.PersonKeys(2, 1), Deleted: list})
	require.NoError(t, g.hq.db.InTx(ctx, func(tx *sql.Tx) error { // it is stopped after the first step
		n, err := g.hq.resealPersons(ctx, tx, g.hq.persons.Older()[0])
		require.Equal(t, resealAtOnce, n)
		return err
	}))
	g.with(Options{Persons: edgetest.PersonKeys(2, 1), Deleted: list})
	require.NoError(t, g.hq.keepPersons(ctx))
	for _, of := range []string{"person.key", "person_ask.sealed", "chat.body", "chat_line.body"} {
		table, column, _ := strings.Cut(of, ".")
		var old int
		q := fmt.Sprintf("select count(*) from %s where substr(%s, 1, 4) = $1", table, column)
		require.NoError(t, g.hq.db.Read.QueryRowContext(ctx, q, edgetest.PersonKeys(1).Mark()).Scan(&old))
		require.Zero(t, old, of)
	}

	g.with(Options{Persons: edgetest.PersonKeys(2), Deleted: list})
	kept, err := g.hq.Contact(ctx, edge.CartID{7}, phoneKey(7))
	require.NoError(t, err)
	require.Equal(t, c, kept)
	ids, err := g.hq.personsOf(ctx, g.hq.db.Read, c.Phone)
	require.NoError(t, err)
	require.Len(t, ids, 1)
	e, err = g.hq.PersonExport(ctx, e.ID)
	require.NoError(t, err)
	require.Len(t, e.Shops, 1)
	for _, n := range []byte{0, 7} {
		talks, err := g.hq.Talks().OfCart(ctx, edge.CartID{n})
		require.NoError(t, err)
		require.Len(t, talks, 1)
		_, lines, err := g.hq.Talks().Find(ctx, talks[0].ID, 10)
		require.NoError(t, err)
		require.Contains(t, lines[0].Text, "0901234")
	}
	require.Len(t, g.personAsks(), 2)
	again, err := g.hq.readCredit(ctx, g.hq.db.Read, paid.ID)
	require.NoError(t, err)
	require.Equal(t, "TRAN VAN BINH", again.Content)
	listed, err := g.hq.deleted.read()
	require.NoError(t, err)
	require.Len(t, listed, 1)
	a, err := g.hq.openAsk(d.ID, listed[0].Sealed)
	require.NoError(t, err)
	require.True(t, a.Is("0901234050"))
}

// A deletion that comes while a master key is not there, at a collector with an
// older file of them or after a restore, finds the person once the key is back.
func TestADeletionFindsWhoCouldNotBeReadThen(t *testing.T) {
	for name, keys := range map[string]struct{ before, asked, after []byte }{
		"a collector with an older file":   {[]byte{2, 1}, []byte{1}, []byte{2, 1}},
		"the older key was taken away":     {[]byte{1}, []byte{2}, []byte{2, 1}},
		"and there is a newer one by then": {[]byte{1}, []byte{2}, []byte{3, 2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGateway(t)
			ctx := t.Context()
			g.with(Options{Persons: edgetest.PersonKeys(keys.before...)})
			c := g.meets(1)
			g.meets(2)
			g.with(Options{Persons: edgetest.PersonKeys(keys.asked...)})
			d := g.deletes(c.Phone)
			require.NoError(t, g.hq.keepPersons(ctx))
			require.Zero(t, d.Contacts)
			g.clock.Advance(edge.ClocksApart + time.Minute)
			g.with(Options{Persons: edgetest.PersonKeys(keys.after...)})
			require.NoError(t, g.hq.keepPersons(ctx))
			_, err := g.hq.Contact(ctx, edge.CartID{1}, phoneKey(1))
			require.Equal(t, edge.NotFound, edge.KindOf(err))
			d, err = g.hq.Deletion(ctx, d.ID)
			require.NoError(t, err)
			require.Equal(t, []int{1, 1}, []int{d.Contacts, d.Chats})
			_, err = g.hq.Contact(ctx, edge.CartID{2}, phoneKey(2))
			require.NoError(t, err, "somebody else")

			g.meets(1) // who comes again is not forgotten for it
			require.NoError(t, g.hq.keepPersons(ctx))
			_, err = g.hq.Contact(ctx, edge.CartID{1}, phoneKey(1))
			require.NoError(t, err)
		})
	}
}

// sealsChatsAsBefore seals conversations as earlier versions did.
func (g *gateway) sealsChatsAsBefore() {
	g.t.Helper()
	ctx := g.t.Context()
	secret, err := g.hq.Secret("sealed chat")
	require.NoError(g.t, err)
	seal := oldSeal(g.t, secret)
	for _, table := range []struct{ name, place string }{{"chat", "id"}, {"chat_line", "chat"}} {
		var place string
		var body []byte
		require.NoError(g.t, g.hq.db.Read.QueryRowContext(ctx, "select "+table.place+", body from "+table.name).Scan(&place, &body))
		text, err := g.hq.persons.Open(place, body)
		require.NoError(g.t, err)
		_, err = g.hq.db.Write.ExecContext(ctx, "update "+table.name+" set body = $1", seal.Seal(nil, nil, text, []byte(place)))
		require.NoError(g.t, err)
	}
}

func oldSeal(t testing.TB, key []byte) cipher.AEAD {
	t.Helper()
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	seal, err := cipher.NewGCMWithRandomNonce(block)
	require.NoError(t, err)
	return seal
}

// What earlier versions sealed with a key made of headquarters' own is sealed anew
// at the first start.
func TestContactsOfEarlierVersions(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	c := g.meets(1)
	secret, err := g.hq.Secret("contacts")
	require.NoError(t, err)
	salt := bytes.Repeat([]byte{3}, 16)
	key, err := hkdf.Key(sha256.New, secret, salt, "mirrorcart contact 1", 32)
	require.NoError(t, err)
	seal := oldSeal(t, key)
	old := func(column, text string) []byte {
		return seal.Seal(nil, nil, []byte(text), []byte(edge.CartID{1}.String()+" "+column))
	}
	address, err := json.Marshal(c.Address)
	require.NoError(t, err)
	require.NoError(t, g.hq.db.InTx(ctx, func(tx *sql.Tx) error {
		const q = "update contact set person = '', salt = $1, name = $2, number = $3, address = $4"
		if _, err := tx.ExecContext(ctx, q, salt, old("name", c.Name), old("number", c.Phone), old("address", string(address))); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "delete from person")
		return err
	}))
	for range 2 {
		g.reopen()
		kept, err := g.hq.Contact(ctx, edge.CartID{1}, phoneKey(1))
		require.NoError(t, err)
		require.Equal(t, c, kept)
	}
	require.NoError(t, database.Select(context.WithoutCancel(ctx), g.hq.db.Read, "select consent from contact").Each(func(rows *sql.Rows) error {
		var at int64
		err := rows.Scan(&at)
		require.Equal(t, g.clock.Now().UnixMilli(), at, "the agreement is as old as it was")
		return err
	}))
}
