package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func restoreCommand() *cobra.Command {
	var file string
	var latest, asJSON bool
	cmd := &cobra.Command{
		Use:   "restore --config edge.yaml FILE | --latest",
		Short: "Put a backup in the place of the gateway's database",
		Long: `Put a backup in the place of the gateway's database. The gateway must be
stopped. The database that is there is moved aside and kept, and whatever its
ledger holds beyond the backup and can still be read is taken over, so that no
printed receipt is missing at headquarters. What headquarters holds beyond that
comes back when the line is up.

The restored database begins a new receipt series, e.g. T1-2-000001 after
T1-1-000815: no number is given out twice, also when one backup is restored
again, and when the line is down.`,
		Example: "  edge restore --config /etc/mirrorcart/edge.yaml --latest",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return process.UsageError{Err: fmt.Errorf("give one backup, not %d: see %s --help", len(args), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if latest == (len(args) == 1) {
				return process.UsageError{Err: errors.New("name a backup, or give --latest")}
			}
			cfg, err := firmwarecfg.LoadEdge(file, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			if err := process.ActAsOwner(cfg.DataDir); err != nil {
				return err
			}
			opt := databaseOptions(cfg, process.Log(cmd.ErrOrStderr(), cfg.Log.Level))
			var r *sqlite.Restored
			if latest {
				r, err = restoreLatest(cmd.Context(), opt, cmd.ErrOrStderr())
			} else {
				r, err = sqlite.Restore(cmd.Context(), opt, args[0])
			}
			if err != nil {
				return err
			}
			return tellRestored(cmd.OutOrStdout(), r, asJSON)
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/edge.yaml", "configuration file")
	cmd.Flags().BoolVar(&latest, "latest", false, "take the newest backup that is good")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as one line of JSON")
	return cmd
}

// restoreLatest takes the newest backup that can be restored.
func restoreLatest(ctx context.Context, opt sqlite.Options, told io.Writer) (*sqlite.Restored, error) {
	for _, b := range sqlite.Backups(opt.Node, opt.Backups...) {
		r, err := sqlite.Restore(ctx, opt, b.Path)
		if edge.KindOf(err) == edge.Invalid && err != nil { // the backup is damaged
			fmt.Fprintf(told, "passed over: %v\n", err)
			continue
		}
		return r, err
	}
	return nil, edge.Errorf("restore", edge.NotFound, "there is no good backup of %s in %v: name a file", opt.Node, opt.Backups)
}

func tellRestored(w io.Writer, r *sqlite.Restored, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]any{
			"from": r.From, "aside": r.Aside, "series": r.Series, "events_taken_over": r.Events, "lost": append([]string{}, r.Lost...),
		})
	}
	fmt.Fprintf(w, "restored from %s\n", r.From)
	if r.Aside != "" {
		fmt.Fprintf(w, "the database that was there is kept as %s; %d events were taken over from it\n", r.Aside, r.Events)
	}
	for _, l := range r.Lost {
		fmt.Fprintf(w, "not taken over: %s\n", l)
	}
	_, err := fmt.Fprintf(w, "receipts go on in series %d; start the gateway\n", r.Series)
	return err
}
