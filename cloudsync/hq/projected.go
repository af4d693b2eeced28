package hq

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// eventID names an event for good: one of an earlier epoch is sent again in the
// next one under its old id.
type eventID struct{ node, id string }

// firstTime is an event that is seen for the first time, as far as the events
// before it in the same transaction tell.
type firstTime struct {
	*entry
	digest []byte
}

// firstTimes remembers the events and returns those that are new. The same id
// with another content is a flaw.
func (p *projector) firstTimes(ctx context.Context, entries []entry) ([]*entry, error) {
	var first, again []firstTime
	met := make(map[eventID]bool, len(entries))
	for i := range entries {
		e := &entries[i]
		if e.Type == edge.EventEpoch || e.flaw != "" {
			continue
		}
		if err := checkKey("event", e.ID); err != nil {
			p.refuse(e, err)
			continue
		}
		f, id := firstTime{e, digestOf(e)}, eventID{e.Node, e.ID}
		if met[id] {
			again = append(again, f)
			continue
		}
		met[id] = true
		first = append(first, f)
	}
	stored := make(map[eventID]bool, len(first))
	err := p.db.Insert(ctx, p.tx, "projected", database.Columns{
		database.Of("node", first, func(f *firstTime) string { return f.Node }),
		database.Of("id", first, func(f *firstTime) string { return f.ID }),
		database.Of("digest", first, func(f *firstTime) []byte { return f.digest }),
	}, "on conflict (node, id) do nothing returning node, id", func(rows *sql.Rows) error {
		var id eventID
		err := rows.Scan(&id.node, &id.id)
		stored[id] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	fresh := make([]*entry, 0, len(first))
	for _, f := range first {
		if stored[eventID{f.Node, f.ID}] {
			fresh = append(fresh, f.entry)
		} else {
			again = append(again, f)
		}
	}
	for _, f := range again {
		if err := p.compare(ctx, f); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

func digestOf(e *entry) []byte {
	sum := sha256.New()
	sum.Write([]byte(e.Type))
	sum.Write([]byte{0})
	sum.Write(e.Data)
	return sum.Sum(nil)
}

// compare looks whether an event that was remembered before is the same one.
func (p *projector) compare(ctx context.Context, f firstTime) error {
	var have []byte
	err := p.tx.QueryRowContext(ctx, "select digest from projected where node = $1 and id = $2", f.Node, f.ID).Scan(&have)
	if err == nil && !bytes.Equal(have, f.digest) {
		p.refuse(f.entry, fmt.Errorf("id %.40q was used before for another event", f.ID))
	}
	return err
}
