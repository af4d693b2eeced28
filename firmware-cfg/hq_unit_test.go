package firmwarecfg

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// systemd understands headquarters' service, and it is shut in.
func TestHeadquartersService(t *testing.T) {
	text, err := os.ReadFile("hq/mirrorcart-hq.service")
	require.NoError(t, err)
	require.Empty(t, unitFault(t, string(text)))
	require.NotEmpty(t, unitFault(t, strings.Replace(string(text), "ProtectSystem", "ProtectsSystem", 1)))
	out, ok := told(t, "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", "hq/mirrorcart-hq.service")
	require.True(t, ok, "%s", out)
}

// The broker's list of revoked certificates follows headquarters'. Root brings it
// there, and follows no link that headquarters has put in its place.
func TestRevokedListReachesTheBroker(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("mosquitto", name))
		require.NoError(t, err)
		return string(text)
	}
	const unit = "mirrorcart-revoked"
	path, service := read(unit+".path"), read(unit+".service")
	verify := func(path string) string {
		dir := t.TempDir()
		for name, text := range map[string]string{unit + ".path": path, unit + ".service": "[Service]\nExecStart=/bin/true\n"} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
		out, ok := told(t, "systemd-analyze", "verify", "--man=no", filepath.Join(dir, unit+".path"))
		if !ok && out == "" {
			return "systemd-analyze failed"
		}
		return out
	}
	require.Empty(t, verify(path))
	require.NotEmpty(t, verify(strings.Replace(path, "PathChanged=", "PathChange=", 1)))
	require.Empty(t, unitFault(t, service))
	require.NotEmpty(t, unitFault(t, strings.Replace(service, "Type=oneshot", "Type=once", 1)))

	const ours, theirs = "/var/lib/mirrorcart-hq/revoked.pem", "/etc/mosquitto/certs/revoked.pem"
	require.Contains(t, path, "\nPathChanged="+ours+"\n")
	require.Contains(t, read("mosquitto.conf"), "\ncrlfile "+theirs+"\n")
	found := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/cp (.*)$`).FindStringSubmatch(service)
	require.NotNil(t, found)
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from.pem"), filepath.Join(dir, "to.pem")
	bring := func() {
		args := strings.Fields(strings.NewReplacer(ours, from, theirs, to).Replace(found[1]))
		out, ok := told(t, "cp", args...)
		require.True(t, ok, out)
	}
	for _, list := range []string{"first", "second"} {
		require.NoError(t, os.WriteFile(from, []byte(list), 0o644)) //nolint:gosec // as headquarters writes it
		bring()
		got, err := os.ReadFile(to)
		require.NoError(t, err)
		require.Equal(t, list, string(got))
	}
	secret := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("root's"), 0o600))
	require.NoError(t, os.Remove(from))
	require.NoError(t, os.Symlink(secret, from))
	bring()
	info, err := os.Lstat(to)
	require.NoError(t, err)
	require.False(t, info.Mode().IsRegular(), "nothing of the secret is there to be read")
}

// The settings that its package brings say nothing but what has no default.
func TestHeadquartersShortSettings(t *testing.T) {
	short, err := LoadHQ("hq/hq.yaml", nil)
	require.NoError(t, err)
	explained, err := LoadHQ("hq.yaml", nil)
	require.NoError(t, err)
	require.Empty(t, explained.Nodes)
	explained.Nodes = short.Nodes // an empty list is as good as none
	require.Equal(t, explained, short)
}
