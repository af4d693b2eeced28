package authority

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// whole asserts that dir has an authority that works.
func whole(t *testing.T, dir string) {
	t.Helper()
	a, err := Open(dir)
	require.NoError(t, err)
	der, err := a.SignClient("gw-1", a.key.Public(), time.Now(), DeviceLife)
	require.NoError(t, err)
	require.NotEmpty(t, der)
	_, err = Create(dir, "Another", time.Now())
	require.Equal(t, edge.Conflict, edge.KindOf(err), "it is not replaced")
}

// Killed at any step, the making of an authority leaves none, or one that the next
// try finishes.
func TestAnAuthorityIsMadeWholeWhereverItIsKilled(t *testing.T) {
	const steps, folder = "TEST_OF_STEPS", "TEST_OF_FOLDER"
	if n, err := strconv.Atoi(os.Getenv(steps)); err == nil { // this is the one that is killed
		_, err := create(os.Getenv(folder), "Test", time.Now(), func() {
			if n--; n == 0 {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		})
		require.NoError(t, err)
		return
	}
	for n := 1; ; n++ {
		dir := filepath.Join(t.TempDir(), "ca")
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", steps, n), folder+"="+dir)
		out, err := cmd.CombinedOutput()
		if err == nil {
			require.Greater(t, n, 8, "it was not killed")
			whole(t, dir)
			return
		}
		require.ErrorContains(t, err, "signal: killed", "%s", out)
		if _, err := Open(dir); err == nil {
			whole(t, dir)
			continue
		}
		_, err = Create(dir, "Test", time.Now())
		require.NoError(t, err, "killed at step %d", n)
		whole(t, dir)
	}
}

// Of two that make an authority at once one does, and the other says so.
func TestAnAuthorityIsMadeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	made := make([]error, 8)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() { _, made[i] = Create(dir, fmt.Sprint("Test ", i), time.Now()) })
	}
	all.Wait()
	n := 0
	for _, err := range made {
		if err == nil {
			n++
		} else {
			require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err)
		}
	}
	require.Equal(t, 1, n)
	whole(t, dir)
	require.NoError(t, os.Remove(filepath.Join(dir, certFile)))
	_, err := Open(dir)
	require.ErrorContains(t, err, "put it back from the backup")
}
