package process_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

// A record is one line of a bounded length, whoever sent what is in it.
func TestWhatIsSentFillsNoLog(t *testing.T) {
	var out bytes.Buffer
	log := process.Log(&out, slog.LevelInfo)
	long := strings.Repeat("ế", 1<<20)
	log.Info("came", "text", long, "err", errors.New(long), "bytes", []byte(long), "n", 7)
	require.Less(t, out.Len(), 3*(8<<10)+500)
	require.Contains(t, out.String(), " n=7\n")
	require.Equal(t, 3, strings.Count(out.String(), "…"))

	out.Reset()
	log.Info("refused", "name", "x\nlevel=ERROR msg=forged\r\x1b[2J")
	require.Equal(t, 1, strings.Count(out.String(), "\n"), "nobody writes lines of their own")
	require.NotContains(t, out.String(), "\x1b")
	log.Debug("hidden")
	require.NotContains(t, out.String(), "hidden")
}
