package talk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/person"
)

// Talks are the conversations of all chat apps.
type Talks struct {
	db      *database.DB
	keys    *person.Keys
	secret  func(purpose string) ([]byte, error)
	now     func() time.Time
	said    func()
	changed func()
}

// Options are what Talks are made with. All are needed.
type Options struct {
	DB      *database.DB
	Keys    *person.Keys                         // seal what is said
	Secret  func(purpose string) ([]byte, error) // a key for one purpose, the same for all collectors
	Now     func() time.Time
	Said    func() // is called when something was said, or is to be
	Changed func() // is called when a conversation changed
}

// New makes the conversations that a database holds.
func New(o Options) *Talks {
	return &Talks{db: o.DB, keys: o.Keys, secret: o.Secret, now: o.Now, said: o.Said, changed: o.Changed}
}

const atMost = 1000 // conversations or lines of one answer

// State says who answers a person.
type State string

// Who answers.
const (
	Bot   State = "bot"
	Human State = "human" // the bot is silent
)

// Conversation is one person who writes to the chain in a chat app.
type Conversation struct {
	ID     string    `json:"id"`
	App    string    `json:"app"`
	State  State     `json:"state"`
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
	Windows map[string]Window `json:"windows,omitempty"`
}

// Window is a thing that a person did, and how many messages were sent since.
type Window struct {
	At   time.Time `json:"at"`
	Sent int       `json:"sent,omitempty"`
}

// Saying is what is said: a text, and the link that goes with it, if any.
type Saying struct {
	Text  string `json:"text"`
	Title string `json:"title,omitempty"` // of the link
	URL   string `json:"url,omitempty"`
}

// What becomes of a line.
const (
	Heard   = "heard" // the person said it
	Queued  = "queued"
	Sent    = "sent"
	Refused = "refused" // by the app's rules it may not be sent
	Failed  = "failed"  // the app would not take it
	Told    = "told"    // the person knows it; nothing was sent
)

// Authors of lines beside operators, who have the names of their tokens.
const (
	ByPerson = "person"
	ByBot    = "bot"
)

// Line is something that was said, or is to be sent.
type Line struct {
	N      int64     `json:"n"`
	At     time.Time `json:"at"`
	Author string    `json:"author"`
	State  string    `json:"state"`
	Topic  string    `json:"-"` // told once; empty for what may be said again
	Tries  int       `json:"tries,omitempty"`
	Error  string    `json:"error,omitempty"` // of the last try
	Saying
}

// Message names a message of an app.
type Message struct {
	App    string
	ID     string // the app's own; the same one may come again
	Person string // the app's name for who sent it
	At     time.Time
}

// Hear takes in a message: answer changes the conversation, which is made
// where there is none and whose Heard is as before, and returns what was and is
// to be said; both are stored together. A message that came before changes nothing, and fresh is false.
// answer may be called more than once, each time with the conversation as it is.
func (t *Talks) Hear(ctx context.Context, m Message, answer func(*Conversation) ([]Line, error)) (fresh bool, err error) {
	const op = "talk.Hear"
	id, err := t.idOf(m.App, m.Person)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	err = t.db.InTx(ctx, func(tx *sql.Tx) error {
		const take = "insert into chat_taken (app, id, at) values ($1, $2, $3) on conflict do nothing"
		res, err := tx.ExecContext(ctx, take, m.App, m.ID, t.now().UnixMilli())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if fresh = n > 0; err != nil || !fresh {
			return err
		}
		c, err := t.read(ctx, tx, id)
		if edge.KindOf(err) == edge.NotFound {
			c, err = &Conversation{ID: id, App: m.App, State: Bot, Person: m.Person}, nil
		}
		if err != nil {
			return err
		}
		return t.change(ctx, tx, c, func(c *Conversation) ([]Line, error) {
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
	t.said()
	t.changed()
	return fresh, nil
}

// Change changes a conversation, and says something in it, together.
// Nothing is stored where change fails, and its error is returned; NotFound
// where there is no such conversation.
func (t *Talks) Change(ctx context.Context, id string, change func(*Conversation) ([]Line, error)) (*Conversation, error) {
	const op = "talk.Change"
	var c *Conversation
	err := t.db.InTx(ctx, func(tx *sql.Tx) (err error) {
		if c, err = t.read(ctx, tx, id); err != nil {
			return err
		}
		return t.change(ctx, tx, c, change)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	t.said()
	t.changed()
	return c, nil
}

func (t *Talks) change(ctx context.Context, tx *sql.Tx, c *Conversation, change func(*Conversation) ([]Line, error)) error {
	lines, err := change(c)
	if err != nil {
		return err
	}
	if err := t.write(ctx, tx, c); err != nil {
		return err
	}
	for i := range lines {
		if err := t.addLine(ctx, tx, c, &lines[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *Talks) write(ctx context.Context, tx *sql.Tx, c *Conversation) error {
	body, err := t.seal(c.ID, c)
	if err != nil {
		return err
	}
	const q = `insert into chat (id, app, state, waits, cart, heard, body) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (id) do update set state = excluded.state, waits = excluded.waits, cart = excluded.cart, heard = excluded.heard, body = excluded.body`
	if _, err := tx.ExecContext(ctx, q, c.ID, c.App, string(c.State), database.Millis(c.Waits), c.Cart, database.Millis(c.Heard), body); err != nil || c.Cart == "" {
		return err
	}
	_, err = tx.ExecContext(ctx, "insert into chat_cart (chat, cart) values ($1, $2) on conflict do nothing", c.ID, c.Cart)
	return err
}

// addLine adds a line. One of a topic that was told is left out.
func (t *Talks) addLine(ctx context.Context, tx *sql.Tx, c *Conversation, l *Line) error {
	body, err := t.seal(c.ID, l.Saying)
	if err != nil {
		return err
	}
	const q = `insert into chat_line (chat, app, at, author, state, topic, body, due) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (chat, topic) where topic <> '' do nothing`
	_, err = tx.ExecContext(ctx, q, c.ID, c.App, t.now().UnixMilli(), l.Author, l.State, l.Topic, body, t.now().UnixMilli())
	return err
}

func (t *Talks) read(ctx context.Context, db database.Rower, id string) (*Conversation, error) {
	var body []byte
	err := db.QueryRowContext(ctx, "select body from chat where id = $1", id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, edge.Errorf("talk.read", edge.NotFound, "there is no such conversation, or it was forgotten")
	}
	if err != nil {
		return nil, err
	}
	var c Conversation
	return &c, t.open(id, body, &c)
}

// Forget deletes all that is known of a person who left at a time and did
// nothing since, and reports whether there was anything.
func (t *Talks) Forget(ctx context.Context, app, person string, at time.Time) (bool, error) {
	id, err := t.idOf(app, person)
	if err != nil {
		return false, fmt.Errorf("talk.Forget: %w", err)
	}
	res, err := t.db.Write.ExecContext(ctx, "delete from chat where id = $1 and heard <= $2", id, at.UnixMilli())
	if err != nil {
		return false, fmt.Errorf("talk.Forget: %w", err)
	}
	n, err := res.RowsAffected()
	t.changed()
	return n > 0, err
}
