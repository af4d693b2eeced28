package camera

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

const pixH264 = 'H' | '2'<<8 | '6'<<16 | '4'<<24

// webcam is a USB camera as its driver shows it: a kernel with one device.
type webcam struct {
	t        *testing.T
	caps     uint32
	modes    []mode
	controls map[uint32]*v4l2QueryControl // with their values as default_value
	values   map[uint32]int32
	padding  int    // bytes between YUYV rows
	falls    uint32 // the width that any format is set to, whatever was asked for

	mu       sync.Mutex
	mode     mode
	fps      float64
	buffers  [][]byte
	queued   []uint32
	ready    []v4l2Buffer
	calls    map[uintptr]int
	mapped   int
	on, gone bool
	seq      uint64
}

func newWebcam(t *testing.T) *webcam {
	w := &webcam{
		t: t, caps: v4l2CapCapture | v4l2CapStreaming, calls: map[uintptr]int{}, values: map[uint32]int32{},
		modes: []mode{
			{pixH264, 1920, 1080, []float64{30}},
			{v4l2PixYUYV, 640, 480, []float64{30, 15}},
			{v4l2PixYUYV, 1280, 720, []float64{10}},
			{v4l2PixMJPEG, 1920, 1080, []float64{30}},
			{v4l2PixMJPEG, 1280, 720, []float64{60, 30, 15}},
			{v4l2PixMJPEG, 640, 480, []float64{30}},
		},
		controls: map[uint32]*v4l2QueryControl{
			cidExposureAuto: {least: 0, most: 3}, cidExposure: {least: 3, most: 2047},
			cidWhiteAuto: {least: 0, most: 1}, cidWhite: {least: 2000, most: 6500},
			cidGain: {least: 0, most: 255}, cidPowerLine: {least: 0, most: 2},
		},
	}
	for id, c := range w.controls {
		c.id = id
		copy(c.name[:], "setting")
	}
	t.Cleanup(func() {
		require.Zero(t, w.mapped, "memory is given back")
		require.False(t, w.on, "the camera is off")
	})
	return w
}

func (w *webcam) ioctl(request uintptr, arg unsafe.Pointer) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[request]++
	if w.gone {
		return syscall.ENODEV
	}
	switch request {
	case vidiocQuerycap:
		(*v4l2Capability)(arg).capabilities = w.caps
	case vidiocEnumFmt, vidiocEnumFramesizes, vidiocEnumFrameintervals:
		return w.list(request, arg)
	case vidiocSFmt:
		w.setFormat((*v4l2Format)(arg))
	case vidiocSParm:
		t := (*v4l2StreamParm)(arg)
		w.fps = float64(t.denominator) / float64(t.numerator)
	case vidiocQueryctrl, vidiocSCtrl:
		return w.control(request, arg)
	default:
		return w.stream(request, arg)
	}
	return nil
}

func (w *webcam) list(request uintptr, arg unsafe.Pointer) error {
	switch request {
	case vidiocEnumFmt:
		d := (*v4l2FormatDesc)(arg)
		var seen []uint32
		for _, m := range w.modes {
			if len(seen) == 0 || seen[len(seen)-1] != m.fourcc {
				seen = append(seen, m.fourcc)
			}
		}
		if int(d.index) >= len(seen) {
			return syscall.EINVAL
		}
		d.fourcc = seen[d.index]
	case vidiocEnumFramesizes:
		e := (*v4l2SizeEnum)(arg)
		n := 0
		for _, m := range w.modes {
			if m.fourcc == e.fourcc {
				if n == int(e.index) {
					e.kind = v4l2Discrete
					e.size[0], e.size[1] = uint32(m.width), uint32(m.height)
					return nil
				}
				n++
			}
		}
		return syscall.EINVAL
	case vidiocEnumFrameintervals:
		e := (*v4l2IntervalEnum)(arg)
		for _, m := range w.modes {
			if m.fourcc == e.fourcc && m.width == int(e.width) && int(e.index) < len(m.fps) {
				e.kind = v4l2Discrete
				e.interval[0], e.interval[1] = 1, uint32(m.fps[e.index])
				return nil
			}
		}
		return syscall.EINVAL
	}
	return nil
}

func (w *webcam) setFormat(p *v4l2Format) {
	if w.falls > 0 {
		p.width, p.height = w.falls, w.falls*3/4
	}
	w.mode = mode{fourcc: p.fourcc, width: int(p.width), height: int(p.height)}
	if w.mode.fourcc == v4l2PixYUYV {
		p.stride = 2*p.width + uint32(w.padding)
	}
}

func (w *webcam) control(request uintptr, arg unsafe.Pointer) error {
	if request == vidiocSCtrl {
		c := (*v4l2Control)(arg)
		w.values[c.id] = c.value
		return nil
	}
	q := (*v4l2QueryControl)(arg)
	want := q.id
	if want&v4l2NextControl != 0 {
		next := uint32(0)
		for id := range w.controls {
			if id > want&^v4l2NextControl && (next == 0 || id < next) {
				next = id
			}
		}
		want = next
	}
	c, ok := w.controls[want]
	if !ok {
		return syscall.EINVAL
	}
	*q = *c
	return nil
}

func (w *webcam) stream(request uintptr, arg unsafe.Pointer) error {
	switch request {
	case vidiocReqbufs:
		r := (*v4l2Request)(arg)
		r.count = 3
		for range r.count {
			w.buffers = append(w.buffers, make([]byte, 2*w.mode.width*w.mode.height+w.padding*w.mode.height))
		}
	case vidiocQuerybuf:
		b := (*v4l2Buffer)(arg)
		b.length = uint32(len(w.buffers[b.index]))
		b.offset = b.index
	case vidiocQbuf:
		w.queued = append(w.queued, (*v4l2Buffer)(arg).index)
	case vidiocDqbuf:
		if len(w.ready) == 0 {
			return syscall.EAGAIN
		}
		*(*v4l2Buffer)(arg) = w.ready[0]
		w.ready = w.ready[1:]
	case vidiocStreamon:
		w.on = true
	case vidiocStreamoff:
		w.on = false
	default:
		return syscall.ENOTTY
	}
	return nil
}

func (w *webcam) mmap(offset int64, length int) ([]byte, error) {
	w.mapped++
	return w.buffers[offset][:length], nil
}
func (w *webcam) munmap([]byte) error { w.mapped--; return nil }
func (w *webcam) close() error        { w.on = false; return nil }

func (w *webcam) wait(limit time.Duration) error {
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		w.mu.Lock()
		gone, ready := w.gone, len(w.ready) > 0
		w.mu.Unlock()
		switch {
		case gone:
			return errors.New("the device is gone")
		case ready:
			return nil
		case time.Now().After(end):
			return os.ErrDeadlineExceeded
		}
	}
}

// take puts a picture's bytes into the next buffer.
func (w *webcam) take(data []byte, flags uint32) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.NotEmpty(w.t, w.queued, "the driver has a buffer")
	b := v4l2Buffer{index: w.queued[0], used: uint32(len(data)), flags: flags}
	copy(w.buffers[w.queued[0]], data)
	w.queued = w.queued[1:]
	w.ready = append(w.ready, b)
}

// card is the next test card as the format that is set.
func (w *webcam) card() []byte {
	w.seq++
	f := &ar.Frame{Seq: w.seq}
	f.Resize(w.mode.width, w.mode.height)
	fake.TestCard(f)
	if w.mode.format() == MJPEG {
		data, err := (&JPEG{Quality: 90}).Encode(nil, f)
		require.NoError(w.t, err)
		return without(w.t, data, 0xC4)
	}
	var out []byte
	for y := range f.Height {
		for x := range f.Width {
			p := f.Pix[3*(y*f.Width+x):]
			luma := 16 + (66*int(p[2])+129*int(p[1])+25*int(p[0]))/256
			chroma := 128 + (-38*int(p[2])-74*int(p[1])+112*int(p[0]))/256
			if x%2 == 1 {
				chroma = 128 + (112*int(p[2])-94*int(p[1])-18*int(p[0]))/256
			}
			out = append(out, byte(luma), byte(chroma))
		}
		out = append(out, bytes.Repeat([]byte{77}, w.padding)...)
	}
	return out
}

func (w *webcam) open(c Config) *device {
	w.t.Helper()
	c.Source = "/dev/video0"
	d, err := newDevice(c, w)
	require.NoError(w.t, err)
	w.t.Cleanup(func() {
		require.NoError(w.t, d.Close())
		require.NoError(w.t, d.Close())
		require.ErrorIs(w.t, d.Read(context.Background(), &ar.Frame{}), errClosed)
	})
	return d
}

func TestDeviceIsSetToWhatSuitsBest(t *testing.T) {
	for _, tt := range []struct {
		name   string
		c      Config
		fourcc uint32
		w, h   int
		fps    float64
	}{
		{"nothing asked", Config{}, v4l2PixMJPEG, 1280, 720, 30},
		{"720p", Config{Width: 1280, Height: 720}, v4l2PixMJPEG, 1280, 720, 30},
		{"on its side", Config{Width: 720, Height: 1280, Rotate: 90}, v4l2PixMJPEG, 1280, 720, 30},
		{"faster", Config{Width: 1280, Height: 720, FPS: 60}, v4l2PixMJPEG, 1280, 720, 60},
		{"slower", Config{Width: 1280, Height: 720, FPS: 15}, v4l2PixMJPEG, 1280, 720, 15},
		{"a size between", Config{Width: 1024, Height: 576}, v4l2PixMJPEG, 1280, 720, 30},
		{"larger than all", Config{Width: 2560, Height: 1440}, v4l2PixMJPEG, 1920, 1080, 30},
		{"YUYV, fast enough", Config{Width: 1280, Height: 720, Format: YUYV}, v4l2PixYUYV, 640, 480, 30},
		{"YUYV, slow", Config{Width: 1280, Height: 720, Format: YUYV, FPS: 10}, v4l2PixYUYV, 1280, 720, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWebcam(t)
			d := w.open(tt.c)
			require.Equal(t, []int{tt.w, tt.h}, []int{w.mode.width, w.mode.height})
			require.Equal(t, tt.fourcc, w.mode.fourcc)
			require.InDelta(t, tt.fps, w.fps, 0.01)
			require.InDelta(t, tt.fps, d.FPS(), 0.01)
		})
	}
}

func TestDeviceGivesPictures(t *testing.T) {
	for name, tt := range map[string]struct {
		c       Config
		padding int
	}{
		"MJPEG":                 {Config{Width: 640, Height: 480, Format: MJPEG}, 0},
		"MJPEG, scaled":         {Config{Width: 640, Height: 360, FPS: 60}, 0},
		"YUYV":                  {Config{Width: 640, Height: 480, Format: YUYV}, 0},
		"YUYV with padded rows": {Config{Width: 640, Height: 480, Format: YUYV}, 64},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWebcam(t)
			w.padding = tt.padding
			d := w.open(tt.c)
			var f ar.Frame
			for n := 1; n <= 10; n++ {
				w.take(w.card(), 0)
				require.NoError(t, d.Read(t.Context(), &f))
				require.EqualValues(t, n, fake.Counter(&f))
				require.EqualValues(t, n, f.Seq)
				require.Equal(t, []int{tt.c.Width, tt.c.Height}, []int{f.Width, f.Height})
				corner := f.Pix[3*(f.Height/2*f.Width+f.Width*3/16):] // the yellow bar
				require.InDelta(t, 16, corner[0], 14)
				require.InDelta(t, 235, corner[1], 14)
				require.InDelta(t, 235, corner[2], 14)
			}
			require.Len(t, w.queued, 3, "every buffer went back to the driver")
		})
	}
}

// A reader that was busy gets the newest picture, and the driver its buffers.
func TestDeviceGivesTheNewest(t *testing.T) {
	w := newWebcam(t)
	d := w.open(Config{Width: 640, Height: 480, Format: MJPEG})
	for range 3 {
		w.take(w.card(), 0)
	}
	var f ar.Frame
	require.NoError(t, d.Read(t.Context(), &f))
	require.EqualValues(t, 3, fake.Counter(&f))
	require.Len(t, w.queued, 3)
}

func TestDeviceSkipsDamagedPictures(t *testing.T) {
	w := newWebcam(t)
	d := w.open(Config{Width: 640, Height: 480, Format: MJPEG})
	var f ar.Frame
	require.NoError(t, readAfter(t, w, d, &f, func() { whole := w.card(); w.take(whole[:len(whole)/2], 0) }, func() { w.take(w.card(), v4l2FlagError) }, func() { w.take(w.card(), 0) }))
	require.EqualValues(t, 3, fake.Counter(&f))

	go func() {
		for range maxDamaged {
			waitQueued(w, 3)
			w.take([]byte("noise"), 0)
		}
	}()
	err := d.Read(t.Context(), &f)
	require.ErrorContains(t, err, "pictures are damaged: use another cable")
}

// readAfter reads once while the steps are taken one by one.
func readAfter(t *testing.T, w *webcam, d *device, f *ar.Frame, steps ...func()) error {
	t.Helper()
	go func() {
		for _, step := range steps {
			waitQueued(w, 3)
			step()
		}
	}()
	return d.Read(t.Context(), f)
}

// waitQueued waits until the driver has n buffers, and so the reader none.
func waitQueued(w *webcam, n int) {
	for {
		w.mu.Lock()
		ok := len(w.queued) == n
		w.mu.Unlock()
		if ok {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestDeviceUnplugged(t *testing.T) {
	w := newWebcam(t)
	d := w.open(Config{})
	w.take(w.card(), 0)
	var f ar.Frame
	require.NoError(t, d.Read(t.Context(), &f))
	w.mu.Lock()
	w.gone = true
	w.mu.Unlock()
	start := time.Now()
	require.ErrorContains(t, d.Read(t.Context(), &f), "the camera is gone: plug it in again")
	require.Less(t, time.Since(start), time.Second)
	w.gone = false
	again := w.open(Config{})
	w.queued = w.queued[3:] // those of before
	for i := range w.queued {
		w.queued[i] = uint32(i)
	}
	w.take(w.card(), 0)
	require.NoError(t, again.Read(t.Context(), &f))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, again.Read(ctx, &f), context.Canceled)
}

func TestDeviceControls(t *testing.T) {
	w := newWebcam(t)
	w.open(Config{Controls: Controls{
		Exposure: Control{Set: true, Value: 157}, WhiteBalance: Control{Set: true, Value: 5000}, Gain: Control{Set: true}, PowerLine: 50,
	}})
	require.Equal(t, map[uint32]int32{
		cidExposureAuto: exposureManual, cidExposure: 157, cidWhiteAuto: 0, cidWhite: 5000, cidGain: 0, cidPowerLine: powerLine50,
	}, w.values)

	w = newWebcam(t)
	w.open(Config{Controls: Controls{Exposure: Control{Set: true, Auto: true}, WhiteBalance: Control{Set: true, Auto: true}, PowerLine: 60}})
	require.Equal(t, map[uint32]int32{cidExposureAuto: exposureByAperture, cidWhiteAuto: 1, cidPowerLine: powerLine60}, w.values)

	w = newWebcam(t)
	delete(w.controls, cidPowerLine)
	w.open(Config{Controls: Controls{PowerLine: 50}})
	require.Empty(t, w.values, "what is left alone is left alone")
}

func TestDeviceRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(*webcam)
		c     Config
		want  []string
	}{
		"other data":       {func(w *webcam) { w.caps = v4l2CapStreaming }, Config{}, []string{"gives no pictures", "first device"}},
		"no formats":       {func(w *webcam) { w.modes = nil }, Config{}, []string{"lists no format"}},
		"only H.264":       {func(w *webcam) { w.modes = w.modes[:1] }, Config{}, []string{"does not offer MJPEG or YUYV", "H264 1920×1080 at 30"}},
		"too fast":         {nil, Config{FPS: 90}, []string{"does not offer MJPEG or YUYV at 90 frames", "MJPG 1280×720 at 60, 30, 15; MJPG 640×480 at 30"}},
		"fast YUYV":        {nil, Config{Format: YUYV, FPS: 60}, []string{"does not offer yuyv at 60", "YUYV 640×480 at 30, 15"}},
		"falls back":       {func(w *webcam) { w.falls = 160 }, Config{Width: 1280, Height: 720}, []string{"wrong size", "160 × 120 pixels are too few for 1280 × 720"}},
		"no focus":         {nil, Config{Controls: Controls{Focus: Control{Set: true, Value: 3}}}, []string{"focus: the device has no such setting; it has setting (", "camera.controls"}},
		"gain of 900":      {nil, Config{Controls: Controls{Gain: Control{Set: true, Value: 900}}}, []string{"gain: 900 is out of range: 0 to 255"}},
		"focus of its own": {nil, Config{Controls: Controls{Focus: Control{Set: true, Auto: true}}}, []string{"focus cannot be automatic"}},
		"gone at once":     {func(w *webcam) { w.gone = true }, Config{}, []string{"not a video device"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWebcam(t)
			if tt.spoil != nil {
				tt.spoil(w)
			}
			tt.c.Source = "/dev/video0"
			_, err := newDevice(tt.c, w)
			for _, want := range tt.want {
				require.ErrorContains(t, err, want)
			}
			var source *SourceError
			require.ErrorAs(t, err, &source)
			require.NotEmpty(t, source.Mend)
		})
	}
}

// The real kernel's answers, for what every machine has.
func TestNodeIsAFile(t *testing.T) {
	n, err := openNode("/dev/zero")
	require.NoError(t, err)
	var able v4l2Capability
	require.ErrorIs(t, n.ioctl(vidiocQuerycap, unsafe.Pointer(&able)), syscall.ENOTTY)
	require.NoError(t, n.wait(time.Second), "there is always something to read")
	b, err := n.mmap(0, 4096)
	require.NoError(t, err)
	require.NoError(t, n.munmap(b))
	require.NoError(t, n.close())
	_, err = openNode("/dev/none")
	require.ErrorIs(t, err, os.ErrNotExist)

	var pipe [2]int
	require.NoError(t, syscall.Pipe(pipe[:]))
	quiet := node{pipe[0]}
	start := time.Now()
	require.ErrorIs(t, quiet.wait(50*time.Millisecond), os.ErrDeadlineExceeded)
	require.GreaterOrEqual(t, time.Since(start), 50*time.Millisecond)
	require.NoError(t, syscall.Close(pipe[1]))
	require.ErrorContains(t, quiet.wait(time.Second), "the device is gone")
	require.NoError(t, quiet.close())
}
