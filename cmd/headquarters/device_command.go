package headquarters

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/authority"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// AuthorityCommand makes headquarters' authority, and signs the certificates of
// brokers and collectors.
func AuthorityCommand() *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "Make headquarters' certificate authority, and sign brokers' and collectors' certificates",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&config, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	name := "Mirrorcart headquarters"
	initialise := &cobra.Command{
		Use:   "init",
		Short: "Make the authority, in devices.dir",
		Long: "Make the authority, in devices.dir: ca.key, which only its owner may read, and ca.pem. " +
			"All gateways trust it, so one that is there is never replaced: keep a copy of both in a safe place.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := firmwarecfg.LoadHQ(config, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			if err := process.ActAsOwner(cfg.DataDir); err != nil {
				return err
			}
			a, err := authority.Create(cfg.Devices.Dir, name, time.Now())
			if err != nil {
				return err
			}
			if file := cfg.Devices.Revoked; file != "" { // a broker does not start without the list
				list, err := a.RevocationList(nil, 1, time.Now())
				if err == nil {
					err = replaceFile(file, list)
				}
				if err != nil {
					return fmt.Errorf("devices.revoked: %w", err)
				}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The authority is in %s and holds until %s. Keep a copy of it in a safe place.\n",
				cfg.Devices.Dir, a.Certificate().NotAfter.Format(time.DateOnly))
			return err
		},
	}
	initialise.Flags().StringVar(&name, "name", name, "its name, as certificates show it")
	var w service
	issue := &cobra.Command{
		Use:   "issue NAME",
		Short: "Sign a collector's certificate, or with --host a broker's",
		Long: "Sign a certificate for a year, and write it, its key and the authority's certificate into a folder: " +
			"a collector's, whose NAME begins with hq- and stands in the broker's acl, or with --host that of a broker.",
		Example: "  hq ca issue hq-1 --out certs\n  hq ca issue broker --host broker.example.com --out certs",
		Args:    process.Args("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := firmwarecfg.LoadHQ(config, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			a, err := authority.Open(cfg.Devices.Dir)
			if err != nil {
				return err
			}
			w.name = args[0]
			if err := w.issue(a, time.Now()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s.pem, %s.key and ca.pem are in %s.\n", w.name, w.name, w.out)
			return err
		},
	}
	issue.Flags().StringSliceVar(&w.hosts, "host", nil, "a name or an IP address by which clients call the server; as often as there are")
	issue.Flags().StringVar(&w.out, "out", ".", "folder for the files")
	cmd.AddCommand(initialise, issue)
	return cmd
}

// service is a broker or a collector that wants a certificate.
type service struct {
	name, out string
	hosts     []string // of a broker
}

func (w *service) issue(a *authority.Authority, now time.Time) error {
	if err := cloudsync.CheckNode(w.name); err != nil {
		return process.UsageError{Err: err}
	}
	if len(w.hosts) == 0 && !strings.HasPrefix(w.name, "hq-") {
		return process.UsageError{Err: fmt.Errorf("%s: collectors' names begin with hq-, and a broker wants --host; a gateway gets its certificate by `hq device claim`", w.name)}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	var der []byte
	if len(w.hosts) > 0 {
		der, err = a.SignServer(w.hosts, key.Public(), now, authority.ServiceLife)
	} else {
		der, err = a.SignClient(w.name, key.Public(), now, authority.ServiceLife)
	}
	if err != nil {
		return err
	}
	return w.write(a, key, der)
}

func (w *service) write(a *authority.Authority, key crypto.PrivateKey, der []byte) error {
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(w.out, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(w.out, w.name+".key"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the key of the certificate before is not replaced, move it away first: %w", err)
	}
	err = errors.Join(pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: secret}), f.Close())
	if err == nil {
		err = replaceFile(filepath.Join(w.out, w.name+".pem"), authority.PEM(der))
	}
	if err == nil {
		err = replaceFile(filepath.Join(w.out, "ca.pem"), authority.PEM(a.Certificate().Raw))
	}
	return err
}

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
		Long: "Make the code by which one machine becomes a gateway, once: `edge claim CODE` there. It is printed once, " +
			"and headquarters keeps its hash alone. A code made before for the node is void.",
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
				_, err = fmt.Fprintf(d.out, "%s\n\nIt lets one machine become %s of %s until %s.\n", c.Code, c.Node, c.Shop, d.when(c.Expires))
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
		Long: "Take back a gateway's keys and certificates. Headquarters acts on it at once: what the machine sends from now on " +
			"is set aside. A broker does so with the list in devices.revoked, once it is restarted. A new code lets another machine take the gateway's place.",
		Args: process.Args("NODE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return atDesk(cmd, *config, func(ctx context.Context, d *desk) error {
				if err := d.db.RevokeDevice(ctx, args[0]); err != nil {
					return err
				}
				if err := writeRevoked(ctx, d.cfg, d.db); err != nil {
					return fmt.Errorf("%s is shut out of headquarters, and not of the broker: %w", args[0], err)
				}
				_, err := fmt.Fprintf(d.out, "%s is shut out. What it sends is set aside.\n", args[0])
				return err
			})
		},
	}
}

func acceptCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use:   "accept NODE",
		Short: "Let count what was set aside since a gateway's key was taken back",
		Long: "Let count what was set aside since a gateway's key was taken back, where somebody has seen that these sales are genuine: " +
			"the machine was found in the shop. The key stays taken back. All tables are made anew.",
		Args: process.Args("NODE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return atDesk(cmd, *config, func(ctx context.Context, d *desk) error {
				n, err := d.db.AcceptRevoked(ctx, args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(d.out, "%d events of %s count now.\n", n, args[0])
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
