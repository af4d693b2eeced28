package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/rig"
)

func benchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: is it fast enough for headquarters?",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(benchIngestCommand())
	return cmd
}

func benchIngestCommand() *cobra.Command {
	var g rig.Ingest
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ingest",
		Short: "Measure how fast headquarters takes in what shops send",
		Long: `Measure how fast headquarters takes in what shops send, without the line between
them: see edge bench sync for that. First shops with databases of their own sell,
and their events are put into batches and signed, which is not measured. Then
headquarters checks signatures and hashes, commits, and signs its acks, with eight
batches of each lane at once.

In the end headquarters' sales and events are counted against what the tills
printed and the shops wrote down. It fails (1) where one is lost or doubled, or a
number is missing.`,
		Example: `  hq bench ingest
  hq bench ingest --hq postgres --collectors 2 --events 500000 --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			process.CollectRarely() // as headquarters does, which takes part
			g.Log, g.Progress = process.Log(cmd.ErrOrStderr(), slog.LevelError), cmd.ErrOrStderr()
			if err := g.Check(); err != nil {
				return process.UsageError{Err: fmt.Errorf("bench ingest: %w", err)}
			}
			r, err := g.Run(cmd.Context())
			if err != nil {
				return fmt.Errorf("bench ingest: %w", err)
			}
			return rig.Tell(cmd.OutOrStdout(), r, asJSON)
		},
	}
	fl := cmd.Flags()
	fl.IntVar(&g.Events, "events", 100_000, "events to take in")
	fl.StringVar(&g.Database, "hq", rig.SQLite, "`KIND` of headquarters' database: sqlite or postgres")
	fl.IntVar(&g.Collectors, "collectors", 1, "collectors, each with a shop that sends to it")
	fl.BoolVar(&asJSON, "json", false, "print one line of JSON on standard output")
	return cmd
}
