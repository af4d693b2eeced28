package main

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

func bundleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: "Make and sign the bundles of files that machines run with, and bring them there",
		Long: `Make and sign the bundles of files that machines run with, and bring them there.
Whose signatures count, and how many, says a root set (hq bundle root): it lies on
each machine as /etc/mirrorcart/root.json, which counts until the machine has taken
its first bundle. Keep its keys apart from each other and off headquarters' machine.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(bundleRootCommand(), bundleBuildCommand(), bundleSignCommand())
	cmd.AddCommand(headquarters.BundleCommands()...)
	return cmd
}

func bundleRootCommand() *cobra.Command {
	var keys, signers []string
	var threshold int
	var after, out string
	cmd := &cobra.Command{
		Use:   "root --key PUBLIC --key PUBLIC --key PUBLIC --out root.json",
		Short: "Say whose signatures count, or change it",
		Long: `Say whose signatures count, or change it. The public keys are what hq keys prints.
A change (--after) is signed by enough keys of the set before and of the new one;
they may sign one after the other, each with --after and --sign alone. Machines get
a change with the next bundle that is built with it (hq bundle build --roots); to
replace the file on a machine that has taken a bundle changes nothing.`,
		Example: `  hq keys --key root-1.key          # once for each key, where it is kept
  hq bundle root --key 'Wd0…=' --key 'k3L…=' --key 'x9Q…=' --out root.json
  hq bundle root --after root.json --key 'Wd0…=' --key 'k3L…=' --key 'new…=' --sign root-1.key --out root-2.json
  hq bundle root --after root-2.json --sign root-2.key --out root-3.json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" || len(keys) == 0 && (after == "" || len(signers) == 0) {
				return process.UsageError{Err: errors.New("say whose keys count (--key), or who signs (--after and --sign), and where to (--out)")}
			}
			roots, err := nextRoots(after, keys, threshold)
			if err != nil {
				return process.UsageError{Err: err}
			}
			for _, file := range signers {
				key, err := firmwarecfg.LoadKey(file)
				if err != nil {
					return process.UsageError{Err: err}
				}
				roots = roots.Sign(key)
			}
			text, err := json.MarshalIndent(roots, "", "  ")
			if err != nil {
				return err
			}
			if err := newFile(out, append(text, '\n')); err != nil {
				return err
			}
			last, err := roots.Last()
			if err != nil {
				return err
			}
			word := "it counts"
			if trusted, err := roots.Trusted(); err != nil {
				word = "it does not count yet: " + err.Error()
			} else if trusted.Version != last.Version {
				word = "it does not count yet"
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: root set %d, %d of %d keys sign; %s\n", out, last.Version, last.Threshold, len(last.Keys), word)
			return err
		},
	}
	fl := cmd.Flags()
	fl.StringArrayVar(&keys, "key", nil, "public key that counts")
	fl.IntVar(&threshold, "threshold", 2, "how many of them have to sign")
	fl.StringVar(&after, "after", "", "file with the root sets so far")
	fl.StringArrayVar(&signers, "sign", nil, "file of a private key that signs the change")
	fl.StringVar(&out, "out", "", "file to make; none may be there yet")
	return cmd
}

// nextRoots are the root sets so far with one of the keys behind them; without keys
// they are those so far.
func nextRoots(after string, keys []string, threshold int) (bundle.Roots, error) {
	var roots bundle.Roots
	if after != "" {
		var err error
		if roots, err = readRoots(after); err != nil {
			return nil, err
		}
	}
	if len(keys) == 0 {
		return roots, nil
	}
	var public []ed25519.PublicKey
	for _, k := range keys {
		key, err := firmwarecfg.ParsePublicKey(k)
		if err != nil {
			return nil, err
		}
		public = append(public, key)
	}
	return roots.Next(threshold, public...)
}

func readRoots(file string) (bundle.Roots, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the root sets: %w", err)
	}
	roots, err := bundle.ParseRoots(text)
	if err == nil && len(roots) == 0 {
		err = errors.New("there is no root set in it")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return roots, nil
}

func bundleBuildCommand() *cobra.Command {
	var out, roots string
	var classes []string
	var lasts time.Duration
	m := bundle.Manifest{}
	cmd := &cobra.Command{
		Use:   "build DESCRIPTION --version N --out FILE",
		Short: "Make a bundle of a machine's description",
		Long: `Make a bundle of a machine's description: all files that edge device render makes
of it, for all machines of its class. What differs from machine to machine (node,
shop and till at least) stands in each one's /etc/mirrorcart/own.yaml and wins; a
machine that would become another by the bundle refuses it.

Bundles are numbered upwards, whatever is in them: what is wanted back is built
anew under a higher number.`,
		Example: "  hq bundle build kiosk.yaml --version 12 --out kiosk-12.bundle",
		Args:    process.Args("DESCRIPTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" || m.Version < 1 || lasts <= 0 {
				return process.UsageError{Err: errors.New("say which number it gets (--version, from 1) and where to (--out), and let it last for a while (--lasts)")}
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return process.UsageError{Err: fmt.Errorf("the description: %w", err)}
			}
			d, err := firmwarecfg.ParseDevice(args[0], text)
			if err != nil {
				return process.UsageError{Err: err}
			}
			rendered, err := d.Render()
			if err != nil {
				return err
			}
			var files []bundle.File
			for _, f := range rendered {
				files = append(files, bundle.File(f))
			}
			m.Classes = append(classes, d.Edge.Class)
			slices.Sort(m.Classes)
			m.Classes = slices.Compact(m.Classes)
			m.Created = time.Now().UTC().Truncate(time.Second)
			m.Expires = m.Created.Add(lasts)
			b, err := bundle.New(m, files)
			if err != nil {
				return err
			}
			if roots != "" {
				if b.Roots, err = readRoots(roots); err != nil {
					return process.UsageError{Err: err}
				}
			}
			archive, err := b.Archive()
			if err != nil {
				return err
			}
			if err := newFile(out, archive); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: version %d for %s, %d files, to be taken until %s; sign it with hq bundle sign\n",
				out, m.Version, strings.Join(m.Classes, ", "), len(files), m.Expires.Format(time.RFC3339))
			return err
		},
	}
	fl := cmd.Flags()
	fl.Int64Var(&m.Version, "version", 0, "its number, above all before it")
	fl.Int64Var(&m.MinVersion, "min-version", 0, "the oldest that machines may go back to by hand from it")
	fl.DurationVar(&lasts, "lasts", 30*24*time.Hour, "how long it may be taken")
	fl.StringArrayVar(&classes, "class", nil, "kind of machine it is for too, besides that of the description")
	fl.StringVar(&roots, "roots", "", "file with changed root sets, to bring them to machines")
	fl.StringVar(&out, "out", "", "file to make; none may be there yet")
	return cmd
}

func bundleSignCommand() *cobra.Command {
	var keyFile string
	cmd := &cobra.Command{
		Use:     "sign FILE --key root-1.key",
		Short:   "Add a key's signature to a bundle",
		Long:    "Add a key's signature to a bundle. What is signed is its manifest, and so all that a\nmachine gets from it; look at it before.",
		Example: "  hq bundle sign kiosk-12.bundle --key root-1.key",
		Args:    process.Args("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if keyFile == "" {
				return process.UsageError{Err: errors.New("say who signs: --key root-1.key, a private key's file")}
			}
			key, err := firmwarecfg.LoadKey(keyFile)
			if err != nil {
				return process.UsageError{Err: err}
			}
			b, err := readBundle(args[0])
			if err != nil {
				return err
			}
			b.Sign(key)
			archive, err := b.Archive()
			if err != nil {
				return err
			}
			if err := firmwarecfg.ReplaceFile(args[0], archive); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: version %d, keys that have signed: %d\n", args[0], b.Manifest.Version, len(b.Signatures))
			return err
		},
	}
	cmd.Flags().StringVar(&keyFile, "key", "", "file of the private key, as hq keys makes it")
	return cmd
}

func readBundle(name string) (*bundle.Bundle, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, process.UsageError{Err: fmt.Errorf("the bundle: %w", err)}
	}
	defer f.Close()
	b, err := bundle.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// newFile makes a file that was not there.
func newFile(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return process.UsageError{Err: fmt.Errorf("--out %s: there is one already: name another", name)}
	}
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}
