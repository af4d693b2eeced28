// Package person keeps what tells who somebody is unreadable in databases, and
// makes forgetting final: each person, known by a telephone number, has a random
// key of its own, by which all that is kept of the person is sealed. That key
// lies beside it, sealed with a master key that is in no database. Whoever
// destroys a person's key has deleted the person.
//
// At a gateway (edge/sqlite) these columns are sealed:
//
//	person.key            the person's key, with the master key
//	person.number         the telephone number, with the person's key
//	order_contact.sealed  name, number and address of an order, with the person's key
//	person_ask.sealed     by which a deleted number is known again, with the master key
//
// At headquarters (cloudsync/hq, cloudsync/hq/talk):
//
//	person.key, person.number          as above
//	contact.name, number, address      of a cart's order, with the person's key
//	person_ask.sealed                  by which a deleted number is known again, with the master key
//	person_answer.sealed               what a gateway holds of a person, with the master key
//	credit.content                     what a payer wrote to the bank, until it is matched, with the master key
//	chat.body, chat_line.body          conversations in chat apps, with the master key
//	chat_key.body                      what the apps let us in with, with the master key
//
// Persons are found by person.phone, an HMAC of the number. No event, log or
// telemetry holds any of it. In PostgreSQL a row that was deleted lies in the
// table's file until VACUUM comes by.
//
// Another master key is put before the old one: what is sealed from then on is
// sealed with it, and the programs seal the keys of all persons anew, a few in
// each transaction; which one a key was sealed with stands before it, so a
// program that was stopped goes on where it was.
package person

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	keySize  = 32 // bytes
	markSize = 4
	maxKeys  = 16
)

// Key is the key of one person.
type Key struct{ aead cipher.AEAD }

// Keys are master keys, the one in use first.
type Keys struct{ list []master }

type master struct {
	mark  []byte // names it
	seal  cipher.AEAD
	index []byte
}

// Line makes a new master key, as a line of the text that Parse reads.
func Line() string {
	b := make([]byte, keySize)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Parse reads master keys: one on each line, 64 hexadecimal digits, the one in
// use first. Empty lines and those that begin with # are passed over.
func Parse(text []byte) (*Keys, error) {
	const op = "person.Parse"
	k := &Keys{}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		secret, err := hex.DecodeString(line)
		if err != nil || len(secret) != keySize {
			return nil, edge.Errorf(op, edge.Invalid, "line %d is no master key: want 64 hexadecimal digits", i+1)
		}
		m, err := newMaster(secret)
		if err != nil {
			return nil, err
		}
		if k.find(m.mark) == nil {
			k.list = append(k.list, *m)
		}
	}
	if len(k.list) == 0 || len(k.list) > maxKeys {
		return nil, edge.Errorf(op, edge.Invalid, "%d master keys: want 1 to %d", len(k.list), maxKeys)
	}
	return k, nil
}

func newMaster(secret []byte) (*master, error) {
	derive := func(purpose string, size int) []byte {
		b, err := hkdf.Key(sha256.New, secret, nil, "mirrorcart persons "+purpose, size)
		if err != nil {
			panic("person: " + err.Error()) // cannot be: the sizes are constants
		}
		return b
	}
	seal, err := newKey(derive("seal 1", keySize))
	if err != nil {
		return nil, err
	}
	return &master{derive("mark 1", markSize), seal.aead, derive("index 1", keySize)}, nil
}

func newKey(secret []byte) (*Key, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Key{aead}, nil
}

func (k *Keys) find(mark []byte) *master {
	for i := range k.list {
		if bytes.Equal(k.list[i].mark, mark) {
			return &k.list[i]
		}
	}
	return nil
}

// Mark names the master key in use. What it seals begins with it.
func (k *Keys) Mark() []byte { return k.list[0].mark }

// Older are the marks of the other master keys.
func (k *Keys) Older() [][]byte {
	var marks [][]byte
	for _, m := range k.list[1:] {
		marks = append(marks, m.mark)
	}
	return marks
}

// Fresh reports whether it was sealed with the master key in use.
func (k *Keys) Fresh(sealed []byte) bool { return bytes.HasPrefix(sealed, k.Mark()) }

// Seal seals a text with the master key in use, for one place alone, so that
// what is sealed cannot be exchanged: the key's mark, 4 bytes, a random nonce and
// AES-256-GCM.
func (k *Keys) Seal(place string, text []byte) []byte {
	m := &k.list[0]
	return m.seal.Seal(bytes.Clone(m.mark), nil, text, []byte(place))
}

// Open opens what Seal sealed with any of the keys.
func (k *Keys) Open(place string, sealed []byte) ([]byte, error) {
	const op = "person.Open"
	if len(sealed) < markSize {
		return nil, edge.Errorf(op, edge.NotFound, "it was destroyed")
	}
	m := k.find(sealed[:markSize])
	if m == nil {
		return nil, edge.Errorf(op, edge.Unavailable, "it is sealed with a master key that is not here: put that key's line back into the file of master keys")
	}
	text, err := m.seal.Open(nil, nil, sealed[markSize:], []byte(place))
	if err != nil {
		return nil, edge.Errorf(op, edge.Unavailable, "what is sealed was changed")
	}
	return text, nil
}

// Index is by what a telephone number is found: nobody reads it back without the
// master key. The first is that of the key in use, for what is stored; the
// others are those by which it may have been stored before.
func (k *Keys) Index(phone string) [][]byte {
	list := make([][]byte, len(k.list))
	for i := range k.list {
		h := hmac.New(sha256.New, k.list[i].index)
		h.Write([]byte(phone))
		list[i] = h.Sum(nil)
	}
	return list
}

// NewKey makes the key of the person of that id, and seals it.
func (k *Keys) NewKey(id string) (key *Key, sealed []byte, err error) {
	secret := make([]byte, keySize)
	_, _ = rand.Read(secret) // never fails
	if key, err = newKey(secret); err != nil {
		return nil, nil, err
	}
	return key, k.Seal("key of "+id, secret), nil
}

// OpenKey opens a person's key.
func (k *Keys) OpenKey(id string, sealed []byte) (*Key, error) {
	secret, err := k.Open("key of "+id, sealed)
	if err != nil {
		return nil, err
	}
	return newKey(secret)
}

// Reseal seals a person's key with the master key in use.
func (k *Keys) Reseal(id string, sealed []byte) ([]byte, error) {
	secret, err := k.Open("key of "+id, sealed)
	if err != nil {
		return nil, err
	}
	return k.Seal("key of "+id, secret), nil
}

// Seal seals a text for one place.
func (k *Key) Seal(place string, text []byte) []byte {
	return k.aead.Seal(nil, nil, text, []byte(place))
}

// Open opens what Seal sealed.
func (k *Key) Open(place string, sealed []byte) ([]byte, error) {
	text, err := k.aead.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, edge.Errorf("person.Key.Open", edge.Unavailable, "what is sealed was changed, or is another person's")
	}
	return text, nil
}
