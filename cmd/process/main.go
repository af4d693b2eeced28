// Package process is what our programs do alike: start, stop and fail, make
// their key, serve HTTP and reach the broker.
package process

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// UsageError is a wrong command line or configuration: exit status 2.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }
func (e UsageError) Unwrap() error { return e.Err }

// StatusError is a failure with an exit status of its own.
type StatusError struct {
	Status int
	Err    error
}

func (e StatusError) Error() string { return e.Err.Error() }
func (e StatusError) Unwrap() error { return e.Err }

// Main runs a program until it is done, interrupted or terminated. It returns
// the exit status: 0 done, 1 failed, 2 used wrongly, or a StatusError's; why is on
// standard error.
func Main(root *cobra.Command) (status int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "%s: %s\n", root.Name(), Plain(err))
	if _, ok := errors.AsType[UsageError](err); ok {
		return 2
	}
	if e, ok := errors.AsType[StatusError](err); ok {
		return e.Status
	}
	return 1
}

// operation is where in the program an error came up, as edge.Error tells it: a
// function with a capital in its name, or any of a package that is no file's name.
var operation = regexp.MustCompile(`\b(?:[a-z]+\.(?:[A-Za-z]+\.)?[a-z]*[A-Z][A-Za-z]*[a-z][A-Za-z]*` +
	`|(?:account|authority|database|identity|sqlite|ticket)\.[a-z]+): `)

// Plain is an error as people read it, without the names of our functions.
func Plain(err error) string { return operation.ReplaceAllString(err.Error(), "") }

// Args lets a command take just these arguments.
func Args(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		return UsageError{fmt.Errorf("give %s, and nothing else: see %s --help", strings.Join(names, " and "), cmd.CommandPath())}
	}
}

// Root is a program's root command; errors are left to Main. Its commands take
// no arguments but flags, unless they have said what they take.
func Root(name, short, version string, commands ...*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use: name, Short: short, Version: version, SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(commands...)
	root.AddCommand(&cobra.Command{
		Use:   "version",
		Short: "Print the version",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), version)
			return err
		},
	})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		told, _, _ := strings.Cut(err.Error(), ": strconv.") // how Go reads numbers is nothing to people
		return UsageError{fmt.Errorf("%s: see %s --help", told, cmd.CommandPath())}
	})
	takeNoArgs(root)
	return root
}

func takeNoArgs(cmd *cobra.Command) {
	if cmd.Args == nil {
		cmd.Args = noArgs
	}
	for _, c := range cmd.Commands() {
		takeNoArgs(c)
	}
}

func noArgs(cmd *cobra.Command, args []string) error {
	err := cobra.NoArgs(cmd, args)
	switch {
	case err == nil:
		return nil
	case !cmd.HasSubCommands():
		err = fmt.Errorf("%s takes no argument, but %q was given", cmd.CommandPath(), args[0])
	}
	return UsageError{fmt.Errorf("%w: see %s --help", err, cmd.CommandPath())}
}

// Keys is the command that prints the public half of the key in file.
func Keys(short, file string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: short,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := ActAsOwner(filepath.Dir(file)); err != nil {
				return err
			}
			key, err := firmwarecfg.LoadOrCreateKey(file)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), firmwarecfg.FormatPublicKey(key.Public().(ed25519.PublicKey)))
			return err
		},
	}
	cmd.Flags().StringVar(&file, "key", file, "file of the private key, made on first use")
	return cmd
}
