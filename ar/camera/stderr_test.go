package camera

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// stderr is what the whole process, C libraries too, writes to its standard
// error while do runs.
func stderr(t *testing.T, do func()) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	defer file.Close()
	kept, err := syscall.Dup(2)
	require.NoError(t, err)
	require.NoError(t, syscall.Dup3(int(file.Fd()), 2, 0))
	defer func() {
		require.NoError(t, syscall.Dup3(kept, 2, 0))
		require.NoError(t, syscall.Close(kept))
	}()
	do()
	said, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return string(said)
}
