package hq

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// PersonAsked is a deletion or an export, and how far the shops are with it:
// nothing in it tells whom it is about.
type PersonAsked struct {
	ID       string
	Do       edge.PersonDeed
	At       time.Time
	By       string
	Why      DeletionReason // of a deletion
	Answered int            // gateways
	Waiting  int
}

// PersonsAsked lists what was asked about persons, newest first, at most limit.
func (h *HQ) PersonsAsked(ctx context.Context, limit int) (list []PersonAsked, err error) {
	const q = `select p.id, p.deed, p.at, p.asked_by, p.why,
		(select count(distinct a.node) from person_answer a where a.ask = p.id and a.node <> ''),
		(select count(*) from node n where not exists (select 1 from person_answer a where a.ask = p.id and a.node = n.node))
		from person_ask p order by p.at desc, p.id desc limit $1`
	err = database.Select(ctx, h.db.Read, q, limit).Each(func(rows *sql.Rows) error {
		var p PersonAsked
		var at int64
		err := rows.Scan(&p.ID, &p.Do, &at, &p.By, &p.Why, &p.Answered, &p.Waiting)
		p.At = database.Time(at)
		list = append(list, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hq.PersonsAsked: %w", err)
	}
	return list, nil
}

// forgetExports forgets what was gathered long ago.
func (h *HQ) forgetExports(ctx context.Context) error {
	old := h.now().Add(-keepExports).UnixMilli()
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		const answers = "delete from person_answer where ask in (select id from person_ask where deed = 'tell' and at < $1)"
		if _, err := tx.ExecContext(ctx, answers, old); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "delete from person_ask where deed = 'tell' and at < $1", old)
		return err
	})
	if err != nil {
		return fmt.Errorf("hq.forgetExports: %w", err)
	}
	return nil
}

// forgetExportsOf forgets what was gathered of the person that an ask is about.
func (h *HQ) forgetExportsOf(ctx context.Context, tx *sql.Tx, a *edge.PersonAsk) error {
	var ids []string
	const q = "select r.ask, r.sealed from person_answer r join person_ask p on p.id = r.ask where p.deed = 'tell' and r.node = ''"
	err := database.Select(ctx, tx, q).Each(func(rows *sql.Rows) error {
		var id string
		var sealed []byte
		if err := rows.Scan(&id, &sealed); err != nil {
			return err
		}
		var e PersonExport
		body, err := h.persons.Open(toldPlace(id, ""), sealed)
		if err == nil {
			err = json.Unmarshal(body, &e)
		}
		switch {
		case err != nil:
			h.log.Error("an export of a person cannot be read: it is forgotten when it is old", "export", id, "error", err)
		case a.Is(e.Phone):
			ids = append(ids, id)
		}
		return nil
	})
	for _, id := range ids {
		for _, q := range []string{"delete from person_answer where ask = $1", "delete from person_ask where id = $1"} {
			if err == nil {
				_, err = tx.ExecContext(ctx, q, id)
			}
		}
	}
	return err
}
