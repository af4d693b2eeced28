// Command hq is headquarters: it collects what the shops sell, and shows
// shoppers their carts and people their shops.
package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// version is set when a release is built.
var version = "dev"

// usageError is a wrong command line or configuration: exit status 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newRoot().ExecuteContext(ctx)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "hq:", err)
	if _, ok := errors.AsType[usageError](err); ok {
		os.Exit(2)
	}
	os.Exit(1)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "hq",
		Short:         "Headquarters: collects what the shops sell, shows carts and shops",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(runCommand(), keysCommand())
	return root
}

func runCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:     "run --config hq.yaml",
		Short:   "Run headquarters",
		Long:    "Run headquarters. Every key of the configuration is explained in firmware-cfg/hq.yaml.",
		Example: "  hq run --config /etc/mirrorcart/hq.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := firmwarecfg.LoadHQ(file, os.Environ())
			if err != nil {
				return usageError{err}
			}
			log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: cfg.Log.Level}))
			s, err := headquarters.New(cmd.Context(), cfg, os.DirFS(cfg.ShopDir), log)
			if err != nil {
				return err
			}
			log.Info("headquarters", "pages", s.URL())
			return errors.Join(s.Run(cmd.Context()), s.Close())
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	return cmd
}

func keysCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Print headquarters' public key, made on first use, for hq.key in edge.yaml",
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
	cmd.Flags().StringVar(&file, "key", firmwarecfg.DefaultHQ().Key, "file of the private key")
	return cmd
}
