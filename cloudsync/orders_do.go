package cloudsync

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	readAtOnce   = 500 // events of a digest
	cartsAtOnce  = 50  // of one answer
	patienceRoom = 5 * time.Second
)

// errLink is in the chain of an error that ends the session, not the command.
var errLink = errors.New("the line failed")

func linkError(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(errLink, err)
}

func isLink(err error) bool { return errors.Is(err, errLink) }

func (o *orders) do(ctx context.Context, j *job) error {
	switch j.cmd.Op {
	case OpRange, OpResendFrom:
		return o.sendRange(ctx, j)
	case OpDigest:
		return o.digest(ctx, j)
	case OpSnapshot:
		return o.snapshot(ctx, j)
	case OpDiagnostics:
		return o.diagnose(ctx, j)
	}
	return edge.Errorf("cloudsync.orders", edge.Invalid, "no such command") // Args.Check has refused it
}

// extent finds the epoch and the events that a command is about.
func (o *orders) extent(ctx context.Context, a Args) (epoch string, from, to uint64, err error) {
	if epoch = a.Epoch; epoch == "" {
		epoch = o.c.Outbox.Epoch()
	}
	head, _, err := o.c.Archive.EpochHead(ctx, epoch, a.Lane)
	if err != nil {
		return "", 0, 0, err
	}
	if a.From > head {
		return "", 0, 0, edge.Errorf("cloudsync.orders", edge.NotFound, "lane %s of epoch %s ends at event %d: there is no event %d", a.Lane, epoch, head, a.From)
	}
	if to = head; a.To != 0 {
		to = min(head, a.To)
	}
	return epoch, max(a.From, 1), to, nil
}

// room waits until all that was sold is confirmed, so that no command holds up a
// sale; but not for ever, so that a busy shop answers too.
func (o *orders) room(ctx context.Context) error {
	changed, stop := o.status.watch()
	defer stop()
	patience := time.NewTimer(patienceRoom)
	defer patience.Stop()
	for o.busy() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-patience.C:
			return nil
		}
	}
	return nil
}

// busy reports whether the ledger has events that HQ has not confirmed.
func (s *session) busy() bool {
	return slices.ContainsFunc(s.status.get().Lanes, func(l LaneStatus) bool { return l.Mark < l.Head })
}

// digest answers with the digests of a lane.
func (o *orders) digest(ctx context.Context, j *job) error {
	a := j.cmd.Args
	epoch, from, to, err := o.extent(ctx, a)
	if err != nil {
		return err
	}
	from = BlockStart(from)
	hash, err := o.c.Archive.EpochHashAt(ctx, epoch, a.Lane, from-1)
	if err != nil {
		return err
	}
	var d Digester
	var list []Digest
	var events []edge.Event
	for seq := from; seq <= to; {
		if err := o.room(ctx); err != nil {
			return err
		}
		limit := int(min(readAtOnce, to-seq+1))
		if events, err = o.c.Archive.EpochEvents(ctx, events[:0], epoch, a.Lane, seq-1, limit); err != nil {
			return err
		}
		if len(events) == 0 {
			return edge.Errorf("cloudsync.orders", edge.Internal, "event %d is missing from the ledger", seq)
		}
		for i := range events {
			e := &events[i]
			if e.Seq == BlockStart(e.Seq) { // an error stays in its block
				if hash, err = o.c.Archive.EpochHashAt(ctx, epoch, a.Lane, e.Seq-1); err != nil {
					return err
				}
			}
			hash = e.Hash(hash)
			d.Add(e.Seq, hash)
		}
		seq = events[len(events)-1].Seq + 1
		if list = append(list, d.Whole()...); len(list) >= MaxDigests {
			if err := o.part(ctx, j, &Result{Epoch: epoch, Lane: a.Lane, Digests: list}); err != nil {
				return err
			}
			list = nil
		}
		if err := o.progress(ctx, j, seq-from, to-from+1); err != nil {
			return err
		}
	}
	return o.part(ctx, j, &Result{Epoch: epoch, Lane: a.Lane, Digests: append(list, d.End()...)})
}

// snapshot answers with what the shop has, in parts.
func (o *orders) snapshot(ctx context.Context, j *job) error {
	s, err := o.c.Archive.Snapshot(ctx)
	if err != nil {
		return err
	}
	stock := make([]StockLevel, 0, len(s.Stock))
	for _, sku := range slices.Sorted(maps.Keys(s.Stock)) {
		stock = append(stock, StockLevel{SKU: sku, Quantity: s.Stock[sku]})
	}
	results := []*Result{{At: s.At}}
	for chunk := range slices.Chunk(s.Lanes, maxMarks) {
		results = append(results, &Result{Marks: chunk})
	}
	for chunk := range slices.Chunk(s.Receipts, maxMarks) {
		results = append(results, &Result{Receipts: chunk})
	}
	for chunk := range slices.Chunk(stock, MaxStock) {
		results = append(results, &Result{Stock: chunk})
	}
	for chunk := range slices.Chunk(s.Carts, cartsAtOnce) {
		results = append(results, &Result{Carts: chunk})
	}
	for i, r := range results {
		if err := o.room(ctx); err != nil {
			return err
		}
		if err := o.part(ctx, j, r); err != nil {
			return err
		}
		if err := o.progress(ctx, j, uint64(i+1), uint64(len(results))); err != nil {
			return err
		}
	}
	return nil
}

// diagnose answers with how the node is.
func (o *orders) diagnose(ctx context.Context, j *job) error {
	sample, err := o.sample(ctx)
	if err != nil {
		return err
	}
	d := &Diagnostics{
		Version: sample.Version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Epoch: o.c.Outbox.Epoch(), ClockOffset: o.clock.offset().Milliseconds(), Sample: *sample,
	}
	d.Faults = o.c.Machine.faults(maxFaults)
	if err := o.part(ctx, j, &Result{Diagnostics: d}); err != nil {
		return err
	}
	return o.progress(ctx, j, 1, 1)
}
