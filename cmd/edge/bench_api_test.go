package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

func edgeBenchAPI(t *testing.T, args string) (stdout string, err error) {
	t.Helper()
	cmd := newRoot()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&bytes.Buffer{})
	cmd.SetArgs(append([]string{"bench", "api"}, strings.Fields(args)...))
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestBenchAPIWritesOneLine(t *testing.T) {
	out, err := edgeBenchAPI(t, "--rate 50 --seconds 2 --json --models "+lookModels)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(out, "\n"))
	var keys map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &keys))
	require.ElementsMatch(t, []string{"requests_per_s", "errors", "ms"}, slices.Collect(maps.Keys(keys)))
	require.ElementsMatch(t, []string{"p50", "p99"}, slices.Collect(maps.Keys(keys["ms"].(map[string]any))))
	require.Zero(t, keys["errors"], "something that a kiosk asks is refused")
	require.Positive(t, keys["requests_per_s"])
}

func TestBenchAPIRefuses(t *testing.T) {
	for _, args := range []string{"--rate 0", "--seconds 0", "--rate 10001"} {
		_, err := edgeBenchAPI(t, args)
		require.ErrorAs(t, err, new(process.UsageError), args)
	}
	_, err := edgeBenchAPI(t, "--models "+t.TempDir())
	require.ErrorContains(t, err, "make setup")
}
