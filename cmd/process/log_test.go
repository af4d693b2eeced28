package process_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
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

// Of a connection that breaks off the log says what happened, and not whose it was.
func TestNoAddressIsLogged(t *testing.T) {
	var out bytes.Buffer
	log := process.Log(&out, slog.LevelInfo)
	own, theirs := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 8090}, &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7), Port: 5000}
	gone := fmt.Errorf("a reply: %w", &net.OpError{Op: "write", Net: "tcp", Source: own, Addr: theirs, Err: errors.New("broken pipe")})
	log.Info("left", "err", gone, "remote", theirs.String(), "client", "gw1")
	require.NotContains(t, out.String(), "203.0.113.7")
	require.Contains(t, out.String(), "a reply: write tcp 192.0.2.1:8090: broken pipe")
	require.Contains(t, out.String(), "client=gw1")

	log.Info("no line", "err", &net.OpError{Op: "dial", Net: "tcp", Addr: theirs, Err: errors.New("refused")})
	require.Contains(t, out.String(), "dial tcp 203.0.113.7:5000", "whom we reach is to be known")
}
