package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
	"github.com/mirrorcart/mirrorcart/edge/api"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func runCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "run --config edge.yaml",
		Short: "Run the gateway of a shop",
		Long: `Run the gateway of a shop: mirror, till and the line to headquarters.

Every key of the configuration is explained in firmware-cfg/edge.yaml. A till
sells without a camera and without a line; both are tried again by themselves.
One gateway serves several kiosks, each with its own camera and address: name
them under kiosks.`,
		Example: "  edge run --config /etc/mirrorcart/edge.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			for {
				if err := serveShop(cmd, file); err != errRestart { //nolint:errorlint // with another error beside it, it is one
					return err
				}
			}
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/edge.yaml", "configuration file")
	return cmd
}

func healthCommand() *cobra.Command {
	return monitor.HealthCommand("edge", "/etc/mirrorcart/edge.yaml", func(file string) (string, error) {
		cfg, err := firmwarecfg.LoadEdge(file, os.Environ())
		if err != nil {
			return "", process.UsageError{Err: err}
		}
		return cfg.Metrics.Addr, nil
	})
}

// serveShop runs the gateway as it is set up now, until it is told to stop or, with
// errRestart, to begin anew.
func serveShop(cmd *cobra.Command, file string) error {
	cfg, err := firmwarecfg.LoadEdge(file, os.Environ())
	if err != nil {
		return process.UsageError{Err: err}
	}
	log := process.Log(cmd.ErrOrStderr(), cfg.Log.Level)
	shop, err := shopdir.Open(cfg.ShopDir)
	if err != nil {
		return fmt.Errorf("shop_dir: %w", err)
	}
	g, err := newGateway(cmd.Context(), gatewayOptions{cfg: cfg, shop: shop, log: log, setUp: true})
	if err != nil {
		return err
	}
	log.Info("gateway", "node", cfg.Node, "kiosk", g.url()+"/", "staff", g.url()+"/staff")
	if g.sealed != nil && g.sealed.listener() != nil {
		log.Info("the same over TLS", "addr", g.sealed.at())
	}
	for i, k := range cfg.Kiosks {
		log.Info("another kiosk", "id", k.ID, "kiosk", g.stations[i+1].url()+"/")
	}
	group, ctx := errgroup.WithContext(cmd.Context())
	group.Go(func() error { return g.run(ctx) })
	group.Go(func() error { return underSystemd(ctx, g.parts(), log) })
	err = group.Wait()
	if failed := g.close(); failed != nil || !errors.Is(err, errRestart) {
		return errors.Join(err, failed)
	}
	log.Info("the settings have changed: the gateway begins anew")
	return errRestart
}

func pinCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "pin",
		Short:   "Read a PIN from standard input and print its hash for staff in edge.yaml",
		Example: "  echo 2468 | edge pin",
		RunE: func(cmd *cobra.Command, _ []string) error {
			line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			hash, err := api.HashPIN(strings.TrimSpace(line))
			if err != nil {
				return process.UsageError{Err: err}
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), hash)
			return err
		},
	}
}
