package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

// edgeBench runs edge bench ar on the models of the build.
func edgeBench(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	cmd := newRoot()
	var out, errs bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetArgs(append([]string{"bench", "ar", "--models", lookModels}, args...))
	err = cmd.ExecuteContext(t.Context())
	require.Empty(t, errs.String())
	return out.String(), err
}

func TestBenchARMeasuresWhatIsDrawn(t *testing.T) {
	out, err := edgeBench(t, "--frames", "40", "--kiosks", "2", "--json")
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(out, "\n"), "one line")
	var r benchARReport
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&r))
	require.Equal(t, []int{1280, 720, 2, 80}, []int{r.Width, r.Height, r.Kiosks, r.Frames})
	require.GreaterOrEqual(t, r.Drawn, 0.95)
	require.GreaterOrEqual(t, r.Eyes[0], 100.0)
	require.LessOrEqual(t, r.Eyes[1], 160.0)
	require.Positive(t, r.FPS)
	require.Positive(t, r.RSS)
	require.Positive(t, min(r.Stages.Track, r.Stages.Look, r.Stages.Encode))
	require.True(t, r.MS.P50 <= r.MS.P95 && r.MS.P95 <= r.MS.P99, "%v", r.MS)
	// A frame's times are remembered in room that is made beforehand.
	require.Less(t, r.Allocs, 40.0)
}

func TestBenchARCountsOnlyWhatIsDrawn(t *testing.T) {
	bare := lookFile(t, "bare.json", `{"layers": [{"kind": "lipstick", "color": "#B4243C", "finish": "matte", "intensity": 0}]}`)
	out, err := edgeBench(t, "--frames", "3", "--size", "640x360", "--look", bare, "--json")
	require.NoError(t, err)
	var r benchARReport
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Equal(t, []int{640, 360}, []int{r.Width, r.Height})
	require.Zero(t, r.Drawn)
}

func TestBenchARPrintsATable(t *testing.T) {
	out, err := edgeBench(t, "--frames", "2", "--size", "640x360")
	require.NoError(t, err)
	for _, want := range []string{"640 × 360, 2 frames", "p50", "encode", "frames a second", "drawn         100.0 %"} {
		require.Contains(t, out, want)
	}
}

func TestBenchARRefuses(t *testing.T) {
	for _, tt := range []struct {
		args, want string
		usage      bool
	}{
		{"--size 1280", "--size", true},
		{"--size 12800x720", "--size", true},
		{"--frames 0", "--frames is 0", true},
		{"--kiosks 17", "--kiosks is 17", true},
		{"--nope", "unknown flag", true},
		{"stray", "unknown command", true},
		{"--look none.json", "none.json", false},
		{"--models " + filepath.Join(t.TempDir(), "none"), "none", false},
	} {
		t.Run(tt.args, func(t *testing.T) {
			_, err := edgeBench(t, strings.Fields(tt.args)...)
			require.ErrorContains(t, err, tt.want)
			_, usage := errors.AsType[process.UsageError](err)
			require.Equal(t, tt.usage, usage)
		})
	}
}
