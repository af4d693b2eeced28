package firmwarecfg

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "persons.key")
	made := 0
	fresh := func() string { made++; return "first\n" }
	for range 2 {
		text, err := LoadOrCreateSecret(path, fresh)
		require.NoError(t, err)
		require.Equal(t, "first\n", string(text))
	}
	require.Equal(t, 1, made)
	require.NoError(t, ReplaceSecret(path, []byte("second\n")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	text, err := LoadSecret(path)
	require.NoError(t, err)
	require.Equal(t, "second\n", string(text))

	require.NoError(t, os.Chmod(path, 0o640))
	_, err = LoadOrCreateSecret(path, fresh)
	require.ErrorContains(t, err, "chmod 600")
	require.NotContains(t, err.Error(), "second")
	_, err = LoadSecret(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file is left")
}
