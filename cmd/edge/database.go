package main

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// databaseOptions say which database is the gateway's.
func databaseOptions(cfg *firmwarecfg.Edge, log *slog.Logger) sqlite.Options {
	return sqlite.Options{
		Path: filepath.Join(cfg.DataDir, "edge.db"),
		Node: cfg.Node, Shop: cfg.Shop.ID, Till: cfg.Till, Log: log,
		Line:    cfg.HQ.MQTT.URL != "",
		Witness: cfg.Keys.Device + ".witness", Machine: machine(),
		Backups: backupFolders(cfg), Reserve: int64(cfg.Disk.ReserveMB) << 20,
		Tickets: cfg.Printer.On() && cfg.Printer.Auto,
	}
}

// backupFolders are where backups are looked for, the nearest first.
func backupFolders(cfg *firmwarecfg.Edge) []string {
	folders := []string{cfg.BackupDir()}
	if cfg.Backup.Second != "" {
		folders = append(folders, cfg.Backup.Second)
	}
	return folders
}

// machine is a fingerprint of this computer, empty where it has none. Its id is
// not to be shown to anybody (machine-id(5)), so it is hashed.
func machine() string {
	id, err := os.ReadFile("/etc/machine-id")
	if err != nil || strings.TrimSpace(string(id)) == "" {
		return ""
	}
	sum := sha256.Sum256(append([]byte("mirrorcart machine 1\x00"), id...))
	return hex.EncodeToString(sum[:8])
}

// actForFile has root act as the gateway's user where a file is to be made in one of
// that user's folders. Elsewhere, on a medium say, it stays who it is: the gateway's
// user may not write there, and SQLite leaves the database's own files to their owner.
func actForFile(cfg *firmwarecfg.Edge, file string) error {
	dir := filepath.Dir(file)
	for ownerOf(dir) < 0 && dir != filepath.Dir(dir) { // it will be made
		dir = filepath.Dir(dir)
	}
	if ownerOf(dir) != ownerOf(cfg.DataDir) {
		return nil
	}
	return process.ActAsOwner(cfg.DataDir)
}
