package cloudsync

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/mirrorcart/mirrorcart/edge"
)

// An export is a file that carries events to HQ where no line does: zstd over
// lines of JSON. The first is the header, the last the trailer, and each between
// them holds one batch, sealed as it would be for the line. The trailer is signed
// over everything before it, so a file is whole or it is refused.
const (
	exportDomain   = "mirrorcart export 1\x00"
	maxExportSpans = 1000
	maxExportHead  = 256 << 10                 // bytes of a header's or trailer's line
	maxExportLine  = (MaxPayload+2)/3*4 + 1024 // bytes of a batch's line
	maxExportZstd  = 8 << 20                   // bytes of memory for the decompression of a file
)

// The types of lines.
const (
	lineHeader  = "header"
	lineBatch   = "batch"
	lineTrailer = "trailer"
)

// ExportHeader says what a file holds.
type ExportHeader struct {
	V     int          `json:"v"`
	Type  string       `json:"type"` // header
	Node  string       `json:"node"`
	Key   []byte       `json:"key"`  // the key's id
	Made  time.Time    `json:"made"` // by the shop's clock
	Spans []ExportSpan `json:"spans"`
}

// ExportSpan is a run of events of one lane.
type ExportSpan struct {
	Epoch string    `json:"epoch"`
	Lane  edge.Lane `json:"lane"`
	From  uint64    `json:"from"`
	To    uint64    `json:"to"`
}

// ExportBatch is a line with a batch.
type ExportBatch struct {
	Type     string    `json:"type"` // batch
	Epoch    string    `json:"epoch"`
	Lane     edge.Lane `json:"lane"`
	From     uint64    `json:"from"`
	To       uint64    `json:"to"`
	Envelope []byte    `json:"envelope"` // sealed for the lane's up topic
}

// ExportTrailer ends a file.
type ExportTrailer struct {
	Type    string    `json:"type"` // trailer
	Batches uint64    `json:"batches"`
	Events  uint64    `json:"events"`
	SHA256  edge.Hash `json:"sha256"` // of all lines before this one
	Sig     []byte    `json:"sig"`    // Ed25519 over (domain tag, sha256)
}

// Export is what goes into a file. All of it is needed.
type Export struct {
	Node    string
	Key     ed25519.PrivateKey
	Archive edge.Archive
	Spans   []ExportSpan // none of them empty
	Made    time.Time
}

// Events counts the events of all spans.
func (x *Export) Events() (n uint64) {
	for _, s := range x.Spans {
		n += s.To - s.From + 1
	}
	return n
}

// Write writes the file. done is told after every batch how many events are
// written.
func (x *Export) Write(ctx context.Context, w io.Writer, done func(events uint64)) error {
	const op = "cloudsync.Export.Write"
	if len(x.Spans) > maxExportSpans {
		return edge.Errorf(op, edge.TooLarge, "%d spans, at most %d", len(x.Spans), maxExportSpans)
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	codec, err := NewCodec()
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	f := &exporter{Export: x, codec: codec, w: z, sum: sha256.New(), done: done}
	if err := errors.Join(f.file(ctx), z.Close()); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// exporter is a file being written.
type exporter struct {
	*Export
	codec   *Codec
	w       io.Writer
	sum     hash.Hash
	batches uint64
	events  uint64
	done    func(uint64)
}

func (f *exporter) file(ctx context.Context) error {
	id := IDOf(f.Key.Public().(ed25519.PublicKey))
	err := f.line(&ExportHeader{V: version, Type: lineHeader, Node: f.Node, Key: id[:], Made: f.Made.UTC(), Spans: f.Spans})
	if err != nil {
		return err
	}
	for _, s := range f.Spans {
		if err := f.span(ctx, s); err != nil {
			return fmt.Errorf("epoch %s, lane %s: %w", s.Epoch, s.Lane, err)
		}
	}
	t := ExportTrailer{Type: lineTrailer, Batches: f.batches, Events: f.events, SHA256: edge.Hash(f.sum.Sum(nil))}
	t.Sig = ed25519.Sign(f.Key, signedExport(t.SHA256))
	return f.line(&t)
}

func signedExport(sum edge.Hash) []byte { return append([]byte(exportDomain), sum[:]...) }

func (f *exporter) line(v any) error {
	b, err := marshal(v)
	if err != nil {
		return err
	}
	b = append(b, '\n')
	f.sum.Write(b)
	_, err = f.w.Write(b)
	return err
}

func (f *exporter) span(ctx context.Context, s ExportSpan) error {
	p := newPacker(f.Node, s.Lane, s.Epoch, f.Archive)
	for todo := []span{{s.From, s.To}}; len(todo) > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := p.batch(ctx, todo[0])
		if err != nil {
			return err
		}
		sent := span{b.From, b.To}
		if todo[0].from = b.To + 1; todo[0].from > todo[0].to {
			todo = todo[1:]
		}
		body, err := f.pack(b)
		if refused, ok := errors.AsType[*RefusalError](err); ok {
			parts, err := p.divide(sent, refused)
			if err != nil {
				return err
			}
			todo = append(parts, todo...)
			continue
		}
		if err != nil {
			return err
		}
		topic := Topic{Node: f.Node, Branch: BranchUp, Lane: s.Lane}.String()
		err = f.line(&ExportBatch{
			Type: lineBatch, Epoch: s.Epoch, Lane: s.Lane, From: b.From, To: b.To, Envelope: Seal(f.Key, KindBatch, topic, body),
		})
		if err != nil {
			return err
		}
		f.batches, f.events = f.batches+1, f.events+uint64(b.N)
		f.done(f.events)
	}
	return nil
}

// pack encodes a batch and reads it back as HQ will: nobody is there to refuse
// it later.
func (f *exporter) pack(b *Batch) ([]byte, error) {
	body, err := f.codec.EncodeBatch(b)
	if err != nil {
		return nil, err
	}
	got, err := f.codec.DecodeBatch(body)
	if err != nil {
		return nil, err
	}
	_, err = got.Hashes()
	return body, err
}
