package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	// keepDeletions is how long a shop that was put back to a backup is told anew
	// whom to forget: shops keep nothing of a person for as long.
	keepDeletions = 10 * 366 * 24 * time.Hour
	keepExports   = 30 * 24 * time.Hour
	asksAtOnce    = 100 // in one message
)

// Deletion is the record of a person's deletion: nothing in it tells who that was.
type Deletion struct {
	ID       string         `json:"id"`
	At       time.Time      `json:"at"`
	By       string         `json:"by"`
	Why      DeletionReason `json:"why,omitempty"` // empty in records of earlier versions
	Contacts int            `json:"contacts"`      // that headquarters deleted
	Chats    int            `json:"conversations"`
	// Shops are the gateways that have answered, each by an event of its ledger;
	// Waiting have not yet.
	Shops   []Forgotten `json:"shops"`
	Waiting []Waiting   `json:"waiting"`
}

// DeletionReason says why a person is deleted. It is one of a few words, for what
// people write could tell who that was.
type DeletionReason string

// The reasons.
const (
	DeletedAsked     DeletionReason = "asked"     // the person asked for it
	DeletedChild     DeletionReason = "child"     // who cares for a child asked for it
	DeletedAuthority DeletionReason = "authority" // a court or an authority ordered it
	DeletedMistake   DeletionReason = "mistake"   // it was taken down by mistake
)

// DeletionReasons lists them.
func DeletionReasons() []DeletionReason {
	return []DeletionReason{DeletedAsked, DeletedChild, DeletedAuthority, DeletedMistake}
}

// Forgotten is a gateway's word that it has done what was asked.
type Forgotten struct {
	Node  string    `json:"node"`
	Shop  string    `json:"shop"`
	At    time.Time `json:"at"`   // by the gateway's clock
	Says  string    `json:"says"` // how many contacts it deleted
	Event string    `json:"event"`
	Epoch string    `json:"epoch"`
	Lane  string    `json:"lane"`
	Seq   uint64    `json:"seq"`
	Hash  edge.Hash `json:"hash"` // of the event in the gateway's chain
}

// Waiting is a gateway that has not answered.
type Waiting struct {
	Node string `json:"node"`
	Shop string `json:"shop"`
}

// DeletePerson destroys what is kept of the person of a telephone number, here
// and, as soon as they are reached, in all shops, and returns the deletion's id. It
// is refused with a Conflict while an order of the person is on its way.
func (h *HQ) DeletePerson(ctx context.Context, phone string, why DeletionReason, by string) (id string, err error) {
	const op = "hq.DeletePerson"
	if !slices.Contains(DeletionReasons(), why) {
		return "", edge.Errorf(op, edge.Invalid, "%.20q is no reason to delete a person: use one of %v", why, DeletionReasons())
	}
	if phone, err = edge.Phone(phone); err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	a := edge.NewPersonAsk(h.newID(), edge.PersonForget, h.now().UTC().Truncate(time.Millisecond), phone)
	sealed, err := h.sealAsk(a)
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	d := deletedEntry{ID: a.ID, At: a.At, By: by, Why: why, Sealed: sealed}
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		ids, err := h.personsOf(ctx, tx, phone)
		if err != nil {
			return err
		}
		if err := onTheirWay(ctx, tx, ids); err != nil {
			return err
		}
		if err := h.book.Done(ctx, tx, account.Act{By: by, What: "personal.delete", Subject: a.ID, Detail: string(why)}); err != nil {
			return err
		}
		return h.storeDeletion(ctx, tx, a, d, ids)
	})
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	if err := h.deleted.add(d); err != nil {
		h.log.Error("a person was deleted, but a backup could bring them back until the list can be written", "deletion", a.ID, "error", err)
	}
	h.scrub(ctx)
	h.log.Info("a person was deleted", "audit", true, "deletion", a.ID, "why", why, "by", by)
	h.downs.tell(struct{}{})
	return a.ID, nil
}

// storeDeletion deletes persons here, and asks all shops to.
func (h *HQ) storeDeletion(ctx context.Context, tx *sql.Tx, a *edge.PersonAsk, d deletedEntry, ids []string) error {
	contacts, chats, err := h.forgetPerson(ctx, tx, a, ids)
	if err == nil {
		err = h.forgetExportsOf(ctx, tx, a)
	}
	if err != nil {
		return err
	}
	const q = "insert into person_ask (id, deed, at, asked_by, why, contacts, chats, sealed) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing"
	if _, err := tx.ExecContext(ctx, q, a.ID, a.Do, a.At.UnixMilli(), d.By, d.Why, contacts, chats, d.Sealed); err != nil {
		return err
	}
	return h.askAll(ctx, tx, a.ID)
}

// askAll queues an ask for all gateways.
func (h *HQ) askAll(ctx context.Context, tx *sql.Tx, id string) error {
	nodes, err := nodeNames(ctx, tx, "")
	if err != nil {
		return err
	}
	for _, node := range nodes {
		if err := h.queueSituation(ctx, tx, node, situation{Persons: []string{id}}); err != nil {
			return err
		}
	}
	return nil
}

// queueDeletions tells a gateway whom to forget that it may hold again.
func (h *HQ) queueDeletions(ctx context.Context, tx *sql.Tx, node string) error {
	var ids []string
	since := h.now().Add(-keepDeletions).UnixMilli()
	err := database.Select(ctx, tx, "select id from person_ask where deed = 'forget' and at > $1 order by at, id", since).Each(func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	for len(ids) > 0 && err == nil {
		n := min(len(ids), asksAtOnce)
		err = h.queueSituation(ctx, tx, node, situation{Persons: ids[:n]})
		ids = ids[n:]
	}
	return err
}

func (h *HQ) sealAsk(a *edge.PersonAsk) ([]byte, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	return h.persons.Seal(a.ID, body), nil
}

func (h *HQ) openAsk(id string, sealed []byte) (*edge.PersonAsk, error) {
	body, err := h.persons.Open(id, sealed)
	if err != nil {
		return nil, err
	}
	var a edge.PersonAsk
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	return &a, nil
}

func (h *HQ) readAsk(ctx context.Context, id string) (*edge.PersonAsk, error) {
	var sealed []byte
	if err := h.db.Read.QueryRowContext(ctx, "select sealed from person_ask where id = $1", id).Scan(&sealed); err != nil {
		return nil, fmt.Errorf("what is asked of person %s: %w", id, err)
	}
	return h.openAsk(id, sealed)
}

// Deletion is the record of a deletion, with what the shops have answered by now;
// NotFound where there is none.
func (h *HQ) Deletion(ctx context.Context, id string) (*Deletion, error) {
	const op = "hq.Deletion"
	d := Deletion{ID: id, Shops: []Forgotten{}, Waiting: []Waiting{}}
	var at int64
	const q = "select at, asked_by, why, contacts, chats from person_ask where id = $1 and deed = 'forget'"
	err := h.db.Read.QueryRowContext(ctx, q, id).Scan(&at, &d.By, &d.Why, &d.Contacts, &d.Chats)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf(op, edge.NotFound, "there is no deletion %.64q", id)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	d.At = database.Time(at)
	const answers = "select node, shop, at, says, event, epoch, lane, seq, hash from person_answer where ask = $1 order by node, at, event"
	err = database.Select(ctx, h.db.Read, answers, id).Each(func(rows *sql.Rows) error {
		var f Forgotten
		var at, seq int64
		var hash []byte
		err := rows.Scan(&f.Node, &f.Shop, &at, &f.Says, &f.Event, &f.Epoch, &f.Lane, &seq, &hash)
		f.At, f.Seq = database.Time(at), uint64(seq)
		copy(f.Hash[:], hash)
		d.Shops = append(d.Shops, f)
		return err
	})
	if err == nil {
		d.Waiting, err = h.waitingFor(ctx, id)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return &d, nil
}

// waitingFor lists the gateways that have not answered an ask.
func (h *HQ) waitingFor(ctx context.Context, id string) ([]Waiting, error) {
	list := []Waiting{}
	const q = "select node, shop from node n where not exists (select 1 from person_answer a where a.ask = $1 and a.node = n.node) order by shop, node"
	err := database.Select(ctx, h.db.Read, q, id).Each(func(rows *sql.Rows) error {
		var w Waiting
		err := rows.Scan(&w.Node, &w.Shop)
		list = append(list, w)
		return err
	})
	return list, err
}
