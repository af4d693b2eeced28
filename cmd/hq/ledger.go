package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func rebuildCommand() *cobra.Command {
	return ledgerCommand("rebuild", "Make sales, stock and all other tables anew from the shops' events",
		`Make sales, stock and all other tables anew from the shops' events. Headquarters may
go on running meanwhile; its pages fill up again as it goes.`,
		"The tables are made anew; headquarters' pages fill up as it goes.",
		func(cmd *cobra.Command, h *hq.HQ) error { return h.Rebuild(cmd.Context()) })
}

func restoredCommand() *cobra.Command {
	return ledgerCommand("restored", "Tell the shops that headquarters' database was put back from a backup",
		`Tell the shops that headquarters' database was put back from a backup, so that they
send what it lacks. Headquarters notices a database that was put back by itself; it
cannot notice when the whole machine was, disk and all.`,
		"The shops are told when they connect next, and send what headquarters lacks.",
		func(cmd *cobra.Command, h *hq.HQ) error { return h.NewIncarnation(cmd.Context()) })
}

// ledgerCommand does something with headquarters' database alone, and says what
// was done.
func ledgerCommand(use, short, long, told string, do func(*cobra.Command, *hq.HQ) error) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:     use + " --config hq.yaml",
		Short:   short,
		Long:    long,
		Example: "  hq " + use + " --config /etc/mirrorcart/hq.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := firmwarecfg.LoadHQ(file, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			h, err := headquarters.OpenLedger(cmd.Context(), cfg, process.Log(cmd.ErrOrStderr(), cfg.Log.Level))
			if err != nil {
				return err
			}
			if err := errors.Join(do(cmd, h), h.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), told)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	return cmd
}
