package talk

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Find is a conversation and its newest lines, oldest first, at most limit (1 to
// 1000); NotFound where there is none.
func (t *Talks) Find(ctx context.Context, id string, limit int) (*Conversation, []Line, error) {
	const op = "talk.Find"
	c, err := t.read(ctx, t.db.Read, id)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", op, err)
	}
	const q = `select n, at, author, state, tries, error, body from (
		select * from chat_line where chat = $1 and state <> 'told' order by n desc limit $2) as newest order by n`
	rows, err := t.db.Read.QueryContext(ctx, q, id, min(max(limit, 1), atMost))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	lines := []Line{}
	for rows.Next() {
		var l Line
		var at int64
		var body []byte
		if err := rows.Scan(&l.N, &at, &l.Author, &l.State, &l.Tries, &l.Error, &body); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", op, err)
		}
		if err := t.open(id, body, &l.Saying); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", op, err)
		}
		l.At = database.Time(at)
		lines = append(lines, l)
	}
	return c, lines, rows.Err()
}

// List lists conversations, at most limit (1 to 1000): those that wait for an
// operator's answer, longest first, or else all, the latest first.
func (t *Talks) List(ctx context.Context, waiting bool, limit int) ([]Conversation, error) {
	q := "select id, body from chat order by heard desc limit $1"
	if waiting {
		q = "select id, body from chat where waits > 0 order by waits limit $1"
	}
	return t.where(ctx, "talk.List", q, min(max(limit, 1), atMost))
}

// OfCart lists the conversations that are about a cart, or once were, at most 1000.
func (t *Talks) OfCart(ctx context.Context, cart edge.CartID) ([]Conversation, error) {
	return t.where(ctx, "talk.OfCart", "select id, body from chat where id in (select chat from chat_cart where cart = $1) order by heard limit $2", cart.String(), atMost)
}

func (t *Talks) where(ctx context.Context, op, query string, args ...any) ([]Conversation, error) {
	rows, err := t.db.Read.QueryContext(ctx, query, args...)
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
		if err := t.open(id, body, &c); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// OfChanged lists the conversations whose cart, or an order from it, changed
// since, at most limit (1 to 1000).
func (t *Talks) OfChanged(ctx context.Context, since time.Time, limit int) ([]Conversation, error) {
	const q = `select id, body from chat where cart <> '' and cart in (
		select id from cart where state in ('bare', 'open', 'closed') and changed >= $1
		union all select cart from orders where changed >= $1) limit $2`
	return t.where(ctx, "talk.OfChanged", q, since.UnixMilli(), min(max(limit, 1), atMost))
}

// Told lists the topics that a person was told of, or knows.
func (t *Talks) Told(ctx context.Context, id string) (map[string]bool, error) {
	told := map[string]bool{}
	err := database.Select(ctx, t.db.Read, "select topic from chat_line where chat = $1 and topic <> ''", id).Each(func(rows *sql.Rows) error {
		var topic string
		err := rows.Scan(&topic)
		told[topic] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("talk.Told: %w", err)
	}
	return told, nil
}
