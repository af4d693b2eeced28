package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/cmd/process"
)

const (
	lookModels = "../../build/models"
	lookFaces  = "../../ar/face/testdata/faces"
)

const redLook = `{"layers": [
	{"kind": "lipstick", "color": "#B4243C", "finish": "matte", "intensity": 0.8},
	{"kind": "glasses", "color": "#3B2418", "asset": "round.svg", "intensity": 1}]}`

// edgeLook runs edge look.
func edgeLook(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	cmd := newRoot()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(append([]string{"look"}, args...))
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func lookFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

func TestLookOnAPicture(t *testing.T) {
	dir := t.TempDir()
	in, out, points := filepath.Join(lookFaces, "astronaut.png"), filepath.Join(dir, "out.png"), filepath.Join(dir, "points.json")
	said, err := edgeLook(t, "--look", lookFile(t, "red.json", redLook), "--in", in, "--out", out,
		"--landmarks", points, "--models", lookModels, "--assets", "demo/shop/tryon")
	require.NoError(t, err)
	require.Contains(t, said, "1 frames, 1 faces, 1 frames wear the look")

	f, err := os.Open(points)
	require.NoError(t, err)
	defer f.Close()
	w, h, faces, err := ar.ReadLandmarks(json.NewDecoder(f))
	require.NoError(t, err)
	require.Equal(t, []int{512, 512}, []int{w, h})
	require.Len(t, faces, 1)
	require.Greater(t, faces[0].Score, float32(0.9))
	require.InDelta(t, 0.4369, faces[0].Points[0].X, 0.003, "the upper lip")
	require.InDelta(t, 0.2745, faces[0].Points[0].Y, 0.003)

	var bare, worn ar.Frame
	require.NoError(t, camera.ReadPicture(in, &bare))
	require.NoError(t, camera.ReadPicture(out, &worn))
	// The lower lip is redder, something dark goes over the bridge of the
	// nose, a corner is as it was.
	green := func(f *ar.Frame, x, y float32) int { return int(f.Pix[3*(int(y*512)*f.Width+int(x*512))+1]) }
	lip := faces[0].Points[16]
	require.Less(t, green(&worn, lip.X, lip.Y)+30, green(&bare, lip.X, lip.Y))
	upper, lower := faces[0].Points[9], faces[0].Points[6]
	dark := 255
	for i := range 41 {
		k := float32(i) / 40
		dark = min(dark, green(&worn, upper.X+k*(lower.X-upper.X), upper.Y+k*(lower.Y-upper.Y)))
	}
	require.Less(t, dark, 100)
	require.Equal(t, bare.Pix[:300], worn.Pix[:300])
}

func TestLookOnAVideo(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in.avi")
	w, err := camera.CreateVideo(in, 25)
	require.NoError(t, err)
	cam, err := camera.Open(t.Context(), camera.Config{
		Source: "still:" + filepath.Join(lookFaces, "astronaut.png") + "#xywh=130,10,190,260", Once: true, Width: 640, Height: 360,
	})
	require.NoError(t, err)
	defer cam.Close()
	var f ar.Frame
	for range 10 {
		require.NoError(t, cam.Read(t.Context(), &f))
		require.NoError(t, w.Write(&f))
	}
	require.NoError(t, w.Close())

	out, points := filepath.Join(dir, "out.mp4"), filepath.Join(dir, "points.ndjson")
	_, err = edgeLook(t, "--look", lookFile(t, "red.json", redLook), "--in", in, "--out", out,
		"--landmarks", points, "--models", lookModels, "--assets", "demo/shop/tryon")
	require.NoError(t, err)
	lines, err := os.ReadFile(points)
	require.NoError(t, err)
	require.Equal(t, 10, bytes.Count(lines, []byte("\n")), "a line a frame")
	v, err := camera.OpenVideo(out)
	require.NoError(t, err)
	defer v.Close()
	n := 0
	for v.Read(t.Context(), &f) == nil {
		n++
	}
	require.Equal(t, 10, n)
}

func TestLookRefuses(t *testing.T) {
	red := lookFile(t, "red.json", redLook)
	face := filepath.Join(lookFaces, "astronaut.png")
	out := filepath.Join(t.TempDir(), "out.png")
	for _, tt := range []struct {
		name  string
		args  string
		want  string
		usage bool
	}{
		{"no look", "--in a.png --out b.png", "--look is missing", true},
		{"unknown flag", "--colour red", "unknown flag", true},
		{"overwriting", "--look " + red + " --in " + face + " --out " + face, "would be overwritten", true},
		{"picture to video", "--look " + red + " --in " + face + " --out x.mp4", "a picture makes a picture", true},
		{"faces", "--faces 0 --look " + red + " --in " + face + " --out " + out, "want 1 to 16", true},
		{"missing look", "--look none.json --in " + face + " --out " + out, "none.json", false},
		{"wrong look", "--look " + lookFile(t, "x.json", `{"layers": [{"kind": "hat"}]}`) + " --in " + face + " --out " + out, `kind "hat"`, false},
		{"no models", "--look " + red + " --models " + t.TempDir() + " --in " + face + " --out " + out, "make setup", false},
		{"no shape", "--look " + red + " --models " + lookModels + " --in " + face + " --out " + out, `glasses "round.svg"`, false},
		{"shape elsewhere", "--look " + red + " --models " + lookModels + " --in " + face + " --out " + out, "shapes are looked for in " + filepath.Dir(red) + ": name the folder that has them with --assets", false},
		{"shape on a sheet", "--sheet " + out + " --assets " + lookFaces + " --models " + lookModels + " " + face, "name the folder that has them with --assets", false},
		{"no picture", "--look " + red + " --models " + lookModels + " --assets demo/shop/tryon --in " + red + ".png --out " + out, "there is no such file", false},
		{"no video", "--look " + red + " --models " + lookModels + " --assets demo/shop/tryon --in " + red + " --out " + out + ".mp4", "this is not a video", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := edgeLook(t, strings.Fields(tt.args)...)
			require.ErrorContains(t, err, tt.want)
			var usage process.UsageError
			if tt.usage {
				require.ErrorAs(t, err, &usage)
			} else {
				require.NotErrorAs(t, err, &usage)
			}
			_, err = os.Stat(out)
			require.ErrorIs(t, err, os.ErrNotExist, "nothing is left behind")
		})
	}
}
