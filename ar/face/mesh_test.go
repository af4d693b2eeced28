package face

import (
	"image"
	"image/color"
	_ "image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

// TestPlainMeshAgrees runs the plain mesh on what the attention mesh sees: two
// networks that were trained apart and must find the same face.
func TestPlainMeshAgrees(t *testing.T) {
	set, err := models.Open(filepath.Join("..", "..", "build", "models"))
	require.NoError(t, err, "the tests of this package need the face models")
	require.NoError(t, loadRuntime(set.Runtime))
	detector, err := newDetector(set.Detector)
	require.NoError(t, err)
	defer func() { require.NoError(t, detector.close()) }()
	fine, err := newLandmarker(Models{Landmarks: set.Attention, Lips: Detail(set.Lips), Eyes: Detail(set.Eyes)})
	require.NoError(t, err)
	defer func() { require.NoError(t, fine.close()) }()
	plain, err := newPictureSession(set.Mesh, landmarkSide,
		result{"points", []int64{ar.MeshPoints, 3}}, result{"presence", []int64{1}})
	require.NoError(t, err)
	defer func() { require.NoError(t, plain.close()) }()

	pictures, err := filepath.Glob(filepath.Join("testdata", "faces", "*.png"))
	require.NoError(t, err)
	require.NotEmpty(t, pictures)
	for _, path := range pictures {
		picture := readPicture(t, path)
		found, err := detector.find(picture)
		require.NoError(t, err)
		require.NotEmpty(t, found)
		tr := &track{region: found[0].region()}
		there, err := fine.find(tr, picture, newPresence, ar.AllParts)
		require.NoError(t, err)
		require.True(t, there)
		copy(plain.in.GetData(), fine.in.GetData())
		require.NoError(t, plain.run.Run())
		require.Greater(t, sigmoid(plain.out[1].GetData()[0]), float32(0.9), path)

		a, b := &fine.points, plain.out[0].GetData()
		apart := func(i, j int) float64 {
			return math.Hypot(float64(a[i].X-b[3*j]), float64(a[i].Y-b[3*j+1]))
		}
		eyes := span(a[33], a[263])
		var mean float64
		for i := range ar.MeshPoints {
			mean += apart(i, i) / ar.MeshPoints / eyes
		}
		t.Logf("%s: %.1f %% of the eyes' distance apart", filepath.Base(path), 100*mean)
		require.Less(t, mean, 0.06, path)
	}
}

func readPicture(tb testing.TB, path string) gocv.Mat {
	tb.Helper()
	file, err := os.Open(path)
	require.NoError(tb, err)
	defer file.Close()
	img, _, err := image.Decode(file)
	require.NoError(tb, err)
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	pix := make([]byte, 0, 3*w*h)
	for y := range h {
		for x := range w {
			c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
			pix = append(pix, c.B, c.G, c.R)
		}
	}
	picture, err := gocv.NewMatFromBytes(h, w, gocv.MatTypeCV8UC3, pix)
	require.NoError(tb, err)
	tb.Cleanup(func() { picture.Close() })
	return picture
}
