package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
	"github.com/mirrorcart/mirrorcart/firmware-cfg/bundle"
)

func deviceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "device",
		Short: "Make a machine's files from its description",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(renderCommand())
	return cmd
}

func renderCommand() *cobra.Command {
	var out, roots string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "render DESCRIPTION --out DIR",
		Short: "Make all of a machine's files from its description",
		Long: `Make all that turns a Debian with the package mirrorcart into a gateway from one
description: edge.yaml, what the package's services are told of the machine, firewall,
clock, names of camera and printer, and the kiosk's screen and browser. The files lie
in DIR as they are to lie under /; the same description gives the same bytes. Every
key of a description is explained in firmware-cfg/device.yaml.

own.yaml beside edge.yaml says which gateway it is; it stays when a bundle brings
new files. A machine takes bundles if it has root.json, which says whose signatures
count: give it with --root, as hq bundle root made it.`,
		Example: `  edge device render device.yaml --root root.json --out gateway
  cp -R gateway/. / && systemctl daemon-reload   # on the machine, as root`,
		Args: process.Args("DESCRIPTION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return process.UsageError{Err: errors.New("say where to: --out DIR")}
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return process.UsageError{Err: fmt.Errorf("the description: %w", err)}
			}
			d, err := firmwarecfg.ParseDevice(args[0], text)
			if err != nil {
				return process.UsageError{Err: err}
			}
			files, err := machineFiles(d, roots)
			if err != nil {
				return err
			}
			if err := layOut(out, files); err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"node": d.Edge.Node, "profile": d.Hardware.Profile, "out": out, "files": len(files)})
			}
			for _, f := range files {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), filepath.Join(out, filepath.FromSlash(f.Path))); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&roots, "root", "", "file with the root sets of headquarters; empty for a machine that takes no bundles")
	cmd.Flags().StringVar(&out, "out", "", "folder to make; one with something in it is refused, so that nothing old stays")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as one line of JSON")
	return cmd
}

// machineFiles are all files of one machine: those that bundles bring later too, and
// those that are its own.
func machineFiles(d *firmwarecfg.Device, roots string) ([]firmwarecfg.File, error) {
	files, err := d.Render()
	if err != nil {
		return nil, err
	}
	own, err := d.Own()
	if err != nil {
		return nil, err
	}
	files = append(files, own)
	if roots == "" {
		return files, nil
	}
	text, err := readRoots(roots)
	return append(files, firmwarecfg.File{Path: rootsPath, Mode: 0o644, Content: text}), err
}

// readRoots is a file with root sets that a machine can begin with.
func readRoots(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, process.UsageError{Err: fmt.Errorf("the root sets: %w", err)}
	}
	sets, err := bundle.ParseRoots(text)
	if err == nil {
		_, err = sets.Trusted()
	}
	if err != nil {
		return nil, process.UsageError{Err: fmt.Errorf("%s: %w: give the file that `hq bundle root` made", file, err)}
	}
	return text, nil
}

// layOut writes the files below dir, which it makes.
func layOut(dir string, files []firmwarecfg.File) error {
	switch there, err := os.ReadDir(dir); {
	case len(there) > 0:
		return fmt.Errorf("--out %s: there is something in it: name a new folder", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--out: %w", err)
	}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Content, f.Mode); err != nil {
			return err
		}
	}
	return nil
}
