package hq

import (
	"context"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

const credit = 8 // batches a lane may have in flight

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
	return h.answer(ctx, h.receive(ctx, t, payload))
}

// receive opens a batch and gives it its place among those that are committed;
// answer waits for that.
func (h *HQ) receive(ctx context.Context, t cloudsync.Topic, payload []byte) received {
	r := received{topic: t, ref: cloudsync.RefOf(payload)}
	if r.in, r.err = h.prepare(ctx, t, payload); r.err == nil {
		h.enqueue(r.in)
	}
	return r
}

// received is a batch on its way into the ledger, to be answered.
type received struct {
	topic cloudsync.Topic
	ref   cloudsync.Ref
	in    *intake
	err   error // why there is no in
	quiet bool  // who handed it in tells what was set aside
}

// answer waits until the batch is committed and makes the reply.
func (h *HQ) answer(ctx context.Context, r received) (cloudsync.Message, error) {
	const op = "hq.Ingest"
	t, in, err := r.topic, r.in, r.err
	if refused, ok := errors.AsType[*cloudsync.RefusalError](err); ok {
		h.taken.refuse(refused.Code)
		h.log.Warn("batch refused", "audit", true, "node", t.Node, "lane", t.Lane, "error", refused)
		return h.reply(t, cloudsync.KindNack, &cloudsync.Nack{Ref: r.ref, Code: refused.Code, Msg: refused.Msg})
	}
	if err == nil {
		select {
		case <-in.done:
			err = in.err
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err != nil {
		return cloudsync.Message{}, fmt.Errorf("%s: %w", op, err)
	}
	if len(in.alarms) > 0 && !r.quiet {
		h.log.Error("events quarantined", "node", t.Node, "epoch", in.batch.Epoch, "lane", t.Lane, "events", len(in.alarms), "first", in.alarms[0])
	}
	ack := in.ack
	ack.Ref, ack.Ledger, ack.Credit, ack.Time, ack.Revoked = r.ref, in.ledger, credit, h.now().UTC(), in.revoked
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

// prepare opens a batch and checks all that can be checked without what is
// held. Its error is a RefusalError unless the database failed.
func (h *HQ) prepare(ctx context.Context, t cloudsync.Topic, payload []byte) (*intake, error) {
	body, revoked, err := h.authenticEver(ctx, cloudsync.KindBatch, t, payload)
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
	if !database.Storable(b.Epoch) {
		return nil, &cloudsync.RefusalError{
			Op: "hq.ingest", Code: cloudsync.RefusedUndecodable, Msg: fmt.Sprintf("an epoch cannot be called %q", b.Epoch),
		}
	}
	hashes, err := b.Hashes()
	if err != nil {
		return nil, err
	}
	return &intake{batch: b, hashes: hashes, revoked: revoked, now: h.nowMillis()}, nil
}
