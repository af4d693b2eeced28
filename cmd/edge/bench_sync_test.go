package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

// benchSync runs edge bench sync.
func benchSync(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	cmd := newRoot()
	var out, errs bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetArgs(append([]string{"bench", "sync"}, args...))
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestBenchSync(t *testing.T) {
	out, err := benchSync(t, "--events", "30", "--singles", "3", "--broker", "mochi", "--json")
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(out, "\n"), "one line")
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.ElementsMatch(t, []string{
		"events", "sales", "events_per_s", "bytes_per_event", "bytes_per_sale", "ack_ms", "lost", "doubled", "gaps", "rss_mb",
	}, slices.Collect(maps.Keys(r)))
	require.ElementsMatch(t, []string{"p50", "p99"}, slices.Collect(maps.Keys(r["ack_ms"].(map[string]any))))
	require.ElementsMatch(t, []string{"before", "peak"}, slices.Collect(maps.Keys(r["rss_mb"].(map[string]any))))
	require.EqualValues(t, 10, r["sales"])
	require.EqualValues(t, 32, r["events"], "both lanes have a beginning")
	require.Zero(t, r["lost"])
}

func TestBenchSyncPrintsATable(t *testing.T) {
	out, err := benchSync(t, "--events", "3", "--singles", "1", "--broker", "mochi", "--edges", "2", "--collectors", "2", "--reconnect")
	require.NoError(t, err)
	require.Contains(t, out, "10 events of 2 sales in 2 shops, over mochi to 2 collectors on sqlite\n")
	require.Contains(t, out, "after the broker's restart")
	require.Regexp(t, `lost +0\n +doubled +0\n +gaps +0\n`, out)
}

func TestBenchSyncRefuses(t *testing.T) {
	for _, args := range []string{
		"--events 0", "--events 10000001", "--singles 0", "--broker kafka", "--hq oracle", "--edges 0", "--edges 1001",
		"--collectors 0", "--collectors 17", "--nope", "stray",
	} {
		_, err := benchSync(t, strings.Fields(args)...)
		_, usage := errors.AsType[process.UsageError](err)
		require.True(t, usage, "%s: %v", args, err)
	}
}
