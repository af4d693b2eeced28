package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// HealthCommand asks the program that runs on this machine how it is, for a
// container's health check and for people. address is metrics.addr of a
// configuration file.
func HealthCommand(name, file string, address func(file string) (string, error)) *cobra.Command {
	var ready, asJSON bool
	cmd := &cobra.Command{
		Use:     "health",
		Short:   "Ask the " + name + " that runs here whether it is alive",
		Long:    "Ask the " + name + " that runs here, at metrics.addr, whether it is alive: all its parts answer.\nThe exit status is 0 only if it is.",
		Example: "  " + name + " health\n  " + name + " health --ready --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			addr, err := address(file)
			if err != nil {
				return err
			}
			if addr == "" {
				return errors.New("metrics.addr is empty, so nobody can ask: give it an address, such as 127.0.0.1:9180")
			}
			path, state := HealthPath, "alive"
			if ready {
				path, state = ReadyPath, "ready"
			}
			r, err := Ask(cmd.Context(), "http://"+addr+path)
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(r)
			} else {
				err = r.print(cmd.OutOrStdout())
			}
			if err == nil && !r.OK {
				err = fmt.Errorf("%s %s runs and is not %s", name, r.Version, state)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", file, "configuration file")
	cmd.Flags().BoolVar(&ready, "ready", false, "ask whether it does what it is for, not only whether it is alive")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON on standard output")
	return cmd
}

// print writes a line for each part.
func (r *Report) print(w io.Writer) error {
	for _, p := range r.Parts {
		line := p.Part + ": in order"
		if !p.OK {
			line = p.Part + ": " + p.Why
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
