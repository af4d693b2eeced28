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

func edgeBenchSale(t *testing.T, args string) (stdout string, err error) {
	t.Helper()
	cmd := newRoot()
	var out, errs bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetArgs(append([]string{"bench", "sale", "--dir", t.TempDir()}, strings.Fields(args)...))
	err = cmd.ExecuteContext(t.Context())
	require.Empty(t, errs.String())
	return out.String(), err
}

func TestBenchSaleWritesOneLine(t *testing.T) {
	out, err := edgeBenchSale(t, "--tills 2 --sales 20 --json")
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(out, "\n"))
	var keys map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &keys))
	require.ElementsMatch(t, []string{"commits_per_s", "raw_sqlite_commits_per_s", "ratio", "ms"}, slices.Collect(maps.Keys(keys)))
	require.ElementsMatch(t, []string{"p50", "p99"}, slices.Collect(maps.Keys(keys["ms"].(map[string]any))))
}

func TestBenchSaleBesideTheMirror(t *testing.T) {
	out, err := edgeBenchSale(t, "--sales 200 --mirror --models "+lookModels)
	require.NoError(t, err)
	require.Contains(t, out, "200 sales of two products")
	require.Regexp(t, `mirror +\d+\.\d frames a second`, out)
	require.NotRegexp(t, `mirror +0\.0 `, out)
}

func TestBenchSaleRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--tills 0":           "--tills is 0",
		"--sales 0":           "--sales is 0",
		"--fsync-delay 10us":  "--fsync-delay is 10µs",
		"--fsync-delay 2s":    "--fsync-delay is 2s",
		"--fsync-delay never": "--fsync-delay",
		"stray":               "takes no argument",
	} {
		t.Run(args, func(t *testing.T) {
			_, err := edgeBenchSale(t, args)
			require.ErrorContains(t, err, want)
			_, usage := errors.AsType[process.UsageError](err)
			require.True(t, usage)
		})
	}
	_, err := edgeBenchSale(t, "--mirror --models "+t.TempDir())
	require.Error(t, err)
	_, usage := errors.AsType[process.UsageError](err)
	require.False(t, usage)
}
