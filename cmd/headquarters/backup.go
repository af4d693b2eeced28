package headquarters

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// BackupCommand copies headquarters' database.
func BackupCommand() *cobra.Command {
	return fileCommand(&cobra.Command{
		Use:   "backup --config hq.yaml FILE",
		Short: "Copy headquarters' SQLite database, as of one moment",
		Long: `Copy headquarters' SQLite database, as of one moment, and check the copy.
Headquarters may be running. Keep hq.key, persons.key and deleted.ndjson too, apart
from it. A PostgreSQL has pg_dump for this.`,
		Example: "  hq backup --config /etc/mirrorcart/hq.yaml /media/backup/hq-monday.db",
	}, func(cmd *cobra.Command, cfg *firmwarecfg.HQ, file string) error {
		if err := process.ActAsOwner(filepath.Dir(file)); err != nil {
			return err
		}
		if err := database.Backup(cmd.Context(), ledgerFile(cfg), file); err != nil {
			return err
		}
		st, err := os.Stat(file)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d bytes, whole\n", file, st.Size())
		return err
	})
}

// RestoreCommand puts a copy of headquarters' database in its place.
func RestoreCommand() *cobra.Command {
	return fileCommand(&cobra.Command{
		Use:   "restore --config hq.yaml FILE",
		Short: "Put a backup in the place of headquarters' SQLite database",
		Long: `Put a backup in the place of headquarters' SQLite database. Headquarters must be
stopped. What is there is moved aside and kept, and with it hq.db-wal: beside a
backup that is copied there by hand it would damage that. At its next start
headquarters notices that it went back, and the shops send what it lacks. Into a
PostgreSQL pg_restore brings a dump, and headquarters notices that too.`,
		Example: "  hq restore --config /etc/mirrorcart/hq.yaml /media/backup/hq-monday.db",
	}, func(cmd *cobra.Command, cfg *firmwarecfg.HQ, file string) (err error) {
		backup, err := os.Open(file) // which root alone may read, it may be
		if err != nil {
			return process.UsageError{Err: fmt.Errorf("the backup: %w", err)}
		}
		defer backup.Close()
		if st, err := os.Stat(file + "-wal"); err == nil && st.Size() > 0 {
			return fmt.Errorf("%s-wal lies beside the backup, so this is a database in use or a copy of half of one: make a copy with hq backup", file)
		}
		if err := process.ActAsOwner(cfg.DataDir); err != nil {
			return err
		}
		aside, err := database.Restore(cmd.Context(), ledgerFile(cfg), backup, time.Now())
		if err != nil {
			return err
		}
		if aside != "" {
			fmt.Fprintf(cmd.OutOrStdout(), "the database that was there is kept as %s\n", aside)
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "restored from %s; start headquarters: the shops send what it lacks\n", file)
		return err
	})
}

// fileCommand does something with the file of a SQLite ledger and another one.
func fileCommand(cmd *cobra.Command, do func(cmd *cobra.Command, cfg *firmwarecfg.HQ, file string) error) *cobra.Command {
	var config string
	cmd.Args = process.Args("FILE")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := firmwarecfg.LoadHQ(config, os.Environ())
		if err != nil {
			return process.UsageError{Err: err}
		}
		if cfg.Database != "" {
			return process.UsageError{Err: errors.New("headquarters keeps its ledger in a PostgreSQL: use pg_dump and pg_restore")}
		}
		return do(cmd, cfg, args[0])
	}
	cmd.Flags().StringVar(&config, "config", "/etc/mirrorcart/hq.yaml", "configuration file")
	return cmd
}
