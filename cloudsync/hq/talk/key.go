package talk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Key is what an app lets us in with for a while, and what the next one is
// asked for with, where that is used up by asking.
type Key struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh,omitempty"`
	Expires time.Time `json:"expires"`
}

// Key is an app's key that came from settings of that hash; nil where there
// is none, or it came from others.
func (t *Talks) Key(ctx context.Context, app string, origin edge.Hash) (*Key, error) {
	const op = "talk.Key"
	var from, body []byte
	err := t.db.Read.QueryRowContext(ctx, "select origin, body from chat_key where app = $1", app).Scan(&from, &body)
	if errors.Is(err, sql.ErrNoRows) || err == nil && string(from) != string(origin[:]) || err == nil && len(body) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	var k Key
	if err := t.open("key of "+app, body, &k); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return &k, nil
}

// HoldKey takes it on itself to renew an app's key, and reports whether it
// got that: of several collectors one does, for at most so long.
func (t *Talks) HoldKey(ctx context.Context, app, holder string, hold time.Duration) (mine bool, err error) {
	const q = `insert into chat_key (app, origin, body, holder, held) values ($1, $2, $3, $4, $5)
		on conflict (app) do update set holder = excluded.holder, held = excluded.held
		where chat_key.held <= $6 or chat_key.holder = excluded.holder`
	err = t.db.InTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, q, app, []byte{}, []byte{}, holder, t.now().Add(hold).UnixMilli(), t.now().UnixMilli())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		mine = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("talk.HoldKey: %w", err)
	}
	return mine, nil
}

// PutKey stores an app's renewed key, and gives it free.
func (t *Talks) PutKey(ctx context.Context, app string, origin edge.Hash, k *Key) error {
	body, err := t.seal("key of "+app, k)
	if err == nil {
		const q = "update chat_key set origin = $1, body = $2, held = 0, holder = '' where app = $3"
		_, err = t.db.Write.ExecContext(ctx, q, origin[:], body, app)
	}
	if err != nil {
		return fmt.Errorf("talk.PutKey: %w", err)
	}
	return nil
}
