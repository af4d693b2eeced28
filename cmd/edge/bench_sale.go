package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/rig"
)

const fsyncDelay = "fsync-delay" // a flag

// benchSaleFlags are the flags of `edge bench sale`.
type benchSaleFlags struct {
	rig.Sale
	delay  time.Duration
	mirror bool
	models string
	json   bool
}

func benchSaleCommand() *cobra.Command {
	var f benchSaleFlags
	cmd := &cobra.Command{
		Use:   "sale",
		Short: "Measure the till: sales that are on disk when they are answered, beside SQLite alone",
		Long: `Measure the till: sales that are on disk when they are answered, beside SQLite
alone. Each sale is one of two products; its time runs from the call of the
till's ledger, as the staff's page makes it, until the receipt may be printed.
HTTP is not in it. Carts are made before the clock starts.

By turns with the till, SQLite alone writes the same rows into the same tables
with the same settings: one sale a transaction, from one connection, with no
rule checked and nothing read. The ratio tells what the till's rules cost, and
what it wins when several tills share a commit.

With --fsync-delay the disk takes so much longer for each sync, as an SD card
does; strace holds up the calls. With --mirror a kiosk's mirror shows a moving
face at the same time, 30 frames a second.`,
		Example: `  edge bench sale
  edge bench sale --tills 8 --json
  edge bench sale --fsync-delay 10ms --dir /var/lib/mirrorcart   # on the gateway's own disk
  edge bench sale --mirror`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return process.UsageError{Err: fmt.Errorf("bench sale: %w", err)}
			}
			run := f.run
			if f.delay > 0 {
				run = f.runSlowly
			}
			if err := run(cmd); err != nil {
				return fmt.Errorf("bench sale: %w", err)
			}
			return nil
		},
	}
	fl := cmd.Flags()
	fl.IntVar(&f.Tills, "tills", 1, "tills that sell at the same time")
	fl.IntVar(&f.Sales, "sales", 2000, "sales of all tills together")
	fl.StringVar(&f.Dir, "dir", os.TempDir(), "`folder` on the disk that is measured")
	fl.DurationVar(&f.delay, fsyncDelay, 0, "time that each sync of the disk takes longer, 1ms to 1s")
	fl.BoolVar(&f.mirror, "mirror", false, "run a kiosk's mirror meanwhile")
	fl.StringVar(&f.models, "models", "", "the `folder` of the face models and the clip of the mirror")
	fl.BoolVar(&f.json, "json", false, "print one line of JSON on standard output")
	return cmd
}

// check reports what is wrong with the command line.
func (f *benchSaleFlags) check() error {
	if f.delay != 0 && (f.delay < time.Millisecond || f.delay > time.Second) {
		return fmt.Errorf("--%s is %s: want 1ms to 1s", fsyncDelay, f.delay)
	}
	return f.Check()
}

func (f *benchSaleFlags) run(cmd *cobra.Command) error {
	var r *rig.SaleReport
	sell := func(ctx context.Context) (err error) {
		r, err = f.Run(ctx)
		return err
	}
	fps := 0.0
	var err error
	if f.mirror {
		fps, err = besideMirror(cmd.Context(), f.models, sell)
	} else {
		err = sell(cmd.Context())
	}
	if err != nil {
		return err
	}
	if f.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(r)
	}
	err = r.Print(cmd.OutOrStdout())
	if f.mirror && err == nil {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "  mirror       %8.1f frames a second meanwhile\n", fps)
	}
	return err
}

// runSlowly runs this program again, with the same flags and a slow disk.
func (f *benchSaleFlags) runSlowly(cmd *cobra.Command) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	args := strings.Fields(cmd.CommandPath())[1:]
	cmd.Flags().Visit(func(fl *pflag.Flag) {
		if fl.Name != fsyncDelay {
			args = append(args, "--"+fl.Name+"="+fl.Value.String())
		}
	})
	slow, err := rig.SlowDisk(cmd.Context(), f.delay, exe, args...)
	if err != nil {
		return err
	}
	slow.Stdout, slow.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	return slow.Run()
}

// mirrorFPS is a kiosk's camera, and mirrorFrames more than anybody waits for.
const (
	mirrorFPS    = 30
	mirrorFrames = 1_000_000
)

// besideMirror does something while a kiosk's mirror shows a moving face, and
// gives the frames that it showed a second.
func besideMirror(ctx context.Context, models string, do func(context.Context) error) (fps float64, err error) {
	f := benchARFlags{kiosks: 1, frames: mirrorFrames, models: models}
	kiosks, closeAll, err := f.open(ctx, 1280, 720)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	k := kiosks[0]
	if err := k.runPaced(ctx, mirrorFPS, mirrorFPS); err != nil { // a second, to warm up
		return 0, err
	}
	k.took = k.took[:0]
	start := time.Now()
	showing := rig.Go(ctx, func(ctx context.Context) error { return k.runPaced(ctx, mirrorFrames, mirrorFPS) })
	err = do(ctx)
	if shown := showing.Stop(); !errors.Is(shown, context.Canceled) {
		err = errors.Join(err, shown)
	}
	return float64(len(k.took)) / time.Since(start).Seconds(), err
}
