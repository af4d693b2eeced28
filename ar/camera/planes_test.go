package camera

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// fenced gives two runs of n bytes, one that ends and one that begins where the
// process may neither read nor write: a step outside ends the test.
func fenced(t testing.TB, n int) (last, first []byte) {
	t.Helper()
	page := os.Getpagesize()
	room := (n + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, room+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(m)) })
	require.NoError(t, syscall.Mprotect(m[:page], syscall.PROT_NONE))
	require.NoError(t, syscall.Mprotect(m[page+room:], syscall.PROT_NONE))
	return m[page+room-n : page+room : page+room], m[page : page+n : page+n]
}

// furthest is the greatest difference of two bytes of the same place.
func furthest(a, b []byte) int {
	far := 0
	for i := range a {
		far = max(far, int(a[i])-int(b[i]), int(b[i])-int(a[i]))
	}
	return far
}

func flipped(f *ar.Frame) *ar.Frame {
	g := &ar.Frame{}
	g.Resize(f.Width, f.Height)
	for i := range f.Width * f.Height {
		copy(g.Pix[3*i:][:3], f.Pix[3*(i+f.Width-1-2*(i%f.Width)):])
	}
	return g
}

// OpenCV's encoder leaves the colours to libjpeg; ours does them itself where the
// processor is quick at it, and must come to the same.
func TestJPEGOfPlanesIsWhatLibjpegMakes(t *testing.T) {
	for _, size := range [][2]int{{32, 1}, {32, 2}, {48, 17}, {64, 33}, {80, 16}, {640, 360}, {720, 1280}, {1280, 720}} {
		photo, _ := shot(t, size[0], size[1])
		for name, f := range map[string]*ar.Frame{"photo": photo, "noise": noise(size[0], size[1])} {
			t.Run(fmt.Sprint(name, " ", size), func(t *testing.T) {
				last, first := fenced(t, len(f.Pix))
				for _, mirror := range []bool{false, true} {
					var files [2][]byte
					for i, pix := range [][]byte{last, first} {
						copy(pix, f.Pix)
						var err error
						files[i], err = (&JPEG{Quality: 100, Mirror: mirror}).Encode(nil, &ar.Frame{Width: f.Width, Height: f.Height, Pix: pix})
						require.NoError(t, err)
						require.Equal(t, f.Pix, pix, "the frame is as it was")
					}
					require.Equal(t, files[0], files[1])
					want := f
					if mirror {
						want = flipped(f)
					}
					sameJPEG(t, want, files[0])
				}
			})
		}
	}
}

func sameJPEG(t *testing.T, f *ar.Frame, got []byte) {
	t.Helper()
	require.NoError(t, withMat(f, func(m *gocv.Mat) error {
		b, err := gocv.IMEncodeWithParams(gocv.JPEGFileExt, *m, []int{gocv.IMWriteJpegQuality, 100})
		require.NoError(t, err)
		defer b.Close()
		ours, theirs := decode(t, got), decode(t, b.GetBytes())
		require.Less(t, meanDifference(theirs, ours), 0.4)
		require.LessOrEqual(t, furthest(theirs, ours), 8)
		if f.Width > 640 || f.Height > 640 {
			return nil // slow, and larger pictures have no other colours
		}
		mean, worst := colourError(t, f, got)
		require.Less(t, worst, 3.0)
		if len(f.Pix) > 1000 { // fewer prove nothing
			libjpegs, _ := colourError(t, f, b.GetBytes())
			require.LessOrEqual(t, mean, libjpegs)
		}
		return nil
	}))
}

// colourError is how far the colours of a JPEG are from those of four pixels each
// by the formulas of ITU-T T.871, section 7: the mean and the worst.
func colourError(t *testing.T, f *ar.Frame, data []byte) (mean, worst float64) {
	t.Helper()
	page, err := jpeg.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	planes, n := page.(*image.YCbCr), 0.0
	for y := 0; y < f.Height; y += 2 {
		for x := 0; x < f.Width; x += 2 {
			var b, g, r float64
			for i := range 4 {
				p := f.Pix[3*(min(y+i/2, f.Height-1)*f.Width+x+i%2):]
				b, g, r = b+float64(p[0])/4, g+float64(p[1])/4, r+float64(p[2])/4
			}
			at := planes.COffset(x, y)
			light := 0.299*r + 0.587*g + 0.114*b
			cb, cr := float64(planes.Cb[at])-128-(b-light)/1.772, float64(planes.Cr[at])-128-(r-light)/1.402
			mean += math.Abs(cb) + math.Abs(cr)
			worst = max(worst, math.Abs(cb), math.Abs(cr))
			n += 2
		}
	}
	return mean / n, worst
}

// Every colour comes back as the one it was, and grey without a tint.
func TestJPEGOfPlanesKeepsColours(t *testing.T) {
	j := &JPEG{Quality: 100}
	var f, got ar.Frame
	f.Resize(32, 16)
	d := decoder(t, Config{})
	for i := range 9 * 9 * 9 {
		colour := []byte{level(i), level(i / 9), level(i / 81)}
		copy(f.Pix, bytes.Repeat(colour, 32*16))
		data, err := j.Encode(nil, &f)
		require.NoError(t, err)
		require.NoError(t, d.Decode(&got, data))
		require.LessOrEqual(t, furthest(f.Pix, got.Pix), 2, "%v", colour)
		if colour[0] == colour[1] && colour[1] == colour[2] {
			require.Equal(t, f.Pix, got.Pix)
		}
	}
}

func level(i int) byte { return byte(min(255, i%9*32)) }

func TestJPEGOfPlanesMirrorsEveryPixel(t *testing.T) {
	for width := 32; width <= 160; width += 16 {
		f := noise(width, 19)
		mirrored, err := (&JPEG{Quality: 90, Mirror: true}).Encode(nil, f)
		require.NoError(t, err)
		plain, err := (&JPEG{Quality: 90}).Encode(nil, flipped(f))
		require.NoError(t, err)
		require.Equal(t, plain, mirrored, "%d pixels wide", width)
	}
}

// The pictures are the same piece of the test photo, with the colours at different
// widths and heights; Go's decoder knows all of those.
func TestDecoderTakesEveryWidthOfColours(t *testing.T) {
	for _, kind := range []string{"420", "422", "440", "444", "411", "rgb"} {
		t.Run(kind, func(t *testing.T) {
			data := read(t, kind)
			page, err := jpeg.Decode(bytes.NewReader(data))
			require.NoError(t, err)
			want := ar.Frame{}
			want.Resize(66, 37)
			for i := range 66 * 37 {
				r, g, b, _ := page.At(i%66, i/66).RGBA()
				want.Pix[3*i], want.Pix[3*i+1], want.Pix[3*i+2] = byte(b>>8), byte(g>>8), byte(r>>8)
			}
			last, first := fenced(t, len(want.Pix))
			for _, pix := range [][]byte{last, first} {
				got := ar.Frame{Pix: pix}
				require.NoError(t, decoder(t, Config{}).Decode(&got, data))
				require.Same(t, &pix[0], &got.Pix[0])
				require.Less(t, meanDifference(want.Pix, got.Pix), 0.5)
				require.LessOrEqual(t, furthest(want.Pix, got.Pix), 4)
			}
		})
	}
}

func read(t testing.TB, kind string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", kind+".jpg"))
	require.NoError(t, err)
	return data
}

// A picture of odd width is left to libjpeg: with the last column cut off in the
// head alone, the others must be the same, but for rounding.
func TestDecoderOfPlanesSeesWhatLibjpegSees(t *testing.T) {
	pictures := map[string][]byte{"420": read(t, "420"), "422": read(t, "422")}
	for _, size := range [][2]int{{32, 2}, {48, 17}, {98, 33}, {640, 360}, {720, 1280}} {
		_, pictures[fmt.Sprint(size)] = shot(t, size[0], size[1])
	}
	for name, data := range pictures {
		t.Run(name, func(t *testing.T) {
			var want, got ar.Frame
			require.NoError(t, decoder(t, Config{}).Decode(&got, data))
			odd := slices.Clone(data)
			width := odd[bytes.Index(odd, []byte{0xFF, 0xC0})+7:]
			binary.BigEndian.PutUint16(width, uint16(got.Width-1))
			require.NoError(t, decoder(t, Config{}).Decode(&want, odd))
			require.Equal(t, []int{got.Width - 1, got.Height}, []int{want.Width, want.Height})
			var rows []byte
			for y := range got.Height {
				rows = append(rows, got.Pix[3*y*got.Width:][:3*want.Width]...)
			}
			require.LessOrEqual(t, furthest(want.Pix, rows), 1)
			require.Less(t, meanDifference(want.Pix, rows), 0.01)
		})
	}
}
