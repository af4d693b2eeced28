package cloudsync

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	maxQueued     = 16          // commands that wait for the one before them
	tellProgress  = time.Second // at most so often
	forgetEvery   = 10 * time.Minute
	commandWindow = 2 // batches sent again in flight
)

// orders does what HQ commands, during one session: one command after the other,
// each at most once, and always after what is to be sold. What is not done when
// the session ends is asked for again by HQ in the next.
type orders struct {
	*session
	in    chan *Cmd
	queue chan *job

	mu     sync.Mutex
	jobs   map[string]*job // waiting or running, by id
	wanted map[Ref]bool    // batches sent again whose replies are waited for
	acks   chan reply
}

// job is a command on its way through.
type job struct {
	cmd   *Cmd
	begun uint64 // progress of an earlier attempt

	mu    sync.Mutex
	last  Rsp // as it stands
	parts int // of the result, so far
	told  time.Time
}

func newOrders(s *session) *orders {
	return &orders{
		session: s, in: make(chan *Cmd, maxQueued), queue: make(chan *job, maxQueued),
		jobs: map[string]*job{}, wanted: map[Ref]bool{}, acks: make(chan reply, 4*commandWindow),
	}
}

// run does commands until ctx ends or the link is lost.
func (o *orders) run(ctx context.Context) error {
	if o.c.Commands == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return together(ctx, o.admitAll, o.workAll)
}

func (o *orders) admitAll(ctx context.Context) error {
	forget := time.NewTicker(forgetEvery)
	defer forget.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case c := <-o.in:
			err = o.admit(ctx, c)
		case <-forget.C:
			if err := o.c.Commands.ForgetCommands(ctx, o.clock.now()); err != nil {
				o.c.Log.Warn("expired commands could not be forgotten", "error", err)
			}
		}
		if err != nil {
			return fmt.Errorf("command: %w", err)
		}
	}
}

// audit writes down what became of a command.
func (o *orders) audit(c *Cmd, what string, args ...any) {
	o.c.Log.Warn("command "+what, append([]any{"audit", true, "id", c.ID, "op", c.Op, "node", c.Node, "args", fmt.Sprintf("%+v", c.Args)}, args...)...) //nolint:sloglint // one line for each outcome
}

// admit looks at a command that HQ signed: it is refused, answered from memory,
// or queued. An error is the link's.
func (o *orders) admit(ctx context.Context, c *Cmd) error {
	o.mu.Lock()
	known := o.jobs[c.ID]
	o.mu.Unlock()
	if known != nil { // HQ asks how far it is
		return o.tell(ctx, known.standing())
	}
	if c.Node != o.c.Node {
		o.audit(c, "refused", "reason", "it is for another node")
		return nil
	}
	if now := o.clock.now(); now.After(c.Exp) {
		return o.refuse(ctx, c, fmt.Sprintf("it expired at %s, it is %s now", c.Exp.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339)))
	}
	if err := c.Args.Check(c.Op); err != nil {
		return o.refuse(ctx, c, err.Error())
	}
	return o.begin(ctx, c)
}

func (o *orders) begin(ctx context.Context, c *Cmd) error {
	body, err := c.Encode()
	if err != nil {
		return err
	}
	memory, known, err := o.c.Commands.BeginCommand(ctx, c.ID, sha256.Sum256(body), c.Exp)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case edge.KindOf(err) == edge.Conflict && err != nil:
		return o.refuse(ctx, c, err.Error())
	case err != nil: // HQ asks again
		o.c.Log.Error("command could not be remembered", "id", c.ID, "error", err)
		return nil
	case memory.Finished:
		o.c.Log.Info("command answered from memory", "id", c.ID, "op", c.Op)
		for _, answer := range memory.Answers {
			if err := o.send(ctx, answer); err != nil {
				return err
			}
		}
		return nil
	}
	j := &job{cmd: c, begun: memory.Done, last: Rsp{Node: o.c.Node, ID: c.ID, Status: CmdAccepted, Done: memory.Done}}
	select {
	case o.queue <- j:
	default:
		o.c.Log.Warn("too many commands wait, HQ will ask again", "id", c.ID)
		return nil
	}
	o.mu.Lock()
	o.jobs[c.ID] = j
	o.mu.Unlock()
	o.audit(c, "accepted", "again", known)
	return o.tell(ctx, j.standing())
}

func (o *orders) refuse(ctx context.Context, c *Cmd, reason string) error {
	o.audit(c, "refused", "reason", reason)
	return o.tell(ctx, Rsp{Node: o.c.Node, ID: c.ID, Status: CmdRefused, Message: shorten(reason, maxText)})
}

// tell publishes an answer.
func (o *orders) tell(ctx context.Context, r Rsp) error {
	body, err := o.codec.EncodeRsp(&r)
	if err != nil {
		return err
	}
	return o.send(ctx, body)
}

func (o *orders) send(ctx context.Context, body []byte) error {
	topic := o.topic(BranchRsp, "")
	if err := o.link.Publish(ctx, Message{Topic: topic, Payload: Seal(o.c.Key, KindRsp, topic, body)}); err != nil {
		return fmt.Errorf("publish answer: %w", err)
	}
	return nil
}

func (o *orders) workAll(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case j := <-o.queue:
			err := o.work(ctx, j)
			o.mu.Lock()
			delete(o.jobs, j.cmd.ID)
			o.mu.Unlock()
			if err != nil {
				return fmt.Errorf("command %s: %w", j.cmd.ID, err)
			}
		}
	}
}

// work does a command and gives the final answer. An error is the link's, or
// that the answer could not be remembered.
func (o *orders) work(ctx context.Context, j *job) error {
	err := o.do(ctx, j)
	r := j.standing()
	r.Part, r.Parts, r.Result = 0, j.parts, nil
	switch kind := edge.KindOf(err); {
	case err == nil:
		r.Status = CmdDone
	case ctx.Err() != nil:
		return ctx.Err()
	case isLink(err):
		return err
	case kind == edge.NotFound || kind == edge.Invalid:
		r.Status, r.Message = CmdRefused, shorten(err.Error(), maxText)
	default:
		r.Status, r.Message = CmdFailed, shorten(err.Error(), maxText)
	}
	o.audit(j.cmd, string(r.Status), "done", r.Done, "total", r.Total, "message", r.Message)
	body, err := o.codec.EncodeRsp(&r)
	if err != nil {
		return err
	}
	if err := o.c.Commands.NoteAnswer(ctx, j.cmd.ID, body, true); err != nil {
		return fmt.Errorf("remember the answer: %w", err)
	}
	return o.send(ctx, body)
}

// standing is the last answer as it may be given again.
func (j *job) standing() Rsp {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// progress notes how far the command is, and tells HQ once in a while.
func (o *orders) progress(ctx context.Context, j *job, done, total uint64) error {
	j.mu.Lock()
	j.last.Status, j.last.Done, j.last.Total = CmdRunning, done, total
	due := time.Since(j.told) >= tellProgress
	if due {
		j.told = time.Now()
	}
	j.mu.Unlock()
	if !due {
		return nil
	}
	if err := o.c.Commands.NoteProgress(ctx, j.cmd.ID, done); err != nil {
		return err
	}
	return linkError(o.tell(ctx, j.standing()))
}

// part answers with a part of the result, and remembers it.
func (o *orders) part(ctx context.Context, j *job, result *Result) error {
	j.parts++
	r := j.standing()
	r.Status, r.Part, r.Result = CmdRunning, j.parts, result
	body, err := o.codec.EncodeRsp(&r)
	if err != nil {
		return err
	}
	if err := o.c.Commands.NoteAnswer(ctx, j.cmd.ID, body, false); err != nil {
		return err
	}
	return linkError(o.send(ctx, body))
}
