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

// bench runs hq bench.
func bench(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	cmd := newRoot()
	var out, errs bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetArgs(append([]string{"bench"}, args...))
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestBenchIngest(t *testing.T) {
	out, err := bench(t, "ingest", "--events", "60", "--json")
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(out, "\n"), "one line")
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.ElementsMatch(t, []string{"events", "events_per_s", "bytes_per_event", "ack_ms", "lost", "doubled", "gaps"}, slices.Collect(maps.Keys(r)))
	require.ElementsMatch(t, []string{"p50", "p99"}, slices.Collect(maps.Keys(r["ack_ms"].(map[string]any))))
	require.EqualValues(t, 62, r["events"], "both lanes have a beginning")
	require.Zero(t, r["lost"])

	out, err = bench(t, "ingest", "--events", "3", "--collectors", "2")
	require.NoError(t, err)
	require.Contains(t, out, "10 events into sqlite, from 2 shops at once", "each shop sells")
	require.Regexp(t, `lost +0\n +doubled +0\n +gaps +0\n`, out)
}

func TestBenchIngestRefuses(t *testing.T) {
	for _, args := range []string{
		"ingest --events 0", "ingest --events 10000001", "ingest --hq oracle", "ingest --collectors 0", "ingest --collectors 17", "ingest --nope", "ingest stray",
	} {
		_, err := bench(t, strings.Fields(args)...)
		_, usage := errors.AsType[process.UsageError](err)
		require.True(t, usage, "%s: %v", args, err)
	}
}
