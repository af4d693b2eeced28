package cloudsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const maxPatience = time.Minute // a line slower than this is no line

// form is how an event must travel once HQ has refused it otherwise.
type form int

const (
	formPlain    form = iota // as JSON, with others
	formOpaque               // alone, byte for byte
	formWithheld             // alone, without its data
)

// span is a run of events, first and last.
type span struct{ from, to uint64 }

// flight is a batch on its way.
type flight struct {
	span
	ref       Ref
	sent      time.Time
	overtaken int // answers that came to batches sent after it
}

// lane sends one lane's events during one session. All of it runs in one
// goroutine; only in and wake are written to by others.
type lane struct {
	*session
	packer
	outbox edge.Outbox
	in     chan reply
	wake   chan struct{}

	ledger   string // HQ's incarnation
	mark     uint64
	next     uint64 // last event sent
	window   int
	flights  []flight
	again    []span        // to be sent again before anything new
	progress time.Time     // the mark moved, or a batch went out
	patience time.Duration // without progress for so long, all above the mark is sent again
	heard    time.Time     // last answer of HQ
	owed     time.Time     // the first batch sent since
	ends     uint64        // the last event of an epoch that has ended; 0 in the present one
	series   uint32        // the highest receipt series that HQ knows of
	complete *ancestry     // what HQ is known to hold of earlier epochs
}

func newLane(s *session, name edge.Lane, o edge.Outbox) *lane {
	return &lane{
		session: s, outbox: o, complete: s.complete[name], in: make(chan reply, 64), wake: make(chan struct{}, 1),
		packer: packer{
			node: s.c.Node, name: name, epoch: o.Epoch(), forms: map[uint64]form{},
			events: func(ctx context.Context, after uint64, limit int) ([]edge.Event, error) {
				return o.Events(ctx, nil, name, after, limit)
			},
			hashAt: func(ctx context.Context, seq uint64) (edge.Hash, error) { return o.HashAt(ctx, name, seq) },
		},
	}
}

// run keeps the lane moving until ctx ends or the session must, or until HQ
// holds all of an epoch that has ended.
func (l *lane) run(ctx context.Context) error {
	tick := time.NewTicker(max(l.c.Resend/4, time.Millisecond))
	defer tick.Stop()
	for l.ends == 0 || l.mark < l.ends {
		if err := l.fill(ctx); err != nil {
			return fmt.Errorf("lane %s: %w", l.name, err)
		}
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-l.in:
			err = l.take(ctx, r)
		case <-l.wake:
		case <-tick.C:
			err = l.overdue(ctx)
		}
		if err != nil {
			return fmt.Errorf("lane %s: %w", l.name, err)
		}
	}
	return nil
}

// adopt begins anew from HQ's mark.
func (l *lane) adopt(ctx context.Context, ack *Ack) error {
	have, err := l.outbox.Mark(ctx, l.name)
	if err != nil {
		return err
	}
	if ack.Mark < have {
		l.c.Log.Error("HQ holds less than it confirmed before: sending again", "lane", l.name, "confirmed", have, "held", ack.Mark)
	}
	if ack.Mark != have {
		if err := l.outbox.SetMark(ctx, l.name, ack.Mark); err != nil {
			return err
		}
	}
	l.ledger, l.mark = ack.Ledger, ack.Mark
	l.window = min(l.c.Window, max(ack.Credit, 1))
	l.rewind()
	l.heard, l.patience = time.Now(), l.c.Resend
	return nil
}

// rewind forgets what is in flight: all above the mark is sent again.
func (l *lane) rewind() {
	l.next, l.flights, l.again, l.progress = l.mark, nil, nil, time.Now()
}

// take handles HQ's reply, and those queued behind it, storing the mark once.
func (l *lane) take(ctx context.Context, r reply) error {
	before := l.mark
	for {
		if err := l.takeOne(ctx, r); err != nil {
			return err
		}
		select {
		case r = <-l.in:
			continue
		default:
		}
		break
	}
	if l.mark <= before {
		return nil
	}
	return l.outbox.SetMark(ctx, l.name, l.mark)
}

func (l *lane) takeOne(ctx context.Context, r reply) error {
	if r.nack != nil {
		return l.refused(r.nack)
	}
	ack := r.ack
	if ack.Epoch != l.epoch || ack.Lane != l.name {
		return nil
	}
	if ack.Ledger != l.ledger {
		// An ack of an earlier incarnation may promise what HQ no longer has:
		// only the answer to a fresh question says who is right.
		if !l.asked(ack.Ref) && time.Since(l.heard) < l.c.Resend {
			return nil
		}
		l.c.Log.Warn("HQ has a new incarnation: asking for its mark", "lane", l.name)
		return l.resync(ctx)
	}
	if ack.Mark < l.mark {
		return nil // overtaken by a later one: an incarnation's mark only grows
	}
	if err := l.sameHistory(ctx, ack); err != nil {
		return err
	}
	if l.asked(ack.Ref) {
		l.setShut(ack.Revoked)
	}
	if ack.Mark > l.mark || l.asked(ack.Ref) { // else it may be a replayed one
		l.heard = time.Now()
		l.status.setUp(true)
	}
	l.window = min(l.c.Window, max(ack.Credit, 1))
	if ack.Mark > l.mark {
		l.mark, l.progress, l.patience = ack.Mark, time.Now(), l.c.Resend
		l.next = max(l.next, l.mark)
		l.landed()
	}
	l.overtake(ack.Ref)
	l.fillGaps(ack.Missing)
	return nil
}

// landed takes the flights out whose events the mark has passed.
func (l *lane) landed() {
	l.flights = slices.DeleteFunc(l.flights, func(f flight) bool {
		if f.to <= l.mark && l.c.Acked != nil {
			l.c.Acked(l.name, time.Since(f.sent))
		}
		return f.to <= l.mark
	})
}

// asked reports whether ref is a batch in flight.
func (l *lane) asked(ref Ref) bool {
	return slices.ContainsFunc(l.flights, func(f flight) bool { return f.ref == ref })
}

// overtake counts, for each batch in flight, the answers that came to batches
// sent after it.
func (l *lane) overtake(ref Ref) {
	i := slices.IndexFunc(l.flights, func(f flight) bool { return f.ref == ref })
	for j := range max(i, 0) {
		l.flights[j].overtaken++
	}
}

// lost reports whether a batch that HQ misses is not merely late: two sent after
// it were answered, or HQ had time enough.
func (l *lane) lost(f flight) bool { return f.overtaken >= 2 || time.Since(f.sent) >= l.c.Resend }

// fillGaps sends again what HQ misses, unless it may only have been overtaken.
func (l *lane) fillGaps(missing [][2]uint64) {
	for _, m := range missing {
		gap := span{m[0], min(m[1], l.next)}
		overlaps := func(s span) bool { return s.from <= gap.to && gap.from <= s.to }
		if gap.from > gap.to || slices.ContainsFunc(l.again, overlaps) {
			continue
		}
		if slices.ContainsFunc(l.flights, func(f flight) bool { return overlaps(f.span) && !l.lost(f) }) {
			continue
		}
		l.flights = slices.DeleteFunc(l.flights, func(f flight) bool { return overlaps(f.span) })
		l.again = append(l.again, gap)
	}
}

// refused handles a batch that HQ did not take: halves go again, and at last
// the single event in a form that HQ can take.
func (l *lane) refused(n *Nack) error {
	i := slices.IndexFunc(l.flights, func(f flight) bool { return f.ref == n.Ref })
	if i < 0 {
		return nil
	}
	f := l.flights[i]
	if !n.Code.Divisible() {
		return &RefusalError{Op: "cloudsync.lane", Code: n.Code, Msg: "HQ refused: " + n.Msg}
	}
	l.flights = slices.Delete(l.flights, i, i+1)
	return l.divide(f.span, &RefusalError{Op: "cloudsync.lane", Code: n.Code, Msg: n.Msg})
}

// divide queues what could not be sent as it is, in halves or in the next form.
func (l *lane) divide(s span, why error) error {
	parts, err := l.packer.divide(s, why)
	if len(parts) == 1 {
		l.c.Log.Error("event cannot be sent as it is", "lane", l.name, "seq", s.from, "form", l.forms[s.from], "error", why)
	}
	l.again = append(l.again, parts...)
	return err
}

// overdue looks whether HQ has fallen silent.
func (l *lane) overdue(ctx context.Context) error {
	now := time.Now()
	if len(l.flights) == 0 {
		if now.Sub(l.heard) < l.c.Probe {
			return nil
		}
		if err := l.resync(ctx); err != nil {
			return err
		}
		l.status.setUp(true)
		return nil
	}
	if now.Sub(l.progress) < l.patience {
		return nil
	}
	silence := min(now.Sub(l.heard), now.Sub(l.owed))
	switch {
	case silence > l.c.Silence:
		return errSilent
	case silence > 2*l.c.Resend:
		l.status.setUp(false)
	}
	l.c.Log.Info("no progress: sending again from the mark", "lane", l.name, "mark", l.mark)
	l.rewind()
	l.patience = min(2*l.patience, max(maxPatience, l.c.Resend))
	return nil
}

// fill sends what is due: first what must go again, then new events as far as
// the window allows.
func (l *lane) fill(ctx context.Context) error {
	head, _, err := l.outbox.Head(ctx, l.name)
	if err != nil {
		return err
	}
	if l.outbox.Epoch() != l.epoch {
		return errNewEpoch
	}
	if l.ends == 0 {
		l.status.setLane(l.name, l.mark, head)
	}
	for {
		var s span
		switch {
		case len(l.again) > 0:
			s, l.again = l.again[0], l.again[1:]
		case len(l.flights) < l.window && l.next < head:
			s = span{l.next + 1, head}
		default:
			return nil
		}
		if s.from = max(s.from, l.mark+1); s.from > s.to {
			continue
		}
		if err := l.sendSpan(ctx, s); err != nil {
			return err
		}
	}
}

// sendSpan sends as much of s as one batch holds. The rest of s is either new,
// and follows by itself, or was sent before, and goes back to the queue.
func (l *lane) sendSpan(ctx context.Context, s span) error {
	b, err := l.batch(ctx, s)
	if err != nil {
		return err
	}
	sent := span{b.From, b.To}
	if rest := (span{sent.to + 1, min(s.to, l.next)}); rest.from <= rest.to {
		l.again = slices.Insert(l.again, 0, rest)
	}
	l.next = max(l.next, sent.to)
	ref, err := l.publish(ctx, b)
	if refused, ok := errors.AsType[*RefusalError](err); ok {
		return l.divide(sent, refused)
	}
	if err != nil {
		return err
	}
	l.progress = time.Now()
	if !l.owed.After(l.heard) {
		l.owed = l.progress
	}
	l.flights = append(l.flights, flight{span: sent, ref: ref, sent: l.progress})
	return nil
}
