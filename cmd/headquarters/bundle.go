package headquarters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

// BundleCommands are the commands that bring bundles to the gateways.
func BundleCommands() []*cobra.Command {
	list := []*cobra.Command{bundlePublish(), bundleStatus()}
	for act, short := range map[rollout.Act]string{
		rollout.Pause:  "Hold a bundle back from the gateways that have not applied it yet",
		rollout.Resume: "Let a bundle go on that was held back",
		rollout.Stop:   "Take a bundle back from the gateways that have not applied it yet, for good",
	} {
		list = append(list, bundleAct(act, short))
	}
	for _, cmd := range list {
		cmd.Flags().String("config", "/etc/mirrorcart/hq.yaml", "configuration file")
	}
	return list
}

// atRollouts runs do with headquarters' database open.
func atRollouts(cmd *cobra.Command, do func(context.Context, *desk) error) error {
	config, err := cmd.Flags().GetString("config")
	if err != nil {
		return err
	}
	return atDesk(cmd, config, do)
}

// issue is what to publish, and how.
type issue struct {
	file, rings, window, notBefore string
	archive                        []byte // what the file holds
	plan                           rollout.Plan
	json                           bool
}

func bundlePublish() *cobra.Command {
	i := issue{plan: rollout.DefaultPlan()}
	cmd := &cobra.Command{
		Use:   "publish FILE.bundle",
		Short: "Bring a bundle to the gateways, ring by ring",
		Long: `Bring a bundle to the gateways whose machines it is for: to the first ring, and when
that has worked with it for a while to the next. It stops by itself where too many
fail; a shop that is silent is no success. The bundle must be signed as bundle_roots
in hq.yaml says.`,
		Example: "  hq bundle publish v12.bundle --rings 1,5%,25%,100% --soak 30m --window 22:00-06:00",
		Args:    process.Args("FILE.bundle"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			i.file = args[0]
			if i.archive, err = readArchive(i.file); err != nil {
				return process.UsageError{Err: err}
			}
			return atRollouts(cmd, func(ctx context.Context, d *desk) error { return d.publishBundle(ctx, i) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&i.rings, "rings", "1,5%,25%,100%", "gateways that have it after each step: numbers, or parts of all; the last 100%")
	f.DurationVar(&i.plan.Soak, "soak", i.plan.Soak, "how long a ring works with it before the next one begins")
	f.IntVar(&i.plan.Tolerance, "failures", i.plan.Tolerance, "per cent of the gateways told that may fail; in the first ring none")
	f.IntVar(&i.plan.Enough, "enough", i.plan.Enough, "per cent of the gateways told that must run it before the next ring; in the first ring all")
	f.StringVar(&i.window, "window", "", "hours in which it is applied, by each shop's own clock, e.g. 22:00-06:00; any where empty")
	f.StringVar(&i.notBefore, "not-before", "", "when it is applied at the earliest, e.g. 2027-02-01T22:00:00+07:00; at once where empty")
	f.BoolVar(&i.json, "json", false, "print one line of JSON")
	return cmd
}

func (d *desk) publishBundle(ctx context.Context, i issue) (err error) {
	if i.plan.Rings, err = rollout.ParseRings(i.rings); err != nil {
		return process.UsageError{Err: fmt.Errorf("--rings: %w", err)}
	}
	if i.plan.Window, err = parseWindow(i.window); err != nil {
		return process.UsageError{Err: err}
	}
	if i.notBefore != "" {
		if i.plan.NotBefore, err = time.Parse(time.RFC3339, i.notBefore); err != nil {
			return process.UsageError{Err: fmt.Errorf("--not-before %q: write 2027-02-01T22:00:00+07:00", i.notBefore)}
		}
	}
	if err := i.plan.Check(); err != nil {
		return process.UsageError{Err: err}
	}
	m, err := d.checkBundle(i.archive)
	if err != nil {
		return fmt.Errorf("%s: %w", i.file, err)
	}
	sum, err := d.db.PutAsset(ctx, i.archive)
	if err != nil {
		return err
	}
	b := rollout.Bundle{Version: m.Version, SHA256: sum, Size: int64(len(i.archive)), Classes: m.Classes, Expires: m.Expires}
	id, err := d.db.Rollouts().Publish(ctx, b, i.plan, account.ByCommand)
	if err != nil {
		return err
	}
	if i.json {
		return json.NewEncoder(d.out).Encode(map[string]any{"rollout": id, "version": m.Version})
	}
	_, err = fmt.Fprintf(d.out, "Version %d goes to the first ring now: see hq bundle status, or the page /bundles.\n", m.Version)
	return err
}

// readArchive reads a bundle's file, and no more of a longer one than it takes to
// refuse it.
func readArchive(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, bundle.MaxArchive+1))
}

// checkBundle refuses a bundle that the gateways would refuse.
func (d *desk) checkBundle(archive []byte) (m bundle.Manifest, err error) {
	text, err := os.ReadFile(d.cfg.BundleRoots)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("nothing says who signs bundles: put the root sets into %s, or set bundle_roots in hq.yaml", d.cfg.BundleRoots)
	}
	if err != nil {
		return m, err
	}
	roots, err := bundle.ParseRoots(text)
	if err != nil {
		return m, fmt.Errorf("%s: %w", d.cfg.BundleRoots, err)
	}
	root, err := roots.Trusted()
	if err != nil {
		return m, fmt.Errorf("%s: %w", d.cfg.BundleRoots, err)
	}
	b, err := bundle.Parse(archive)
	if err != nil {
		return m, err
	}
	_, err = bundle.Trust{Root: root}.Check(b, "", d.now())
	return b.Manifest, err
}

// parseWindow reads 22:00-06:00; nothing where s is empty.
func parseWindow(s string) (*cloudsync.Window, error) {
	if s == "" {
		return nil, nil
	}
	from, to, _ := strings.Cut(s, "-")
	begins, err := time.Parse("15:04", strings.TrimSpace(from))
	ends, errTo := time.Parse("15:04", strings.TrimSpace(to))
	if err != nil || errTo != nil {
		return nil, fmt.Errorf("--window %q: write it as 22:00-06:00", s)
	}
	w := cloudsync.Window{From: begins.Hour()*60 + begins.Minute(), To: ends.Hour()*60 + ends.Minute()}
	if err := w.Check(); err != nil {
		return nil, fmt.Errorf("--window %q: %w", s, err)
	}
	return &w, nil
}

func bundleAct(act rollout.Act, short string) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:     string(act) + " VERSION",
		Short:   short,
		Example: "  hq bundle " + string(act) + " 12 --why \"stock-taking\"",
		Args:    process.Args("VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			version, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return process.UsageError{Err: fmt.Errorf("%q is no version: see hq bundle status", args[0])}
			}
			return atRollouts(cmd, func(ctx context.Context, d *desk) error { return d.actOnBundle(ctx, version, act, why) })
		},
	}
	cmd.Flags().StringVar(&why, "why", "", "the reason, for the log and for those who look at the page")
	return cmd
}

func (d *desk) actOnBundle(ctx context.Context, version int64, act rollout.Act, why string) error {
	list, err := d.db.Rollouts().List(ctx, 1000)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(o rollout.Rollout) bool { return o.Version != version })
	if len(list) == 0 {
		return fmt.Errorf("version %d was not published: see hq bundle status", version)
	}
	// The same number may have gone to other kinds of machine before.
	i := max(0, slices.IndexFunc(list, func(o rollout.Rollout) bool { return o.State == rollout.Running || o.State == rollout.Paused }))
	state, err := d.db.Rollouts().Do(ctx, list[i].ID, act, account.ByCommand, why)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(d.out, "Version %d is %s.\n", version, state)
	return err
}

func bundleStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Show which bundles are on their way, and which run",
		Example: "  hq bundle status --json",
		Args:    process.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return atRollouts(cmd, func(ctx context.Context, d *desk) error { return d.showBundles(ctx, asJSON) })
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON")
	return cmd
}

// bundleStanding is a rollout with the machines that are not done with it.
type bundleStanding struct {
	rollout.Rollout
	Machines []rollout.Machine `json:"machines"`
}

func (d *desk) showBundles(ctx context.Context, asJSON bool) error {
	const atMost, machines = 20, 100
	list, err := d.db.Rollouts().List(ctx, atMost)
	if err != nil {
		return err
	}
	fleets, err := d.db.Rollouts().Fleets(ctx)
	if err != nil {
		return err
	}
	standing := []bundleStanding{}
	for _, o := range list {
		m, err := d.db.Rollouts().Machines(ctx, o.ID, machines)
		if err != nil {
			return err
		}
		standing = append(standing, bundleStanding{o, m})
	}
	if asJSON {
		return json.NewEncoder(d.out).Encode(map[string]any{"fleets": fleets, "rollouts": standing})
	}
	t := newTable(d.out)
	t.row("KIND\tRUNS\tGATEWAYS")
	for _, f := range fleets {
		t.row("%s\t%s\t%d", f.Class, versionName(f.Version), f.Gateways)
	}
	t.row("\nVERSION\tFOR\tSTATE\tRING\tTOLD\tRUN IT\tFAILED\tSILENT\tPUBLISHED")
	failed := false
	for _, o := range standing {
		t.row("%d\t%s\t%s\t%d of %d\t%d of %d\t%d\t%d\t%d\t%s", o.Version, strings.Join(o.Classes, ","), o.State, o.Ring+1, len(o.Plan.Rings),
			o.Counts.Told, o.Counts.Gateways, o.Counts.Committed, o.Counts.Failed, o.Counts.Silent, d.when(o.Created))
		failed = failed || o.Counts.Failed > 0
	}
	if failed {
		t.row("\nVERSION\tGATEWAY\tSTATE\tSINCE\tWHY")
	}
	for _, o := range standing {
		for _, m := range o.Machines {
			if m.State.Final() {
				t.row("%d\t%s\t%s\t%s\t%s", o.Version, m.Node, m.State, d.when(m.At), why(m))
			}
		}
	}
	return t.end()
}

// why a machine failed, in one line: its reason, unless what it says begins with it.
func why(m rollout.Machine) string {
	says := strings.Join(strings.Fields(m.Message), " ")
	if m.Reason == "" || strings.HasPrefix(says, m.Reason) {
		return says
	}
	return strings.TrimSuffix(m.Reason+": "+says, ": ")
}

func versionName(version int64) string {
	if version == 0 {
		return "no bundle"
	}
	return fmt.Sprintf("version %d", version)
}
