package ticket

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Device is a printer and the way to it.
type Device struct {
	// Address is tcp://HOST:PORT, or a device file such as /dev/usb/lp0. Nobody
	// is asked for a password on either: the network must be the shop's own.
	Address string
	// Mute says that the printer does not answer when it is asked for its status:
	// what it took is then held to be printed.
	Mute bool
	// Pause is how long it is given between two strips of a picture; for
	// printers whose buffers overflow.
	Pause time.Duration
	// Patience is how long it may take to answer, and to take a strip; 5 seconds
	// where zero.
	Patience time.Duration
	// Rows is how many rows a second it prints at least: that long after a job
	// began it is asked what became of it. No time is given where zero.
	Rows int
}

const (
	defaultPatience = 5 * time.Second
	drainTime       = 50 * time.Millisecond
)

// conn is what both kinds of printers are written to.
type conn interface {
	io.ReadWriteCloser
	SetDeadline(t time.Time) error
}

// connection is open to one job.
type connection struct {
	*Device
	conn
	state edge.PrintReason // when it was asked last
}

// connect opens a printer that prints now; its error is a *Trouble.
func (d *Device) connect(ctx context.Context) (*connection, error) {
	c, err := d.open(ctx)
	if err != nil {
		return nil, &Trouble{edge.PrinterOffline, err}
	}
	con := &connection{Device: d, conn: c}
	if err := con.ask(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return con, nil
}

// Look asks the printer how it is; its error is a *Trouble where it does not
// print. It must not be in use: a receipt printer speaks with one at a time.
func (d *Device) Look(ctx context.Context) (edge.PrintReason, error) {
	con, err := d.connect(ctx)
	if err != nil {
		return "", err
	}
	return con.state, con.Close()
}

// kick opens the cash drawer.
func (d *Device) kick(ctx context.Context) (err error) {
	c, err := d.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.SetDeadline(time.Now().Add(d.patience())); err != nil {
		return err
	}
	_, err = c.Write(kick)
	return err
}

func (d *Device) patience() time.Duration {
	if d.Patience == 0 {
		return defaultPatience
	}
	return d.Patience
}

func (d *Device) open(ctx context.Context) (conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.patience())
	defer cancel()
	if addr, ok := strings.CutPrefix(d.Address, "tcp://"); ok {
		return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}
	// Without blocking, so that a printer that takes no more can be given up.
	f, err := os.OpenFile(d.Address, os.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	if err := f.SetDeadline(time.Time{}); err != nil {
		return nil, errors.Join(edge.Errorf("ticket.open", edge.Invalid, "%s is no printer's device", d.Address), f.Close())
	}
	return f, nil
}

// ask asks for the status; its error is a *Trouble where the printer does not
// print.
func (c *connection) ask() error {
	if c.Mute {
		return nil
	}
	if err := c.SetDeadline(time.Now().Add(c.patience())); err != nil {
		return &Trouble{edge.PrinterOffline, err}
	}
	r, err := askReplies(c)
	if err != nil {
		return &Trouble{edge.PrinterSilent, err}
	}
	if c.state = r.reason(); !prints(c.state) {
		return &Trouble{c.state, nil}
	}
	return nil
}

// print sends a job and waits until the printer says that it has printed it.
// Its error is a *Trouble: the job may have come out, whole or in part.
func (c *connection) print(j *Job) error {
	began := time.Now()
	for i, part := range j.parts() {
		if i > 0 {
			time.Sleep(c.Pause)
		}
		if err := c.SetDeadline(time.Now().Add(c.patience())); err != nil {
			return &Trouble{edge.PrintBroken, err}
		}
		if _, err := c.Write(part); err != nil {
			return &Trouble{edge.PrintBroken, err}
		}
	}
	if c.Mute {
		return nil
	}
	if c.Rows > 0 { // it took the job into its memory; paper comes slower
		due := time.Duration(j.Raster.height) * time.Second / time.Duration(c.Rows)
		time.Sleep(time.Until(began.Add(due)))
	}
	c.drain()
	return c.ask()
}

// drain takes in what the printer has sent unasked: dots may look like a question
// to it.
func (c *connection) drain() {
	if c.SetDeadline(time.Now().Add(drainTime)) == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(c, maxStray)) // ends with the deadline
	}
}
