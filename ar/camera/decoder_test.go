package camera

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"testing"

	"github.com/stretchr/testify/require"
	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

// shot is the test photo at width × height, and as a JPEG.
func shot(t testing.TB, width, height int) (*ar.Frame, []byte) {
	t.Helper()
	cam, err := openStill(Config{Source: "still:" + photo, Width: width, Height: height, Once: true}, photo)
	require.NoError(t, err)
	defer cam.Close()
	f := &ar.Frame{}
	require.NoError(t, cam.Read(t.Context(), f))
	data, err := (&JPEG{Quality: 92}).Encode(nil, f)
	require.NoError(t, err)
	return f, data
}

func decoder(t testing.TB, c Config) *Decoder {
	d := NewDecoder(c)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

func TestDecoderGivesThePictureBack(t *testing.T) {
	want, data := shot(t, 640, 360)
	var got ar.Frame
	require.NoError(t, decoder(t, Config{}).Decode(&got, data))
	require.Equal(t, []int{640, 360}, []int{got.Width, got.Height})
	require.Less(t, meanDifference(want.Pix, got.Pix), 3.0)
	require.Less(t, meanDifference(decode(t, data), got.Pix), 1.5, "OpenCV's decoder sees the same picture")
}

func TestDecoderForgets(t *testing.T) {
	_, data := shot(t, 640, 360)
	d := decoder(t, Config{Rotate: 90})
	d.Forget() // nothing yet
	var f ar.Frame
	require.NoError(t, d.Decode(&f, data))
	d.Forget()
	turned, err := d.fit.turned.DataPtrUint8()
	require.NoError(t, err)
	require.Equal(t, make([]byte, len(turned)), turned)
	require.Equal(t, make([]byte, len(d.page.Pix)), d.page.Pix)
}

// Whatever the size asked for and the turn, the frame is the one that decoding
// the whole and scaling it gives.
func TestDecoderScalesAndTurns(t *testing.T) {
	_, data := shot(t, 1280, 720)
	whole := decode(t, data)
	for _, c := range []Config{
		{Width: 640, Height: 360},
		{Width: 320, Height: 180},
		{Width: 160},
		{Width: 100, Height: 100},
		{Width: 640, Height: 480},
		{Width: 1000, Height: 700},
		{Rotate: 90},
		{Rotate: 180},
		{Rotate: 270, Width: 360, Height: 640},
		{Rotate: 90, Height: 200},
		{Width: 1920, Height: 1080},
	} {
		t.Run(fmt.Sprint(c.Width, "×", c.Height, " turned ", c.Rotate), func(t *testing.T) {
			var got, want ar.Frame
			require.NoError(t, decoder(t, c).Decode(&got, data))
			fit := newFitter(c)
			defer fit.close()
			page := &ar.Frame{Pix: whole, Width: 1280, Height: 720}
			require.NoError(t, withMat(page, func(m *gocv.Mat) error { return fit.fit(&want, m) }))
			require.Equal(t, []int{want.Width, want.Height}, []int{got.Width, got.Height})
			require.Less(t, meanDifference(want.Pix, got.Pix), 2.0)
		})
	}
}

func TestDecoderTakesGreyPictures(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range grey.Pix {
		grey.Pix[i] = 200
	}
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, grey, nil))
	var f ar.Frame
	require.NoError(t, decoder(t, Config{}).Decode(&f, b.Bytes()))
	require.Equal(t, bytes.Repeat([]byte{200}, 3*40*30), f.Pix)
}

// USB cameras leave the usual Huffman tables out of their pictures.
func TestDecoderNeedsNoHuffmanTables(t *testing.T) {
	_, data := shot(t, 320, 180)
	bare := without(t, data, 0xC4)
	require.Less(t, len(bare), len(data)-400)
	var want, got ar.Frame
	d := decoder(t, Config{})
	require.NoError(t, d.Decode(&want, data))
	require.NoError(t, d.Decode(&got, bare))
	require.Equal(t, want.Pix, got.Pix)
}

// without drops the segments with the marker from a JPEG's head.
func without(t testing.TB, data []byte, marker byte) []byte {
	t.Helper()
	out := bytes.Clone(data[:2])
	for i := 2; ; {
		require.Equal(t, byte(0xFF), data[i])
		if data[i+1] == 0xDA {
			return append(out, data[i:]...)
		}
		n := 2 + int(binary.BigEndian.Uint16(data[i+2:]))
		if data[i+1] != marker {
			out = append(out, data[i:i+n]...)
		}
		i += n
	}
}

func TestDecoderRefuses(t *testing.T) {
	_, data := shot(t, 320, 180)
	huge := bytes.Clone(data)
	sof := bytes.Index(huge, []byte{0xFF, 0xC0})
	binary.BigEndian.PutUint16(huge[sof+5:], 20_000)
	binary.BigEndian.PutUint16(huge[sof+7:], 20_000)
	progressive := bytes.Clone(data)
	progressive[sof+1] = 0xC2

	d := decoder(t, Config{})
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":       {nil, "empty"},
		"text":          {[]byte("hello world, this is no picture"), "Not a JPEG file"},
		"a PNG":         {[]byte("\x89PNG\r\n\x1a\n0000000000000"), "Not a JPEG file"},
		"only a head":   {data[:sof+20], "decode JPEG"},
		"cut off":       {data[:len(data)*2/3], "decode JPEG"},
		"20000 × 20000": {huge, "20000 × 20000 pixels: send at most 4096 a side"},
		"progressive":   {progressive, "only baseline JPEG"},
	} {
		t.Run(name, func(t *testing.T) {
			var f ar.Frame
			require.ErrorContains(t, d.Decode(&f, tt.data), tt.want)
			require.Less(t, cap(f.Pix)+cap(d.page.Pix), 64<<20, "no memory is spent on what is refused")
		})
	}
	var f ar.Frame
	require.NoError(t, d.Decode(&f, data), "and it goes on")
}

func TestDecoderAllocatesNothing(t *testing.T) {
	_, data := shot(t, 640, 360)
	for _, c := range []Config{{}, {Width: 320, Height: 180}} {
		d := decoder(t, c)
		var f ar.Frame
		require.NoError(t, d.Decode(&f, data))
		require.Zero(t, testing.AllocsPerRun(10, func() {
			if err := d.Decode(&f, data); err != nil {
				t.Error(err)
			}
		}))
	}
}

func FuzzDecoder(f *testing.F) {
	_, data := shot(f, 64, 36)
	f.Add(data)
	f.Add(without(f, data, 0xC4))
	f.Add(read(f, "422"))
	f.Add(data[:len(data)/2])
	f.Add([]byte{0xFF, 0xD8, 0xFF, 0xC2, 0, 11, 8, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 0x11, 0})
	d := decoder(f, Config{Width: 32, Height: 32, Rotate: 90})
	f.Fuzz(func(t *testing.T, data []byte) {
		if w, h, err := d.size(data); err == nil && w*h > 1<<20 {
			return // allowed, but slow
		}
		var frame ar.Frame
		if err := d.Decode(&frame, data); err != nil {
			return
		}
		if frame.Width != 32 || frame.Height != 32 || len(frame.Pix) != 3*32*32 {
			t.Fatalf("frame of %d × %d with %d bytes", frame.Width, frame.Height, len(frame.Pix))
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range [][2]int{{1280, 720}, {1920, 1080}} {
		_, data := shot(b, size[0], size[1])
		for name, c := range map[string]Config{"full": {}, "half": {Width: size[0] / 2, Height: size[1] / 2}, "quarter": {Width: size[0] / 4, Height: size[1] / 4}, "to720p": {Width: 1280, Height: 720}} {
			b.Run(fmt.Sprintf("%dp/%s", size[1], name), func(b *testing.B) {
				d := decoder(b, c)
				var f ar.Frame
				for b.Loop() {
					if err := d.Decode(&f, data); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(len(data)), "bytes")
			})
		}
	}
}
