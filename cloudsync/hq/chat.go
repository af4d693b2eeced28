package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// ChatState says who answers a person.
type ChatState string

// Who answers.
const (
	ChatBot   ChatState = "bot"
	ChatHuman ChatState = "human" // the bot is silent
)

// Conversation is one person who writes to the chain in a chat app.
type Conversation struct {
	ID     string    `json:"id"`
	App    string    `json:"app"`
	State  ChatState `json:"state"`
	Waits  time.Time `json:"waits,omitzero"`   // for an operator's answer, since then
	Heard  time.Time `json:"heard"`            // when the person did something last
	Person string    `json:"person"`           // the app's name for the person; goes nowhere but to the app
	Lang   string    `json:"lang"`             // vi, en or zh
	Cart   string    `json:"cart,omitempty"`   // the cart's id; empty where none is known
	Token  string    `json:"token,omitempty"`  // opens the cart on the phone
	Links  uint32    `json:"links,omitempty"`  // see edge.Cart.Admits
	Shop   string    `json:"shop,omitempty"`   // where the cart was filled
	Misses int       `json:"misses,omitempty"` // questions in a row that the bot did not understand
	// Windows is what the person did, by kind, and how much was sent since: by it
	// the app lets us write, or not.
	Windows map[string]ChatWindow `json:"windows,omitempty"`
}

// ChatWindow is a thing that a person did, and how many messages were sent since.
type ChatWindow struct {
	At   time.Time `json:"at"`
	Sent int       `json:"sent,omitempty"`
}

// ChatText is what is said: a text, and the link that goes with it, if any.
type ChatText struct {
	Text  string `json:"text"`
	Title string `json:"title,omitempty"` // of the link
	URL   string `json:"url,omitempty"`
}

// What becomes of a line.
const (
	ChatHeard   = "heard" // the person said it
	ChatQueued  = "queued"
	ChatSent    = "sent"
	ChatRefused = "refused" // by the app's rules it may not be sent
	ChatFailed  = "failed"  // the app would not take it
	ChatTold    = "told"    // the person knows it; nothing was sent
)

// Authors of lines beside operators, who have the names of their tokens.
const (
	ByPerson = "person"
	ByBot    = "bot"
)

// ChatLine is something that was said, or is to be sent.
type ChatLine struct {
	N      int64     `json:"n"`
	At     time.Time `json:"at"`
	Author string    `json:"author"`
	State  string    `json:"state"`
	Topic  string    `json:"-"` // told once; empty for what may be said again
	Tries  int       `json:"tries,omitempty"`
	Error  string    `json:"error,omitempty"` // of the last try
	ChatText
}

// ChatMessage names a message of an app.
type ChatMessage struct {
	App    string
	ID     string // the app's own; the same one may come again
	Person string // the app's name for who sent it
	At     time.Time
}

// HearChat takes in a message: answer changes the conversation, which is made
// where there is none and whose Heard is as before, and returns what was and is
// to be said; both are stored together. A message that came before changes nothing, and fresh is false.
// answer may be called more than once, each time with the conversation as it is.
func (h *HQ) HearChat(ctx context.Context, m ChatMessage, answer func(*Conversation) ([]ChatLine, error)) (fresh bool, err error) {
	const op = "hq.HearChat"
	id, err := h.chatID(m.App, m.Person)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		const take = "insert into chat_taken (app, id, at) values ($1, $2, $3) on conflict do nothing"
		res, err := tx.ExecContext(ctx, take, m.App, m.ID, h.nowMillis())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if fresh = n > 0; err != nil || !fresh {
			return err
		}
		c, err := h.readChat(ctx, tx, id)
		if edge.KindOf(err) == edge.NotFound {
			c, err = &Conversation{ID: id, App: m.App, State: ChatBot, Person: m.Person}, nil
		}
		if err != nil {
			return err
		}
		return h.changeChat(ctx, tx, c, func(c *Conversation) ([]ChatLine, error) {
			lines, err := answer(c)
			if m.At.After(c.Heard) {
				c.Heard = m.At
			}
			return lines, err
		})
	})
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	h.chats.tell(struct{}{})
	h.changed.tell(struct{}{})
	return fresh, nil
}

// ChangeChat changes a conversation, and says something in it, together.
// Nothing is stored where change fails, and its error is returned; NotFound
// where there is no such conversation.
func (h *HQ) ChangeChat(ctx context.Context, id string, change func(*Conversation) ([]ChatLine, error)) (*Conversation, error) {
	const op = "hq.ChangeChat"
	var c *Conversation
	err := h.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		if c, err = h.readChat(ctx, tx, id); err != nil {
			return err
		}
		return h.changeChat(ctx, tx, c, change)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	h.chats.tell(struct{}{})
	h.changed.tell(struct{}{})
	return c, nil
}

func (h *HQ) changeChat(ctx context.Context, tx *sql.Tx, c *Conversation, change func(*Conversation) ([]ChatLine, error)) error {
	lines, err := change(c)
	if err != nil {
		return err
	}
	if err := h.writeChat(ctx, tx, c); err != nil {
		return err
	}
	for i := range lines {
		if err := h.addChatLine(ctx, tx, c, &lines[i]); err != nil {
			return err
		}
	}
	return nil
}

func (h *HQ) writeChat(ctx context.Context, tx *sql.Tx, c *Conversation) error {
	body, err := h.sealChat(c.ID, c)
	if err != nil {
		return err
	}
	const q = `insert into chat (id, app, state, waits, cart, heard, body) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (id) do update set state = excluded.state, waits = excluded.waits, cart = excluded.cart, heard = excluded.heard, body = excluded.body`
	_, err = tx.ExecContext(ctx, q, c.ID, c.App, string(c.State), database.Millis(c.Waits), c.Cart, database.Millis(c.Heard), body)
	return err
}

// addChatLine adds a line. One of a topic that was told is left out.
func (h *HQ) addChatLine(ctx context.Context, tx *sql.Tx, c *Conversation, l *ChatLine) error {
	body, err := h.sealChat(c.ID, l.ChatText)
	if err != nil {
		return err
	}
	const q = `insert into chat_line (chat, app, at, author, state, topic, body, due) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (chat, topic) where topic <> '' do nothing`
	_, err = tx.ExecContext(ctx, q, c.ID, c.App, h.nowMillis(), l.Author, l.State, l.Topic, body, h.nowMillis())
	return err
}

func (h *HQ) readChat(ctx context.Context, db database.Rower, id string) (*Conversation, error) {
	var body []byte
	err := db.QueryRowContext(ctx, "select body from chat where id = $1", id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("hq.readChat", edge.NotFound, "there is no such conversation, or it was forgotten")
	}
	if err != nil {
		return nil, err
	}
	var c Conversation
	return &c, h.openChat(id, body, &c)
}

// ForgetChat deletes all that is known of a person who left at a time and did
// nothing since, and reports whether there was anything.
func (h *HQ) ForgetChat(ctx context.Context, app, person string, at time.Time) (bool, error) {
	id, err := h.chatID(app, person)
	if err != nil {
		return false, fmt.Errorf("hq.ForgetChat: %w", err)
	}
	res, err := h.db.Write.ExecContext(ctx, "delete from chat where id = $1 and heard <= $2", id, at.UnixMilli())
	if err != nil {
		return false, fmt.Errorf("hq.ForgetChat: %w", err)
	}
	n, err := res.RowsAffected()
	h.changed.tell(struct{}{})
	return n > 0, err
}

// Chat is a conversation and its newest lines, oldest first, at most limit (1 to
// 1000); NotFound where there is none.
func (h *HQ) Chat(ctx context.Context, id string, limit int) (*Conversation, []ChatLine, error) {
	const op = "hq.Chat"
	c, err := h.readChat(ctx, h.db.Read, id)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", op, err)
	}
	const q = `select n, at, author, state, tries, error, body from (
		select * from chat_line where chat = $1 and state <> 'told' order by n desc limit $2) as newest order by n`
	rows, err := h.db.Read.QueryContext(ctx, q, id, min(max(limit, 1), maxPage))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	lines := []ChatLine{}
	for rows.Next() {
		var l ChatLine
		var at int64
		var body []byte
		if err := rows.Scan(&l.N, &at, &l.Author, &l.State, &l.Tries, &l.Error, &body); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", op, err)
		}
		if err := h.openChat(id, body, &l.ChatText); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", op, err)
		}
		l.At = database.Time(at)
		lines = append(lines, l)
	}
	return c, lines, rows.Err()
}

// Chats lists conversations, at most limit (1 to 1000): those that wait for an
// operator's answer, longest first, or else all, the latest first.
func (h *HQ) Chats(ctx context.Context, waiting bool, limit int) ([]Conversation, error) {
	q := "select id, body from chat order by heard desc limit $1"
	if waiting {
		q = "select id, body from chat where waits > 0 order by waits limit $1"
	}
	return h.chatsWhere(ctx, "hq.Chats", q, min(max(limit, 1), maxPage))
}

func (h *HQ) chatsWhere(ctx context.Context, op, query string, args ...any) ([]Conversation, error) {
	rows, err := h.db.Read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	list := []Conversation{}
	for rows.Next() {
		var id string
		var body []byte
		if err := rows.Scan(&id, &body); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		var c Conversation
		if err := h.openChat(id, body, &c); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// WatchChats delivers a value soon after something was said or is to be sent;
// values may merge. Call cancel when done.
func (h *HQ) WatchChats() (changed <-chan struct{}, cancel func()) { return h.chats.watch(struct{}{}) }

// sealChat writes v as JSON that only HQ's key opens, and only in that place.
func (h *HQ) sealChat(place string, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return h.seal("chat", place, text)
}

func (h *HQ) openChat(place string, sealed []byte, v any) error {
	text, err := h.unseal("chat", place, sealed)
	if err != nil {
		return fmt.Errorf("conversation: %w", err)
	}
	return json.Unmarshal(text, v)
}
