package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func personCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "person", Short: "Look after what is kept of people"}
	cmd.AddCommand(process.PersonKeyCommand("/etc/mirrorcart/edge.yaml", func(config string) (string, string, error) {
		cfg, err := firmwarecfg.LoadEdge(config, os.Environ())
		if err != nil {
			return "", "", err
		}
		return cfg.Keys.Persons, cfg.Keys.Device, nil
	}))
	return cmd
}
