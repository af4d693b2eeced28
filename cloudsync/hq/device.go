package hq

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// collectorPrefix begins the names of collectors, to which the broker lets in more
// than to a gateway.
const collectorPrefix = "hq-"

// Claim is a code by which one machine becomes a gateway.
type Claim struct {
	Node    string    `json:"node"`
	Shop    string    `json:"shop"`
	Code    string    `json:"code"` // HQ keeps its hash alone
	Expires time.Time `json:"expires"`
}

// MakeClaim makes a code that lets one machine become the node, within life. A
// code made before for the node is void. shop may be empty for a node that is
// known.
func (h *HQ) MakeClaim(ctx context.Context, node, shop string, life time.Duration) (*Claim, error) {
	const op = "hq.MakeClaim"
	if err := cloudsync.CheckNode(node); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if strings.HasPrefix(node, collectorPrefix) {
		return nil, edge.Errorf(op, edge.Invalid, "%s: names that begin with %s are collectors': choose another for the gateway", node, collectorPrefix)
	}
	if life <= 0 {
		return nil, edge.Errorf(op, edge.Invalid, "a code that holds for %s lets nobody in", life)
	}
	c := &Claim{Node: node, Shop: shop, Code: cloudsync.NewClaim(), Expires: h.now().Add(life).Truncate(time.Second)}
	hash, err := h.claimHash(c.Code)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		c.Shop = shop
		if shop == "" {
			err := tx.QueryRowContext(ctx, "select shop from node where node = $1", node).Scan(&c.Shop)
			if errors.Is(err, sql.ErrNoRows) {
				return edge.Errorf(op, edge.Invalid, "%s is new here: say in which shop it stands", node)
			}
			if err != nil {
				return err
			}
		}
		const q = `insert into device_claim (node, shop, hash, expires) values ($1, $2, $3, $4)
			on conflict (node) do update set shop = excluded.shop, hash = excluded.hash, expires = excluded.expires, used = 0, key_id = null`
		if _, err := tx.ExecContext(ctx, q, node, c.Shop, hash, c.Expires.UnixMilli()); err != nil {
			return err
		}
		return h.noteDevice(ctx, tx, "device.claim", node, "a code for shop "+c.Shop)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return c, nil
}

// claimHash is what HQ keeps of a code: of use to nobody without HQ's own secret,
// short as the code is.
func (h *HQ) claimHash(typed string) ([]byte, error) {
	code, ok := cloudsync.PlainClaim(typed)
	if !ok {
		return nil, edge.Errorf("hq.claimHash", edge.Forbidden, "this is no code: it has twelve letters and digits")
	}
	secret, err := h.Secret("device claims")
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(code))
	return mac.Sum(nil), nil
}

// claim lets the machine that asks become the node that its code was made for. The
// same machine may ask again as long as the code holds: it may not have heard the
// answer.
func (h *HQ) claim(ctx context.Context, tx *sql.Tx, r *cloudsync.CertificateRequest) error {
	const op = "hq.claim"
	hash, err := h.claimHash(r.Code)
	if err != nil {
		return err
	}
	var node, shop string
	var expires, used int64
	var usedBy []byte
	err = tx.QueryRowContext(ctx, "select node, shop, expires, used, key_id from device_claim where hash = $1"+h.db.ForUpdate(), hash).
		Scan(&node, &shop, &expires, &used, &usedBy)
	if errors.Is(err, sql.ErrNoRows) {
		return edge.Errorf(op, edge.Forbidden, "this code is not known: look at it once more, or have a new one made")
	}
	if err != nil {
		return err
	}
	id := cloudsync.IDOf(r.Key)
	switch {
	case node != r.Node:
		return edge.Errorf(op, edge.Forbidden, "this code is not for %s: see that the gateway's settings have the right node", r.Node)
	case expires <= h.nowMillis():
		return edge.Errorf(op, edge.Forbidden, "this code has run out: have a new one made")
	case used != 0 && !bytes.Equal(usedBy, id[:]):
		return edge.Errorf(op, edge.Forbidden, "this code has been used by another machine: if that was not you, tell headquarters, and have a new one made")
	case used != 0:
		return nil
	}
	if _, err := tx.ExecContext(ctx, "update device_claim set used = $1, key_id = $2 where hash = $3", h.nowMillis(), id[:], hash); err != nil {
		return err
	}
	if err := h.noteDevice(ctx, tx, "device.claimed", node, "key "+id.String()); err != nil {
		return err
	}
	return h.enrol(ctx, tx, Node{Node: node, Shop: shop, Key: r.Key})
}

// noteDevice writes down what was done with a gateway's identity.
func (h *HQ) noteDevice(ctx context.Context, tx *sql.Tx, what, node, detail string) error {
	return h.book.Done(ctx, tx, account.Act{By: account.ByCommand, What: what, Subject: node, Detail: detail})
}

// RevokeDevice takes back all keys and certificates of a node, and a code that was
// made for it. What comes signed with one of the keys from now on is set aside. A
// new code lets another machine, with a key of its own, take its place.
func (h *HQ) RevokeDevice(ctx context.Context, node string) error {
	const op = "hq.RevokeDevice"
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "update node_key set revoked = $1 where node = $2 and revoked = 0", h.nowMillis(), node)
		if err != nil {
			return err
		}
		keys, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if res, err = tx.ExecContext(ctx, "delete from device_claim where node = $1", node); err != nil {
			return err
		}
		if codes, err := res.RowsAffected(); err != nil || keys+codes == 0 {
			return errors.Join(err, edge.Errorf(op, edge.NotFound, "%s has no key and no code that could be taken back: `hq device list` shows who has", node))
		}
		if _, err := tx.ExecContext(ctx, "update device_certificate set revoked = $1 where node = $2 and revoked = 0", h.nowMillis(), node); err != nil {
			return err
		}
		return h.noteDevice(ctx, tx, "device.revoke", node, "")
	})
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.log.Warn("keys and certificates were taken back", "node", node)
	h.changed.tell(struct{}{})
	return nil
}

// AcceptRevoked lets what was set aside for a node's revoked key count after all:
// the machine was found, and the sales in it are genuine. It returns how many events
// those are. The tables are made anew from all events.
func (h *HQ) AcceptRevoked(ctx context.Context, node string) (n int64, err error) {
	const op = "hq.AcceptRevoked"
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		var known bool
		if err := tx.QueryRowContext(ctx, "select exists (select 1 from node where node = $1)", node).Scan(&known); err != nil {
			return err
		}
		if !known {
			return edge.Errorf(op, edge.NotFound, "%s is not known here: `hq device list` shows who is", node)
		}
		res, err := tx.ExecContext(ctx, "update inbox set flaw = null where node = $1 and flaw = $2", node, FlawRevoked)
		if err != nil {
			return err
		}
		if n, err = res.RowsAffected(); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "delete from quarantine where node = $1 and reason = $2", node, FlawRevoked); err != nil {
			return err
		}
		return h.noteDevice(ctx, tx, "device.accept", node, fmt.Sprintf("%d events", n))
	})
	if err == nil && n > 0 {
		err = h.Rebuild(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", op, err)
	}
	return n, nil
}

// Device is a gateway as HQ knows its keys.
type Device struct {
	Node  string    `json:"node"`
	Shop  string    `json:"shop"`
	Keys  int       `json:"keys"`  // that are in force
	Until time.Time `json:"until"` // when its newest certificate in force runs out; zero where it has none
	Code  time.Time `json:"code"`  // until when a code waits for it; zero where none does
}

// Devices lists the gateways, and the nodes that wait for one.
func (h *HQ) Devices(ctx context.Context) ([]Device, error) {
	const q = `select w.node,
		coalesce((select n.shop from node n where n.node = w.node), (select d.shop from device_claim d where d.node = w.node)),
		(select count(*) from node_key k where k.node = w.node and k.revoked = 0),
		coalesce((select max(c.expires) from device_certificate c where c.node = w.node and c.revoked = 0), 0),
		coalesce((select d.expires from device_claim d where d.node = w.node and d.used = 0 and d.expires > $1), 0)
		from (select node from node union select node from device_claim) w order by w.node`
	list := []Device{}
	err := database.Select(ctx, h.db.Read, q, h.nowMillis()).Each(func(rows *sql.Rows) error {
		var d Device
		var until, code int64
		err := rows.Scan(&d.Node, &d.Shop, &d.Keys, &until, &code)
		d.Until, d.Code = database.Time(until), database.Time(code)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hq.Devices: %w", err)
	}
	return list, nil
}
