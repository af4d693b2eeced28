// Command hq is headquarters: it collects what the shops sell, and shows
// shoppers their carts and people their shops.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// version is set when a release is built.
var version = "dev"

func main() { os.Exit(process.Main(newRoot())) }

func newRoot() *cobra.Command {
	return process.Root("hq", "Headquarters: collects what the shops sell, shows carts and shops", version,
		benchCommand(), rebuildCommand(), headquarters.BackupCommand(), headquarters.RestoreCommand(), restoredCommand(), cartCommand(),
		runCommand(), healthCommand(), pullCommand(), exportCommand(), tokenCommand(), importCommand(), bundleCommand(), headquarters.CatalogueCommand(), headquarters.StaffCommand(), headquarters.UserCommand(), personCommand(),
		headquarters.AuthorityCommand(), headquarters.DeviceCommand(),
		process.Keys("Print headquarters' public key for hq.key in edge.yaml; makes the key where there is none", firmwarecfg.DefaultHQ().Key))
}

func runCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:     "run --config hq.yaml",
		Short:   "Run headquarters",
		Long:    "Run headquarters. Every key of the configuration is explained in firmware-cfg/hq.yaml.",
		Example: "  hq run --config /etc/mirrorcart/hq.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := firmwarecfg.LoadHQ(file, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			process.CollectRarely()
			log := process.Log(cmd.ErrOrStderr(), cfg.Log.Level)
			shop, err := shopdir.Open(cfg.ShopDir)
			if err != nil {
				return fmt.Errorf("shop_dir: %w", err)
			}
			s, err := headquarters.New(cmd.Context(), cfg, shop, version, log)
			if err != nil {
				return err
			}
			log.Info("headquarters", "carts", s.PublicURL(), "pages", s.OfficeURL())
			return errors.Join(s.Run(cmd.Context()), s.Close())
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	return cmd
}

func healthCommand() *cobra.Command {
	return monitor.HealthCommand("hq", "/etc/mirrorcart/hq.yaml", func(file string) (string, error) {
		cfg, err := firmwarecfg.LoadHQ(file, os.Environ())
		if err != nil {
			return "", process.UsageError{Err: err}
		}
		return cfg.Metrics.Addr, nil
	})
}
