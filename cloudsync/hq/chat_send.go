package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// chatSendingTo is the longest that a line may wait for its app: what was said
// yesterday is not worth saying.
const chatSendingTo = 24 * time.Hour

// TakeChatLine takes the line that an app is to be sent next, and its
// conversation, and holds it for its taker, so that of several collectors one
// sends it. It is nil where none is due. A conversation's lines go in their
// order.
//
// may looks at the conversation, and notes in it what is about to be sent; first
// is false for a line that was tried before. Its error refuses the line for good.
func (h *HQ) TakeChatLine(ctx context.Context, app, holder string, hold time.Duration, may func(c *Conversation, l *ChatLine, first bool) error) (c *Conversation, l *ChatLine, err error) {
	const op = "hq.TakeChatLine"
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		c, l = nil, nil
		chat, line, body, err := h.nextChatLine(ctx, tx, app)
		if line == nil || err != nil {
			return err
		}
		if err := h.openChat(chat, body, &line.ChatText); err != nil {
			return err
		}
		of, err := h.readChat(ctx, tx, chat)
		if err != nil {
			return err
		}
		no := may(of, line, line.Tries == 0)
		if no == nil && h.now().Sub(line.At) > chatSendingTo {
			no = errors.New("it could not be sent for too long")
		}
		if no != nil {
			const refuse = "update chat_line set state = $1, error = $2, holder = '' where n = $3"
			_, err := tx.ExecContext(ctx, refuse, ChatRefused, database.Text([]byte(no.Error())), line.N)
			return err
		}
		if err := h.writeChat(ctx, tx, of); err != nil {
			return err
		}
		const take = "update chat_line set tries = tries + 1, holder = $1, held = $2 where n = $3"
		if _, err := tx.ExecContext(ctx, take, holder, h.now().Add(hold).UnixMilli(), line.N); err != nil {
			return err
		}
		line.Tries++
		c, l = of, line
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", op, err)
	}
	return c, l, nil
}

func (h *HQ) nextChatLine(ctx context.Context, tx *sql.Tx, app string) (chat string, l *ChatLine, body []byte, err error) {
	const q = `select n, chat, at, author, tries, body from chat_line l where state = 'queued' and app = $1 and due <= $2 and held <= $3
		and not exists (select 1 from chat_line e where e.chat = l.chat and e.state = 'queued' and e.n < l.n)
		order by due, n limit 1`
	var line ChatLine
	var at int64
	now := h.nowMillis()
	err = tx.QueryRowContext(ctx, q, app, now, now).Scan(&line.N, &chat, &at, &line.Author, &line.Tries, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, nil, nil
	}
	line.At = database.Time(at)
	return chat, &line, body, err
}

// ChatWaits reports whether lines of an app wait to be sent, now or later.
func (h *HQ) ChatWaits(ctx context.Context, app string) (waits bool, err error) {
	const q = "select exists (select 1 from chat_line where state = 'queued' and app = $1)"
	if err := h.db.Read.QueryRowContext(ctx, q, app).Scan(&waits); err != nil {
		return false, fmt.Errorf("hq.ChatWaits: %w", err)
	}
	return waits, nil
}

// ChatLineSent notes that the app took a line.
func (h *HQ) ChatLineSent(ctx context.Context, n int64) error {
	return h.endChatLine(ctx, "hq.ChatLineSent", n, ChatSent, "")
}

// ChatLineFailed notes that the app will never take a line.
func (h *HQ) ChatLineFailed(ctx context.Context, n int64, why error) error {
	return h.endChatLine(ctx, "hq.ChatLineFailed", n, ChatFailed, why.Error())
}

func (h *HQ) endChatLine(ctx context.Context, op string, n int64, state, why string) error {
	const q = "update chat_line set state = $1, error = $2, holder = '' where n = $3"
	if _, err := h.db.Write.ExecContext(ctx, q, state, database.Text([]byte(why)), n); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.changed.tell(struct{}{})
	return nil
}

// ChatLineAgain gives a line back that could not be sent, to be tried after a
// while.
func (h *HQ) ChatLineAgain(ctx context.Context, n int64, after time.Duration, why error) error {
	const q = "update chat_line set due = $1, held = 0, holder = '', error = $2 where n = $3"
	if _, err := h.db.Write.ExecContext(ctx, q, h.now().Add(after).UnixMilli(), database.Text([]byte(why.Error())), n); err != nil {
		return fmt.Errorf("hq.ChatLineAgain: %w", err)
	}
	return nil
}

// ChatKey is what an app lets us in with for a while, and what the next one is
// asked for with, where that is used up by asking.
type ChatKey struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh,omitempty"`
	Expires time.Time `json:"expires"`
}

// ChatKey is an app's key that came from settings of that hash; nil where there
// is none, or it came from others.
func (h *HQ) ChatKey(ctx context.Context, app string, origin edge.Hash) (*ChatKey, error) {
	const op = "hq.ChatKey"
	var from, body []byte
	err := h.db.Read.QueryRowContext(ctx, "select origin, body from chat_key where app = $1", app).Scan(&from, &body)
	if errors.Is(err, sql.ErrNoRows) || err == nil && string(from) != string(origin[:]) || err == nil && len(body) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	var k ChatKey
	if err := h.openChat("key of "+app, body, &k); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return &k, nil
}

// HoldChatKey takes it on itself to renew an app's key, and reports whether it
// got that: of several collectors one does, for at most so long.
func (h *HQ) HoldChatKey(ctx context.Context, app, holder string, hold time.Duration) (mine bool, err error) {
	const q = `insert into chat_key (app, origin, body, holder, held) values ($1, $2, $3, $4, $5)
		on conflict (app) do update set holder = excluded.holder, held = excluded.held
		where chat_key.held <= $6 or chat_key.holder = excluded.holder`
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, q, app, []byte{}, []byte{}, holder, h.now().Add(hold).UnixMilli(), h.nowMillis())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		mine = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("hq.HoldChatKey: %w", err)
	}
	return mine, nil
}

// PutChatKey stores an app's renewed key, and gives it free.
func (h *HQ) PutChatKey(ctx context.Context, app string, origin edge.Hash, k *ChatKey) error {
	body, err := h.sealChat("key of "+app, k)
	if err == nil {
		const q = "update chat_key set origin = $1, body = $2, held = 0, holder = '' where app = $3"
		_, err = h.db.Write.ExecContext(ctx, q, origin[:], body, app)
	}
	if err != nil {
		return fmt.Errorf("hq.PutChatKey: %w", err)
	}
	return nil
}
