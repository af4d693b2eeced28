package headquarters

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
)

// maxStaffFile bounds a staff file, in bytes.
const maxStaffFile = 64 << 10

// StaffCommand is the command that says who may sell in a shop.
func StaffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "staff",
		Short: "Say who may sell in a shop, or show it",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var config string
	cmd.PersistentFlags().StringVar(&config, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	cmd.AddCommand(
		&cobra.Command{
			Use:   "set SHOP FILE.yaml",
			Short: "Make a file the staff directory of a shop",
			Long: `Make a file the staff directory of a shop. It lists name, role (clerk or manager) and
pin_hash, as edge pin prints it; active: false signs somebody off. What edge.yaml
lists in the shop itself holds beside it.`,
			Example: "  hq staff set hue-1 hue-1-staff.yaml",
			Args:    process.Args("SHOP", "FILE.yaml"),
			RunE: func(cmd *cobra.Command, args []string) error {
				dir, err := readStaff(args[1])
				if err != nil {
					return fmt.Errorf("%s: %w", args[1], err)
				}
				return atDesk(cmd, config, func(ctx context.Context, d *desk) error { return d.setStaff(ctx, args[0], dir) })
			},
		},
		&cobra.Command{
			Use:   "list SHOP",
			Short: "Show the staff directory of a shop",
			Args:  process.Args("SHOP"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return atDesk(cmd, config, func(ctx context.Context, d *desk) error { return d.listStaff(ctx, args[0]) })
			},
		},
	)
	return cmd
}

func (d *desk) setStaff(ctx context.Context, shop string, dir *edge.Directory) error {
	if err := d.db.PutStaff(ctx, account.ByCommand, shop, dir); err != nil {
		return err
	}
	_, err := fmt.Fprintf(d.out, "The staff directory of %s has %d people now.\n", shop, len(dir.Members))
	return err
}

func readStaff(file string) (*edge.Directory, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxStaffFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxStaffFile {
		return nil, fmt.Errorf("larger than %d bytes", maxStaffFile)
	}
	var people []struct {
		Name    string `yaml:"name"`
		Role    string `yaml:"role"`
		PINHash string `yaml:"pin_hash"`
		Active  *bool  `yaml:"active"`
	}
	if err := yaml.UnmarshalWithOptions(b, &people, yaml.Strict()); err != nil {
		return nil, err
	}
	dir := &edge.Directory{}
	for _, p := range people {
		dir.Members = append(dir.Members, edge.Member{Name: p.Name, Role: p.Role, PIN: p.PINHash, Active: p.Active == nil || *p.Active})
	}
	return dir, dir.Check()
}

func (d *desk) listStaff(ctx context.Context, shop string) error {
	dir, err := d.db.Staff(ctx, shop)
	if err != nil {
		return err
	}
	if len(dir.Members) == 0 {
		_, err := fmt.Fprintf(d.out, "Headquarters has no staff directory of %s: hq staff set makes one.\n", shop)
		return err
	}
	t := newTable(d.out)
	t.row("NAME\tROLE\tACTIVE")
	for _, m := range dir.Members {
		t.row("%s\t%s\t%t", m.Name, m.Role, m.Active)
	}
	return t.end()
}
