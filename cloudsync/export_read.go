package cloudsync

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/mirrorcart/mirrorcart/edge"
)

// ExportError says where a file of events is not as it was written.
type ExportError struct {
	Line   int   // from 1
	Offset int64 // where the line begins in the decompressed file, in bytes
	Msg    string
	Err    error
}

func (e *ExportError) Error() string {
	s := fmt.Sprintf("line %d, at byte %d: %s", e.Line, e.Offset, e.Msg)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *ExportError) Unwrap() error { return e.Err }

// ExportReader reads a file of events, in constant memory. Nothing it tells is
// certain before Next has returned io.EOF.
type ExportReader struct {
	Header ExportHeader

	zstd    *zstd.Decoder
	lines   *bufio.Reader
	line    int
	offset  int64 // of the line
	next    int64
	sum     hash.Hash
	pub     ed25519.PublicKey
	spans   []ExportSpan // the rest of them
	batches uint64
	events  uint64
}

// NewExportReader reads the header. Call Close when done.
func NewExportReader(r io.Reader) (*ExportReader, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxExportZstd), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("cloudsync.NewExportReader: %w", err)
	}
	e := &ExportReader{zstd: z, lines: bufio.NewReaderSize(z, 64<<10), sum: sha256.New()}
	if err := e.header(); err != nil {
		z.Close()
		return nil, fmt.Errorf("cloudsync.NewExportReader: %w", err)
	}
	return e, nil
}

// Close frees the memory; it does not close the file.
func (e *ExportReader) Close() { e.zstd.Close() }

// KeyID names the key that the file says it was signed with.
func (e *ExportReader) KeyID() KeyID { return KeyID(e.Header.Key) }

// Trust gives the key that the file must be signed with; it is needed before
// Next.
func (e *ExportReader) Trust(pub ed25519.PublicKey) { e.pub = pub }

func (e *ExportReader) header() error {
	raw, err := e.read(maxExportHead)
	if err != nil {
		return err
	}
	h := &e.Header
	if err := decodeJSON("cloudsync.ExportReader", raw, h, func() int { return h.V }); err != nil {
		return e.fault(err, "this is no file of events")
	}
	switch {
	case h.Type != lineHeader || CheckNode(h.Node) != nil || len(h.Key) != len(KeyID{}):
		return e.fault(nil, "this is no header of a file of events")
	case len(h.Spans) > maxExportSpans:
		return e.fault(nil, fmt.Sprintf("%d spans, at most %d", len(h.Spans), maxExportSpans))
	}
	for _, s := range h.Spans {
		if s.Epoch == "" || len(s.Epoch) > maxEpoch || !validLane(s.Lane) || s.From == 0 || s.To < s.From || s.To > maxSeq {
			return e.fault(nil, fmt.Sprintf("events %d to %d of lane %.20q are no span", s.From, s.To, s.Lane))
		}
	}
	e.spans = append([]ExportSpan(nil), h.Spans...)
	return nil
}

// Next reads and verifies the next batch; io.EOF when all of them were read and
// the trailer is good. Any other error is an ExportError.
func (e *ExportReader) Next() (*ExportBatch, error) {
	before := edge.Hash(e.sum.Sum(nil))
	raw, err := e.read(maxExportLine)
	if err != nil {
		return nil, err
	}
	var kind struct {
		Type string `json:"type"`
	}
	if err := decodeJSON("cloudsync.ExportReader", raw, &kind, func() int { return version }); err != nil {
		return nil, e.fault(err, "altered")
	}
	switch kind.Type {
	case lineBatch:
		return e.batch(raw)
	case lineTrailer:
		return nil, e.trailer(raw, before)
	}
	return nil, e.fault(nil, "neither a batch nor the trailer")
}

func (e *ExportReader) batch(raw []byte) (*ExportBatch, error) {
	var b ExportBatch
	if err := decodeJSON("cloudsync.ExportReader", raw, &b, func() int { return version }); err != nil {
		return nil, e.fault(err, "altered")
	}
	if len(e.spans) == 0 {
		return nil, e.fault(nil, "more batches than the header has room for")
	}
	s := &e.spans[0]
	if b.Epoch != s.Epoch || b.Lane != s.Lane || b.From != s.From || b.To < b.From || b.To > s.To || b.To-b.From >= MaxEvents {
		return nil, e.fault(nil, fmt.Sprintf("events %d to %d, where those from %d of lane %s come next", b.From, b.To, s.From, s.Lane))
	}
	env, err := Open(b.Envelope)
	if err == nil && env.Kind != KindBatch {
		err = refuse("cloudsync.ExportReader", RefusedUndecodable, "envelope kind %d is no batch", env.Kind)
	}
	if err == nil {
		err = env.Verify(e.pub, b.Topic(e.Header.Node))
	}
	if err != nil {
		return nil, e.fault(err, fmt.Sprintf("batch of events %d to %d", b.From, b.To))
	}
	if s.From = b.To + 1; s.From > s.To {
		e.spans = e.spans[1:]
	}
	e.batches, e.events = e.batches+1, e.events+b.To-b.From+1
	return &b, nil
}

// Topic is where the batch would be published.
func (b *ExportBatch) Topic(node string) string {
	return Topic{Node: node, Branch: BranchUp, Lane: b.Lane}.String()
}

func (e *ExportReader) trailer(raw []byte, before edge.Hash) error {
	var t ExportTrailer
	if err := decodeJSON("cloudsync.ExportReader", raw, &t, func() int { return version }); err != nil {
		return e.fault(err, "altered")
	}
	switch {
	case len(e.spans) > 0:
		return e.fault(nil, fmt.Sprintf("the events from %d of lane %s are missing", e.spans[0].From, e.spans[0].Lane))
	case t.Batches != e.batches || t.Events != e.events || t.SHA256 != before:
		return e.fault(nil, "the file is not the one that was signed: something before this line was altered")
	case !ed25519.Verify(e.pub, signedExport(before), t.Sig):
		return e.fault(nil, "the signature does not fit: altered, or signed by somebody else")
	}
	if _, err := e.lines.ReadByte(); !errors.Is(err, io.EOF) {
		return e.fault(err, "something follows the end")
	}
	return io.EOF
}

// read reads a line of at most limit bytes, without its end.
func (e *ExportReader) read(limit int) ([]byte, error) {
	e.line, e.offset = e.line+1, e.next
	var raw []byte
	for {
		part, err := e.lines.ReadSlice('\n')
		e.next += int64(len(part))
		if len(raw)+len(part) > limit {
			return nil, e.fault(nil, fmt.Sprintf("a line of more than %d bytes", limit))
		}
		raw = append(raw, part...)
		switch {
		case err == nil:
			e.sum.Write(raw)
			return bytes.TrimSuffix(raw, []byte{'\n'}), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return nil, e.fault(nil, "the file ends before its trailer: copy it again")
		default:
			return nil, e.fault(err, "cannot be decompressed: altered, or no file of events")
		}
	}
}

func (e *ExportReader) fault(err error, msg string) error {
	return &ExportError{Line: e.line, Offset: e.offset, Msg: msg, Err: err}
}
