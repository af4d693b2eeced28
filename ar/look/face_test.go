package look

import (
	"encoding/json"
	"image"
	_ "image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// fixtures are faces as the tracker found them, and the canonical head.
type fixtures struct {
	Vertices  [][3]float64 `json:"vertices"`
	UV        [][2]float32 `json:"uv"`
	Triangles [][3]uint16  `json:"triangles"`
	Faces     []struct {
		Picture string       `json:"picture"`
		Width   int          `json:"width"`
		Height  int          `json:"height"`
		Points  [][3]float32 `json:"points"`
		Pose    ar.Pose      `json:"pose"`
	} `json:"faces"`
}

func (fx *fixtures) mesh() ar.Mesh {
	return ar.Mesh{Vertices: fx.Vertices, UV: fx.UV, Triangles: fx.Triangles}
}

func readFixtures(tb testing.TB) *fixtures {
	tb.Helper()
	data, err := os.ReadFile("testdata/faces.json")
	require.NoError(tb, err)
	fx := &fixtures{}
	require.NoError(tb, json.Unmarshal(data, fx))
	require.Len(tb, fx.Vertices, ar.MeshPoints)
	return fx
}

// read gives a picture and the face in it.
func (fx *fixtures) read(tb testing.TB, picture string) (*ar.Frame, ar.Face) {
	tb.Helper()
	for _, f := range fx.Faces {
		if f.Picture != picture {
			continue
		}
		face := ar.Face{ID: 1, Score: 1, Pose: f.Pose}
		for i, p := range f.Points {
			face.Points[i] = ar.Point{X: p[0], Y: p[1], Z: p[2]}
		}
		return readPicture(tb, picture), face
	}
	require.Fail(tb, "no such fixture", picture)
	return nil, ar.Face{}
}

func readPicture(tb testing.TB, name string) *ar.Frame {
	tb.Helper()
	return readPictureFile(tb, filepath.Join("..", "face", "testdata", "faces", name))
}

// fewer is every fourth of all where races are looked for: pixels take ten times
// as long there, and one goroutine draws them. CI runs these tests without the
// race detector too, and there it is all.
func fewer[T any](all []T) []T {
	if !racing {
		return all
	}
	var out []T
	for i := 0; i < len(all); i += 4 {
		out = append(out, all[i])
	}
	return out
}

// decodedPictures holds what readPictureFile has decoded, by path.
var decodedPictures sync.Map

// readPictureFile gives a copy of the picture, which is decoded but once.
func readPictureFile(tb testing.TB, path string) *ar.Frame {
	tb.Helper()
	if f, ok := decodedPictures.Load(path); ok {
		return clone(f.(*ar.Frame))
	}
	file, err := os.Open(path)
	require.NoError(tb, err)
	defer file.Close()
	img, _, err := image.Decode(file)
	require.NoError(tb, err)
	f := &ar.Frame{}
	b := img.Bounds()
	f.Resize(b.Dx(), b.Dy())
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			copy(f.Pix[3*(y*b.Dx()+x):], []byte{byte(bl >> 8), byte(g >> 8), byte(r >> 8)})
		}
	}
	decodedPictures.Store(path, f)
	return clone(f)
}

// posed is the canonical face itself before a camera: turned by yaw degrees to
// the shopper's left, distance millimetres away, in a frame of one colour.
func (fx *fixtures) posed(width, height int, yaw, distance float64) (*ar.Frame, ar.Face) {
	f := &ar.Frame{}
	f.Resize(width, height)
	for i := range f.Pix {
		f.Pix[i] = [3]byte{110, 140, 190}[i%3]
	}
	sin, cos := math.Sincos(yaw * math.Pi / 180)
	face := ar.Face{ID: 1, Score: 1, Pose: ar.Pose{
		Valid: true,
		// The face looks at the camera along −z; to turn to the shopper's left
		// it looks to the right of the picture.
		R:     [9]float64{cos, 0, -sin, 0, 1, 0, sin, 0, cos},
		T:     [3]float64{0, 0, distance},
		Focal: float64(width), CX: float64(width) / 2, CY: float64(height) / 2,
		Scale: 1, Yaw: yaw,
	}}
	vertices := slices.Clone(fx.Vertices)
	for side := range 2 { // irises: about where the lids' middles are
		x := []float64{-31.8, 31.8}[side]
		for range 5 {
			vertices = append(vertices, [3]float64{x, 0.5, -5})
		}
	}
	h := head{pose: face.Pose}
	for i, v := range vertices {
		p := h.project(v[0], v[1], v[2])
		depth := (v[2]*cos + v[0]*sin) * face.Pose.Focal / distance // in pixels, as far as the head's middle is
		face.Points[i] = ar.Point{
			X: float32(p.x / float64(width)), Y: float32(p.y / float64(height)), Z: float32(depth / float64(width)),
		}
	}
	return f, face
}

func newRenderer(tb testing.TB, fx *fixtures) *Renderer {
	tb.Helper()
	r, err := New(fx.mesh(), os.DirFS("testdata/glasses"))
	require.NoError(tb, err)
	return r
}

func clone(f *ar.Frame) *ar.Frame {
	c := *f
	c.Pix = slices.Clone(f.Pix)
	return &c
}

func lipstick(c ar.Color, finish ar.Finish, intensity float64) ar.Look {
	return ar.Look{Layers: []ar.Layer{{Kind: ar.Lipstick, Color: c, Finish: finish, Intensity: intensity}}}
}

func spectacles(asset string) ar.Look {
	return ar.Look{Layers: []ar.Layer{{Kind: ar.Glasses, Color: ar.Color{R: 20, G: 20, B: 24}, Asset: asset, Intensity: 1}}}
}

// drawn is Draw on a copy.
func drawn(tb testing.TB, r *Renderer, f *ar.Frame, face ar.Face, l ar.Look) *ar.Frame {
	tb.Helper()
	out := clone(f)
	require.NoError(tb, r.Draw(out, []ar.Face{face}, l))
	return out
}

// changed lists the pixels in which a and b differ, as places of their centres.
func changed(a, b *ar.Frame) []vec {
	var out []vec
	for i := 0; i < len(a.Pix); i += 3 {
		if a.Pix[i] != b.Pix[i] || a.Pix[i+1] != b.Pix[i+1] || a.Pix[i+2] != b.Pix[i+2] {
			p := i / 3
			out = append(out, vec{float64(p%a.Width) + 0.5, float64(p/a.Width) + 0.5})
		}
	}
	return out
}

// edgeDistance is how far p is from the contour's line.
func edgeDistance(c []vec, p vec) float64 {
	best := math.Inf(1)
	for i, a := range c {
		b := c[(i+1)%len(c)]
		dx, dy := b.x-a.x, b.y-a.y
		t := 0.0
		if n := dx*dx + dy*dy; n > 0 {
			t = min(max(((p.x-a.x)*dx+(p.y-a.y)*dy)/n, 0), 1)
		}
		best = min(best, math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy))
	}
	return best
}
