package headquarters

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

// DeviceCommand lets gateways in and shuts them out.
func DeviceCommand() *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "device",
		Short: "Let gateways in, shut them out, or list them",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&config, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	cmd.AddCommand(claimCommand(&config), revokeCommand(&config), acceptCommand(&config), devicesCommand(&config))
	return cmd
}

func claimCommand(config *string) *cobra.Command {
	var shop string
	var asJSON bool
	life := 72 * time.Hour
	cmd := &cobra.Command{
		Use:   "claim NODE",
		Short: "Make the code by which one machine becomes a gateway",
		Long: `Make the code by which one machine becomes a gateway, once: edge claim CODE there. It
is printed once, and headquarters keeps its hash alone. A code made before for the
node is void.`,
		Example: "  hq device claim hanoi-1-gw-1 --shop hanoi-1",
		Args:    process.Args("NODE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return atDesk(cmd, *config, func(ctx context.Context, d *desk) error {
				c, err := d.db.MakeClaim(ctx, args[0], shop, life)
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(d.out).Encode(c)
				}
				_, err = fmt.Fprintf(d.out, "%s\n\nIt lets one machine become %s of %s until %s: edge claim CODE there, or its page /setup.\n", c.Code, c.Node, c.Shop, d.when(c.Expires))
				return err
			})
		},
	}
	cmd.Flags().StringVar(&shop, "shop", "", "the shop it stands in; may be left out for a gateway that is known")
	cmd.Flags().DurationVar(&life, "for", life, "how long the code holds")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func revokeCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NODE",
		Short: "Take back a gateway's keys and certificates: it was stolen, or its key was",
		Long: `Take back a gateway's keys and certificates. Headquarters acts on it at once: what
still comes from the machine is set aside; what it cannot send stays on its own disk,
from which edge export and hq import bring it. A broker does so with the list in
devices.revoked, once it is restarted. A new code lets another machine take the
gateway's place.`,
		Args: process.Args("NODE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return atDesk(cmd, *config, func(ctx context.Context, d *desk) error {
				if err := d.db.RevokeDevice(ctx, args[0]); err != nil {
					return err
				}
				if err := writeRevoked(ctx, d.cfg, d.db); err != nil {
					return fmt.Errorf("%s is shut out of headquarters, and not of the broker: %w", args[0], err)
				}
				_, err := fmt.Fprintf(d.out, "%[1]s is shut out. What still comes from it is set aside; what it cannot send stays on its own disk.\n"+
					"For the machine that goes on as %[1]s, with a key of its own: hq device claim %[1]s\n", args[0])
				return err
			})
		},
	}
}

func acceptCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use:   "accept NODE",
		Short: "Let count what was set aside since a gateway's key was taken back",
		Long: `Let count what was set aside since a gateway's key was taken back, where somebody has
seen that these sales are genuine: the machine was found in the shop. The key stays
taken back. All tables are made anew.`,
		Args: process.Args("NODE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return atDesk(cmd, *config, func(ctx context.Context, d *desk) error {
				n, err := d.db.AcceptRevoked(ctx, args[0])
				if err != nil {
					return err
				}
				if n == 0 {
					_, err = fmt.Fprintf(d.out, "Nothing of %[1]s was set aside. What it could not send is on its own disk alone: run edge export there and hq import here, then hq device accept %[1]s again.\n", args[0])
					return err
				}
				_, err = fmt.Fprintf(d.out, "%d events of %s count now. A machine in its place shows these sales within ten minutes of its line.\n", n, args[0])
				return err
			})
		},
	}
}

func devicesCommand(config *string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the gateways, with what they are known by",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return atDesk(cmd, *config, func(ctx context.Context, d *desk) error {
				list, err := d.db.Devices(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(d.out).Encode(list)
				}
				day := func(t time.Time) string {
					if t.IsZero() {
						return "-"
					}
					return d.when(t)
				}
				t := newTable(d.out)
				t.row("NODE\tSHOP\tKEYS\tCERTIFICATE UNTIL\tCODE UNTIL")
				for _, g := range list {
					t.row("%s\t%s\t%d\t%s\t%s", g.Node, g.Shop, g.Keys, day(g.Until), day(g.Code))
				}
				return t.end()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
