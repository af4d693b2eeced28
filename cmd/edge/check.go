package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// checkPatience is how long one check may take: a camera may be slow to begin, and
// a large database to read.
const checkPatience = time.Minute

// finding is what a check came to.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Warns bool   `json:"warns,omitempty"` // it will do for now
	Says  string `json:"says"`            // what is there; or what is wrong, and how to mend it
}

// warning is the error of a look that found what will do for now, and should be mended.
type warning string

func (w warning) Error() string { return string(w) }

// findings are those of a machine.
type findings struct {
	OK      bool      `json:"ok"`
	Node    string    `json:"node"`
	Running bool      `json:"running"` // beside a gateway that runs
	Checks  []finding `json:"checks"`
}

func checkCommand() *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check --config edge.yaml",
		Short: "Look whether everything on this machine is as a gateway needs it",
		Long: `Look whether everything on this machine is as a gateway needs it, and say of what
is not how to mend it. The gateway may run: then it is asked for its camera,
printer and line, which are its own. The exit status is 0 only if all works; what is
marked with ! does, and should be mended all the same.

Run it as the gateway's user, or as root.`,
		Example: "  edge check --config /etc/mirrorcart/edge.yaml\n  edge check --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := firmwarecfg.LoadEdge(file, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			log := process.Log(cmd.ErrOrStderr(), max(cfg.Log.Level, slog.LevelWarn))
			found := inspect(cmd.Context(), cfg, log)
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(found)
			} else {
				err = found.print(cmd.OutOrStdout())
			}
			if err == nil && !found.OK {
				err = errors.New("not everything is as it should be")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/edge.yaml", "configuration file")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON on standard output")
	return cmd
}

// inspect looks at a gateway's machine.
func inspect(ctx context.Context, cfg *firmwarecfg.Edge, log *slog.Logger) *findings {
	in := &inspection{cfg: cfg, root: "/", follows: clockFollows, log: log, found: &findings{OK: true, Node: cfg.Node}}
	in.found.Running = sqlite.InUse(databaseOptions(cfg, log).Path)
	var report *monitor.Report
	switch {
	case !in.found.Running:
		in.check(ctx, "gateway", in.addresses)
	case cfg.Metrics.Addr == "":
		in.note("gateway", "it runs, and tells nobody how its camera, printer and line are, see metrics.addr", nil)
	default:
		in.check(ctx, "gateway", func(ctx context.Context) (_ string, err error) {
			if report, err = monitor.Ask(ctx, "http://"+cfg.Metrics.Addr+monitor.ReadyPath); err != nil {
				return "", err
			}
			return "it runs, version " + report.Version, nil
		})
	}
	for _, c := range []struct {
		name string
		look func(context.Context) (string, error)
	}{
		{"shop", in.shop},
		{"key", in.key},
		{"certificates", in.certificates},
		{"disk", in.disk},
		{"database", in.database},
		{"backup", in.backup},
		{"bundles", in.bundles},
		{"models", in.models},
		{"clock and headquarters", in.clock},
		{"browser", in.browser},
	} {
		in.check(ctx, c.name, c.look)
	}
	switch {
	case report != nil:
		in.told(report)
	case !in.found.Running: // nobody has them now
		in.alone(ctx)
	}
	return in.found
}

// inspection is one look at a machine.
type inspection struct {
	cfg     *firmwarecfg.Edge
	root    string      // the machine's root folder
	follows func() bool // whether the clock follows a time server
	log     *slog.Logger
	found   *findings
}

// check looks, and notes what it came to.
func (in *inspection) check(ctx context.Context, name string, look func(context.Context) (string, error)) {
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	says, err := look(ctx)
	in.note(name, says, err)
}

func (in *inspection) note(name, says string, err error) {
	f := finding{Check: name, OK: true, Says: says}
	if err != nil {
		_, f.Warns = errors.AsType[warning](err)
		f.OK, f.Says = f.Warns, process.Plain(err)
		in.found.OK = in.found.OK && f.OK
	}
	in.found.Checks = append(in.found.Checks, f)
}

// told notes what a gateway that runs says of itself.
func (in *inspection) told(r *monitor.Report) {
	for _, p := range r.Parts {
		var err error
		if !p.OK {
			err = errors.New(p.Why)
		}
		in.note(p.Part, "in order", err)
	}
}

// print writes a line for each check, and what is to be mended last.
func (f *findings) print(w io.Writer) error {
	for _, c := range f.Checks {
		mark := "✓"
		switch {
		case !c.OK:
			mark = "✗"
		case c.Warns:
			mark = "!"
		}
		if _, err := fmt.Fprintf(w, "%s %-22s %s\n", mark, c.Check, c.Says); err != nil {
			return err
		}
	}
	return nil
}
