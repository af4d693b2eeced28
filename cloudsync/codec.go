package cloudsync

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	json2 "github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	maxSeq     = 1 << 62
	maxMissing = 64
	maxDown    = 100 // carts of one Down message

	encodeWindow = 2 * MaxBatch // bytes, a batch with its keys; more would cost megabytes and save nothing
)

// Codec turns bodies into bytes and back. It may be used by many at once.
type Codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// NewCodec makes a codec.
func NewCodec() (*Codec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2),
		zstd.WithWindowSize(encodeWindow), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("cloudsync.NewCodec: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(MaxDecoded), zstd.WithDecoderMaxWindow(MaxDecoded),
		zstd.WithDecoderConcurrency(2))
	if err != nil {
		return nil, fmt.Errorf("cloudsync.NewCodec: %w", err)
	}
	return &Codec{enc: enc, dec: dec}, nil
}

// EncodeBatch writes zstd(JSON). An event whose data is no JSON is an error
// of refusal "undecodable", a body over the limit one of "too_large".
func (c *Codec) EncodeBatch(b *Batch) ([]byte, error) {
	b.V = version
	head := *b
	head.Events = nil
	raw, err := marshal(&head)
	if err == nil {
		raw, err = b.Events.appendTo(raw)
	}
	return c.compress("cloudsync.Codec.EncodeBatch", raw, err)
}

// EncodeDown writes zstd(JSON).
func (c *Codec) EncodeDown(d *Down) ([]byte, error) {
	d.V = version
	return c.pack("cloudsync.Codec.EncodeDown", d)
}

func (c *Codec) pack(op string, v any) ([]byte, error) {
	raw, err := marshal(v)
	return c.compress(op, raw, err)
}

// compress packs JSON; err is of writing that.
func (c *Codec) compress(op string, raw []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, &RefusalError{Op: op, Code: RefusedUndecodable, Msg: "cannot be written as JSON", Err: err}
	}
	if len(raw) > MaxDecoded {
		return nil, refuse(op, RefusedTooLarge, "%d bytes, at most %d", len(raw), MaxDecoded)
	}
	return c.enc.EncodeAll(raw, make([]byte, 0, len(raw)/8)), nil
}

// marshal leaves <, > and & alone, unlike json.Marshal: an event's data must
// arrive byte for byte or its hash no longer fits.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}), nil
}

// DecodeBatch reads a batch and checks its form: limits, numbering, and that
// the events are the batch's own. The chain is checked by Hashes.
func (c *Codec) DecodeBatch(body []byte) (*Batch, error) {
	const op = "cloudsync.Codec.DecodeBatch"
	var b Batch
	if err := c.unpack(op, body, &b, func() int { return b.V }); err != nil {
		return nil, err
	}
	if err := b.check(op); err != nil {
		return nil, err
	}
	return &b, nil
}

// DecodeDown reads a Down message. The carts in it are not yet checked.
func (c *Codec) DecodeDown(body []byte) (*Down, error) {
	const op = "cloudsync.Codec.DecodeDown"
	var d Down
	if err := c.unpack(op, body, &d, func() int { return d.V }); err != nil {
		return nil, err
	}
	if d.N == 0 || d.N > maxSeq || d.Prev >= d.N {
		return nil, refuse(op, RefusedUndecodable, "number %d after %d", d.N, d.Prev)
	}
	for _, cart := range d.Carts {
		if cart == nil {
			return nil, refuse(op, RefusedUndecodable, "message %d holds an empty cart", d.N)
		}
	}
	return &d, nil
}

func (c *Codec) unpack(op string, body []byte, v any, got func() int) error {
	raw, err := c.dec.DecodeAll(body, nil)
	switch {
	case errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded), len(raw) > MaxDecoded:
		return &RefusalError{Op: op, Code: RefusedTooLarge, Msg: fmt.Sprintf("more than %d bytes when decompressed", MaxDecoded), Err: err}
	case err != nil:
		return &RefusalError{Op: op, Code: RefusedUndecodable, Msg: "not zstd", Err: err}
	}
	return decodeJSON(op, raw, v, got)
}

// decodeJSON reads exactly one value. Unknown keys are left alone: a newer
// peer may say more, and says so by the version where it matters.
func decodeJSON(op string, raw []byte, v any, got func() int) error {
	err := json2.Unmarshal(raw, v)
	if _, ok := errors.AsType[*RefusalError](err); ok {
		return fmt.Errorf("%s: %w", op, err)
	}
	if err != nil {
		return &RefusalError{Op: op, Code: RefusedUndecodable, Msg: "not the JSON expected", Err: err}
	}
	if got() != version {
		return refuse(op, RefusedVersion, "version %d, this program knows %d", got(), version)
	}
	return nil
}

func (b *Batch) check(op string) error {
	bad := func(format string, args ...any) error { return refuse(op, RefusedUndecodable, format, args...) }
	if err := CheckNode(b.Node); err != nil {
		return bad("%v", err)
	}
	if b.Epoch == "" || len(b.Epoch) > 64 || !validLane(b.Lane) || len(b.Nonce) > 64 {
		return bad("epoch %.64q, lane %.20q", b.Epoch, b.Lane)
	}
	if b.N < 0 || b.N > MaxEvents {
		return refuse(op, RefusedTooLarge, "%d events, at most %d", b.N, MaxEvents)
	}
	if b.From == 0 || b.From > maxSeq || b.To > maxSeq || b.To != b.From+uint64(b.N)-1 {
		return bad("events %d to %d are not %d", b.From, b.To, b.N)
	}
	if b.Opaque != nil {
		if b.N != 1 || len(b.Events) != 0 || b.Opaque.Withheld < 0 {
			return bad("an opaque event travels alone")
		}
		return nil
	}
	if len(b.Events) != b.N {
		return bad("%d events, said to be %d", len(b.Events), b.N)
	}
	for i := range b.Events {
		e := &b.Events[i]
		if e.Node != b.Node || e.Epoch != b.Epoch || e.Lane != b.Lane || e.Seq != b.From+uint64(i) {
			return bad("event %d is not the batch's own", b.From+uint64(i))
		}
		if len(e.Data) == 0 {
			return bad("event %d has no data", e.Seq)
		}
	}
	return nil
}

// Hashes recomputes the chain: the hash of each event of the batch. It is an
// error of refusal "chain" when the last is not the batch's. The hash of a
// withheld event is taken from the signed batch.
func (b *Batch) Hashes() ([]edge.Hash, error) {
	const op = "cloudsync.Batch.Hashes"
	if b.Opaque != nil && b.Opaque.Withheld > 0 {
		return []edge.Hash{b.Hash}, nil
	}
	events := b.Events
	if b.Opaque != nil {
		events = []edge.Event{b.Opaque.event(b)}
	}
	hashes := make([]edge.Hash, len(events))
	h := b.PrevHash
	for i := range events {
		h = events[i].Hash(h)
		hashes[i] = h
	}
	if h != b.Hash {
		return nil, refuse(op, RefusedChain, "events %d to %d do not make the hash they come with", b.From, b.To)
	}
	return hashes, nil
}

// NewOpaque wraps an event that JSON cannot carry as it is.
func NewOpaque(e *edge.Event) *Opaque {
	return &Opaque{
		ID: []byte(e.ID), Type: []byte(e.Type), Time: e.Time, Mono: e.Mono,
		Subject: []byte(e.Subject), Data: e.Data,
	}
}

// event is the event the opaque bytes stand for.
func (o *Opaque) event(b *Batch) edge.Event {
	return edge.Event{
		Node: b.Node, Epoch: b.Epoch, Lane: b.Lane, Seq: b.From,
		ID: string(o.ID), Type: string(o.Type), Time: o.Time, Mono: o.Mono,
		Subject: string(o.Subject), Data: o.Data,
	}
}

// DecodeAck reads an ack and checks its form.
func DecodeAck(body []byte) (*Ack, error) {
	const op = "cloudsync.DecodeAck"
	var a Ack
	if err := decodeJSON(op, body, &a, func() int { return a.V }); err != nil {
		return nil, err
	}
	if a.Mark > maxSeq || a.At > a.Mark || len(a.Missing) > maxMissing {
		return nil, refuse(op, RefusedUndecodable, "mark %d, at %d, %d missing ranges", a.Mark, a.At, len(a.Missing))
	}
	for _, m := range a.Missing {
		if m[0] <= a.Mark || m[1] < m[0] || m[1] > maxSeq {
			return nil, refuse(op, RefusedUndecodable, "missing range %d to %d above mark %d", m[0], m[1], a.Mark)
		}
	}
	return &a, nil
}

// DecodeNack reads a nack.
func DecodeNack(body []byte) (*Nack, error) {
	var n Nack
	return &n, decodeJSON("cloudsync.DecodeNack", body, &n, func() int { return n.V })
}

// DecodeConfirm reads a confirmation.
func DecodeConfirm(body []byte) (*Confirm, error) {
	var c Confirm
	err := decodeJSON("cloudsync.DecodeConfirm", body, &c, func() int { return c.V })
	if err == nil && c.Down > maxSeq {
		err = refuse("cloudsync.DecodeConfirm", RefusedUndecodable, "number %d", c.Down)
	}
	return &c, err
}

// DecodeState reads a state.
func DecodeState(body []byte) (*State, error) {
	var s State
	err := decodeJSON("cloudsync.DecodeState", body, &s, func() int { return s.V })
	if err == nil && len(s.Session) > 64 {
		err = refuse("cloudsync.DecodeState", RefusedUndecodable, "session name of %d characters", len(s.Session))
	}
	return &s, err
}

// Encode writes the JSON of the ack.
func (a *Ack) Encode() ([]byte, error) {
	a.V = version
	return encodeJSON("cloudsync.Ack.Encode", a)
}

// Encode writes the JSON of the nack.
func (n *Nack) Encode() ([]byte, error) {
	n.V = version
	return encodeJSON("cloudsync.Nack.Encode", n)
}

// Encode writes the JSON of the confirmation.
func (c *Confirm) Encode() ([]byte, error) {
	c.V = version
	return encodeJSON("cloudsync.Confirm.Encode", c)
}

// Encode writes the JSON of the state.
func (s *State) Encode() ([]byte, error) {
	s.V = version
	return encodeJSON("cloudsync.State.Encode", s)
}

func encodeJSON(op string, v any) ([]byte, error) {
	b, err := marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return b, nil
}
