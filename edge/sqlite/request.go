package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/mirrorcart/mirrorcart/edge"
)

// call names what an Idempotency-Key was used for.
type call string

const (
	callSale     call = "sale"
	callVoid     call = "void"
	callRefund   call = "refund"
	callExchange call = "exchange"
	callZ        call = "z"
	callStock    call = "stock"
	callDue      call = "due"
	callGiven    call = "given"
	callAsk      call = "ask"
	callSeen     call = "seen"
	callCash     call = "cash"

	callOrder        call = "order"
	callOrderMoney   call = "order money"
	callOrderAsk     call = "order ask"
	callOrderSeen    call = "order seen"
	callOrderRequest call = "order request"
	callCollected    call = "order collected"
)

// ask is one call under an Idempotency-Key.
type ask struct {
	key    string
	call   call
	digest [sha256.Size]byte // of what was asked for
}

func newAsk(key string, c call, asked any) (*ask, error) {
	if err := edge.CheckKey(key); err != nil {
		return nil, err
	}
	body, err := json.Marshal(asked)
	return &ask{key, c, sha256.Sum256(body)}, err
}

// before is what the key was answered with before: a sale's id, or a reply.
// Both are empty where it is new.
func (t *tx) before(ctx context.Context, a *ask) (sale string, reply []byte, err error) {
	var known call
	var digest []byte
	var id sql.NullString
	err = t.conn.QueryRowContext(ctx, `SELECT call, digest, sale, reply FROM request WHERE key = ?`, a.key).Scan(&known, &digest, &id, &reply)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil, nil
	case err != nil:
		return "", nil, err
	case known != a.call || string(digest) != string(a.digest[:]):
		return "", nil, edge.Errorf("sqlite.request", edge.Conflict, "this idempotency key was used for another request: make a new key for each")
	}
	return id.String, reply, nil
}

// answer is a reply, and whether it was given before.
type answer[T any] struct {
	reply    T
	replayed bool
}

// once runs do under the key in one commit with everything do writes, keeping
// its reply; a later call with the same key and request gets that reply and
// does nothing.
func once[T any](ctx context.Context, db *DB, key string, c call, asked any, do func(context.Context, *tx) (T, error)) (T, bool, error) {
	a, err := newAsk(key, c, asked)
	if err != nil {
		var zero T
		return zero, false, err
	}
	got, err := write(ctx, db, func(ctx context.Context, t *tx) (answer[T], error) {
		_, reply, err := t.before(ctx, a)
		if err != nil {
			return answer[T]{}, err
		}
		if reply != nil {
			known, err := decode[T](reply)
			if err != nil {
				return answer[T]{}, err
			}
			return answer[T]{*known, true}, nil
		}
		made, err := do(ctx, t)
		if err != nil {
			return answer[T]{}, err
		}
		if reply, err = json.Marshal(made); err != nil {
			return answer[T]{}, err
		}
		return answer[T]{made, false}, t.exec(ctx, `INSERT INTO request (key, call, digest, reply) VALUES (?, ?, ?, ?)`, a.key, a.call, a.digest[:], reply)
	})
	return got.reply, got.replayed, err
}
