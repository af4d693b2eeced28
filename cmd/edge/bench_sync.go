package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/rig"
)

func benchSyncCommand() *cobra.Command {
	var s rig.Sync
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Measure the line to headquarters: a backlog drained, single sales, a restart of the broker",
		Long: `Measure the line to headquarters. All of it is started on loopback and is what a
chain runs: shops with databases of their own, a broker, collectors, and
headquarters' database.

First people sell in the shops, which takes its time and is not measured: a sale
of two products makes three events, of its cart, of itself, and of the cart that
is closed. Then the shops get their line, and the clock runs until headquarters'
signed ack for the last event is in the last shop's database. After that the
first shop sells one sale at a time on the idle line, each measured from the
request until that ack. With --reconnect the broker is killed at last, every
shop sells once more, and the clock runs from the broker's restart until
headquarters has it all.

In the end headquarters' sales and events are counted against what the tills
printed and the shops wrote down. It fails (1) where one is lost or doubled, or a
number is missing.`,
		Example: `  edge bench sync
  edge bench sync --events 1000000 --json
  edge bench sync --hq postgres --edges 10 --collectors 2
  edge bench sync --events 30000 --edges 1000 --reconnect   # a thousand shops come back`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			process.CollectRarely() // as headquarters does, which takes part
			s.Log, s.Progress = process.Log(cmd.ErrOrStderr(), slog.LevelError), cmd.ErrOrStderr()
			if err := s.Check(); err != nil {
				return process.UsageError{Err: fmt.Errorf("bench sync: %w", err)}
			}
			r, err := s.Run(cmd.Context())
			if err != nil {
				return fmt.Errorf("bench sync: %w", err)
			}
			return rig.Tell(cmd.OutOrStdout(), r, asJSON)
		},
	}
	fl := cmd.Flags()
	fl.IntVar(&s.Events, "events", 100_000, "events that wait in the shops, all together")
	fl.StringVar(&s.Broker, "broker", rig.Mosquitto, "`KIND` of broker: mosquitto or mochi")
	fl.StringVar(&s.Database, "hq", rig.SQLite, "`KIND` of headquarters' database: sqlite or postgres")
	fl.IntVar(&s.Shops, "edges", 1, "gateways")
	fl.IntVar(&s.Collectors, "collectors", 1, "collectors")
	fl.IntVar(&s.Singles, "singles", 300, "sales made one by one")
	fl.BoolVar(&s.Reconnect, "reconnect", false, "measure the way back after a restart of the broker too")
	fl.BoolVar(&asJSON, "json", false, "print one line of JSON on standard output")
	return cmd
}
