package cloudsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// sendRange sends events again, of any epoch. HQ's reply to each batch, and not
// its mark, says that it has them: HQ may lack what lies below the mark.
func (o *orders) sendRange(ctx context.Context, j *job) error {
	epoch, from, to, err := o.extent(ctx, j.cmd.Args)
	if err != nil {
		return err
	}
	r := &resend{orders: o, packer: newPacker(o.c.Node, j.cmd.Args.Lane, epoch, o.c.Archive), window: commandWindow}
	defer r.forget()
	if begin := from + j.begun; begin <= to {
		r.todo = []span{{begin, to}}
	}
	return r.run(ctx, func(missing uint64) error {
		return o.progress(ctx, j, to-from+1-missing, to-from+1)
	})
}

// resend is a range on its way.
type resend struct {
	*orders
	packer
	todo    []span
	flights []flight
	window  int
}

// run sends until HQ has answered for every event. It tells how many events lie
// at and above the first one not answered for.
func (r *resend) run(ctx context.Context, tell func(missing uint64) error) error {
	for len(r.todo)+len(r.flights) > 0 {
		for len(r.todo) > 0 && len(r.flights) < r.window {
			if err := r.room(ctx); err != nil {
				return err
			}
			if err := r.sendNext(ctx); err != nil {
				return err
			}
		}
		if err := r.await(ctx); err != nil {
			return err
		}
		if err := tell(r.missing()); err != nil {
			return err
		}
	}
	return nil
}

func (r *resend) missing() uint64 {
	first, last := ^uint64(0), uint64(0)
	note := func(s span) { first, last = min(first, s.from), max(last, s.to) }
	for _, s := range r.todo {
		note(s)
	}
	for _, f := range r.flights {
		note(f.span)
	}
	if last == 0 {
		return 0
	}
	return last - first + 1
}

// sendNext sends as much of the first span as one batch holds.
func (r *resend) sendNext(ctx context.Context) error {
	s := r.todo[0]
	b, err := r.batch(ctx, s)
	if err != nil {
		return err
	}
	sent := span{b.From, b.To}
	if s.from = b.To + 1; s.from > s.to {
		r.todo = r.todo[1:]
	} else {
		r.todo[0] = s
	}
	m, ref, err := r.sealed(b)
	if refused, ok := errors.AsType[*RefusalError](err); ok {
		return r.divide(sent, refused)
	}
	if err != nil {
		return err
	}
	r.want(ref, true)
	r.flights = append(r.flights, flight{span: sent, ref: ref, sent: time.Now()})
	if err := r.link.Publish(ctx, m); err != nil {
		return linkError(fmt.Errorf("publish: %w", err))
	}
	return nil
}

// await takes HQ's next reply, or sends again what it does not answer.
func (r *resend) await(ctx context.Context) error {
	if len(r.flights) == 0 {
		return nil
	}
	patience := time.NewTimer(r.c.Resend - time.Since(r.flights[0].sent))
	defer patience.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-patience.C:
		f := r.flights[0]
		r.want(f.ref, false)
		r.flights = r.flights[1:]
		r.todo = slices.Insert(r.todo, 0, f.span)
		return nil
	case a := <-r.acks:
		i := slices.IndexFunc(r.flights, func(f flight) bool { return f.ref == a.ref() })
		if i < 0 {
			return nil
		}
		f := r.flights[i]
		r.flights = slices.Delete(r.flights, i, i+1)
		if a.nack == nil {
			r.window = min(commandWindow, max(a.ack.Credit, 1))
			return nil
		}
		refused := &RefusalError{Op: "cloudsync.resend", Code: a.nack.Code, Msg: "HQ refused: " + a.nack.Msg}
		if !a.nack.Code.Divisible() {
			return refused
		}
		return r.divide(f.span, refused)
	}
}

// divide queues what could not be sent as it is, in halves or in the next form.
func (r *resend) divide(s span, why error) error {
	parts, err := r.packer.divide(s, why)
	r.todo = slices.Insert(r.todo, 0, parts...)
	return err
}

// forget gives up the replies that are still waited for.
func (r *resend) forget() {
	for _, f := range r.flights {
		r.want(f.ref, false)
	}
}

// want says that the reply to a batch is waited for, or no more.
func (o *orders) want(ref Ref, wanted bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if wanted {
		o.wanted[ref] = true
	} else {
		delete(o.wanted, ref)
	}
}

// replied hands over a reply to a batch that was sent again.
func (o *orders) replied(r reply) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.wanted[r.ref()] {
		delete(o.wanted, r.ref())
		offer(o.acks, r)
	}
}
