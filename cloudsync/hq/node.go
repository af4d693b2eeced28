package hq

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Node is a gateway that may send.
type Node struct {
	Node string            // its name: 1 to 64 of a–z, 0–9, "_" and "-"
	Shop string            // the shop it stands in
	Key  ed25519.PublicKey // verifies what it signs
}

// Enrol lets a gateway in. Enrolled again with another key or another shop it
// gets these too; old keys go on verifying, those taken back stay so. A key belongs to one gateway only.
func (h *HQ) Enrol(ctx context.Context, n Node) error {
	const op = "hq.Enrol"
	if err := cloudsync.CheckNode(n.Node); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if n.Shop == "" || len(n.Shop) > 64 || len(n.Key) != ed25519.PublicKeySize {
		return edge.Errorf(op, edge.Invalid, "node %s: want a shop name of 1 to 64 bytes and a public key of %d bytes, got %d and %d",
			n.Node, ed25519.PublicKeySize, len(n.Shop), len(n.Key))
	}
	err := h.db.InTx(ctx, func(tx *sql.Tx) error { return h.enrol(ctx, tx, n) })
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.changed.tell(struct{}{})
	return nil
}

func (h *HQ) enrol(ctx context.Context, tx *sql.Tx, n Node) error {
	id := cloudsync.IDOf(n.Key)
	var before string
	err := tx.QueryRowContext(ctx, "select shop from node where node = $1", n.Node).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	const node = `insert into node (node, shop, enrolled) values ($1, $2, $3)
		on conflict (node) do update set shop = excluded.shop`
	if _, err := tx.ExecContext(ctx, node, n.Node, n.Shop, h.nowMillis()); err != nil {
		return err
	}
	const key = `insert into node_key (key_id, node, public_key, added) values ($1, $2, $3, $4)
		on conflict (key_id) do nothing`
	if _, err := tx.ExecContext(ctx, key, id[:], n.Node, []byte(n.Key), h.nowMillis()); err != nil {
		return err
	}
	var owner string
	if err := tx.QueryRowContext(ctx, "select node from node_key where key_id = $1", id[:]).Scan(&owner); err != nil {
		return err
	}
	if owner != n.Node {
		return edge.Errorf("hq.enrol", edge.Conflict, "key %s belongs to node %s: make a key of its own for %s", id, owner, n.Node)
	}
	if before != n.Shop { // it is new here, or new in this shop
		return h.queueAll(ctx, tx, n.Node)
	}
	return nil
}

// KeysByPrefix lists the enrolled keys whose SHA-256 begins with prefix: the
// three bytes by which a cart's code names its signer. One that was taken back
// proves nothing any more.
func (h *HQ) KeysByPrefix(ctx context.Context, prefix [3]byte) ([]Node, error) {
	const q = `select n.node, n.shop, k.public_key from node_key k join node n on n.node = k.node
		where k.key_id >= $1 and k.key_id <= $2 and k.revoked = 0 order by k.key_id`
	low := append(prefix[:3:3], 0, 0, 0, 0, 0)
	high := append(prefix[:3:3], 255, 255, 255, 255, 255)
	rows, err := h.db.Read.QueryContext(ctx, q, low, high)
	if err != nil {
		return nil, fmt.Errorf("hq.KeysByPrefix: %w", err)
	}
	defer rows.Close()
	var found []Node
	for rows.Next() {
		var n Node
		if err := rows.Scan(&n.Node, &n.Shop, (*[]byte)(&n.Key)); err != nil {
			return nil, fmt.Errorf("hq.KeysByPrefix: %w", err)
		}
		if sum := sha256.Sum256(n.Key); [3]byte(sum[:3]) == prefix {
			found = append(found, n)
		}
	}
	return found, rows.Err()
}

// signer finds who signs with a key that is in force; a RefusalError where nobody
// does.
func (h *HQ) signer(ctx context.Context, id cloudsync.KeyID) (Node, error) {
	n, revoked, err := h.signerEver(ctx, id)
	if err == nil && revoked {
		err = refuseRevoked(id, n.Node)
	}
	return n, err
}

func refuseRevoked(id cloudsync.KeyID, node string) error {
	return &cloudsync.RefusalError{Op: "hq.signer", Code: cloudsync.RefusedRevoked, Msg: fmt.Sprintf("key %s of %s was taken back", id, node)}
}

// signerEver finds who signs with a key, or did until it was taken back.
func (h *HQ) signerEver(ctx context.Context, id cloudsync.KeyID) (_ Node, revoked bool, _ error) {
	const q = `select n.node, n.shop, k.public_key, k.revoked <> 0 from node_key k join node n on n.node = k.node where k.key_id = $1`
	var n Node
	err := h.db.Read.QueryRowContext(ctx, q, id[:]).Scan(&n.Node, &n.Shop, (*[]byte)(&n.Key), &revoked)
	if errors.Is(err, sql.ErrNoRows) {
		return Node{}, false, &cloudsync.RefusalError{
			Op: "hq.signer", Code: cloudsync.RefusedUnknownKey,
			Msg: fmt.Sprintf("no gateway with key %s is enrolled", id),
		}
	}
	return n, revoked, err
}

// authentic opens a sealed message and verifies that the topic's node signed it,
// with a key that is in force. Its error is a RefusalError unless the database
// failed.
func (h *HQ) authentic(ctx context.Context, kind cloudsync.Kind, t cloudsync.Topic, payload []byte) ([]byte, error) {
	body, revoked, err := h.authenticEver(ctx, kind, t, payload)
	if err == nil && revoked {
		env, _ := cloudsync.Open(payload) // it was opened before
		err = refuseRevoked(env.Key, t.Node)
	}
	return body, err
}

// authenticEver is authentic where the key may have been taken back.
func (h *HQ) authenticEver(ctx context.Context, kind cloudsync.Kind, t cloudsync.Topic, payload []byte) (body []byte, revoked bool, err error) {
	const op = "hq.authentic"
	defer func() {
		if revoked {
			h.refused(RefusedRevoked, t.Node)
		}
		h.unsigned(err, t.Node)
	}()
	env, err := cloudsync.Open(payload)
	if err != nil {
		return nil, false, err
	}
	n, revoked, err := h.signerEver(ctx, env.Key)
	if err != nil {
		return nil, false, err
	}
	if n.Node != t.Node {
		return nil, false, &cloudsync.RefusalError{Op: op, Code: cloudsync.RefusedForged, Msg: fmt.Sprintf("node %s sent on a topic of %s", n.Node, t.Node)}
	}
	if err := checkNode(ctx, t.Node); err != nil {
		return nil, false, &cloudsync.RefusalError{Op: op, Code: cloudsync.RefusedForged, Msg: "the certificate is another's", Err: err}
	}
	if err := env.Verify(n.Key, t.String()); err != nil {
		return nil, false, err
	}
	if env.Kind != kind {
		return nil, false, &cloudsync.RefusalError{Op: op, Code: cloudsync.RefusedUndecodable, Msg: fmt.Sprintf("envelope kind %d on %s", env.Kind, t)}
	}
	return env.Body, revoked, nil
}
