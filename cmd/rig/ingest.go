package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// window is how many batches of a lane are on their way at once, as from a shop.
const window = 8

// Ingest measures how fast headquarters alone takes in what shops send.
type Ingest struct {
	Database   string // one of Databases
	Events     int    // of all shops together
	Collectors int    // each takes in what one shop sends
	Log        *slog.Logger
	Progress   io.Writer // as of Sync
}

// IngestReport is what Ingest measured.
type IngestReport struct {
	Ingest `json:"-"`

	Events        int       `json:"events"`
	EventsPerS    float64   `json:"events_per_s"`
	BytesPerEvent float64   `json:"bytes_per_event"` // of sealed batches
	AckMS         Quantiles `json:"ack_ms"`          // of a batch, from its arrival to the signed ack
	Account
}

// Check reports what is wrong with what is asked for.
func (g Ingest) Check() error { return g.selling().Check() }

// selling is what fills the shops.
func (g Ingest) selling() Sync {
	return Sync{
		Plan:   Plan{Broker: Mochi, Database: g.Database, Shops: g.Collectors, Collectors: g.Collectors, Log: g.Log},
		Events: g.Events, Singles: 1, Progress: g.Progress,
	}
}

// Run measures; whether all arrived exactly once is for the report to tell.
func (g Ingest) Run(ctx context.Context) (r *IngestReport, err error) {
	err = g.selling().with(ctx, func(m *syncing) error {
		if err := m.fill(ctx); err != nil {
			return err
		}
		if err := m.weigh(ctx); err != nil {
			return err
		}
		r = &IngestReport{Ingest: g, Events: m.report.Events}
		if err := r.measure(ctx, m); err != nil {
			return err
		}
		if err := m.count(ctx); err != nil {
			return err
		}
		r.Account = m.report.Account
		return nil
	})
	return r, err
}

// measure seals everything beforehand and takes it in.
func (r *IngestReport) measure(ctx context.Context, m *syncing) error {
	var lanes []sealedLane
	size := 0
	for i, b := range m.branches {
		for _, lane := range edge.Lanes() {
			l, err := b.seal(ctx, lane)
			if err != nil {
				return err
			}
			l.hq = m.hqs[i%len(m.hqs)]
			for _, batch := range l.batches {
				size += len(batch)
			}
			lanes = append(lanes, l)
		}
	}
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for i := range lanes {
		group.Go(func() error { return lanes[i].ingest(ctx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	r.EventsPerS = float64(r.Events) / time.Since(start).Seconds()
	r.BytesPerEvent = float64(size) / float64(r.Events)
	var took []time.Duration
	for i := range lanes {
		took = append(took, lanes[i].took...)
	}
	r.AckMS = quantiles(took)
	return nil
}

// sealedLane is all that a shop has to send in one lane.
type sealedLane struct {
	hq      *hq.HQ
	topic   string
	batches [][]byte
	took    []time.Duration // of each batch
}

// seal makes the batches of a lane, signed, as the shop would for a file.
func (b *branch) seal(ctx context.Context, lane edge.Lane) (l sealedLane, err error) {
	head, _, err := b.db.Head(ctx, lane)
	if err != nil {
		return l, err
	}
	export := cloudsync.Export{
		Node: b.shop.Node, Key: b.shop.Key, Archive: b.db, Made: time.Now(),
		Spans: []cloudsync.ExportSpan{{Epoch: b.db.Epoch(), Lane: lane, From: 1, To: head}},
	}
	var file bytes.Buffer
	if err := export.Write(ctx, &file, func(uint64) {}); err != nil {
		return l, err
	}
	batches, err := cloudsync.NewExportReader(&file)
	if err != nil {
		return l, err
	}
	defer batches.Close()
	batches.Trust(b.shop.node().Key)
	for {
		batch, err := batches.Next()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		l.topic, l.batches = batch.Topic(b.shop.Node), append(l.batches, batch.Envelope)
	}
}

// ingest hands the batches to headquarters in their order.
func (l *sealedLane) ingest(ctx context.Context) error {
	l.took = make([]time.Duration, len(l.batches))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(window)
	for i, batch := range l.batches {
		group.Go(func() error {
			start := time.Now()
			answer, err := l.hq.Ingest(ctx, l.topic, batch)
			if err != nil {
				return err
			}
			l.took[i] = time.Since(start)
			e, err := cloudsync.Open(answer.Payload)
			if err == nil && e.Kind != cloudsync.KindAck {
				err = fmt.Errorf("headquarters refused a batch on %s", l.topic)
			}
			return err
		})
	}
	return group.Wait()
}

// Print writes the table.
func (r *IngestReport) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `%d events into %s, from %d shops at once

  ingest     %8.0f events a second, from sealed batches to signed acks
  size       %8.1f bytes an event
  batch  p50 %8.1f ms   p99 %.1f
  lost       %8d
  doubled    %8d
  gaps       %8d
`, r.Events, r.Database, r.Collectors, r.EventsPerS, r.BytesPerEvent, r.AckMS.P50, r.AckMS.P99, r.Lost, r.Doubled, r.Gaps)
	return err
}
