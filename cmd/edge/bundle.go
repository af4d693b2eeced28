package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

// Where everything lies on a machine.
const (
	settingsPath = "etc/mirrorcart/edge.yaml"
	rootsPath    = "etc/mirrorcart/root.json"
	bundlesPath  = "var/lib/mirrorcart-bundle" // root's
	gatewayPath  = "var/lib/mirrorcart"        // the gateway's, where no settings say another
)

// bundleFlags are those of a machine.
type bundleFlags struct {
	root   string
	reload string
	asJSON bool
}

func bundleCommand() *cobra.Command {
	f := &bundleFlags{}
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: "Bring a signed bundle of files to this machine, or go back to what it had",
		Long: `Bring a signed bundle of files to this machine, or go back to what it had. A
bundle is made and signed by headquarters (hq bundle) of a machine's description;
/etc/mirrorcart/root.json says whose signatures count for the first one; every
change of that comes with a bundle, and the file is not read any more. What is of
this machine alone, its node, shop and till, stands in /etc/mirrorcart/own.yaml,
which no bundle touches.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&f.root, "root", "/", "the machine's root folder, for one that is looked at from outside")
	cmd.PersistentFlags().BoolVar(&f.asJSON, "json", false, "print the outcome as one line of JSON")
	cmd.AddCommand(f.verifyCommand(), f.applyCommand(), f.rollbackCommand(), f.statusCommand())
	return cmd
}

func (f *bundleFlags) path(p string) string { return filepath.Join(f.root, filepath.FromSlash(p)) }

// applier is the machine's, and the machine.
func (f *bundleFlags) applier(cmd *cobra.Command) (*bundle.Applier, *bundled) {
	m := newBundled(f.root, f.reload, cmd.ErrOrStderr())
	return &bundle.Applier{
		Root: f.root, Dir: f.path(bundlesPath), Roots: f.path(rootsPath), Class: m.class(), Machine: m,
		Limit: bundle.DefaultLimit, Hold: bundle.DefaultHold, Now: time.Now, Log: process.Log(cmd.ErrOrStderr(), 0),
	}, m
}

func (f *bundleFlags) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "verify FILE",
		Short:   "Say whether this machine would take a bundle; nothing is changed",
		Example: "  edge bundle verify kiosk-12.bundle",
		Args:    process.Args("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			archive, err := readBundle(args[0])
			if err != nil {
				return err
			}
			a, _ := f.applier(cmd)
			b, err := a.Verify(archive)
			if err != nil {
				return err
			}
			m := b.Manifest
			if f.asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": m.Version, "id": b.ID(), "file": bundle.Digest(archive), "classes": m.Classes, "expires": m.Expires, "files": len(m.Files)})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "version %d for %s, %d files, to be taken until %s: this machine would take it\n",
				m.Version, strings.Join(m.Classes, ", "), len(m.Files), m.Expires.Format(time.RFC3339))
			return err
		},
	}
}

func (f *bundleFlags) applyCommand() *cobra.Command {
	var inbox bool
	cmd := &cobra.Command{
		Use:   "apply FILE | --inbox",
		Short: "Have this machine run with a bundle; go back by itself if it does not work",
		Long: `Have this machine run with a bundle. Its files come into their places, the
services start anew, and for up to a minute the gateway has to work: ledger,
catalogue and pages always, and cameras, printer and the line if they did before.
If it does not, what was there comes back, changes by hand and all. Whenever the
power fails, all files are the old ones or all the new once this command has begun
again; systemd does that before it starts the gateway.

Exit status 1: the bundle was refused, or was taken and has gone again.`,
		Example: "  edge bundle apply kiosk-12.bundle",
		Args:    func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, args []string) error {
			if inbox == (len(args) == 1) || len(args) > 1 {
				return process.UsageError{Err: errors.New("bundle apply: name one file, or give --inbox")}
			}
			var archive []byte
			if !inbox {
				var err error
				if archive, err = readBundle(args[0]); err != nil {
					return err
				}
			}
			return f.apply(cmd, archive)
		},
	}
	cmd.Flags().BoolVar(&inbox, "inbox", false, "take what the gateway has left, as the service does; a refusal is told in the log and by status")
	cmd.Flags().StringVar(&f.reload, "reload", "", "program to run in place of systemctl, with the paths of changed files")
	return cmd
}

// apply goes on with what was interrupted and then takes the archive, or without
// one what the gateway has left.
func (f *bundleFlags) apply(cmd *cobra.Command, archive []byte) error {
	a, m := f.applier(cmd)
	shut, err := a.Open()
	if err != nil {
		return err
	}
	defer shut()
	if err := a.Recover(); err != nil {
		return err
	}
	if _, err := daemon.SdNotify(false, daemon.SdNotifyReady); err != nil {
		a.Log.Error("systemd cannot be told that the files are in line", "err", err)
	}
	err = a.Resume(cmd.Context())
	if archive == nil {
		err = errors.Join(err, a.TakeIn(cmd.Context(), m.dataDir()))
		if decided(err) {
			a.Log.Error("the machine stays as it was", "err", err)
			err = nil
		}
	} else if err == nil || decided(err) {
		err = a.Apply(cmd.Context(), archive, func() error { return nil })
	}
	if err != nil || archive == nil {
		return err
	}
	return f.tell(cmd.OutOrStdout())
}

// decided reports whether a bundle was refused or has gone again: the machine is
// whole, and there is nothing to try again.
func decided(err error) bool {
	return errors.Is(err, bundle.ErrRolledBack) || bundle.ReasonOf(err) != ""
}

func (f *bundleFlags) rollbackCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "rollback",
		Short:   "Go back to what lay in the files' places before the bundle that runs",
		Example: "  edge bundle rollback",
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, _ := f.applier(cmd)
			shut, err := a.Open()
			if err != nil {
				return err
			}
			defer shut()
			if err := a.Rollback(cmd.Context()); err != nil {
				return err
			}
			return f.tell(cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&f.reload, "reload", "", "program to run in place of systemctl, with the paths of changed files")
	return cmd
}

func (f *bundleFlags) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "Say which bundle this machine runs with, and what became of the latest",
		Example: "  edge bundle status --json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.tell(cmd.OutOrStdout()) },
	}
}

func (f *bundleFlags) tell(w io.Writer) error {
	s, err := bundle.ReadStatus(f.path(bundlesPath))
	if err != nil {
		return err
	}
	var refuses string // why no bundle would be taken, whatever is in it
	if _, err := s.Trust.Begun(f.path(rootsPath)); err != nil {
		refuses = err.Error()
	}
	if f.asJSON {
		return json.NewEncoder(w).Encode(struct {
			bundle.Status
			Refuses string `json:"refuses,omitempty"`
		}{s, refuses})
	}
	named := func(i bundle.Installed) string {
		if i.Version == 0 {
			return "the files of before the first bundle"
		}
		return fmt.Sprintf("version %d", i.Version)
	}
	fmt.Fprintf(w, "runs with: %s\n", named(s.Running))
	if s.Previous.ID != "" {
		fmt.Fprintf(w, "goes back to: %s\n", named(s.Previous))
	}
	if refuses != "" {
		fmt.Fprintf(w, "takes none: %s\n", refuses)
	}
	at := s.Attempt
	if at.Phase == "" {
		return nil
	}
	fault := ""
	if at.Fault != "" {
		fault = ": " + at.Fault
	}
	version := "cannot be read"
	if at.Bundle.Version > 0 {
		version = fmt.Sprintf("version %d", at.Bundle.Version)
	}
	_, err = fmt.Fprintf(w, "the latest: %s, %s at %s%s\n", version, at.Phase, at.Changed.Format(time.RFC3339), fault)
	return err
}

// readBundle is a file that may be a bundle.
func readBundle(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, process.UsageError{Err: fmt.Errorf("the bundle: %w", err)}
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, bundle.MaxArchive+1)) // what is longer is refused as that
}
