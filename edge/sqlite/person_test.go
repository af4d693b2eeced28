package sqlite

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// peopled is a shop of some orders that are at their end, the first of Customer.
func peopled(t *testing.T, opt Options, clock *edgetest.Clock, orders int) (*DB, []string) {
	t.Helper()
	opt.Now = clock.Now
	db, err := Open(t.Context(), opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.PutRelease(t.Context(), edgetest.Release(1)))
	var ids []string
	for i := range orders {
		a := edgetest.OrderAsk(edgetest.Cream, 1, 320000, edge.PayOnReceipt)
		a.Contact.Phone, a.Remember = customerNumber(i), true
		k, _, err := db.PlaceOrder(t.Context(), "order-"+customerNumber(i), a)
		require.NoError(t, err)
		require.NoError(t, db.Apply(t.Context(), uint64(i+1), edgetest.Told(t, &k.Order, edge.OrderCompleted, clock.Now(), 0)))
		ids = append(ids, k.ID)
	}
	return db, ids
}

func customerNumber(i int) string { return fmt.Sprintf("0%d", 901234567+i) }

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func shopOptions(t *testing.T, keys ...byte) Options {
	return Options{Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1", Persons: edgetest.PersonKeys(keys...)}
}

// onDisk reports whether bytes stand in the database's file or its WAL.
func onDisk(t *testing.T, path string, what []byte) bool {
	t.Helper()
	found := false
	for _, file := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(file)
		if err != nil {
			require.ErrorIs(t, err, os.ErrNotExist)
		}
		found = found || bytes.Contains(b, what)
	}
	return found
}

// A key that is destroyed is nowhere on the disk any more.
func TestADestroyedKeyIsGone(t *testing.T) {
	clock, opt := edgetest.NewClock(), shopOptions(t)
	db, ids := peopled(t, opt, clock, 3)
	var key []byte
	require.NoError(t, db.reader.QueryRow(`SELECT p.key FROM person p JOIN order_contact c ON c.person = p.id WHERE c.of = ?`, ids[1]).Scan(&key))
	require.True(t, onDisk(t, opt.Path, key))
	ask := edge.NewPersonAsk("ask-1", edge.PersonForget, clock.Now(), customerNumber(1))
	require.NoError(t, db.Apply(t.Context(), 10, edge.Delivery{Persons: []edge.PersonAsk{*ask}}))
	require.False(t, onDisk(t, opt.Path, key))
	_, err := db.OrderContact(t.Context(), ids[1])
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	_, err = db.OrderContact(t.Context(), ids[2])
	require.NoError(t, err)
}

// So it is where the till forgets somebody, and a backup does not bring them back;
// whoever agrees again from then on is kept.
func TestWhomTheTillForgets(t *testing.T) {
	clock, opt := edgetest.NewClock(), shopOptions(t)
	opt.Now = clock.Now
	db, ids := peopled(t, opt, clock, 2)
	var key []byte
	require.NoError(t, db.reader.QueryRow(`SELECT p.key FROM person p JOIN order_contact c ON c.person = p.id WHERE c.of = ?`, ids[0]).Scan(&key))
	backup := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, Backup(t.Context(), opt.Path, backup))
	clock.Advance(time.Second)
	require.NoError(t, db.ForgetCustomer(t.Context(), customerNumber(0)))
	require.False(t, onDisk(t, opt.Path, key))

	clock.Advance(time.Second)
	a := edgetest.OrderAsk(edgetest.Cream, 1, 320000, edge.PayOnReceipt)
	a.Contact.Phone, a.Remember = customerNumber(0), true
	again, _, err := db.PlaceOrder(t.Context(), "order-again", a)
	require.NoError(t, err)
	require.NoError(t, db.Apply(t.Context(), 10, edgetest.Told(t, &again.Order, edge.OrderCompleted, clock.Now(), 0)))
	require.NoError(t, db.forgetAgain(t.Context()))
	_, err = db.OrderContact(t.Context(), again.ID)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	_, err = Restore(t.Context(), opt, backup)
	require.NoError(t, err)
	db, err = Open(t.Context(), opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.forgetAgain(t.Context()))
	_, err = db.OrderContact(t.Context(), ids[0])
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	_, err = db.OrderContact(t.Context(), ids[1])
	require.NoError(t, err)
}

// Whoever was forgotten is forgotten again where a backup brings them back, with
// the line down.
func TestABackupBringsNobodyBack(t *testing.T) {
	clock, opt := edgetest.NewClock(), shopOptions(t)
	opt.Now = clock.Now
	db, ids := peopled(t, opt, clock, 2)
	backup := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, Backup(t.Context(), opt.Path, backup))
	ask := edge.NewPersonAsk("ask-1", edge.PersonForget, clock.Now(), customerNumber(0))
	require.NoError(t, db.Apply(t.Context(), 10, edge.Delivery{Persons: []edge.PersonAsk{*ask}}))
	require.NoError(t, db.Close())
	_, err := Restore(t.Context(), opt, backup)
	require.NoError(t, err)

	db, err = Open(t.Context(), opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.OrderContact(t.Context(), ids[0])
	require.NoError(t, err, "the backup has it")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- db.KeepPersons(ctx, personKeep()) }()
	require.Eventually(t, func() bool {
		_, err := db.OrderContact(t.Context(), ids[0])
		return edge.KindOf(err) == edge.NotFound
	}, 2*time.Minute, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
	_, err = db.OrderContact(t.Context(), ids[1])
	require.NoError(t, err)
}

// Another master key takes the old one's place a few persons at a time, goes on
// after it was stopped, and leaves nothing for the old one to open.
func TestAnotherMasterKey(t *testing.T) {
	clock, opt := edgetest.NewClock(), shopOptions(t, 1)
	opt.Now = clock.Now
	const people = 2*resealAtOnce + 7
	db, ids := peopled(t, opt, clock, people)
	ask := edge.NewPersonAsk("ask-1", edge.PersonTell, clock.Now(), customerNumber(3))
	require.NoError(t, db.Apply(t.Context(), 1000, edge.Delivery{Persons: []edge.PersonAsk{*ask}}))
	require.NoError(t, db.Close())

	opt.Persons = edgetest.PersonKeys(2, 1)
	db, err := Open(t.Context(), opt)
	require.NoError(t, err)
	n, err := write(t.Context(), db, func(ctx context.Context, tx *tx) (int, error) { return resealPersons(ctx, tx, opt.Persons.Older()[0]) })
	require.NoError(t, err)
	require.Equal(t, resealAtOnce, n)
	for i, id := range ids { // half of them are done
		c, err := db.OrderContact(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, customerNumber(i), c.Phone)
	}
	require.NoError(t, db.Close())

	db, err = Open(t.Context(), opt)
	require.NoError(t, err)
	require.NoError(t, db.resealAll(t.Context()))
	require.NoError(t, db.Close())

	opt.Persons = edgetest.PersonKeys(2)
	db, err = Open(t.Context(), opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for i, id := range ids {
		c, err := db.OrderContact(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, customerNumber(i), c.Phone)
		found, err := db.Customers(t.Context(), customerNumber(i), 5)
		require.NoError(t, err)
		require.Len(t, found, 1)
	}
	told, err := db.WaitingPersons(t.Context(), 5)
	require.NoError(t, err)
	require.Len(t, told, 1)
	require.Len(t, told[0].Contacts, 1)
	require.Equal(t, ids[3], told[0].Contacts[0].Order)
	require.NoError(t, told[0].Check())
	require.NoError(t, db.PersonTold(t.Context(), "ask-1"))
	told, err = db.WaitingPersons(t.Context(), 5)
	require.NoError(t, err)
	require.Empty(t, told)
}

// One order of a person comes to its end after the person was to be forgotten.
func TestForgottenWhenTheOrderHasComeToItsEnd(t *testing.T) {
	clock, opt := edgetest.NewClock(), shopOptions(t)
	db, _ := peopled(t, opt, clock, 0)
	k, _, err := db.PlaceOrder(t.Context(), "order-00001", edgetest.OrderAsk(edgetest.Cream, 1, 320000, edge.PayOnReceipt))
	require.NoError(t, err)
	ask := edge.NewPersonAsk("ask-1", edge.PersonForget, clock.Now(), edgetest.Customer().Phone)
	require.NoError(t, db.Apply(t.Context(), 1, edge.Delivery{Persons: []edge.PersonAsk{*ask}}))
	n, err := db.pruneContacts(t.Context(), personKeep())
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, db.Apply(t.Context(), 2, edgetest.Told(t, &k.Order, edge.OrderCompleted, clock.Now(), 0)))
	n, err = db.pruneContacts(t.Context(), personKeep())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	var people int
	require.NoError(t, db.reader.QueryRow(`SELECT count(*) FROM person`).Scan(&people))
	require.Zero(t, people)
}

// What earlier versions sealed with the gateway's secret is sealed anew at the
// first start.
func TestContactsOfEarlierVersions(t *testing.T) {
	clock, opt := edgetest.NewClock(), shopOptions(t)
	opt.Now, opt.Secret = clock.Now, bytes.Repeat([]byte{9}, 32)
	db, ids := peopled(t, opt, clock, 2)
	salt := bytes.Repeat([]byte{3}, 16)
	old := func(order string, secret []byte) []byte {
		key, err := hkdf.Key(sha256.New, secret, salt, "mirrorcart order contact 1", 32)
		require.NoError(t, err)
		block, err := aes.NewCipher(key)
		require.NoError(t, err)
		seal, err := cipher.NewGCMWithRandomNonce(block)
		require.NoError(t, err)
		return seal.Seal(nil, nil, mustJSON(edgetest.Customer()), []byte(order))
	}
	_, err := write(t.Context(), db, func(ctx context.Context, tx *tx) (struct{}, error) {
		for i, id := range ids { // the second cannot be read
			secret := bytes.Repeat([]byte{byte(9 + i)}, 32)
			if err := tx.exec(ctx, `UPDATE order_contact SET person = NULL, salt = ?, sealed = ? WHERE of = ?`, salt, old(id, secret), id); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, tx.exec(ctx, `DELETE FROM person`)
	})
	require.NoError(t, err)
	require.NoError(t, db.Close())

	for range 2 {
		db, err = Open(t.Context(), opt)
		require.NoError(t, err)
		c, err := db.OrderContact(t.Context(), ids[0])
		require.NoError(t, err)
		require.Equal(t, edgetest.Customer(), *c)
		found, err := db.Customers(t.Context(), c.Phone, 5)
		require.NoError(t, err)
		require.Len(t, found, 1)
		_, err = db.OrderContact(t.Context(), ids[1])
		require.Equal(t, edge.NotFound, edge.KindOf(err))
		require.NoError(t, db.Close())
	}
}

// What people agreed to is forgotten when its time is over, and counted.
func TestOldConsentsAreForgotten(t *testing.T) {
	clock, opt := edgetest.NewClock(), shopOptions(t)
	db, _ := peopled(t, opt, clock, 0)
	for range 3 {
		require.NoError(t, db.RecordConsent(t.Context(), edge.Consent{Purpose: edge.ForMirror, Version: "1"}))
	}
	clock.Advance(25 * time.Hour)
	require.NoError(t, db.RecordConsent(t.Context(), edge.Consent{Purpose: edge.ForPhoto, Version: "1"}))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- db.KeepPersons(ctx, edge.PersonKeep{Contacts: 24 * time.Hour, Customers: 24 * time.Hour, Consents: 24 * time.Hour})
	}()
	require.Eventually(t, func() bool {
		list, err := db.AuditRecords(t.Context(), 1)
		require.NoError(t, err)
		return len(list) == 1 && list[0].Kind == edge.AuditTidied && list[0].About == "consents" && list[0].Reason == "3"
	}, 2*time.Minute, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
	left, err := db.Consents(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

// personKeep is what a shop keeps by its usual settings.
func personKeep() edge.PersonKeep {
	const day = 24 * time.Hour
	return edge.PersonKeep{Contacts: 30 * day, Customers: 730 * day, Consents: 1095 * day}
}
