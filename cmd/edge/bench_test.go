package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
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
	var keys map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &keys))
	require.ElementsMatch(t, []string{"frames", "fps", "ms", "stages", "rss_mb", "allocs_per_frame", "drawn"}, slices.Collect(maps.Keys(keys)))
	require.Equal(t, 80, r.Frames)
	require.GreaterOrEqual(t, r.Drawn, 0.95)
	require.Positive(t, r.FPS)
	require.Zero(t, r.Stages.Decode)
	require.Positive(t, r.RSS)
	require.Positive(t, min(r.Stages.Track, r.Stages.Look, r.Stages.Encode))
	require.True(t, r.MS.P50 <= r.MS.P95 && r.MS.P95 <= r.MS.P99, "%v", r.MS)
	// A frame's times are remembered in room that is made beforehand.
	require.Less(t, r.Allocs, 40.0)
}

func TestBenchARDecodesTheCamerasJPEG(t *testing.T) {
	out, err := edgeBench(t, "--frames", "30", "--mjpeg", "--json")
	require.NoError(t, err)
	var r benchARReport
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Positive(t, r.Stages.Decode)
	require.Greater(t, r.MS.P50, r.Stages.Decode, "every frame takes longer than its decoding")
	require.GreaterOrEqual(t, r.Drawn, 0.95)
	require.Less(t, r.Allocs, 40.0)
}

func TestBenchARCountsOnlyWhatIsDrawn(t *testing.T) {
	bare := lookFile(t, "bare.json", `{"layers": [{"kind": "lipstick", "color": "#B4243C", "finish": "matte", "intensity": 0}]}`)
	out, err := edgeBench(t, "--frames", "3", "--size", "640x360", "--look", bare, "--json")
	require.NoError(t, err)
	var r benchARReport
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Zero(t, r.Drawn)
}

func TestBenchARPrintsATable(t *testing.T) {
	out, err := edgeBench(t, "--frames", "2")
	require.NoError(t, err)
	var near, far float64
	_, err = fmt.Sscanf(out, "1280 × 720, 2 frames, kiosks: 1, eyes %f to %f px apart", &near, &far)
	require.NoError(t, err)
	require.GreaterOrEqual(t, near, 100.0)
	require.LessOrEqual(t, far, 160.0)
	for _, want := range []string{"p50", "encode", "frames a second", "drawn         100.0 %"} {
		require.Contains(t, out, want)
	}
}

func TestBenchARAtACamerasPace(t *testing.T) {
	began := time.Now()
	out, err := edgeBench(t, "--fps", "20", "--frames", "20", "--kiosks", "2", "--size", "640x360", "--mjpeg", "--json")
	require.NoError(t, err)
	require.Greater(t, time.Since(began), time.Second)
	var r benchARReport
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Equal(t, 40, r.Frames)
	require.NotNil(t, r.Drops)
	require.True(t, *r.Drops >= 0 && *r.Drops < 1, "%v", *r.Drops)
	require.LessOrEqual(t, r.FPS, 40.0)
	require.Positive(t, min(r.Drawn, r.Stages.Decode, r.MS.P50))
}

func TestBenchCameraGivesThePictureOfNow(t *testing.T) {
	k := &benchKiosk{clip: &benchClip{frames: []*ar.Frame{{Pix: []byte{0, 0, 0}, Width: 1, Height: 1}, {Pix: []byte{1, 1, 1}, Width: 1, Height: 1}}}}
	const last, rate = 12, 100
	c := newBenchCamera(k, last, rate)
	var f ar.Frame
	read := func() uint64 {
		require.NoError(t, c.Read(t.Context(), &f))
		require.Equal(t, c.start.Add(time.Duration(f.Seq)*time.Second/rate), f.At)
		require.False(t, time.Now().Before(f.At), "a picture of the future")
		require.Equal(t, k.clip.frames[f.Seq%2].Pix, f.Pix)
		return f.Seq
	}
	first := read()
	require.GreaterOrEqual(t, first, uint64(1))
	time.Sleep(5 * time.Second / rate) // the reader is busy
	late := read()
	require.True(t, late >= min(first+5, last), "%d after %d", late, first)
	for f.Seq < last {
		before := f.Seq
		require.Greater(t, read(), before)
	}
	require.ErrorIs(t, c.Read(t.Context(), &f), io.EOF)

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, newBenchCamera(k, last, 0.001).Read(gone, &f), context.Canceled)
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
		{"--fps 0.5", "--fps is 0.5", true},
		{"--fps NaN", "--fps is NaN", true},
		{"--nope", "unknown flag", true},
		{"stray", "takes no argument", true},
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
