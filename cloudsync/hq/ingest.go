package hq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

const credit = 4 // batches a lane may have in flight

// Ingest takes what arrived on an up topic and returns the reply to publish:
// a signed ack once the batch is committed, a signed nack when the batch is
// not authentic or not decodable. An error means that there is nothing to
// reply: the topic is no up topic, or the database failed and the shop will
// send again.
func (h *HQ) Ingest(ctx context.Context, topic string, payload []byte) (cloudsync.Message, error) {
	const op = "hq.Ingest"
	t, err := cloudsync.ParseTopic(topic)
	if err != nil {
		return cloudsync.Message{}, fmt.Errorf("%s: %w", op, err)
	}
	if t.Branch != cloudsync.BranchUp || t.Lane == cloudsync.LaneTele {
		return cloudsync.Message{}, edge.Errorf(op, edge.Invalid, "topic %s is not for batches", topic)
	}
	ref := cloudsync.RefOf(payload)
	ack, err := h.ingest(ctx, t, payload)
	if refused, ok := errors.AsType[*cloudsync.RefusalError](err); ok {
		h.log.Warn("batch refused", "node", t.Node, "lane", t.Lane, "error", refused)
		return h.reply(t, cloudsync.KindNack, &cloudsync.Nack{Ref: ref, Code: refused.Code, Msg: refused.Msg})
	}
	if err != nil {
		return cloudsync.Message{}, fmt.Errorf("%s: %w", op, err)
	}
	ack.Ref, ack.Ledger, ack.Credit, ack.Time = ref, h.ledger, credit, h.now().UTC()
	return h.reply(t, cloudsync.KindAck, ack)
}

// reply seals an answer to what came in on t.
func (h *HQ) reply(t cloudsync.Topic, kind cloudsync.Kind, body interface{ Encode() ([]byte, error) }) (cloudsync.Message, error) {
	b, err := body.Encode()
	if err != nil {
		return cloudsync.Message{}, err
	}
	to := cloudsync.Topic{Node: t.Node, Branch: cloudsync.BranchAck, Lane: t.Lane}.String()
	return cloudsync.Message{Topic: to, Payload: cloudsync.Seal(h.key, kind, to, b)}, nil
}

func (h *HQ) ingest(ctx context.Context, t cloudsync.Topic, payload []byte) (*cloudsync.Ack, error) {
	body, err := h.authentic(ctx, cloudsync.KindBatch, t, payload)
	if err != nil {
		return nil, err
	}
	b, err := h.codec.DecodeBatch(body)
	if err != nil {
		return nil, err
	}
	if b.Node != t.Node || b.Lane != t.Lane {
		return nil, &cloudsync.RefusalError{
			Op: "hq.ingest", Code: cloudsync.RefusedForged,
			Msg: fmt.Sprintf("a batch of %s, lane %s, came on %s", b.Node, b.Lane, t),
		}
	}
	if !storable(b.Epoch) {
		return nil, &cloudsync.RefusalError{
			Op: "hq.ingest", Code: cloudsync.RefusedUndecodable, Msg: fmt.Sprintf("an epoch cannot be called %q", b.Epoch),
		}
	}
	hashes, err := b.Hashes()
	if err != nil {
		return nil, err
	}
	in := intake{batch: b, hashes: hashes, now: h.nowMillis()}
	var ack *cloudsync.Ack
	err = h.inTx(ctx, func(tx *sql.Tx) (err error) {
		in.tx = tx
		if err := in.store(ctx); err != nil {
			return err
		}
		ack, err = in.ack(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, alarm := range in.alarms {
		h.log.Error("event quarantined", "node", b.Node, "epoch", b.Epoch, "lane", b.Lane, "reason", alarm)
	}
	if in.passed {
		h.passed.tell(struct{}{})
	}
	return ack, nil
}
