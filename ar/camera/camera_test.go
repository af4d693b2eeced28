package camera

import (
	"context"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

const photo = "../face/testdata/faces/astronaut.png"

// clip writes a video of n test cards and returns its path.
func clip(t *testing.T, name string, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	w, err := CreateVideo(path, 25)
	require.NoError(t, err)
	cards := &fake.Camera{Width: 320, Height: 180}
	var f ar.Frame
	for range n {
		require.NoError(t, cards.Read(t.Context(), &f))
		require.NoError(t, w.Write(&f))
	}
	require.NoError(t, w.Close())
	return path
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

func open(t *testing.T, c Config) ar.Camera {
	t.Helper()
	cam, err := Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cam.Close()) })
	return cam
}

func TestBadSourcesSayWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile(clip(t, "x.mp4", 10))
	require.NoError(t, err)
	for _, tt := range []struct {
		name string
		c    Config
		want string
	}{
		{"none", Config{}, "no source is set"},
		{"NUL", Config{Source: "a\x00b"}, "NUL"},
		{"missing file", Config{Source: filepath.Join(dir, "none.mp4")}, "there is no such file: check the path"},
		{"folder", Config{Source: dir}, "this is a folder: name a video file"},
		{"empty file", Config{Source: write(t, "a.mp4", "")}, "the file is empty"},
		{"text", Config{Source: write(t, "a.mp4", "hello world, this is text")}, "this is not a video"},
		{"picture as video", Config{Source: photo}, "this is not a video"},
		{"video cut off", Config{Source: write(t, "cut.mp4", string(whole[:len(whole)/2]))}, "the video cannot be opened"},
		{"only a head", Config{Source: write(t, "head.avi", "RIFF\x00\x00\x00\x00AVI LIST")}, "the video cannot be opened"},
		{"missing device", Config{Source: "/dev/video987"}, "there is no such device: plug the camera in"},
		{"other device", Config{Source: "/dev/null"}, "this is not a video device"},
		{"missing link", Config{Source: "/dev/mirrorcart/camera-none"}, "there is no such device: plug the camera in"},
		{"link to another device", Config{Source: "/dev/stdin"}, "this is not a video device"},
		{"missing photo", Config{Source: "still:" + filepath.Join(dir, "none.png")}, "there is no such file"},
		{"photo is a folder", Config{Source: "still:" + dir}, "this is a folder: name a picture file"},
		{"photo is text", Config{Source: "still:" + write(t, "a.png", "hello")}, "this is not a picture: use PNG, JPEG or WebP"},
		{"photo cut off", Config{Source: "still:" + write(t, "b.jpg", "\xff\xd8\xff\xe0\x00\x10JFIF")}, "this is not a picture"},
		{"region", Config{Source: "still:" + photo + "#xywh=1,2,3"}, "the region after # is wrong"},
		{"empty region", Config{Source: "still:" + photo + "#xywh=1,2,0,3"}, "the region is empty"},
		{"rotate", Config{Source: photo, Rotate: 45}, "set 0, 90, 180 or 270"},
		{"size", Config{Source: photo, Width: 9000, Height: 10}, "size 9000 × 10"},
		{"40 megapixels", Config{Source: photo, Width: 8192, Height: 8192}, "40 megapixels"},
		{"still too high", Config{Source: "still:" + photo, Height: 8192}, "the frames would be 14564 × 8192 pixels"},
		{"folder too high", Config{Source: "folder:" + album(t, 10), Width: 8192}, "its frames would be too large"},
		{"speed", Config{Source: photo, FPS: math.NaN()}, "frames a second"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			cam, err := Open(t.Context(), tt.c)
			require.Nil(t, cam)
			require.ErrorContains(t, err, tt.want)
			var se *SourceError
			require.ErrorAs(t, err, &se)
			require.Equal(t, tt.c.Source, se.Source)
			require.NotEmpty(t, se.Mend)
			require.Less(t, time.Since(start), 5*time.Second)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Open(ctx, Config{Source: photo})
	require.ErrorIs(t, err, context.Canceled)
}

func TestVideoComesBackAsWritten(t *testing.T) {
	for _, name := range []string{"x.mp4", "x.avi"} {
		t.Run(name, func(t *testing.T) {
			v, err := OpenVideo(clip(t, name, 12))
			require.NoError(t, err)
			defer v.Close()
			require.InDelta(t, 25, v.FPS(), 0.01)
			var f ar.Frame
			var first time.Time
			for i := range 12 {
				require.NoError(t, v.Read(t.Context(), &f))
				require.EqualValues(t, i+1, f.Seq)
				require.EqualValues(t, i+1, fake.Counter(&f))
				if i == 0 {
					first = f.At
				}
				require.InDelta(t, float64(i)/25, f.At.Sub(first).Seconds(), 1e-6, "the times of its own speed")
			}
			require.ErrorIs(t, v.Read(t.Context(), &f), io.EOF)
		})
	}
}

func TestVideoLoopsAtItsOwnSpeed(t *testing.T) {
	cam := open(t, Config{Source: clip(t, "x.mp4", 10)})
	var f ar.Frame
	start := time.Now()
	var seen []uint16
	var last uint64
	for f.Seq < 26 {
		require.NoError(t, cam.Read(t.Context(), &f))
		require.Greater(t, f.Seq, last)
		last = f.Seq
		seen = append(seen, fake.Counter(&f))
	}
	require.GreaterOrEqual(t, time.Since(start), time.Second, "25 frames a second")
	require.True(t, slices.Contains(seen, 1) && slices.Index(seen[1:], 1) > 0 || len(seen) < 26, "it began again: %v", seen)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, cam.Read(ctx, &f), context.Canceled)
}

func TestLateReaderSkipsFrames(t *testing.T) {
	p := pace{fps: 30, start: time.Now().Add(-time.Second), n: 10}
	late, err := p.wait(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 20, late, 3)
	p.start = p.start.Add(-time.Hour)
	late, err = p.wait(t.Context())
	require.NoError(t, err)
	require.Zero(t, late, "an hour's sleep is not made up for")
	late, err = p.wait(t.Context())
	require.NoError(t, err)
	require.Zero(t, late)
}

func TestScaledAndTurned(t *testing.T) {
	path := clip(t, "x.mp4", 2) // 320 × 180, a bright corner top left, a ramp below
	for _, tt := range []struct {
		name string
		c    Config
		w, h int
	}{
		{"as it is", Config{}, 320, 180},
		{"twice", Config{Width: 640, Height: 360}, 640, 360},
		{"by height", Config{Height: 90}, 160, 90},
		{"by width", Config{Width: 640}, 640, 360},
		{"cut to a square", Config{Width: 100, Height: 100}, 100, 100},
		{"on its side", Config{Rotate: 90}, 180, 320},
		{"upside down", Config{Rotate: 180}, 320, 180},
		{"on its other side, scaled", Config{Rotate: 270, Height: 640}, 360, 640},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.c.Source, tt.c.Once = path, true
			cam := open(t, tt.c)
			var f ar.Frame
			require.NoError(t, cam.Read(t.Context(), &f))
			require.Equal(t, []int{tt.w, tt.h}, []int{f.Width, f.Height})
			require.Len(t, f.Pix, 3*tt.w*tt.h)
			// The card's ramp is darkest at its bottom left corner; where that goes:
			corner := map[int]image.Point{0: {2, f.Height - 3}, 90: {2, 2}, 180: {f.Width - 3, 2}, 270: {f.Width - 3, f.Height - 3}}[tt.c.Rotate]
			if tt.name == "cut to a square" {
				return
			}
			i := 3 * (corner.Y*f.Width + corner.X)
			require.Less(t, f.Pix[i+1], byte(30))
		})
	}
}

func TestStillIsTheSameEachTime(t *testing.T) {
	c := Config{Source: "still:" + photo + "#xywh=130,10,190,260", Once: true}
	a, b := open(t, c), open(t, c)
	var fa, fb ar.Frame
	var last []byte
	for i := range 20 {
		require.NoError(t, a.Read(t.Context(), &fa))
		require.NoError(t, b.Read(t.Context(), &fb))
		require.Equal(t, []int{1280, 720}, []int{fa.Width, fa.Height})
		require.EqualValues(t, i+1, fa.Seq)
		require.Equal(t, fa.Pix, fb.Pix)
		require.NotEqual(t, last, fa.Pix, "it moves")
		last = slices.Clone(fa.Pix)
	}
}

func TestStillHasNoBlackCorners(t *testing.T) {
	white := &ar.Frame{}
	white.Resize(200, 300)
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	path := filepath.Join(t.TempDir(), "white.png")
	require.NoError(t, WritePicture(path, white))
	cam := open(t, Config{Source: "still:" + path + "#xywh=percent:40,40,20,20", Once: true, Width: 640, Height: 360})
	var f ar.Frame
	for range 200 {
		require.NoError(t, cam.Read(t.Context(), &f))
		require.Equal(t, byte(255), slices.Min(f.Pix))
	}
}

func TestStillKeepsItsPace(t *testing.T) {
	cam := open(t, Config{Source: "still:" + photo, Width: 320, Height: 180, FPS: 50})
	var f ar.Frame
	start := time.Now()
	for f.Seq < 11 {
		require.NoError(t, cam.Read(t.Context(), &f))
	}
	require.GreaterOrEqual(t, time.Since(start), 200*time.Millisecond)
	require.WithinDuration(t, time.Now(), f.At, time.Second)
}

func TestClosedCameraFails(t *testing.T) {
	for _, source := range []string{"still:" + photo, clip(t, "x.mp4", 2)} {
		cam, err := Open(t.Context(), Config{Source: source, Once: true})
		require.NoError(t, err)
		require.NoError(t, cam.Close())
		require.NoError(t, cam.Close())
		require.ErrorIs(t, cam.Read(t.Context(), &ar.Frame{}), errClosed)
	}
}

func TestPicturesComeBack(t *testing.T) {
	var f, back ar.Frame
	require.NoError(t, ReadPicture(photo, &f))
	require.Equal(t, []int{512, 512}, []int{f.Width, f.Height})
	require.True(t, f.At.IsZero(), "a picture by itself has no time")
	dir := t.TempDir()
	require.NoError(t, WritePicture(filepath.Join(dir, "a.png"), &f))
	require.NoError(t, ReadPicture(filepath.Join(dir, "a.png"), &back))
	require.Equal(t, f.Pix, back.Pix)
	data, err := os.ReadFile(filepath.Join(dir, "a.png"))
	require.NoError(t, err)
	var decoded ar.Frame
	require.NoError(t, DecodePicture("a.png", data, &decoded))
	require.Equal(t, f.Pix, decoded.Pix)
	require.ErrorContains(t, DecodePicture("a.png", data[:len(data)/8], &decoded), "the picture is broken")
	require.ErrorContains(t, DecodePicture("a.txt", []byte("no picture"), &decoded), "this is not a picture")
	require.NoError(t, WritePicture(filepath.Join(dir, "a.jpg"), &f))
	require.NoError(t, ReadPicture(filepath.Join(dir, "a.jpg"), &back))
	require.InDelta(t, 0, meanDifference(f.Pix, back.Pix), 3)
	require.ErrorContains(t, WritePicture(filepath.Join(dir, "a.gif"), &f), "must end in")
	require.Error(t, WritePicture(filepath.Join(dir, "none", "a.png"), &f))
	require.Error(t, WritePicture(filepath.Join(dir, "b.png"), &ar.Frame{Width: 3, Height: 3}))
}

func meanDifference(a, b []byte) float64 {
	sum := 0.0
	for i := range a {
		sum += math.Abs(float64(a[i]) - float64(b[i]))
	}
	return sum / float64(len(a))
}

func TestJPEGMirrors(t *testing.T) {
	var f ar.Frame
	require.NoError(t, ReadPicture(photo, &f))
	before := slices.Clone(f.Pix)
	plain, err := (&JPEG{Quality: 95}).Encode([]byte("head"), &f)
	require.NoError(t, err)
	require.Equal(t, "head\xff\xd8", string(plain[:6]), "appended")
	mirrored, err := (&JPEG{Quality: 95, Mirror: true}).Encode(nil, &f)
	require.NoError(t, err)
	require.Equal(t, before, f.Pix, "the frame itself stays")
	small, err := (&JPEG{Quality: 20}).Encode(nil, &f)
	require.NoError(t, err)
	require.Less(t, len(small), len(plain)/2)

	got := decode(t, mirrored)
	flipped := make([]byte, 0, len(f.Pix))
	for y := range f.Height {
		for x := range f.Width {
			flipped = append(flipped, f.Pix[3*(y*f.Width+f.Width-1-x):][:3]...)
		}
	}
	require.InDelta(t, 0, meanDifference(flipped, got), 3)

	_, err = (&JPEG{Quality: 101}).Encode(nil, &f)
	require.ErrorContains(t, err, "1 to 100")
	_, err = (&JPEG{}).Encode(nil, &ar.Frame{})
	require.Error(t, err)
}

func decode(t *testing.T, data []byte) []byte {
	t.Helper()
	m, err := gocv.IMDecode(data, gocv.IMReadColor)
	require.NoError(t, err)
	defer m.Close()
	return m.ToBytes()
}

func TestVideosThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	_, err := CreateVideo(filepath.Join(dir, "a.mkv"), 25)
	require.ErrorContains(t, err, ".mp4 or .avi")
	_, err = CreateVideo(filepath.Join(dir, "a.mp4"), 0)
	require.ErrorContains(t, err, "frames a second")
	_, err = CreateVideo(filepath.Join(dir, "none", "a.mp4"), 25)
	require.ErrorContains(t, err, "there is no folder")
	w, err := CreateVideo(filepath.Join(dir, "a.mp4"), 25)
	require.NoError(t, err)
	var f ar.Frame
	f.Resize(64, 64)
	require.NoError(t, w.Write(&f))
	f.Resize(32, 32)
	require.ErrorContains(t, w.Write(&f), "frame of 32 × 32 among frames of 64 × 64")
	require.NoError(t, w.Close())
}

func FuzzFocus(f *testing.F) {
	f.Add("a.jpg#xywh=1,2,3,4")
	f.Add("a#b.jpg#xywh=percent:0.5,1e3,99,1")
	f.Fuzz(func(t *testing.T, s string) {
		_, r, err := cutFocus(s)
		if err != nil {
			return
		}
		rect := r.in(640, 480)
		if rect.Empty() || !rect.In(image.Rect(0, 0, 640, 480)) {
			t.Fatalf("%q: region %v", s, rect)
		}
	})
}

func FuzzVideoHead(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x20ftypisom"))
	f.Add([]byte("RIFF"))
	f.Fuzz(func(_ *testing.T, head []byte) { looksLikeVideo(head) })
}

func BenchmarkJPEG720p(b *testing.B) {
	var f ar.Frame
	cam, err := openStill(Config{Source: "still:" + photo, Once: true}, photo)
	if err != nil {
		b.Fatal(err)
	}
	defer cam.Close()
	if err := cam.Read(b.Context(), &f); err != nil {
		b.Fatal(err)
	}
	for _, mirror := range []bool{false, true} {
		b.Run(map[bool]string{false: "plain", true: "mirrored"}[mirror], func(b *testing.B) {
			j := &JPEG{Mirror: mirror}
			var buf []byte
			for b.Loop() {
				if buf, err = j.Encode(buf[:0], &f); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(buf)), "bytes")
		})
	}
}
