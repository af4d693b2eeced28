package models

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// install runs install.sh without npm, so that nothing can be fetched.
func install(t *testing.T, dest string) (string, error) {
	t.Helper()
	bin := t.TempDir()
	for _, tool := range []string{"sh", "awk", "cut", "dirname", "mkdir", "mktemp", "rm", "sha256sum", "uname"} {
		path, err := exec.LookPath(tool)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(bin, tool)))
	}
	cmd := exec.Command("./install.sh", dest)
	cmd.Env = []string{"PATH=" + bin}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestInstallHasNothingToDo(t *testing.T) {
	dir := folder(t)
	stray := filepath.Join(dir, "mine")
	require.NoError(t, os.WriteFile(stray, nil, 0o600))
	for range 2 {
		out, err := install(t, dir)
		require.NoError(t, err, out)
		require.Contains(t, out, "complete")
	}
	require.FileExists(t, stray)
}

func TestInstallSeesDamage(t *testing.T) {
	for _, name := range []string{packedFile, runtimeFile, clipFile} {
		dir := folder(t)
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
		out, err := install(t, dir)
		require.Error(t, err, "%s is missing", name)
		require.Contains(t, out, "npm is missing: install Node.js")
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("damaged"), 0o600))
		_, err = install(t, dir)
		require.Error(t, err, "%s is damaged", name)
	}
}

func TestInstallSaysWhereItCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	out, err := install(t, filepath.Join(file, "models"))
	require.Error(t, err)
	require.Contains(t, out, file)
}
