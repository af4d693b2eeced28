package main

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/rig"
)

// crashPart is the command that is one process of `edge bench crash`.
const crashPart = "crash-part"

func benchCrashCommand() *cobra.Command {
	c := rig.Crash{Part: thisAsPart}
	// What is killed so often is not to spend its life waiting.
	c.Pace = rig.Pace{Backoff: cloudsync.Backoff{Base: 20 * time.Millisecond, Max: 500 * time.Millisecond}, Resend: time.Second}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "crash",
		Short: "Kill gateways, broker and collectors while they sell: is every sale at headquarters, once?",
		Long: `Kill gateways, broker and collectors while they sell, and count what became of
the sales. All of them are real processes on loopback that are killed (SIGKILL)
at random and started again at once; Mosquitto keeps nothing on disk, and the
demo's broker runs in this process. Each receipt that a gateway prints, after it
is on disk, is noted; a sale whose answer was cut off is sent again under its
key, and so is one in eight that was answered. In the end, when headquarters has
confirmed all that is left, the sales at headquarters are held against the notes.

It fails (1) where a sale is lost or doubled, a number is missing, or where
headquarters set an event aside or opened an incident; a gap that was filled is
none. The random choice can be repeated with the seed that is printed; what each
one meets cannot.`,
		Example: `  edge bench crash --kills 100
  edge bench crash --kills 1000 --broker mosquitto --hq postgres --json
  edge bench crash --kills 1000 --hq sqlite --rate 200`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Log = process.Log(cmd.ErrOrStderr(), slog.LevelError)
			if !cmd.Flags().Changed("seed") {
				c.Seed = uint64(rand.Uint32())
			}
			if c.Database == rig.SQLite && !cmd.Flags().Changed("collectors") {
				c.Collectors = 1
			}
			if err := c.Check(); err != nil {
				return process.UsageError{Err: fmt.Errorf("bench crash: %w", err)}
			}
			progress := process.NewProgress(cmd.ErrOrStderr(), "kills", uint64(c.Kills))
			c.Progress = func(kills int) { progress.Set(uint64(kills)) }
			r, err := c.Run(cmd.Context())
			if err != nil {
				return fmt.Errorf("bench crash: seed %d: %w", c.Seed, err)
			}
			return rig.Tell(cmd.OutOrStdout(), r, asJSON)
		},
	}
	fl := cmd.Flags()
	fl.IntVar(&c.Kills, "kills", 100, "processes to kill")
	fl.DurationVar(&c.Every, "every", 300*time.Millisecond, "time from one kill to the next, on average")
	fl.Float64Var(&c.Rate, "rate", 0, "sales a second that each gateway tries; 0 for as many as it can")
	fl.StringVar(&c.Broker, "broker", rig.Mosquitto, "`KIND` of broker: mosquitto or mochi")
	fl.StringVar(&c.Database, "hq", rig.Postgres, "`KIND` of headquarters' database: postgres or sqlite")
	fl.IntVar(&c.Shops, "edges", 3, "gateways")
	fl.IntVar(&c.Collectors, "collectors", 2, "collectors; over SQLite there is one")
	fl.Uint64Var(&c.Seed, "seed", 0, "repeat the choice of victims; without it another one each time")
	fl.BoolVar(&asJSON, "json", false, "print one line of JSON on standard output")
	cmd.AddCommand(&cobra.Command{
		Use: crashPart, Hidden: true, Short: "One process of the measurement",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return rig.Part(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), process.Log(cmd.ErrOrStderr(), slog.LevelError))
		},
	})
	return cmd
}

// thisAsPart runs this program again, as one process of the measurement.
func thisAsPart() *exec.Cmd {
	return exec.Command("/proc/self/exe", "bench", "crash", crashPart) //nolint:noctx // it is killed
}
