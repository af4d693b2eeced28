package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// watchedDir names the variable with the folder of the demo that another process
// watches.
const watchedDir = "MIRRORCART_TEST_WATCHED_DIR"

// TestWatchedDemo is the process that TestNoFrameReachesTheDisk watches.
func TestWatchedDemo(t *testing.T) {
	dir := os.Getenv(watchedDir)
	if dir == "" {
		t.Skip("nobody watches")
	}
	err := edgeCommand(t.Context(), os.Stdout, "demo", "--once", "--json", "--models", modelsFolder(t), "--dir", dir)
	require.NoError(t, err)
}

// The main job writes into the shop's own folder alone, and no picture of the
// camera or the mirror: neither as a file nor within one.
func TestNoFrameReachesTheDisk(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("nobody watches: strace is not installed")
	}
	if out, err := exec.CommandContext(t.Context(), strace, "-o", "/dev/null", "true").CombinedOutput(); err != nil {
		t.Skipf("nobody watches: strace cannot trace here: %s", out)
	}
	dir := filepath.Join(t.TempDir(), "shop")
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.CommandContext(t.Context(), strace, "-f", "-y", "-s", "8", "-x", "-o", trace, "--seccomp-bpf",
		"-e", "trace=openat,creat,write,pwrite64,writev,pwritev,mmap", "-e", "signal=none",
		os.Args[0], "-test.run=^TestWatchedDemo$")
	cmd.Env = append(os.Environ(), watchedDir+"="+dir)
	out, err := cmd.Output()
	require.NoError(t, err, "%s", out)
	var r onceReport
	require.NoError(t, json.NewDecoder(bytes.NewReader(out)).Decode(&r))
	require.True(t, r.OK)
	require.GreaterOrEqual(t, r.Frames, onceFrames, "the mirror was looked at")

	f, err := os.Open(trace)
	require.NoError(t, err)
	defer f.Close()
	written := map[string]int{}
	opened := regexp.MustCompile(`(?:openat\(.*?"([^"]+)"|creat\("([^"]+)").*(?:O_WRONLY|O_RDWR|O_CREAT)`)
	write := regexp.MustCompile(`p?writev?(?:64)?\(\d+<(/[^>]*)>, (.*)`)
	pictures := regexp.MustCompile(`^"\\xff\\xd8\\xff|^"\\x89\\x50\\x4e\\x47|^"\\x52\\x49\\x46\\x46`) // JPEG, PNG, WebP
	require.Regexp(t, pictures, `"\xff\xd8\xff\xe0\x00\x10\x4a\x46"..., 20480) = 20480`, "it would be seen")
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if m := opened.FindStringSubmatch(line); m != nil && !strings.Contains(line, "= -1 ") {
			requireOwn(t, dir, m[1]+m[2])
		}
		m := write.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		requireOwn(t, dir, m[1])
		written[m[1]]++
		require.NotRegexp(t, pictures, m[2], "a picture goes into %s", m[1])
	}
	require.NoError(t, lines.Err())
	require.NotEmpty(t, written[filepath.Join(dir, "edge.db-wal")], "the trace shows what is written: %v", written)

	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		require.False(t, holdsPicture(b), "a picture is in %s", path)
		return err
	}))
	require.True(t, holdsPicture([]byte("page of a database\xff\xd8\xff\xe0\x00\x10JFIF")), "it would be found")
}

// requireOwn wants a file that is the shop's, or none that lasts.
func requireOwn(t *testing.T, dir, path string) {
	t.Helper()
	for _, own := range []string{dir + "/", "/dev/", "/proc/", "/memfd:", "/sys/"} {
		if strings.HasPrefix(path, own) || path == dir {
			return
		}
	}
	require.Failf(t, "written outside the shop's folder", "%s", path)
}

// holdsPicture reports whether a JPEG begins somewhere in b: with its first
// marker, of the application, its tables or its size (ITU T.81, table B.1).
func holdsPicture(b []byte) bool {
	for _, marker := range []byte{0xe0, 0xe1, 0xdb, 0xc0, 0xc4, 0xfe} {
		if bytes.Contains(b, []byte{0xff, 0xd8, 0xff, marker}) {
			return true
		}
	}
	return false
}
