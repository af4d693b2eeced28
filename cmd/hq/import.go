package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func importCommand() *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE.ndjson.zst",
		Short: "Take in a file that edge export wrote",
		Long: `Take in a file that edge export wrote. The whole file is verified first: one that
was altered or cut short is refused with line and place, and changes nothing.
Headquarters may be running. A file may be taken in again, also after an
interruption: every event counts once.`,
		Example: "  hq import /media/usb/shop-1.ndjson.zst",
		Args:    process.Args("FILE.ndjson.zst"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			cfg, err := firmwarecfg.LoadHQ(file, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			in, err := os.Open(args[0])
			if err != nil {
				return process.UsageError{Err: err}
			}
			defer in.Close()
			db, err := headquarters.OpenLedger(cmd.Context(), cfg, process.Log(cmd.ErrOrStderr(), cfg.Log.Level))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			var bar *process.Progress
			report, err := db.Import(cmd.Context(), in, func(done, total uint64) {
				if bar == nil {
					bar = process.NewProgress(cmd.ErrOrStderr(), "import", total)
				}
				bar.Set(done)
			})
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(report)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d events of %s, %d of them held before\n",
				args[0], report.Events, report.Node, report.Held)
			if err == nil && report.Aside > 0 {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d of them count for nothing as yet: the key of %[2]s was taken back. If they are genuine: hq device accept %[2]s\n", report.Aside, report.Node)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as one line of JSON")
	return cmd
}
