package ticket

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Config is what a Desk needs. All but Drawer and Cut must be set.
type Config struct {
	Queue   edge.PrintQueue
	Records *Records
	Press   *Press
	Device  *Device
	Lang    string // of tickets that name none
	Drawer  bool   // open the cash drawer for the first ticket of cash
	Cut     bool   // the printer has a cutter
	Changed func() // told, from any goroutine, that Status may be another
	Log     *slog.Logger
}

// Desk prints what its queue holds, one job after the other, each once. Nobody
// waits for it.
type Desk struct {
	Config
	wake   chan struct{}
	device chan struct{} // holds a value while the printer is in use
	looked time.Time     // at the printer; Run's own

	mu    sync.Mutex
	state edge.PrintReason
}

// NewDesk makes a desk; Run starts it.
func NewDesk(cfg Config) *Desk {
	return &Desk{Config: cfg, wake: make(chan struct{}, 1), device: make(chan struct{}, 1), state: edge.PrinterUnknown}
}

const (
	queueEvery = time.Second      // the queue is looked at, besides when it is told to
	lookEvery  = 15 * time.Second // at an idle printer
	retryFirst = time.Second      // at one that does not print, twice as long each time
	retryMost  = 15 * time.Second

	// What nobody took out of the printer by then nobody waits for.
	cartLate  = 15 * time.Minute
	otherLate = 12 * time.Hour
)

// Run prints until ctx is done. A job that is under way then is ended first.
func (d *Desk) Run(ctx context.Context) error {
	d.looked = time.Time{}
	for d.recovered(ctx) != nil && d.pause(ctx, retryMost) {
	}
	retry := retryFirst
	for ctx.Err() == nil {
		wait := time.Duration(0)
		switch done, err := d.turn(ctx); {
		case err != nil:
			d.Log.ErrorContext(ctx, "the printer's queue", "err", err)
			wait = retryMost
		case !done && prints(d.printer()):
			wait, retry = queueEvery, retryFirst
		case !done:
			wait, retry = retry, min(2*retry, retryMost)
		}
		if !d.pause(ctx, wait) {
			return nil
		}
	}
	return nil
}

func (d *Desk) recovered(ctx context.Context) error {
	err := d.Queue.RecoverPrints(ctx)
	if err != nil && ctx.Err() == nil {
		d.Log.ErrorContext(ctx, "the printer's queue cannot be read", "err", err)
	}
	return err
}

// pause waits, or until something is to be printed; false when ctx is done.
func (d *Desk) pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-d.wake:
	case <-timer.C:
	}
	return true
}

// turn prints one job, or else looks at the printer; done is whether a job was
// dealt with. Its error is the queue's.
func (d *Desk) turn(ctx context.Context) (done bool, err error) {
	now := d.Records.Now()
	if err := d.Queue.DropLatePrints(ctx, now.Add(-cartLate), now.Add(-otherLate)); err != nil {
		return false, err
	}
	j, err := d.Queue.NextPrint(ctx)
	if err != nil {
		return false, err
	}
	if j == nil && prints(d.printer()) && time.Since(d.looked) < lookEvery {
		return false, nil
	}
	if err := d.occupy(ctx); err != nil {
		return false, nil // it is stopping
	}
	defer d.leave()
	d.looked = time.Now()
	con, err := d.Device.connect(ctx)
	if err != nil {
		d.saw(ctx, reasonOf(err), err)
		return false, nil
	}
	defer con.Close()
	d.saw(ctx, con.state, nil)
	if j == nil {
		return false, nil
	}
	if j, err = d.Queue.StartPrint(ctx, j.ID); err != nil {
		if edge.KindOf(err) == edge.Conflict { // somebody dropped it just now
			return true, nil
		}
		return false, err
	}
	d.Changed()
	// What has begun is ended, whether or not the gateway stops meanwhile.
	err = d.print(context.WithoutCancel(ctx), con, j)
	d.Changed()
	return true, err
}

// print prints a job that has been started, and tells the queue what became of
// it.
func (d *Desk) print(ctx context.Context, con *connection, j *edge.PrintJob) error {
	log := d.Log.With("job", j.ID, "kind", j.Kind)
	doc, err := d.Records.Document(ctx, j.Kind, j.Ref)
	var r *Raster
	if err == nil {
		r, err = d.Press.Draw(doc, Form{Lang: d.lang(j), Copy: j.Copy})
	}
	if err != nil {
		log.ErrorContext(ctx, "a ticket cannot be printed", "err", err)
		return d.Queue.EndPrint(ctx, j.ID, edge.PrintFailed, edge.PrintDocument, false)
	}
	job := Job{Raster: r, Cut: d.Cut, Drawer: d.Drawer && !j.Copy && paidCash(doc)}
	if err := con.print(&job); err != nil {
		log.WarnContext(ctx, "a ticket may not have come out: somebody must look", "err", err)
		if why := reasonOf(err); why != edge.PrintBroken {
			d.saw(ctx, why, err)
		}
		return d.Queue.EndPrint(ctx, j.ID, edge.PrintDoubtful, reasonOf(err), true)
	}
	d.saw(ctx, con.state, nil)
	return d.Queue.EndPrint(ctx, j.ID, edge.PrintPrinted, "", true)
}

func (d *Desk) lang(j *edge.PrintJob) string {
	if j.Lang != "" {
		return j.Lang
	}
	return d.Lang
}

func reasonOf(err error) edge.PrintReason {
	if t, ok := errors.AsType[*Trouble](err); ok {
		return t.Reason
	}
	return edge.PrinterFault
}

// saw remembers how the printer is.
func (d *Desk) saw(ctx context.Context, state edge.PrintReason, err error) {
	d.mu.Lock()
	was := d.state
	d.state = state
	d.mu.Unlock()
	if was == state {
		return
	}
	if prints(state) {
		d.Log.InfoContext(ctx, "the ticket printer prints", "state", state)
	} else {
		d.Log.WarnContext(ctx, "the ticket printer does not print", "state", state, "err", err)
	}
	d.Changed()
}

func (d *Desk) printer() edge.PrintReason {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// Wake lets the desk look at its queue now.
func (d *Desk) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// occupy waits until nobody else uses the printer, and leave is what follows: a
// receipt printer speaks with one at a time.
func (d *Desk) occupy(ctx context.Context) error {
	select {
	case d.device <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *Desk) leave() { <-d.device }

// kickPatience is how long a ticket under way may keep the drawer shut.
const kickPatience = 10 * time.Second

// Kick opens the cash drawer, whether or not the printer has paper.
func (d *Desk) Kick(ctx context.Context) error {
	const op = "ticket.Kick"
	if !d.Drawer {
		return edge.Errorf(op, edge.Unavailable, "no cash drawer hangs on the printer: see printer.drawer in edge.yaml")
	}
	ctx, cancel := context.WithTimeout(ctx, kickPatience)
	defer cancel()
	if err := d.occupy(ctx); err != nil {
		return &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "the printer is busy: open the drawer with its key", Err: err}
	}
	defer d.leave()
	if err := d.Device.kick(ctx); err != nil {
		return &edge.Error{Op: op, Kind: edge.Unavailable, Msg: "the printer does not open the drawer: open it with its key", Err: err}
	}
	return nil
}

// Status is how printer and queue stand.
func (d *Desk) Status(ctx context.Context) (edge.PrinterStatus, error) {
	waiting, asks, err := d.Queue.PrintsOpen(ctx)
	return edge.PrinterStatus{State: d.printer(), Waiting: waiting, Asks: asks}, err
}

// Print queues a job. What is not there, or cannot be printed, is refused.
func (d *Desk) Print(ctx context.Context, j edge.PrintJob) (*edge.PrintJob, error) {
	if err := j.Check(); err != nil {
		return nil, err
	}
	if _, err := d.Records.Document(ctx, j.Kind, j.Ref); err != nil {
		return nil, err
	}
	queued, err := d.Queue.QueuePrint(ctx, j)
	if err == nil {
		d.Wake()
		d.Changed()
	}
	return queued, err
}

// Decide carries out what somebody who looked at the printer says of a job.
func (d *Desk) Decide(ctx context.Context, id string, what edge.PrintDecision, staff string) (*edge.PrintJob, error) {
	j, err := d.Queue.DecidePrint(ctx, id, what, staff)
	if err == nil {
		d.Wake()
		d.Changed()
	}
	return j, err
}

// Jobs lists the newest jobs, at most limit.
func (d *Desk) Jobs(ctx context.Context, limit int) ([]edge.PrintJob, error) {
	return d.Queue.PrintJobs(ctx, limit)
}
