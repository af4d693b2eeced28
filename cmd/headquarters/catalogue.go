package headquarters

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// CatalogueCommand is the command that issues catalogues to the shops.
func CatalogueCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "catalogue",
		Short: "Issue a catalogue with its prices to all shops, or take one back",
		Long: `Issue a catalogue with its prices to all shops, or take one back. Headquarters may run
meanwhile: it passes on what is issued within seconds.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var config string
	cmd.PersistentFlags().StringVar(&config, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	cmd.AddCommand(importCommand(&config), undoCommand(&config), listCommand(&config), showCommand(&config))
	return cmd
}

// desk is where somebody issues catalogues.
type desk struct {
	cfg  *firmwarecfg.HQ
	db   *hq.HQ
	zone *time.Location // the shop's: times are shown in it
	in   io.Reader
	out  io.Writer
	now  func() time.Time
}

// atDesk runs do with headquarters' database open.
func atDesk(cmd *cobra.Command, config string, do func(context.Context, *desk) error) error {
	cfg, err := firmwarecfg.LoadHQ(config, os.Environ())
	if err != nil {
		return process.UsageError{Err: err}
	}
	zone, err := shopdir.Zone(cfg.ShopDir)
	if err != nil {
		zone = time.Local // a folder with a fault keeps nobody from taking a catalogue back
	}
	db, err := OpenLedger(cmd.Context(), cfg, process.Log(cmd.ErrOrStderr(), max(cfg.Log.Level, slog.LevelWarn)))
	if err != nil {
		return err
	}
	d := &desk{cfg: cfg, db: db, zone: zone, in: cmd.InOrStdin(), out: cmd.OutOrStdout(), now: time.Now}
	return errors.Join(do(cmd.Context(), d), db.Close())
}

// order is a catalogue to import.
type order struct {
	file, images, effective string
	yes                     bool

	table    *os.File // file
	pictures fs.FS    // of images; nil for shop_dir's
}

// open opens the files of whoever runs the command, which the owner of headquarters'
// database may not be able to. Close table when done.
func (o *order) open() (err error) {
	if o.table, err = os.Open(o.file); err != nil || o.images == "" {
		return err
	}
	if o.pictures, err = shopdir.OpenFolder(o.images); err != nil {
		return errors.Join(fmt.Errorf("--images %s is no folder: %w", o.images, err), o.table.Close())
	}
	return nil
}

func importCommand(config *string) *cobra.Command {
	var o order
	cmd := &cobra.Command{
		Use:   "import FILE.csv",
		Short: "Check a product table, show what it changes, and issue it",
		Long: `Check a product table, show what it changes of the catalogue in force, ask, and issue
it to all shops. Its columns are those of products.csv; categories, currency and looks
come from shop_dir. Every fault is told with its line and column, and nothing is
issued while there is one.`,
		Example: "  hq catalogue import spring.csv --images spring --effective 2027-02-01T08:00:00+07:00",
		Args:    process.Args("FILE.csv"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			if err := o.open(); err != nil {
				return process.UsageError{Err: err}
			}
			defer o.table.Close()
			return atDesk(cmd, *config, func(ctx context.Context, d *desk) error { return d.importTable(ctx, o) })
		},
	}
	cmd.Flags().StringVar(&o.images, "images", "", "folder of pictures and try-on shapes, with pictures/ and tryon/ in it or all in one; shop_dir's where empty")
	cmd.Flags().StringVar(&o.effective, "effective", "", "when it takes effect, e.g. 2027-02-01T08:00:00+07:00 or, in the shop's time zone, \"2027-02-01 08:00\"; at once where empty")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "issue it without asking")
	return cmd
}

func (d *desk) importTable(ctx context.Context, o order) error {
	shop, err := d.readTable(o)
	if err != nil {
		return err
	}
	effective, err := d.effective(o.effective)
	if err != nil {
		return process.UsageError{Err: err}
	}
	hashed := func(body []byte) (edge.Hash, error) { return sha256.Sum256(body), nil }
	r, err := shop.Pack(effective, hashed)
	if err != nil {
		return err
	}
	before, err := d.inForce(ctx)
	if err != nil {
		return err
	}
	issues, err := d.db.Issues(ctx, 1000)
	if err != nil {
		return err
	}
	changes := edge.CompareReleases(before, r)
	if err := d.printChanges(before, r, changes, issues); err != nil {
		return err
	}
	if changes.None() && len(issues) > 0 && issues[0].InForce && !issues[0].Issued.IsZero() {
		_, err := fmt.Fprintln(d.out, "Nothing to issue.")
		return err
	}
	if ok, err := d.confirmed(o.yes); err != nil || !ok {
		return err
	}
	if r, err = shop.Pack(effective, func(body []byte) (edge.Hash, error) { return d.db.PutAsset(ctx, body) }); err != nil {
		return err
	}
	s, err := d.db.IssueRelease(ctx, r, filepath.Base(o.file))
	if err != nil {
		return err
	}
	return d.told(ctx, s)
}

func (d *desk) readTable(o order) (*shopdir.Shop, error) {
	dir, err := shopdir.Open(d.cfg.ShopDir)
	if err != nil {
		return nil, fmt.Errorf("shop_dir: %w", err)
	}
	if o.pictures == nil {
		o.pictures = dir
	}
	return shopdir.ReadTable(dir, filepath.Base(o.file), o.table, o.pictures)
}

// effective reads a time: now where s is empty.
func (d *desk) effective(s string) (time.Time, error) {
	now := d.now()
	if s == "" {
		return now, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02 15:04", s, d.zone)
	}
	switch {
	case err != nil:
		return at, fmt.Errorf("--effective %q: write 2027-02-01T08:00:00+07:00, or \"2027-02-01 08:00\" in the shop's time zone", s)
	case at.Before(now.Add(-time.Minute)):
		return at, fmt.Errorf("--effective %s is past: leave it out to issue the catalogue at once", at.Format(time.RFC3339))
	case at.After(now.AddDate(2, 0, 0)):
		return at, fmt.Errorf("--effective %s is more than two years ahead: is the year right?", at.Format(time.RFC3339))
	}
	return at, nil
}

// when writes a time as the shop's people read it.
func (d *desk) when(t time.Time) string { return t.In(d.zone).Format("2006-01-02 15:04 MST") }

// inForce is the release in force, or one without anything in it.
func (d *desk) inForce(ctx context.Context) (*edge.Release, error) {
	r, err := d.db.Release(ctx)
	if edge.KindOf(err) == edge.Unavailable {
		return &edge.Release{}, nil
	}
	return r, err
}

// confirmed asks whether to go on.
func (d *desk) confirmed(yes bool) (bool, error) {
	if yes {
		return true, nil
	}
	if _, err := fmt.Fprint(d.out, "Issue this to all shops? [y/N] "); err != nil {
		return false, err
	}
	answer, err := bufio.NewReader(d.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	_, err = fmt.Fprintln(d.out, "Nothing was issued.")
	return false, err
}

// told says what became of a release.
func (d *desk) told(ctx context.Context, s *edge.SignedRelease) error {
	shops, err := d.db.Shops(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(d.out, "Catalogue %d was issued to %s, in force from %s. To take it back: hq catalogue undo\n",
		s.Version, gateways(len(shops)), d.when(s.Effective))
	return err
}

func gateways(n int) string {
	if n == 1 {
		return "1 gateway"
	}
	return fmt.Sprintf("%d gateways", n)
}

func undoCommand(config *string) *cobra.Command {
	var to uint32
	var yes bool
	cmd := &cobra.Command{
		Use:   "undo",
		Short: "Issue the catalogue before the newest one again",
		Long: `Issue the content of the catalogue before the newest one, or of the one that --to
names, as a new version, in force at once. Undone twice is as if nothing had been
undone.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return atDesk(cmd, *config, func(ctx context.Context, d *desk) error { return d.undo(ctx, to, yes) })
		},
	}
	cmd.Flags().Uint32Var(&to, "to", 0, "version whose content is issued again; 0 for the one before the newest")
	cmd.Flags().BoolVar(&yes, "yes", false, "issue it without asking")
	return cmd
}

func (d *desk) undo(ctx context.Context, to uint32, yes bool) error {
	issues, err := d.db.Issues(ctx, 1000)
	if err != nil {
		return err
	}
	if len(issues) < 2 && to == 0 {
		return edge.Errorf("catalogue undo", edge.Conflict, "there is no catalogue before the newest one: nothing can be taken back")
	}
	if to == 0 {
		to = issues[1].Version
	}
	r, err := d.db.ReleaseVersion(ctx, to)
	if err != nil {
		return err
	}
	before, err := d.inForce(ctx)
	if err != nil {
		return err
	}
	r.Effective = d.now()
	if err := d.printChanges(before, r, edge.CompareReleases(before, r), issues); err != nil {
		return err
	}
	if ok, err := d.confirmed(yes); err != nil || !ok {
		return err
	}
	s, err := d.db.Undo(ctx, to)
	if err != nil {
		return err
	}
	return d.told(ctx, s)
}

func listCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the catalogues, newest first",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return atDesk(cmd, *config, func(ctx context.Context, d *desk) error { return d.list(ctx) })
		},
	}
}

func showCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use:   "show [VERSION]",
		Short: "Show a catalogue: the one in force, or the one of a version",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return process.UsageError{Err: fmt.Errorf("give one version, not %d: see %s --help", len(args), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return atDesk(cmd, *config, func(ctx context.Context, d *desk) error {
				if len(args) == 0 {
					return d.show(ctx, 0)
				}
				version, err := strconv.ParseUint(args[0], 10, 32)
				if err != nil || version == 0 {
					return process.UsageError{Err: fmt.Errorf("%q is no version: see hq catalogue list", args[0])}
				}
				return d.show(ctx, uint32(version))
			})
		},
	}
}
