package edge

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// PersonDeed is what HQ asks a shop to do about a person.
type PersonDeed string

// The deeds.
const (
	PersonForget PersonDeed = "forget" // destroy what is kept of the person; an audit record of AuditForgot answers
	PersonTell   PersonDeed = "tell"   // tell HQ what is kept, by a PersonTold
)

const askSalt = 32 // bytes

// PersonAsk is HQ's word about a person whose telephone number it does not tell:
// who holds the number knows it again, and nobody else learns it.
type PersonAsk struct {
	ID   string     `json:"id"` // UUIDv7
	Do   PersonDeed `json:"do"`
	At   time.Time  `json:"at"` // by HQ's clock; what was entered later is of a new agreement
	Salt []byte     `json:"salt"`
	// Digest is the HMAC-SHA256 of the number, as Contact.Tidy writes it, with
	// Salt for its key.
	Digest []byte `json:"digest"`
}

// PersonTold is what a shop holds of a person, on its way to HQ.
type PersonTold struct {
	Ask      string         `json:"ask"` // PersonAsk.ID
	Contacts []OrderContact `json:"contacts"`
}

// ClocksApart is by how much the clocks of shops and HQ may differ.
const ClocksApart = 10 * time.Minute

// NewPersonAsk asks for something about the person of a number.
func NewPersonAsk(id string, do PersonDeed, at time.Time, phone string) *PersonAsk {
	salt := make([]byte, askSalt)
	_, _ = rand.Read(salt) // never fails
	a := &PersonAsk{ID: id, Do: do, At: at, Salt: salt}
	a.Digest = a.digest(phone)
	return a
}

func (a *PersonAsk) digest(phone string) []byte {
	h := hmac.New(sha256.New, a.Salt)
	h.Write([]byte(phone))
	return h.Sum(nil)
}

// Is reports whether it asks about the person of a number.
func (a *PersonAsk) Is(phone string) bool { return hmac.Equal(a.Digest, a.digest(phone)) }

// Covers reports whether it asks about what was entered at a time. Clocks may
// differ by minutes.
func (a *PersonAsk) Covers(entered time.Time) bool { return !entered.After(a.At.Add(ClocksApart)) }

// Forgotten is the audit record of what became of the contacts: how many are gone,
// how many stay until their orders have come to an end, and of how many persons
// the number cannot be read for want of a master key.
func (a *PersonAsk) Forgotten(gone, kept, unread int) AuditRecord {
	says := fmt.Sprintf("contacts deleted: %d", gone)
	if kept > 0 {
		says += fmt.Sprintf("; kept until their orders have come to an end: %d", kept)
	}
	if unread > 0 {
		says += fmt.Sprintf("; persons whose master key is missing here: %d", unread)
	}
	return AuditRecord{Kind: AuditForgot, About: a.ID, Reason: says}
}

// Check refuses what no HQ of ours asks.
func (a *PersonAsk) Check() error {
	const op = "edge.PersonAsk.Check"
	switch {
	case !plain(a.ID) || a.At.IsZero():
		return Errorf(op, Invalid, "word of a person without an id or a time")
	case !slices.Contains([]PersonDeed{PersonForget, PersonTell}, a.Do):
		return Errorf(op, Invalid, "word of a person to do %.20q", a.Do)
	case len(a.Salt) != askSalt || len(a.Digest) != sha256.Size:
		return Errorf(op, Invalid, "word of a person with a salt of %d and a digest of %d bytes", len(a.Salt), len(a.Digest))
	}
	return nil
}

// Check refuses what no shop of ours tells.
func (t *PersonTold) Check() error {
	const op, most = "edge.PersonTold.Check", 1000
	if !plain(t.Ask) || len(t.Contacts) > most {
		return Errorf(op, Invalid, "word of a person with %d contacts: want an id and at most %d", len(t.Contacts), most)
	}
	for i := range t.Contacts {
		if err := t.Contacts[i].Check(); err != nil {
			return err
		}
	}
	return nil
}
