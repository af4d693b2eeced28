package main

import (
	"bufio"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

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
sells without a camera and without a line; both are tried again by themselves.`,
		Example: "  edge run --config /etc/mirrorcart/edge.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := firmwarecfg.LoadEdge(file, os.Environ())
			if err != nil {
				return usageError{err}
			}
			log := newLog(cmd.ErrOrStderr(), cfg.Log.Level)
			g, err := newGateway(cmd.Context(), gatewayOptions{cfg: cfg, shop: os.DirFS(cfg.ShopDir), log: log})
			if err != nil {
				return err
			}
			log.Info("gateway", "node", cfg.Node, "kiosk", g.url()+"/", "staff", g.url()+"/staff")
			return errors.Join(g.run(cmd.Context()), g.close())
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/edge.yaml", "configuration file")
	return cmd
}

func newLog(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

func keysCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Print the gateway's public key, made on first use, for enrolment at headquarters",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := firmwarecfg.LoadOrCreateKey(file)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), firmwarecfg.FormatPublicKey(key.Public().(ed25519.PublicKey)))
			return err
		},
	}
	cmd.Flags().StringVar(&file, "key", firmwarecfg.DefaultEdge().Keys.Device, "file of the private key")
	return cmd
}

func pinCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "pin",
		Short:   "Read a PIN from standard input and print its hash for staff in edge.yaml",
		Example: "  echo 2468 | edge pin",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			hash, err := api.HashPIN(strings.TrimSpace(line))
			if err != nil {
				return usageError{err}
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), hash)
			return err
		},
	}
}

// url is where the gateway serves.
func (g *gateway) url() string { return "http://" + g.ln.Addr().String() }
