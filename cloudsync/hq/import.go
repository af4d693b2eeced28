package hq

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// ImportReport says what a file of events held, and what of it was new.
type ImportReport struct {
	Node    string                 `json:"node"`
	Spans   []cloudsync.ExportSpan `json:"spans"`
	Batches uint64                 `json:"batches"`
	Events  uint64                 `json:"events"`
	Held    uint64                 `json:"held"`  // of the events, already before
	Aside   uint64                 `json:"aside"` // of the others: their key was taken back

	alarms int    // events that were set aside, for whatever reason
	first  string // why the first of them was
}

// Import takes in a file that a gateway exported. The whole file is verified
// before the first event is taken: one that was altered or cut short is a
// cloudsync.ExportError, with line and place, and changes nothing. A file may be
// imported again, also after an interruption: what is held stays as it is.
// progress is told how many of the file's events are done.
func (h *HQ) Import(ctx context.Context, file io.ReadSeeker, progress func(done, total uint64)) (*ImportReport, error) {
	const op = "hq.Import"
	report, err := h.verifyExport(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	r, err := h.openExport(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer r.Close()
	var done uint64
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = h.importBatch(ctx, r, b, report)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		done += b.To - b.From + 1
		progress(done, report.Events)
	}
	if report.alarms > 0 {
		h.log.Error("events quarantined", "node", report.Node, "events", report.alarms, "first", report.first)
	}
	if err := h.Project(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return report, nil
}

// openExport reads a file's header and finds the key that it must be signed with.
func (h *HQ) openExport(ctx context.Context, file io.Reader) (*cloudsync.ExportReader, error) {
	r, err := cloudsync.NewExportReader(file)
	if err != nil {
		return nil, err
	}
	n, _, err := h.signerEver(ctx, r.KeyID()) // of one taken back the batches are set aside
	if err == nil && n.Node != r.Header.Node {
		err = edge.Errorf("hq.openExport", edge.Invalid, "the file says it is from %s, and its key is that of %s", r.Header.Node, n.Node)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	r.Trust(n.Key)
	return r, nil
}

func (h *HQ) verifyExport(ctx context.Context, file io.Reader) (*ImportReport, error) {
	r, err := h.openExport(ctx, file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	report := &ImportReport{Node: r.Header.Node, Spans: r.Header.Spans}
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			return report, nil
		}
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		report.Batches++
		report.Events += b.To - b.From + 1
	}
}

// importBatch takes one batch in. What is held already is compared, as always.
func (h *HQ) importBatch(ctx context.Context, r *cloudsync.ExportReader, b *cloudsync.ExportBatch, report *ImportReport) error {
	held, err := h.heldOf(ctx, r.Header.Node, b)
	if err != nil {
		return err
	}
	report.Held += held
	in := h.receive(ctx, cloudsync.Topic{Node: r.Header.Node, Branch: cloudsync.BranchUp, Lane: b.Lane}, b.Envelope)
	in.quiet = true
	reply, err := h.answer(ctx, in)
	if err != nil {
		return err
	}
	if in.in != nil && len(in.in.alarms) > 0 {
		report.first = cmp.Or(report.first, in.in.alarms[0])
		report.alarms += len(in.in.alarms)
	}
	env, err := cloudsync.Open(reply.Payload)
	if err != nil {
		return err
	}
	if env.Kind == cloudsync.KindAck {
		ack, err := cloudsync.DecodeAck(env.Body)
		if err == nil && ack.Revoked {
			report.Aside += b.To - b.From + 1 - held
		}
		return err
	}
	n, err := cloudsync.DecodeNack(env.Body)
	if err != nil {
		return err
	}
	return &cloudsync.RefusalError{Op: "hq.importBatch", Code: n.Code, Msg: fmt.Sprintf("events %d to %d of lane %s: %s", b.From, b.To, b.Lane, n.Msg)}
}

// heldOf counts the events of a batch that are held.
func (h *HQ) heldOf(ctx context.Context, node string, b *cloudsync.ExportBatch) (n uint64, err error) {
	const q = "select count(*) from inbox where node = $1 and epoch = $2 and lane = $3 and seq >= $4 and seq <= $5"
	err = h.db.Read.QueryRowContext(ctx, q, node, b.Epoch, b.Lane, int64(b.From), int64(b.To)).Scan(&n)
	return n, err
}
