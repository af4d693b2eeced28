package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// KnownOrder finds an order that was taken here, or that HQ told of.
func (db *DB) KnownOrder(ctx context.Context, id string) (*edge.KnownOrder, error) {
	k, err := knownOrder(ctx, db.reader, id)
	return k, fault("sqlite.KnownOrder", err)
}

func knownOrder(ctx context.Context, q querier, id string) (*edge.KnownOrder, error) {
	list, err := knownOrders(ctx, q, `SELECT ? AS id`, id)
	if err == nil && len(list) == 0 {
		err = edge.Errorf("sqlite.KnownOrder", edge.NotFound, "order %.64q is not known in this shop", id)
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// KnownOrders lists orders, newest first.
func (db *DB) KnownOrders(ctx context.Context, states []edge.OrderState, limit int) ([]edge.KnownOrder, error) {
	var over []edge.OrderState // in which it tells nothing new that an order was handed over here
	for _, s := range edge.OrderStates() {
		if s.HandedOver() {
			over = append(over, s)
		}
	}
	list, err := knownOrders(ctx, db.reader, `SELECT k.id FROM (
			SELECT o.id, coalesce(r.state, o.state) AS told, coalesce(r.at, o.at) AS at
			FROM shop_order o LEFT JOIN hq_record r ON r.kind = 'order' AND r.id = o.id
			UNION ALL SELECT id, state, at FROM hq_record WHERE kind = 'order' AND id NOT IN (SELECT id FROM shop_order)) k
		WHERE json_array_length(?1) = 0 OR EXISTS (SELECT 1 FROM json_each(?1) WHERE value = CASE
			WHEN k.id IN (SELECT of FROM order_collected) AND k.told NOT IN (SELECT value FROM json_each(?2)) THEN 'collected' ELSE k.told END)
		ORDER BY k.at DESC LIMIT ?3`, jsonList(states), jsonList(over), limit)
	return list, fault("sqlite.KnownOrders", err)
}

// jsonList is a list as a statement takes it, to be read with json_each.
func jsonList[T any](list []T) string {
	b, _ := json.Marshal(append([]T{}, list...)) // names alone: it cannot fail
	return string(b)
}

// knownOrders lists the orders whose ids a statement selects, those first that
// changed last.
func knownOrders(ctx context.Context, q querier, ids string, args ...any) ([]edge.KnownOrder, error) {
	list := []edge.KnownOrder{}
	err := each(ctx, q, func(rows *sql.Rows) error {
		k, err := scanKnown(rows)
		if err == nil {
			list = append(list, *k)
		}
		return err
	}, `WITH wanted AS MATERIALIZED (`+ids+`)
		SELECT w.id, o.body, r.state, r.at, r.data, c.body,
			(SELECT json_group_array(json(body)) FROM (SELECT CAST(body AS TEXT) AS body FROM order_money WHERE of = w.id ORDER BY n)),
			(SELECT json_group_array(json(body)) FROM (SELECT CAST(body AS TEXT) AS body FROM order_request WHERE of = w.id ORDER BY n))
		FROM wanted w LEFT JOIN shop_order o ON o.id = w.id LEFT JOIN hq_record r ON r.kind = 'order' AND r.id = w.id
		LEFT JOIN order_collected c ON c.of = w.id
		WHERE o.id IS NOT NULL OR r.id IS NOT NULL ORDER BY coalesce(r.at, o.at) DESC`, args...)
	return list, err
}

func scanKnown(rows *sql.Rows) (*edge.KnownOrder, error) {
	var id string
	var own, data, done, money, requests []byte
	var state sql.NullString
	var at sql.NullInt64
	if err := rows.Scan(&id, &own, &state, &at, &data, &done, &money, &requests); err != nil {
		return nil, err
	}
	var did edge.OrderDeeds
	err := errors.Join(json.Unmarshal(money, &did.Money), json.Unmarshal(requests, &did.Requests))
	if done != nil {
		did.Collected = new(edge.Collection)
		err = errors.Join(err, json.Unmarshal(done, did.Collected))
	}
	var taken *edge.Order
	if own != nil {
		taken = new(edge.Order)
		err = errors.Join(err, json.Unmarshal(own, taken))
	}
	if err != nil {
		return nil, fmt.Errorf("what is stored of order %s does not decode: %w", id, err)
	}
	var word *edge.Record
	if state.Valid {
		word = &edge.Record{Kind: edge.RecordOrder, ID: id, State: state.String, At: time.UnixMilli(at.Int64).UTC(), Data: data}
	}
	return edge.KnowOrder(taken, word, did)
}

// OrderOfMoney is the order that money was taken for, or given back.
func (db *DB) OrderOfMoney(ctx context.Context, id string) (order string, err error) {
	const op = "sqlite.OrderOfMoney"
	err = db.reader.QueryRowContext(ctx, `SELECT of FROM order_money WHERE id = ?`, id).Scan(&order)
	if errors.Is(err, sql.ErrNoRows) {
		return "", edge.Errorf(op, edge.NotFound, "%.64q is no money of an order", id)
	}
	return order, fault(op, err)
}
