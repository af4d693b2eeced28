package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/api"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
)

// notConnected is the exit status where the shop was not there in time.
const notConnected = 3

// pullFlags are what is asked of a shop.
type pullFlags struct {
	clientFlags
	order                         api.PullOrder
	lane, follow                  string
	digest, snapshot, diagnostics bool
	asJSON                        bool
	wait                          time.Duration
}

func pullCommand() *cobra.Command {
	var f pullFlags
	cmd := &cobra.Command{
		Use:   "pull SHOP",
		Short: "Ask a shop for events once more, for a comparison, a snapshot or a diagnosis",
		Long: `Ask a shop for events once more, for a comparison, a snapshot or a diagnosis,
through the headquarters that runs and with an operator's token.

--from and --to are numbers of events or times by the shop's clock. --digest
compares what shop and headquarters hold, and pulls the blocks that differ. An
interrupted command stops watching only: the pull goes on at headquarters.

Exit status: 0 done, 1 failed, 2 used wrongly, 3 the shop was not there within
--wait (it is asked all the same as soon as it is, within a day).`,
		Example: `  hq pull hanoi-1 --digest
  hq pull hanoi-1 --from 2026-11-21T08:00:00+07:00 --to 2026-11-21T12:00:00+07:00
  hq pull hanoi-1 --from 1200 --to 1800 --lane sale
  hq pull hanoi-1 --snapshot --json > snapshot.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.follow == "":
				return process.Args("SHOP")(cmd, args)
			case len(args) > 0:
				return process.UsageError{Err: fmt.Errorf("--follow says which pull, so no shop is named: see %s --help", cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.add(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.order.From, "from", "", "first event wanted: its number, or a time")
	fl.StringVar(&f.order.To, "to", "", "last event wanted; up to the newest without it")
	fl.StringVar(&f.lane, "lane", "", "sale or ops; both without it, with numbers sale")
	fl.StringVar(&f.order.Node, "node", "", "one gateway of the shop; all without it")
	fl.BoolVar(&f.digest, "digest", false, "compare, and pull what differs")
	fl.BoolVar(&f.snapshot, "snapshot", false, "stock, open carts, receipt series and marks")
	fl.BoolVar(&f.diagnostics, "diagnostics", false, "how the gateways are")
	fl.StringVar(&f.follow, "follow", "", "watch a pull that was begun before, by its id")
	fl.DurationVar(&f.wait, "wait", 30*time.Second, "how long the shop may take to be there")
	fl.BoolVar(&f.asJSON, "json", false, "print the outcome as one line of JSON")
	return cmd
}

func (f *pullFlags) kind() string {
	switch {
	case f.digest:
		return hq.PullDigest
	case f.snapshot:
		return hq.PullSnapshot
	case f.diagnostics:
		return hq.PullDiagnostics
	}
	return hq.PullRange
}

func (f *pullFlags) run(cmd *cobra.Command, args []string) error {
	chosen := 0
	for _, b := range []bool{f.digest, f.snapshot, f.diagnostics, f.follow != ""} {
		if b {
			chosen++
		}
	}
	if chosen > 1 {
		return process.UsageError{Err: errors.New("--digest, --snapshot, --diagnostics and --follow do not go together: give one")}
	}
	f.order.Kind, f.order.Lane = f.kind(), edge.Lane(f.lane)
	if f.follow == "" && f.order.Kind == hq.PullRange && f.order.From == "" {
		return process.UsageError{Err: errors.New("say what is wanted: --from, --digest, --snapshot or --diagnostics")}
	}
	client, err := f.client()
	if err != nil {
		return err
	}
	id := f.follow
	if id == "" {
		p, err := client.Order(cmd.Context(), args[0], f.order)
		if e, ok := errors.AsType[*headquarters.APIError](err); ok && (e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound) {
			return process.UsageError{Err: err}
		}
		if err != nil {
			return err
		}
		id = p.ID
	}
	follower := headquarters.Follower{Client: client, Wait: f.wait}
	if !f.asJSON {
		follower.Out, follower.Bar = cmd.ErrOrStderr(), onTerminal(cmd.ErrOrStderr())
	}
	p, err := follower.Follow(cmd.Context(), id)
	if p != nil {
		err = errors.Join(err, f.print(cmd, client, p))
	}
	switch {
	case errors.Is(err, headquarters.ErrNotConnected):
		return process.StatusError{Status: notConnected, Err: err}
	case err != nil:
		return err
	case p.Phase == hq.PullFailed:
		return fmt.Errorf("pull %s failed: %s", p.ID, p.Message)
	}
	return nil
}

// print writes the outcome: the pull, and what a shop answered.
func (f *pullFlags) print(cmd *cobra.Command, client *headquarters.Client, p *hq.Pull) error {
	answer := p.Over && (p.Kind == hq.PullSnapshot || p.Kind == hq.PullDiagnostics)
	outcome := struct {
		*hq.Pull
		Results []api.PullResult `json:"results,omitempty"`
	}{Pull: p}
	if answer {
		var err error
		if outcome.Results, err = client.Results(cmd.Context(), p.ID); err != nil {
			return err
		}
	}
	switch {
	case f.asJSON:
		return json.NewEncoder(cmd.OutOrStdout()).Encode(outcome)
	case p.Phase == hq.PullDone:
		return tell(cmd.OutOrStdout(), p, outcome.Results)
	}
	return nil
}

func onTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
