package hq

import (
	"bytes"
	"crypto/ed25519"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// meets lets a person enter a contact on the phone, order, and write about it in
// a chat app.
func (g *gateway) meets(n byte) *edge.Contact {
	g.t.Helper()
	c := aContact()
	c.Phone = fmt.Sprintf("0901234%03d", n)
	cart := edge.CartID{n}
	require.NoError(g.t, g.hq.PutContact(g.t.Context(), cart, phoneKey(int(n)), c, agreed))
	m := talk.Message{App: "telegram", ID: fmt.Sprint(n), Person: fmt.Sprint("tg-person-", n), At: g.clock.Now()}
	_, err := g.hq.Talks().Hear(g.t.Context(), m, func(t *talk.Conversation) ([]talk.Line, error) {
		t.Cart = cart.String()
		return []talk.Line{{Author: talk.ByPerson, State: talk.Heard, Saying: talk.Saying{Text: "I am " + c.Name + ", " + c.Phone}}}, nil
	})
	require.NoError(g.t, err)
	return c
}

// personAsks are what waits for the gateway about persons.
func (g *gateway) personAsks() (list []edge.PersonAsk) {
	g.t.Helper()
	sent, err := g.hq.pendingDown(g.t.Context(), testNode, 0, 1000)
	require.NoError(g.t, err)
	for _, p := range sent {
		env, err := cloudsync.Open(p.message.Payload)
		require.NoError(g.t, err)
		d, err := g.codec.DecodeDown(env.Body)
		require.NoError(g.t, err)
		for _, part := range d.Parts {
			if part.Kind == cloudsync.PartPerson {
				var a edge.PersonAsk
				require.NoError(g.t, json.Unmarshal(part.Data, &a))
				require.NoError(g.t, a.Check())
				list = append(list, a)
			}
		}
	}
	return list
}

// deletes deletes the person of a number, and wants the record to be signed.
func (g *gateway) deletes(phone string) *Deletion {
	g.t.Helper()
	id, err := g.hq.DeletePerson(g.t.Context(), phone, DeletedAsked, "ops")
	require.NoError(g.t, err)
	signed, err := g.hq.SignedDeletion(g.t.Context(), id)
	require.NoError(g.t, err)
	d, err := signed.Open(g.hq.PublicKey())
	require.NoError(g.t, err)
	forged := *signed
	forged.Record = strings.Replace(forged.Record, `"ops"`, `"eve"`, 1)
	_, err = forged.Open(nil)
	require.Equal(g.t, edge.Forbidden, edge.KindOf(err))
	_, err = signed.Open(newKey(g.t).Public().(ed25519.PublicKey))
	require.Error(g.t, err, "another headquarters'")
	return d
}

// everything is all that the database holds, as bytes.
func (g *gateway) everything() []byte {
	g.t.Helper()
	var all []byte
	for _, table := range []string{"person", "contact", "person_ask", "person_answer", "chat", "chat_line", "chat_taken", "chat_key", "down", "inbox", "orders", "cart_phone", "quarantine", "credit"} {
		require.NoError(g.t, database.Select(g.t.Context(), g.hq.db.Read, "select * from "+table).Each(func(rows *sql.Rows) error {
			columns, err := rows.Columns()
			require.NoError(g.t, err)
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			require.NoError(g.t, rows.Scan(values...))
			for _, v := range values {
				switch v := (*v.(*any)).(type) {
				case []byte:
					all = append(all, v...)
				default:
					all = fmt.Append(all, v)
				}
				all = append(all, '\n')
			}
			return nil
		}))
	}
	return all
}

// with opens headquarters anew, with other master keys or a list of deletions.
func (g *gateway) with(o Options) {
	g.t.Helper()
	require.NoError(g.t, g.hq.Close())
	o.Path, o.Key, o.Now, o.NewID, o.Log = g.where, g.hq.key, g.clock.Now, uuid.NewString, slog.New(slog.DiscardHandler)
	h, err := Open(g.t.Context(), o)
	require.NoError(g.t, err)
	g.t.Cleanup(func() { h.Close() })
	g.hq = h
}

// A person is deleted at headquarters at once and in the shops as they answer,
// and nothing of the record tells who it was.
func TestDeletingAPerson(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	ann, other := g.meets(1), g.meets(2)
	var key []byte
	require.NoError(t, g.hq.db.Read.QueryRowContext(ctx, "select p.key from person p join contact c on c.person = p.id where c.cart = $1", edge.CartID{1}.String()).Scan(&key))
	_, err := g.hq.DeletePerson(ctx, "12", DeletedAsked, "ops")
	require.Equal(t, edge.Invalid, edge.KindOf(err))

	_, err = g.hq.DeletePerson(ctx, ann.Phone, "a feeling", "ops")
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	require.Empty(t, g.personAsks())

	d := g.deletes("+84 90 123 40 01")
	require.Equal(t, []int{1, 1}, []int{d.Contacts, d.Chats})
	require.Equal(t, DeletedAsked, d.Why)
	require.Equal(t, []Waiting{{testNode, testShop}}, d.Waiting)
	_, err = g.hq.Contact(ctx, edge.CartID{1}, phoneKey(1))
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	left, err := g.hq.Talks().OfCart(ctx, edge.CartID{1})
	require.NoError(t, err)
	require.Empty(t, left)
	require.False(t, bytes.Contains(g.everything(), key), "the key was destroyed")
	require.False(t, g.hq.traces.Load())
	if !databasetest.OnPostgres() {
		for _, file := range []string{g.where, g.where + "-wal"} {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			require.False(t, bytes.Contains(b, key), "the key is in %s", filepath.Base(file))
		}
	}
	kept, err := g.hq.Contact(ctx, edge.CartID{2}, phoneKey(2))
	require.NoError(t, err)
	require.Equal(t, other, kept)

	asks := g.personAsks()
	require.Len(t, asks, 1)
	require.True(t, asks[0].Is(ann.Phone))
	require.False(t, asks[0].Is(other.Phone))
	require.Equal(t, edge.PersonForget, asks[0].Do)

	r := asks[0].Forgotten(2, 1, 0)
	r.ID, r.Shop, r.At = "a-1", testShop, g.clock.Now()
	g.add(edge.EventAudit, "e-1", r)
	stranger := edge.AuditRecord{ID: "a-2", Shop: testShop, Kind: edge.AuditForgot, About: "nobody asked", At: g.clock.Now()}
	g.add(edge.EventAudit, "e-2", stranger)
	g.send(g.batch(1, 2))
	require.NoError(t, g.hq.Project(ctx))
	require.Empty(t, g.flaws())
	d, err = g.hq.Deletion(ctx, d.ID)
	require.NoError(t, err)
	require.Empty(t, d.Waiting)
	require.Equal(t, []Forgotten{{
		Node: testNode, Shop: testShop, At: r.At.UTC().Truncate(time.Millisecond), Says: r.Reason, Event: "e-1", Epoch: g.epoch, Lane: string(g.lane), Seq: 1, Hash: g.hashes[1],
	}}, d.Shops)
	_, err = g.hq.Deletion(ctx, "other")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}

func TestNobodyIsDeletedWhileTheirOrderIsOnItsWay(t *testing.T) {
	g := orderingGateway(t)
	ctx := t.Context()
	require.NoError(t, g.hq.PutContact(ctx, edge.CartID{1}, phoneKey(1), aContact(), agreed))
	_, err := g.hq.BindPhone(ctx, edge.CartID{1}, 0, phoneKey(1))
	require.NoError(t, err)
	o, err := g.order("key-00001", edge.Deliver)
	require.NoError(t, err)
	_, err = g.hq.DeletePerson(ctx, aContact().Phone, DeletedAsked, "ops")
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	require.ErrorContains(t, err, o.ID)
	require.Empty(t, g.personAsks())
	_, err = g.hq.MoveOrder(ctx, o.ID, edge.ByHQ, edge.OrderRejected, "out of stock")
	require.NoError(t, err)
	d := g.deletes(aContact().Phone)
	require.Equal(t, 1, d.Contacts)
}

// What was gathered of a person for an export goes with the person; how far shops
// are is told of both, and who asked stands in the log.
func TestADeletionTakesTheExportsOfThePerson(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	ann, other := g.meets(1), g.meets(2)
	var exports []string
	for _, c := range []*edge.Contact{ann, other, ann} {
		e, err := g.hq.ExportPerson(ctx, c.Phone, "ops")
		require.NoError(t, err)
		require.NoError(t, g.tellsOfPerson(e.ID, edge.OrderContact{Order: "o-1", Contact: *c, Agreed: "2026-11", At: g.clock.Now()}))
		exports = append(exports, e.ID)
		g.clock.Advance(time.Second)
	}
	d := g.deletes(ann.Phone)
	for i, gone := range []bool{true, false, true} {
		_, err := g.hq.PersonExport(ctx, exports[i])
		require.Equal(t, gone, edge.KindOf(err) == edge.NotFound && err != nil, "export %d: %v", i, err)
	}
	require.Equal(t, edge.Invalid, edge.KindOf(g.tellsOfPerson(exports[0], edge.OrderContact{Order: "o-1", Contact: *ann, Agreed: "2026-11", At: g.clock.Now()})), "nobody asks any more")
	asks := g.personAsks()
	require.Len(t, asks, 2, "what was forgotten is asked of nobody")

	list, err := g.hq.PersonsAsked(ctx, 10)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, PersonAsked{ID: d.ID, Do: edge.PersonForget, At: d.At, By: "ops", Why: DeletedAsked, Waiting: 1}, list[0])
	require.Equal(t, PersonAsked{ID: exports[1], Do: edge.PersonTell, At: list[1].At, By: "ops", Answered: 1}, list[1])
	acts, err := g.hq.Accounts().Acts(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, acts, 4)
	require.Equal(t, []string{"ops", "personal.delete", d.ID, "asked"}, []string{acts[0].By, acts[0].What, acts[0].Subject, acts[0].Detail})
	require.Equal(t, []string{"personal.export", exports[2]}, []string{acts[1].What, acts[1].Subject})
}

// Nothing that tells who somebody is stands in the database, whatever was done
// with it.
func TestNothingPersonalStandsInTheDatabase(t *testing.T) {
	g := newGateway(t)
	c := g.meets(1)
	e, err := g.hq.ExportPerson(t.Context(), c.Phone, "ops")
	require.NoError(t, err)
	require.NoError(t, g.tellsOfPerson(e.ID, edge.OrderContact{Order: "o-1", Contact: *c, Agreed: "2026-11", At: g.clock.Now()}))
	g.meets(2)
	_, err = g.hq.DeletePerson(t.Context(), "0901234002", DeletedAsked, "ops")
	require.NoError(t, err)
	g.pays("TRAN VAN BINH chuyen tien")
	all := g.everything()
	require.Contains(t, string(all), e.ID)
	for _, word := range []string{c.Name, "Nguyễn", c.Phone, "901234001", "901234002", "Lê Lợi", "Sài Gòn", "tg-person", "I am", "TRAN VAN"} {
		require.NotContains(t, string(all), word)
	}
	if databasetest.OnPostgres() {
		return
	}
	for _, file := range []string{g.where, g.where + "-wal"} {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, word := range []string{c.Name, c.Phone, "901234002", "Lê Lợi", "tg-person", "TRAN VAN"} {
			require.False(t, bytes.Contains(b, []byte(word)), "%s in %s", word, filepath.Base(file))
		}
	}
}

// pays brings money that matches nothing.
func (g *gateway) pays(content string) *Credit {
	g.t.Helper()
	c, err := g.hq.TakeCredit(g.t.Context(), Credit{
		Feed: "test", Reference: "r-1", Account: "0011", Amount: edge.Money{Amount: 5000, Currency: "VND"}, Content: content, At: g.clock.Now(),
	}, nil)
	require.NoError(g.t, err)
	return c
}

// Somebody who looks at another cart in the chat app later is found by the first one
// all the same, and once.
func TestConversationOfSomebodyWhoComesAgain(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	ann := g.meets(1)
	talks, err := g.hq.Talks().OfCart(ctx, edge.CartID{1})
	require.NoError(t, err)
	_, err = g.hq.Talks().Change(ctx, talks[0].ID, func(c *talk.Conversation) ([]talk.Line, error) {
		c.Cart = edge.CartID{9}.String()
		return nil, nil
	})
	require.NoError(t, err)
	e, err := g.hq.ExportPerson(ctx, ann.Phone, "ops")
	require.NoError(t, err)
	require.Len(t, e.Chats, 1)
	require.Contains(t, e.Chats[0].Lines[0].Text, ann.Name)

	d := g.deletes(ann.Phone)
	require.Equal(t, []int{1, 1}, []int{d.Contacts, d.Chats})
	for _, cart := range []edge.CartID{{1}, {9}} {
		talks, err = g.hq.Talks().OfCart(ctx, cart)
		require.NoError(t, err)
		require.Empty(t, talks)
	}
}
