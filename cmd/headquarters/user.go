package headquarters

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cmd/process"
)

// UserCommand is the command that says who may sign in to headquarters: the
// first person, and whoever lost the password while no administrator is there.
func UserCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Say who may sign in to headquarters' pages, or give somebody a new password",
		Long: `Say who may sign in to headquarters' pages, or give somebody a new password.
Headquarters may run meanwhile. What is done here is in its log of accounts.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var config string
	cmd.PersistentFlags().StringVar(&config, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	role := string(account.Viewer)
	add := &cobra.Command{
		Use:     "add NAME",
		Short:   "Add a person; the password for the first sign-in is printed",
		Example: "  hq user add lan --role admin",
		Args:    process.Args("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := account.ParseRole(role)
			if err != nil {
				return process.UsageError{Err: err}
			}
			return atDesk(cmd, config, func(ctx context.Context, d *desk) error {
				password, err := d.db.Accounts().Add(ctx, account.ByCommand, args[0], r)
				return d.tellPassword(args[0], password, err)
			})
		},
	}
	add.Flags().StringVar(&role, "role", role, "viewer, merchandiser, operator, manager or admin; hq.yaml says what each may do")
	cmd.AddCommand(add,
		&cobra.Command{
			Use:   "reset NAME",
			Short: "Give a person a new password and unlock them; they are signed out",
			Args:  process.Args("NAME"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return atDesk(cmd, config, func(ctx context.Context, d *desk) error {
					password, err := d.db.Accounts().Reset(ctx, account.ByCommand, args[0])
					return d.tellPassword(args[0], password, err)
				})
			},
		},
		&cobra.Command{
			Use:   "close NAME",
			Short: "Let a person sign in no more; they are signed out",
			Args:  process.Args("NAME"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return atDesk(cmd, config, func(ctx context.Context, d *desk) error {
					if err := d.db.Accounts().SetActive(ctx, account.ByCommand, args[0], false); err != nil {
						return err
					}
					_, err := fmt.Fprintf(d.out, "%s can sign in no more.\n", args[0])
					return err
				})
			},
		},
		&cobra.Command{
			Use:   "list",
			Short: "Show who may sign in",
			RunE: func(cmd *cobra.Command, _ []string) error {
				return atDesk(cmd, config, func(ctx context.Context, d *desk) error { return d.listPeople(ctx) })
			},
		})
	return cmd
}

func (d *desk) tellPassword(name, password string, err error) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(d.out, "password of %s: %s\n\nIt is shown this once, and changed when %[1]s signs in.\n", name, password)
	return err
}

func (d *desk) listPeople(ctx context.Context) error {
	people, err := d.db.Accounts().People(ctx)
	if err != nil {
		return err
	}
	if len(people) == 0 {
		_, err := fmt.Fprintln(d.out, "Nobody can sign in with a password yet: hq user add makes the first account.")
		return err
	}
	t := newTable(d.out)
	t.row("NAME\tROLE\tACTIVE\tLAST SIGNED IN\tLOCKED UNTIL")
	for _, p := range people {
		seen, locked := "never", ""
		if !p.Seen.IsZero() {
			seen = d.when(p.Seen)
		}
		if p.Locked.After(d.now()) {
			locked = d.when(p.Locked)
		}
		t.row("%s\t%s\t%t\t%s\t%s", p.Name, p.Role, p.Active, seen, locked)
	}
	return t.end()
}
