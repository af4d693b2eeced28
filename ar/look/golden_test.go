package look

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// lipLooks are looks of one layer each that lies on lips, by name.
func lipLooks() map[string]ar.Look {
	looks := map[string]ar.Look{}
	for _, finish := range ar.Finishes() {
		full := lipstick(red, finish, 0.8)
		looks["lipstick "+string(finish)] = full
		faded := withIntensity(full, 0.8)
		faded.Layers[0].Gradient = true
		looks["lipstick "+string(finish)+" gradient"] = faded
	}
	for _, finish := range []ar.Finish{ar.Matte, ar.Satin} {
		looks["lip liner "+string(finish)] = lipLiner(finish)
	}
	return looks
}

func lipLiner(finish ar.Finish) ar.Look {
	return ar.Look{Layers: []ar.Layer{{Kind: ar.LipLiner, Color: ar.Color{R: 0x7A, G: 0x2E, B: 0x2A}, Finish: finish, Intensity: 0.9}}}
}

// TestMakeupLooksAsItDid compares each kind of make-up with its picture under
// testdata/golden; go test -run AsItDid -update writes them anew.
func TestMakeupLooksAsItDid(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	looks := skinLooks()
	maps.Copy(looks, lipLooks())
	for name, l := range fewerLooks(looks) {
		t.Run(name, func(t *testing.T) {
			picture := "group_s6a.png"
			switch l.Layers[0].Kind {
			case ar.Foundation, ar.Contour, ar.Highlighter, ar.Blush:
				picture = "astronaut.png" // a small face keeps the golden pictures small
			}
			f, face := fx.read(t, picture)
			out := drawn(t, r, f, face, withIntensity(l, 0.8))
			crop := goldenCrop(l, &face, f)
			requireInside(t, f, out, crop)
			requireGolden(t, name, out, crop)
		})
	}
}

// requireGolden compares f's pixels in crop with the golden picture of that
// name, which -update writes anew. Other processors round otherwise, and an edge
// may fall to the next pixel.
func requireGolden(t *testing.T, name string, f *ar.Frame, crop image.Rectangle) {
	t.Helper()
	path := filepath.Join("testdata", "golden", strings.ReplaceAll(name, " ", "-")+".png")
	if *update {
		writeGolden(t, path, f, crop)
	}
	off := goldenDistances(t, path, f, crop)
	sum := 0.
	for _, d := range off {
		sum += d
	}
	require.Less(t, sum/float64(len(off)), 0.2, "mean distance")
	require.Less(t, off[len(off)*98/100], 1.5, "of all but the worst fiftieth")
}

// requireInside checks that nothing was drawn beside crop.
func requireInside(t *testing.T, f, out *ar.Frame, crop image.Rectangle) {
	t.Helper()
	spots := changed(f, out)
	require.NotEmpty(t, spots)
	for _, p := range spots {
		require.True(t, image.Pt(int(p.x), int(p.y)).In(crop), "drawn beside the golden picture at %v", p)
	}
}

// goldenCrop is the part of the picture that make-up of a look's kind can lie
// in.
func goldenCrop(l ar.Look, face *ar.Face, f *ar.Frame) image.Rectangle {
	var points []int
	switch l.Layers[0].Kind {
	case ar.Lipstick, ar.LipLiner:
		points = lipsOuter
	case ar.Brows, ar.Eyeshadow, ar.Eyeliner, ar.Lashes:
		points = []int{70, 107, 336, 300, 105, 334, 33, 263, 145, 374, 124, 353}
	default:
		for i := range ar.MeshPoints {
			points = append(points, i)
		}
	}
	return bounds(0.12*eyeDistance(face, f), image.Rect(0, 0, f.Width, f.Height), contour(nil, face, points, f))
}

func writeGolden(t *testing.T, path string, f *ar.Frame, crop image.Rectangle) {
	t.Helper()
	img := image.NewNRGBA(crop)
	for y := crop.Min.Y; y < crop.Max.Y; y++ {
		for x := crop.Min.X; x < crop.Max.X; x++ {
			px := f.Pix[3*(y*f.Width+x):]
			img.SetNRGBA(x, y, color.NRGBA{R: px[2], G: px[1], B: px[0], A: 255})
		}
	}
	var data bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&data, img))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, data.Bytes(), 0o644))
}

// goldenDistances are the CIEDE2000 distances of f's pixels in crop from those
// of a golden picture, least first.
func goldenDistances(t *testing.T, path string, f *ar.Frame, crop image.Rectangle) []float64 {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	img, err := png.Decode(file)
	require.NoError(t, err)
	require.Equal(t, crop.Size(), img.Bounds().Size())
	var off []float64
	for y := range crop.Dy() {
		for x := range crop.Dx() {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			want := cielabOf(rgb{linear[c.R], linear[c.G], linear[c.B]})
			off = append(off, deltaE00(want, cielabAt(f, (y+crop.Min.Y)*f.Width+x+crop.Min.X)))
		}
	}
	slices.Sort(off)
	return off
}
