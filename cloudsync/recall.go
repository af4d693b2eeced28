package cloudsync

import (
	"context"
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Recall asks HQ for what it holds of a node's lane of sales, in epochs before
// the present one, and the node lacks: its database was restored or begun anew.
// HQ answers with a Batch of the first such events, which has the same Nonce, or
// one without events when there is nothing more.
type Recall struct {
	V      int      `json:"v"`
	Node   string   `json:"node"`
	Epoch  string   `json:"epoch"`  // the present one
	Series uint32   `json:"series"` // its receipt series: an epoch with a later one is not asked for
	Have   haveList `json:"have,omitempty"`
	Nonce  string   `json:"nonce"`
}

// haveList says of earlier epochs up to which event nothing is lacking; at most
// 1000.
type haveList []edge.LaneMark

// EncodeRecall writes zstd(JSON).
func (c *Codec) EncodeRecall(r *Recall) ([]byte, error) {
	r.V = version
	return c.pack("cloudsync.Codec.EncodeRecall", r)
}

// DecodeRecall reads a question and checks its form.
func (c *Codec) DecodeRecall(body []byte) (*Recall, error) {
	const op = "cloudsync.Codec.DecodeRecall"
	var r Recall
	if err := c.unpack(op, body, &r, func() int { return r.V }); err != nil {
		return nil, err
	}
	if r.Epoch == "" || len(r.Epoch) > 64 || r.Nonce == "" || len(r.Nonce) > 64 {
		return nil, refuse(op, RefusedUndecodable, "epoch %.64q, nonce %.64q", r.Epoch, r.Nonce)
	}
	for _, m := range r.Have {
		if m.Seq > maxSeq {
			return nil, refuse(op, RefusedUndecodable, "event %d", m.Seq)
		}
	}
	return &r, nil
}

// recallAgain is how often HQ is asked: more of the past may count there by then,
// or what went wrong here may be mended.
const recallAgain = 10 * time.Minute

// recall takes back, from the start of a session on, what the shop lacks of its own
// past. Nothing of the past holds up today's sales.
func (s *session) recall(ctx context.Context) error {
	for s.c.Recall != nil && ctx.Err() == nil {
		if err := s.recallAll(ctx); err != nil && ctx.Err() == nil {
			s.c.Log.Error("what HQ holds of this shop's past could not be taken back", "error", err, "again_in", recallAgain)
		}
		select {
		case <-ctx.Done():
		case <-time.After(recallAgain):
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s *session) recallAll(ctx context.Context) error {
	taken := 0
	for {
		b, err := s.askBack(ctx)
		if err != nil {
			return err
		}
		if b.Probe() {
			if taken > 0 {
				s.c.Log.Warn("what HQ held of this shop's past and the database lacked was taken back", "events", taken)
			}
			return s.c.Recall.TakenBack(ctx, b.Epoch)
		}
		if _, err := b.Hashes(); err != nil {
			return err
		}
		err = s.c.Recall.TakeBack(ctx, edge.Run{Epoch: b.Epoch, From: b.From, To: b.To, Prev: b.PrevHash, Events: b.Events})
		if err != nil {
			return err
		}
		taken += b.N
	}
}

// askBack asks HQ what is lacking, and asks again where no answer comes.
func (s *session) askBack(ctx context.Context) (*Batch, error) {
	have, err := s.c.Recall.Recalled(ctx)
	if err != nil {
		return nil, err
	}
	if len(have) > maxMarks {
		return nil, fmt.Errorf("this shop has had %d epochs, at most %d can be asked about", len(have), maxMarks)
	}
	r := &Recall{Node: s.c.Node, Epoch: s.c.Outbox.Epoch(), Series: s.c.Outbox.Series(), Have: have, Nonce: nonce()}
	body, err := s.codec.EncodeRecall(r)
	if err != nil {
		return nil, err
	}
	topic := s.topic(BranchRsp, "")
	m := Message{Topic: topic, Payload: Seal(s.c.Key, KindRecall, topic, body)}
	for patience := s.c.Resend; ; patience = min(2*patience, max(maxPatience, s.c.Resend)) {
		if err := s.link.Publish(ctx, m); err != nil {
			return nil, fmt.Errorf("publish: %w", err)
		}
		b, err := s.awaitBack(ctx, r.Nonce, patience)
		if b != nil || err != nil {
			return b, err
		}
	}
}

// awaitBack waits for the answer to a question, nil when none comes in time.
func (s *session) awaitBack(ctx context.Context, nonce string, patience time.Duration) (*Batch, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			return nil, nil //nolint:nilnil // not yet
		case b := <-s.back:
			if b.Nonce == nonce && b.Node == s.c.Node && b.Lane == edge.LaneSale {
				return b, nil
			}
		}
	}
}
