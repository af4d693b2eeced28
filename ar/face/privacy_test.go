package face_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar/face"
)

// quietChild marks the process that TestRuntimeLeavesNoTrace looks at.
const quietChild = "MIRRORCART_TEST_QUIET_CHILD"

// ONNX Runtime as its maker ships it keeps a device's identity and a queue of
// reports in the user's folders, and sends them. Ours must not.
func TestRuntimeLeavesNoTrace(t *testing.T) {
	if os.Getenv(quietChild) != "" {
		tracker := newTracker(t, face.Options{})
		require.Len(t, track(t, tracker, readFrame(t, "webcam_man.png")), 1)
		return
	}
	home, tmp := t.TempDir(), t.TempDir()
	others, err := filepath.Glob("/tmp/mat-debug-*") // of programs that had the same number
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	for _, v := range os.Environ() { // CI would keep it quiet by itself
		if !strings.HasPrefix(v, "CI=") && !strings.HasPrefix(v, "ORT_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, quietChild+"=1", "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, ".cache"), "TMPDIR="+tmp)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	for _, dir := range []string{home, tmp} {
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left, "what the runtime left behind")
	}
	for _, its := range []string{"/tmp/mat-debug-%d.log", "/tmp/mat-debug-%d[^0-9]*.log"} {
		logs, err := filepath.Glob(fmt.Sprintf(its, cmd.Process.Pid))
		require.NoError(t, err)
		require.Subset(t, others, logs)
	}
}
