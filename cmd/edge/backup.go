package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func backupCommand() *cobra.Command {
	var file, out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backup --config edge.yaml [--out FILE]",
		Short: "Copy the gateway's database, as of one moment",
		Long: `Copy the gateway's database, as of one moment, and check the copy. The gateway
may be running: no sale waits for it. Without --out the copy goes to the folder
of the hourly backups and is deleted in its turn.`,
		Example: "  edge backup --config /etc/mirrorcart/edge.yaml --out /media/usb/shop.db",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := firmwarecfg.LoadEdge(file, os.Environ())
			if err != nil {
				return process.UsageError{Err: err}
			}
			if out == "" {
				if err := process.ActAsOwner(cfg.DataDir); err != nil {
					return err
				}
				out = sqlite.NextBackup(cfg.Node, cfg.BackupDir(), time.Now())
			} else if err := actForFile(cfg, out); err != nil {
				return err
			}
			start := time.Now()
			if err := sqlite.Backup(cmd.Context(), filepath.Join(cfg.DataDir, "edge.db"), out); err != nil {
				return err
			}
			st, err := os.Stat(out)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{
					"file": out, "bytes": st.Size(), "ms": time.Since(start).Milliseconds(),
				})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d bytes, whole\n", out, st.Size())
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/mirrorcart/edge.yaml", "configuration file")
	cmd.Flags().StringVar(&out, "out", "", "file to make; none may be there yet")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as one line of JSON")
	return cmd
}
