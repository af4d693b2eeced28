package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// PutStaff makes d the directory of a shop, and tells its nodes. by signs the log.
func (h *HQ) PutStaff(ctx context.Context, by, shop string, d *edge.Directory) error {
	names := make([]string, len(d.Members))
	for i, m := range d.Members {
		names[i] = m.Name
	}
	return h.changeStaff(ctx, account.Act{By: by, What: "staff.all", Subject: shop, Detail: strings.Join(names, ", ")}, func(now *edge.Directory) error {
		now.Members = d.Members
		return nil
	})
}

// PutMember puts one person into the directory of a shop, or changes them there;
// pin is their new one, or empty, and they keep what they have. At the till a PIN
// says who somebody is, so it is a Conflict where another one has it.
func (h *HQ) PutMember(ctx context.Context, by, shop string, m edge.Member, pin string) error {
	detail := m.Name + " " + m.Role
	if !m.Active {
		detail += " signed off"
	}
	if m.PIN = ""; pin != "" {
		detail += " new PIN"
		if err := h.freePIN(ctx, shop, m.Name, pin); err != nil {
			return fmt.Errorf("hq.PutMember: %w", err)
		}
		var err error
		if m.PIN, err = account.HashPIN(pin); err != nil {
			return err
		}
	}
	return h.changeStaff(ctx, account.Act{By: by, What: "staff.put", Subject: shop, Detail: detail}, func(d *edge.Directory) error {
		i := slices.IndexFunc(d.Members, func(have edge.Member) bool { return have.Name == m.Name })
		if i < 0 {
			if m.PIN == "" {
				return edge.Errorf("hq.PutMember", edge.Invalid, "%s is new in %s, and has no PIN yet: give one", m.Name, shop)
			}
			d.Members = append(d.Members, m)
			return nil
		}
		if m.PIN == "" {
			m.PIN = d.Members[i].PIN
		}
		d.Members[i] = m
		return nil
	})
}

// freePIN refuses the PIN of another one in the shop. It takes long, and so no
// transaction.
func (h *HQ) freePIN(ctx context.Context, shop, name, pin string) error {
	d, err := h.Staff(ctx, shop)
	if err != nil {
		return err
	}
	for _, m := range d.Members {
		if m.Name == name {
			continue
		}
		same, err := account.IsPIN(pin, m.PIN)
		if err != nil {
			return err
		}
		if same {
			return edge.Errorf("hq.freePIN", edge.Conflict, "somebody else in %s has this PIN: choose another", shop)
		}
	}
	return nil
}

// RemoveMember takes a person out of the directory of a shop.
func (h *HQ) RemoveMember(ctx context.Context, by, shop, name string) error {
	return h.changeStaff(ctx, account.Act{By: by, What: "staff.remove", Subject: shop, Detail: name}, func(d *edge.Directory) error {
		before := len(d.Members)
		d.Members = slices.DeleteFunc(d.Members, func(m edge.Member) bool { return m.Name == name })
		if len(d.Members) == before {
			return edge.Errorf("hq.RemoveMember", edge.NotFound, "nobody called %.70q sells in %s by headquarters' word", name, shop)
		}
		return nil
	})
}

// changeStaff changes the directory of a shop, writes down who did, and tells
// its nodes.
func (h *HQ) changeStaff(ctx context.Context, a account.Act, change func(*edge.Directory) error) error {
	const op = "hq.changeStaff"
	shop := a.Subject
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		nodes, err := nodeNames(ctx, tx, shop)
		if err != nil {
			return err
		}
		if shop == "" || len(nodes) == 0 {
			return edge.Errorf(op, edge.NotFound, "no gateway of a shop %.70q is enrolled", shop)
		}
		d, err := directory(ctx, tx, "where shop = $1", shop)
		if err != nil {
			return err
		}
		if err := change(d); err != nil {
			return err
		}
		if err := d.Check(); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "delete from staff where shop = $1", shop); err != nil {
			return err
		}
		for _, m := range d.Members {
			const q = "insert into staff (shop, name, role, pin, active) values ($1, $2, $3, $4, $5)"
			if _, err := tx.ExecContext(ctx, q, shop, m.Name, m.Role, m.PIN, toInt(m.Active)); err != nil {
				return err
			}
		}
		for _, node := range nodes {
			if err := h.queueSituation(ctx, tx, node, situation{Staff: true}); err != nil {
				return err
			}
		}
		return h.book.Done(ctx, tx, a)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.log.Info("staff directory changed", "audit", true, "shop", shop, "by", a.By)
	h.downs.tell(struct{}{})
	return nil
}

// Staff is the directory of a shop; empty where HQ has none.
func (h *HQ) Staff(ctx context.Context, shop string) (*edge.Directory, error) {
	d, err := directory(ctx, h.db.Read, "where shop = $1", shop)
	if err != nil {
		return nil, fmt.Errorf("hq.Staff: %w", err)
	}
	return d, nil
}

// staffPart tells a node alone who may sell in its shop.
func (h *HQ) staffPart(ctx context.Context, node string) (cloudsync.Part, error) {
	d, err := h.staffOf(ctx, node)
	if err != nil {
		return cloudsync.Part{}, err
	}
	key, err := h.NodeKey(ctx, node)
	if err != nil {
		return cloudsync.Part{}, err
	}
	return cloudsync.NewSealedPart(cloudsync.PartSealedStaff, node, key, d)
}

// staffOf is the directory of the shop that a node stands in.
func (h *HQ) staffOf(ctx context.Context, node string) (*edge.Directory, error) {
	return directory(ctx, h.db.Read, "where shop = (select n.shop from node n where n.node = $1)", node)
}

func directory(ctx context.Context, db database.Queryer, where, arg string) (*edge.Directory, error) {
	rows, err := db.QueryContext(ctx, "select name, role, pin, active from staff "+where+" order by name", arg)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	d := &edge.Directory{Members: []edge.Member{}}
	for rows.Next() {
		var m edge.Member
		var active int
		if err := rows.Scan(&m.Name, &m.Role, &m.PIN, &active); err != nil {
			return nil, err
		}
		m.Active = active != 0
		d.Members = append(d.Members, m)
	}
	return d, rows.Err()
}

// SendRecord tells a node how an order or a payment stands.
func (h *HQ) SendRecord(ctx context.Context, node string, r edge.Record) error {
	const op = "hq.SendRecord"
	if err := h.db.InTx(ctx, func(tx *sql.Tx) error { return h.queueRecord(ctx, tx, node, &r) }); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.downs.tell(struct{}{})
	return nil
}

// queueRecord stores word of a record for a node; whoever calls it tells
// h.downs once the transaction is committed.
func (h *HQ) queueRecord(ctx context.Context, tx *sql.Tx, node string, r *edge.Record) error {
	if err := r.Check(); err != nil {
		return err
	}
	part, err := cloudsync.NewPart(cloudsync.PartRecord, r)
	if err != nil {
		return err
	}
	err = h.queueDown(ctx, tx, node, &cloudsync.Down{Parts: []cloudsync.Part{part}})
	if errors.Is(err, sql.ErrNoRows) {
		return edge.Errorf("hq.queueRecord", edge.NotFound, "no gateway %.70q is enrolled", node)
	}
	return err
}
