package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// exportChoice is which events an export is to hold.
type exportChoice struct {
	sinceMark, all bool
	epoch, lane    string
	from, to       uint64
}

func exportCommand() *cobra.Command {
	var file string
	var choice exportChoice
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "export [--since-mark | --all | --from N [--to N] [--lane LANE] [--epoch EPOCH]] FILE.ndjson.zst",
		Short: "Write the shop's events into a signed file, for hq import",
		Long: `Write the shop's events into a signed file that headquarters takes with
hq import: for a shop whose line is down for long. The gateway may be running, and
whatever it sends meanwhile counts once all the same.

Without a choice the file holds what headquarters has not confirmed.`,
		Example: "  edge export /media/usb/shop-1.ndjson.zst\n  edge export --lane sale --from 1 --to 5000 again.ndjson.zst",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := process.Args("FILE.ndjson.zst")(cmd, args); err != nil {
				return err
			}
			return choice.check()
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := firmwarecfg.LoadEdge(file, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			if err := actForFile(cfg, args[0]); err != nil {
				return err
			}
			key, err := firmwarecfg.LoadKey(cfg.Keys.Device)
			if err != nil {
				return err
			}
			archive, err := sqlite.OpenArchive(cmd.Context(), databaseOptions(cfg, nil).Path)
			if err != nil {
				return err
			}
			defer archive.Close()
			x, err := choice.export(cmd.Context(), archive, key)
			if err != nil {
				return err
			}
			if len(x.Spans) > 0 {
				if err := writeExport(cmd.Context(), x, args[0], cmd.ErrOrStderr()); err != nil {
					return err
				}
			}
			return reportExport(cmd.OutOrStdout(), x, args[0], asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&file, "config", "/etc/mirrorcart/edge.yaml", "configuration file")
	f.BoolVar(&choice.sinceMark, "since-mark", false, "what headquarters has not confirmed (the default)")
	f.BoolVar(&choice.all, "all", false, "everything, of all epochs")
	f.Uint64Var(&choice.from, "from", 0, "first event, from 1")
	f.Uint64Var(&choice.to, "to", 0, "last event; 0 for the lane's last")
	f.StringVar(&choice.lane, "lane", "", "with --from: sale or ops; empty for both")
	f.StringVar(&choice.epoch, "epoch", "", "with --from: an earlier epoch; empty for the present one")
	f.BoolVar(&asJSON, "json", false, "print the outcome as one line of JSON")
	cmd.MarkFlagsMutuallyExclusive("since-mark", "all", "from")
	return cmd
}

func (c exportChoice) check() error {
	bad := func(format string, args ...any) error { return process.UsageError{Err: fmt.Errorf(format, args...)} }
	switch {
	case c.from == 0 && (c.to != 0 || c.lane != "" || c.epoch != ""):
		return bad("--to, --lane and --epoch belong to --from: name the first event")
	case c.to != 0 && c.to < c.from:
		return bad("--to %d is before --from %d", c.to, c.from)
	case c.lane != "" && c.lane != string(edge.LaneSale) && c.lane != string(edge.LaneOps):
		return bad("--lane %q: use sale or ops", c.lane)
	}
	return nil
}

// export finds the spans that the file is to hold; none where there is nothing.
func (c exportChoice) export(ctx context.Context, a *sqlite.Archive, key ed25519.PrivateKey) (*cloudsync.Export, error) {
	x := &cloudsync.Export{Node: a.Node, Key: key, Archive: a, Made: time.Now()}
	epochs, err := a.Epochs(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case c.epoch != "":
		epochs = []string{c.epoch}
	case !c.all: // what HQ lacks of an earlier epoch stands in the present one again
		epochs = epochs[max(0, len(epochs)-1):]
	}
	for _, epoch := range epochs {
		for _, lane := range edge.Lanes() {
			if c.lane != "" && c.lane != string(lane) {
				continue
			}
			s := cloudsync.ExportSpan{Epoch: epoch, Lane: lane, From: max(c.from, 1)}
			if s.To, _, err = a.EpochHead(ctx, epoch, lane); err != nil {
				return nil, err
			}
			if c.to != 0 {
				s.To = min(s.To, c.to)
			}
			if c.from == 0 && !c.all {
				mark, err := a.EpochMark(ctx, epoch, lane)
				if err != nil {
					return nil, err
				}
				s.From = mark + 1
			}
			if s.From <= s.To {
				x.Spans = append(x.Spans, s)
			}
		}
	}
	return x, nil
}

// writeExport writes the file whole, or none.
func writeExport(ctx context.Context, x *cloudsync.Export, path string, progress io.Writer) (err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return process.UsageError{Err: fmt.Errorf("%s is there already: remove it, or choose another name", path)}
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	bar := process.NewProgress(progress, "export", x.Events())
	err = x.Write(ctx, f, bar.Set)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// exportReport is the outcome in JSON.
type exportReport struct {
	File   string                 `json:"file"` // empty where there was nothing to write
	Node   string                 `json:"node"`
	Events uint64                 `json:"events"`
	Spans  []cloudsync.ExportSpan `json:"spans"`
}

func reportExport(w io.Writer, x *cloudsync.Export, path string, asJSON bool) error {
	r := exportReport{File: path, Node: x.Node, Events: x.Events(), Spans: x.Spans}
	if len(x.Spans) == 0 {
		r.File, r.Spans = "", []cloudsync.ExportSpan{}
	}
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	if len(x.Spans) == 0 {
		_, err := fmt.Fprintln(w, "nothing to export: headquarters has confirmed everything")
		return err
	}
	for _, s := range x.Spans {
		if _, err := fmt.Fprintf(w, "lane %-4s events %d to %d, epoch %s\n", s.Lane, s.From, s.To, s.Epoch); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%s: %d events of %s\n", path, r.Events, x.Node)
	return err
}
