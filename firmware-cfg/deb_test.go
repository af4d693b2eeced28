package firmwarecfg

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// What goes into the Debian packages is there, and their scripts know every unit
// among it.
func TestDebianPackages(t *testing.T) {
	for name, samples := range map[string][]string{
		"mirrorcart":    {"edge.yaml", "device.yaml", "runbook.md"},
		"mirrorcart-hq": {"hq.yaml", "mosquitto", "nginx", "monitoring", "runbook.md", "threats.md", "scale.md"},
	} {
		text, err := os.ReadFile("deb/" + name + ".yaml")
		require.NoError(t, err)
		var p struct {
			Contents []struct{ Src, Dst, Type string }
			Scripts  map[string]string
		}
		require.NoError(t, yaml.Unmarshal(text, &p))
		script := map[string]string{}
		for when, file := range p.Scripts {
			text, err := os.ReadFile("../" + file)
			require.NoError(t, err)
			script[when] = string(text)
			out, ok := told(t, "sh", "-n", "../"+file)
			require.True(t, ok, out)
		}
		brought := map[string]bool{}
		for _, c := range p.Contents {
			brought[c.Dst] = true
			if c.Type != "symlink" && c.Src != "" && !strings.HasPrefix(c.Src, "build/") {
				_, err := os.Stat("../" + c.Src)
				require.NoError(t, err)
			}
			unit := path.Base(c.Dst)
			if path.Dir(c.Dst) != "/usr/lib/systemd/system" || unit == "mirrorcart-revoked.service" { // its path unit starts it
				continue
			}
			for when, text := range script {
				known := regexp.MustCompile(`[ "=]` + regexp.QuoteMeta(unit) + `[ ";\n]`).MatchString(text)
				require.True(t, known, "%s of %s does not know %s", when, name, unit)
			}
		}
		for _, s := range samples {
			require.True(t, brought["/usr/share/doc/"+name+"/"+s], "%s has no %s", name, s)
		}
	}
}

// Purging a package deletes no sale: what is left of the ledger is put aside, also
// where that is a backup alone.
func TestPurgingPutsTheLedgerAside(t *testing.T) {
	for name, kept := range map[string]string{"mirrorcart": "backup/20261121T010000Z.db", "mirrorcart-hq": "hq.db"} {
		root, bin := t.TempDir(), t.TempDir()
		for _, tool := range []string{"deb-systemd-helper", "systemctl"} {
			require.NoError(t, os.WriteFile(path.Join(bin, tool), []byte("#!/bin/sh\n"), 0o700))
		}
		t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
		text, err := os.ReadFile("deb/" + name + ".postrm")
		require.NoError(t, err)
		script := path.Join(bin, "postrm")
		require.NoError(t, os.WriteFile(script, []byte(regexp.MustCompile(`/(var|etc)/`).ReplaceAllString(string(text), root+"/$1/")), 0o700))
		data := path.Join(root, "var/lib", name)
		require.NoError(t, os.MkdirAll(path.Dir(path.Join(data, kept)), 0o700))
		require.NoError(t, os.MkdirAll(path.Join(root, "var/backups"), 0o700))
		require.NoError(t, os.WriteFile(path.Join(data, kept), []byte("sales"), 0o600))
		for range 2 { // again finds nothing, and deletes nothing
			out, ok := told(t, "sh", script, "purge")
			require.True(t, ok, out)
			require.NoDirExists(t, data)
			aside, err := filepath.Glob(path.Join(root, "var/backups", name+".*", name, kept))
			require.NoError(t, err)
			require.Len(t, aside, 1)
		}
	}
}
