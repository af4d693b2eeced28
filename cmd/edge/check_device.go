package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/ticket"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// alone looks at what a gateway that runs would have for itself.
func (in *inspection) alone(ctx context.Context) {
	for _, k := range kiosksOf(in.cfg) {
		in.check(ctx, "camera of "+k.ID, func(ctx context.Context) (string, error) { return in.camera(ctx, k.Camera) })
	}
	in.check(ctx, "printer", in.printer)
	in.check(ctx, "line", in.line)
}

// addresses looks whether the gateway could serve what it is to serve.
func (in *inspection) addresses(ctx context.Context) (string, error) {
	var errs []error
	list := []string{in.cfg.Metrics.Addr}
	for _, k := range kiosksOf(in.cfg) {
		list = append(list, k.Addr, k.TLSAddr)
	}
	for _, addr := range list {
		if addr == "" {
			continue
		}
		ln, err := process.Listen(ctx, addr)
		if err == nil {
			err = ln.Close()
		}
		errs = append(errs, err)
	}
	return "it does not run; its addresses are free", errors.Join(errs...)
}

// camera reads one picture.
func (in *inspection) camera(ctx context.Context, cfg firmwarecfg.Camera) (string, error) {
	src, err := newSource(cfg, in.log)
	if err != nil {
		return "", err
	}
	if src.tablet != nil {
		return "a tablet's: it comes when the tablet does, see `edge tablet`", nil
	}
	c, err := src.open(ctx)
	if err != nil {
		return "", fmt.Errorf("the camera cannot be opened: see that it is plugged in, that camera.source names it, and that this user is of the group video: %w", err)
	}
	var f ar.Frame
	if err := errors.Join(c.Read(ctx, &f), c.Close()); err != nil {
		return "", fmt.Errorf("the camera gives no picture: see its cable, and whether another program has it: %w", err)
	}
	clear(f.Pix) // whoever stood there
	return fmt.Sprintf("it gives pictures of %d × %d", f.Width, f.Height), nil
}

func (in *inspection) printer(ctx context.Context) (string, error) {
	p := &in.cfg.Printer
	if !p.On() {
		return "none is set up, see printer.address", nil
	}
	d := ticket.Device{Address: p.Address, Mute: !p.Answers}
	state, err := d.Look(ctx)
	if err != nil {
		if t, ok := errors.AsType[*ticket.Trouble](err); ok {
			return "", fmt.Errorf("%w (%w)", printerFault(t.Reason), err)
		}
		return "", err
	}
	switch {
	case state == edge.PrinterPaperLow:
		return "it prints; its paper will soon be out", nil
	case !p.Answers:
		return "it can be reached; it does not say whether it prints, see printer.answers", nil
	}
	return "it prints", nil
}

// line connects to the broker as the gateway does, and listens where it does. It
// says nothing, so headquarters hears of nobody.
func (in *inspection) line(ctx context.Context) (string, error) {
	if in.cfg.HQ.MQTT.URL == "" {
		return "none is set up: the shop sells on its own, see hq.mqtt", nil
	}
	if _, err := firmwarecfg.ParsePublicKey(in.cfg.HQ.Key); err != nil {
		return "", fmt.Errorf("hq.key: %w", err)
	}
	dialer, err := process.Dialer(in.cfg.HQ.Credentials(), in.cfg.Node, in.log)
	if err != nil {
		return "", fmt.Errorf("hq.mqtt: %w", err)
	}
	own := cloudsync.Topic{Node: in.cfg.Node, Branch: cloudsync.BranchDown}.String()
	link, err := dialer.Dial(ctx, cloudsync.Session{Filters: []string{own}})
	if err == nil {
		link.Close()
	}
	if shutsOut(err) || in.doorShut(ctx) {
		return "", errShutOut
	}
	if err != nil {
		return "", fmt.Errorf("the broker does not let this gateway in: see that the line is up, and hq.mqtt with its certificates and password; the till sells meanwhile: %w", err)
	}
	return "the broker lets this gateway in", nil
}

// doorShut reports whether headquarters' own door, which knows at once what a broker
// learns later, says that it has shut this machine out.
func (in *inspection) doorShut(ctx context.Context) bool {
	if in.cfg.HQ.Identity == "" {
		return false
	}
	link, err := ingestDialer{in.cfg}.Dial(ctx, cloudsync.Session{})
	if err == nil {
		link.Close()
	}
	return shutsOut(err)
}
