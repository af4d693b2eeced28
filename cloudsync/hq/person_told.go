package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// PersonExport is all that is kept of a person, as far as the shops have told.
type PersonExport struct {
	ID    string    `json:"id"`
	At    time.Time `json:"at"`
	Phone string    `json:"phone"`
	// Headquarters is what was kept there then.
	Contacts []KeptContact `json:"contacts"`
	Orders   []KeptOrder   `json:"orders"`
	Chats    []KeptChat    `json:"conversations"`
	Shops    []KeptInShop  `json:"shops"`
	Waiting  []Waiting     `json:"waiting"` // gateways that have not told yet
}

// KeptContact is to whom an order goes, and by what agreement it is kept.
type KeptContact struct {
	Cart    edge.CartID  `json:"cart"`
	Contact edge.Contact `json:"contact"`
	Agreed  string       `json:"agreed"` // the version of the wording
	Since   time.Time    `json:"since"`
	Purpose string       `json:"purpose"`
}

// KeptOrder is an order that goes to one of the contacts.
type KeptOrder struct {
	ID     string          `json:"id"`
	Cart   edge.CartID     `json:"cart"`
	Shop   string          `json:"shop"`
	State  edge.OrderState `json:"state"`
	Total  edge.Money      `json:"total"`
	Placed time.Time       `json:"placed"`
}

// KeptChat is a conversation about one of the carts.
type KeptChat struct {
	App   string     `json:"app"`
	Heard time.Time  `json:"heard"` // when the person did something last
	Lines []KeptLine `json:"lines"`
}

// KeptLine is something that was said.
type KeptLine struct {
	At     time.Time `json:"at"`
	Author string    `json:"author"` // person, bot, or whoever answered
	Text   string    `json:"text"`
}

// KeptInShop is what one gateway keeps.
type KeptInShop struct {
	Node     string              `json:"node"`
	Shop     string              `json:"shop"`
	At       time.Time           `json:"at"`
	Purpose  string              `json:"purpose"`
	Contacts []edge.OrderContact `json:"contacts"`
}

const purposeOrder = "to bring the order, or to call when it can be collected"

// ExportPerson gathers what is kept of the person of a telephone number, here and
// in all shops, which tell as soon as they are reached. PersonExport has what they
// told by now. It is forgotten after 30 days.
func (h *HQ) ExportPerson(ctx context.Context, phone, by string) (*PersonExport, error) {
	const op = "hq.ExportPerson"
	phone, err := edge.Phone(phone)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	a := edge.NewPersonAsk(h.newID(), edge.PersonTell, h.now().UTC().Truncate(time.Millisecond), phone)
	sealed, err := h.sealAsk(a)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	own, err := h.keptHere(ctx, phone)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	own.ID, own.At = a.ID, a.At
	body, err := json.Marshal(own)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		const q = "insert into person_ask (id, deed, at, asked_by, contacts, chats, sealed) values ($1, $2, $3, $4, 0, 0, $5)"
		if _, err := tx.ExecContext(ctx, q, a.ID, a.Do, a.At.UnixMilli(), by, sealed); err != nil {
			return err
		}
		if err := h.storeTold(ctx, tx, a.ID, "", "", body); err != nil {
			return err
		}
		if err := h.book.Done(ctx, tx, account.Act{By: by, What: "personal.export", Subject: a.ID}); err != nil {
			return err
		}
		return h.askAll(ctx, tx, a.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.log.Info("what is kept of a person was asked for", "audit", true, "export", a.ID, "by", by)
	h.downs.tell(struct{}{})
	return h.PersonExport(ctx, a.ID)
}

// keptHere is what headquarters keeps of a telephone number.
func (h *HQ) keptHere(ctx context.Context, phone string) (*PersonExport, error) {
	e := &PersonExport{Phone: phone, Contacts: []KeptContact{}, Orders: []KeptOrder{}, Chats: []KeptChat{}, Shops: []KeptInShop{}, Waiting: []Waiting{}}
	ids, err := h.personsOf(ctx, h.db.Read, phone)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		err := database.Select(ctx, h.db.Read, "select cart, consent, agreed from contact where person = $1 order by consent", id).Each(func(rows *sql.Rows) error {
			var cart string
			var at int64
			k := KeptContact{Purpose: purposeOrder}
			if err := rows.Scan(&cart, &at, &k.Agreed); err != nil {
				return err
			}
			k.Since = database.Time(at)
			e.Contacts = append(e.Contacts, k)
			return e.Contacts[len(e.Contacts)-1].Cart.UnmarshalText([]byte(cart))
		})
		if err != nil {
			return nil, err
		}
	}
	chats := map[string]bool{} // one may be about several of the carts
	for i := range e.Contacts {
		if err := h.keptOf(ctx, e, &e.Contacts[i]); err != nil {
			return nil, err
		}
		if err := h.saidOf(ctx, e, e.Contacts[i].Cart, chats); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// keptOf adds whom one contact names, and the orders of its cart.
func (h *HQ) keptOf(ctx context.Context, e *PersonExport, k *KeptContact) error {
	c, err := h.readContact(ctx, h.db.Read, k.Cart, nil)
	if err != nil {
		return err
	}
	k.Contact = *c
	const orders = "select id, shop, state, amount, currency, placed from orders where cart = $1 order by placed, id"
	return database.Select(ctx, h.db.Read, orders, k.Cart.String()).Each(func(rows *sql.Rows) error {
		o := KeptOrder{Cart: k.Cart}
		var at int64
		err := rows.Scan(&o.ID, &o.Shop, &o.State, &o.Total.Amount, &o.Total.Currency, &at)
		o.Placed = database.Time(at)
		e.Orders = append(e.Orders, o)
		return err
	})
}

// saidOf adds the conversations that are about a cart, or once were, but for those
// in had.
func (h *HQ) saidOf(ctx context.Context, e *PersonExport, cart edge.CartID, had map[string]bool) error {
	talks, err := h.talks.OfCart(ctx, cart)
	if err != nil {
		return err
	}
	for _, t := range talks {
		if had[t.ID] {
			continue
		}
		had[t.ID] = true
		_, lines, err := h.talks.Find(ctx, t.ID, 1000)
		if err != nil {
			return err
		}
		chat := KeptChat{App: t.App, Heard: t.Heard, Lines: make([]KeptLine, len(lines))}
		for i, l := range lines {
			chat.Lines[i] = KeptLine{l.At, l.Author, l.Text}
		}
		e.Chats = append(e.Chats, chat)
	}
	return nil
}

// PersonExport is an export, as far as the shops have told; NotFound where there
// is none, or it was forgotten.
func (h *HQ) PersonExport(ctx context.Context, id string) (*PersonExport, error) {
	const op = "hq.PersonExport"
	var e *PersonExport
	var shops []KeptInShop
	const q = `select a.node, a.shop, a.at, a.sealed from person_answer a join person_ask p on p.id = a.ask
		where a.ask = $1 and p.deed = 'tell' order by a.shop, a.node`
	err := database.Select(ctx, h.db.Read, q, id).Each(func(rows *sql.Rows) error {
		k := KeptInShop{Purpose: purposeOrder}
		var at int64
		var sealed []byte
		if err := rows.Scan(&k.Node, &k.Shop, &at, &sealed); err != nil {
			return err
		}
		body, err := h.persons.Open(toldPlace(id, k.Node), sealed)
		if err != nil {
			return err
		}
		if k.Node == "" {
			e = &PersonExport{}
			return json.Unmarshal(body, e)
		}
		var told edge.PersonTold
		if err := json.Unmarshal(body, &told); err != nil {
			return err
		}
		k.At, k.Contacts = database.Time(at), told.Contacts
		shops = append(shops, k)
		return nil
	})
	if err == nil && e == nil {
		return nil, edge.Errorf(op, edge.NotFound, "there is no export %.64q, or it was forgotten", id)
	}
	if err == nil {
		e.Shops = append(e.Shops, shops...)
		e.Waiting, err = h.waitingFor(ctx, id)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return e, nil
}

// storeTold keeps what was told of a person, sealed. What is told again counts.
func (h *HQ) storeTold(ctx context.Context, tx *sql.Tx, ask, node, shop string, body []byte) error {
	const q = `insert into person_answer (ask, node, shop, at, event, epoch, lane, seq, hash, says, sealed)
		values ($1, $2, $3, $4, '', '', '', 0, $5, '', $6) on conflict (ask, node, event) do update set at = excluded.at, sealed = excluded.sealed`
	_, err := tx.ExecContext(ctx, q, ask, node, shop, h.nowMillis(), []byte{}, h.persons.Seal(toldPlace(ask, node), body))
	return err
}

func toldPlace(ask, node string) string { return "told " + ask + " " + node }

// toldPost is what shops keep of persons.
func toldPost() post {
	return post{"what is kept of persons", cloudsync.ToldType, cloudsync.MaxToldPost, cloudsync.KindTold, cloudsync.ToldTopic}
}

// ToldHandler serves POST cloudsync.ToldPath, by which shops tell what they keep
// of a person.
func (h *HQ) ToldHandler() http.Handler { return toldPost().handler(h.TakeTold, h.answerContact) }

// TakeTold keeps what a gateway tells of a person, in an envelope of
// cloudsync.KindTold. NotFound where nobody asks, or not any more.
func (h *HQ) TakeTold(ctx context.Context, payload []byte) error {
	const op = "hq.TakeTold"
	body, node, err := toldPost().open(ctx, h, payload)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	told, err := cloudsync.DecodeTold(body)
	if err == nil {
		err = told.Check()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		var shop string
		const q = "select n.shop from node n, person_ask p where n.node = $1 and p.id = $2 and p.deed = 'tell'"
		err := tx.QueryRowContext(ctx, q, node, told.Ask).Scan(&shop)
		if errors.Is(err, sql.ErrNoRows) {
			return edge.Errorf(op, edge.Invalid, "nobody asks for %.64q", told.Ask)
		}
		if err != nil {
			return err
		}
		return h.storeTold(ctx, tx, told.Ask, node, shop, body)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.changed.tell(struct{}{})
	return nil
}
