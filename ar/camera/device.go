package camera

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
	"unsafe"

	"gocv.io/x/gocv"

	"github.com/mirrorcart/mirrorcart/ar"
)

const (
	deviceBuffers = 4               // in the driver: one is decoded, the others filled
	deviceTimeout = 2 * time.Second // without a picture, after which a device is lost
	waitSlice     = 100 * time.Millisecond
	maxDamaged    = 30 // pictures in a row: USB cameras begin with some
)

// device reads a V4L2 camera: the newest picture that the driver has, decoded
// from the driver's own memory. Untested on hardware: the tests put a camera
// that is made up behind kernel.
type device struct {
	cfg     Config
	k       kernel
	mode    mode
	stride  int // bytes from row to row, YUYV
	buffers [][]byte
	decoder *Decoder
	fit     fitter
	rows    []byte   // YUYV without gaps between rows, where the driver has gaps
	raw     gocv.Mat // BGR of YUYV
	seq     uint64
	damaged int // in a row
	closed  bool
}

func openDevice(c Config) (*device, error) {
	// What is not there resolves to nothing: checkDevice says so.
	if node, err := filepath.EvalSymlinks(c.Source); err == nil && !devicePath.MatchString(node) {
		return nil, &SourceError{c.Source, "this is not a video device", "name /dev/video0, /dev/video1, …", nil}
	}
	if err := checkDevice(c.Source); err != nil {
		return nil, err
	}
	n, err := openNode(c.Source)
	if err != nil {
		mend := "end other programs that hold it"
		if errors.Is(err, fs.ErrPermission) {
			mend = fmt.Sprintf("add this user to the group video (uid %d)", os.Getuid())
		}
		return nil, &SourceError{c.Source, "the device cannot be opened", mend, err}
	}
	return newDevice(c, n)
}

// newDevice sets up the camera behind k, which it closes, and starts it.
func newDevice(c Config, k kernel) (_ *device, err error) {
	d := &device{cfg: c, k: k, decoder: NewDecoder(c), fit: newFitter(c), raw: gocv.NewMat()}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	var able v4l2Capability
	if err := k.ioctl(vidiocQuerycap, unsafe.Pointer(&able)); err != nil {
		return nil, d.fail("this is not a video device", "name /dev/video0, /dev/video1, …", err)
	}
	can := able.capabilities
	if can&v4l2CapDevice != 0 {
		can = able.devices
	}
	if can&v4l2CapCapture == 0 || can&v4l2CapStreaming == 0 {
		return nil, d.fail("the device gives no pictures", "use the camera's first device: most have a second one for other data", nil)
	}
	modes, err := modesOf(k)
	if err != nil {
		return nil, d.fail("the device gives no pictures", "use the camera's first device", err)
	}
	if d.mode, err = choose(c, modes); err != nil {
		return nil, d.fail(fmt.Sprintf("the device does not offer %s", asked(c)), "set camera.format, fps, width and height to something of what it offers", err)
	}
	if err := d.setMode(); err != nil {
		return nil, err
	}
	if err := setControls(k, c.Controls); err != nil {
		return nil, d.fail("a setting cannot be made", "mend or empty it under camera.controls", err)
	}
	return d, d.start()
}

// asked says what c wants of a device.
func asked(c Config) string {
	s := "MJPEG or YUYV"
	if c.Format != AnyFormat {
		s = string(c.Format)
	}
	if c.FPS > 0 {
		s += fmt.Sprintf(" at %g frames a second", c.FPS)
	}
	return s
}

func (d *device) fail(reason, mend string, err error) error {
	return &SourceError{d.cfg.Source, reason, mend, err}
}

// setMode sets format, size and speed, and sees what the driver made of it.
func (d *device) setMode() error {
	f := v4l2Format{kind: v4l2Capture}
	f.width, f.height, f.fourcc, f.field = uint32(d.mode.width), uint32(d.mode.height), d.mode.fourcc, v4l2FieldNone
	if err := d.k.ioctl(vidiocSFmt, unsafe.Pointer(&f)); err != nil {
		return d.fail("the device cannot be set to "+d.mode.String(), "end other programs that hold it", err)
	}
	got := mode{fourcc: f.fourcc, width: int(f.width), height: int(f.height)}
	if got.fourcc != d.mode.fourcc || got.width < 1 || got.height < 1 || got.width > maxLiveSide || got.height > maxLiveSide {
		return d.fail("the device set itself to "+got.String()+" instead of "+d.mode.String(), "set another size or format", nil)
	}
	d.mode.width, d.mode.height = got.width, got.height
	d.stride = max(int(f.stride), 2*got.width)
	if err := d.fit.enough(got.width, got.height); err != nil {
		return d.fail("the pictures are of the wrong size", "use another camera, or set camera.width and height smaller", err)
	}
	fps := d.mode.speed(d.cfg.FPS)
	if fps == 0 {
		return nil
	}
	s := v4l2StreamParm{kind: v4l2Capture, numerator: 1000, denominator: uint32(1000*fps + 0.5)}
	if err := d.k.ioctl(vidiocSParm, unsafe.Pointer(&s)); err != nil && d.cfg.FPS > 0 {
		return d.fail(fmt.Sprintf("the device cannot be set to %g frames a second", d.cfg.FPS), "set camera.fps to 0", err)
	}
	return nil
}

// start gives the driver its buffers and lets it fill them.
func (d *device) start() error {
	const reason, mend = "the device cannot be started", "end other programs that hold it, or plug it in anew"
	r := v4l2Request{count: deviceBuffers, kind: v4l2Capture, memory: v4l2Mmap}
	if err := d.k.ioctl(vidiocReqbufs, unsafe.Pointer(&r)); err != nil {
		return d.fail(reason, mend, err)
	}
	for i := range min(r.count, maxFormats) {
		b := v4l2Buffer{index: i, kind: v4l2Capture, memory: v4l2Mmap}
		if err := d.k.ioctl(vidiocQuerybuf, unsafe.Pointer(&b)); err != nil {
			return d.fail(reason, mend, err)
		}
		memory, err := d.k.mmap(int64(b.offset), int(b.length))
		if err != nil {
			return d.fail(reason, mend, err)
		}
		d.buffers = append(d.buffers, memory)
		if err := d.k.ioctl(vidiocQbuf, unsafe.Pointer(&b)); err != nil {
			return d.fail(reason, mend, err)
		}
	}
	kind := int32(v4l2Capture)
	if err := d.k.ioctl(vidiocStreamon, unsafe.Pointer(&kind)); err != nil {
		return d.fail(reason, mend+"; or its cable or hub is too slow: use another port", err)
	}
	return nil
}

// Read waits for the newest picture, two seconds at most.
func (d *device) Read(ctx context.Context, f *ar.Frame) error {
	if d.closed {
		return errClosed
	}
	for {
		b, err := d.newest(ctx)
		if err != nil {
			return err
		}
		err = d.decode(f, &b)
		if back := d.k.ioctl(vidiocQbuf, unsafe.Pointer(&b)); back != nil {
			return d.fail("the camera gives no more pictures", "check its cable", back)
		}
		if err == nil {
			d.damaged = 0
			d.seq++
			f.Seq, f.At = d.seq, time.Now()
			return nil
		}
		if d.damaged++; d.damaged >= maxDamaged {
			return d.fail("the camera's pictures are damaged", "use another cable or port, or another camera.format", err)
		}
	}
}

// newest takes the newest picture from the driver and gives older ones back.
func (d *device) newest(ctx context.Context) (v4l2Buffer, error) {
	for waited := time.Duration(0); ; {
		if err := ctx.Err(); err != nil {
			return v4l2Buffer{}, err
		}
		switch err := d.k.wait(waitSlice); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if waited += waitSlice; waited >= deviceTimeout {
				return v4l2Buffer{}, d.fail("the camera gives no pictures", "plug it in anew, or set a smaller size or fewer frames a second", nil)
			}
			continue
		case err != nil:
			return v4l2Buffer{}, d.fail("the camera is gone", "plug it in again", err)
		}
		var newest v4l2Buffer
		for n := 0; ; n++ {
			b := v4l2Buffer{kind: v4l2Capture, memory: v4l2Mmap}
			err := d.k.ioctl(vidiocDqbuf, unsafe.Pointer(&b))
			if isAgain(err) {
				if n > 0 {
					return newest, nil
				}
				break // woken for nothing
			}
			if err == nil && int(b.index) >= len(d.buffers) {
				err = fmt.Errorf("buffer %d of %d", b.index, len(d.buffers))
			}
			if err == nil && n > 0 {
				err = d.k.ioctl(vidiocQbuf, unsafe.Pointer(&newest))
			}
			if err != nil {
				return v4l2Buffer{}, d.fail("the camera is gone", "plug it in again", err)
			}
			newest = b
		}
	}
}

// decode makes a frame of a buffer.
func (d *device) decode(f *ar.Frame, b *v4l2Buffer) error {
	data := d.buffers[b.index]
	data = data[:min(int(b.used), len(data))]
	if b.flags&v4l2FlagError != 0 {
		return errors.New("the driver says that the picture is damaged")
	}
	if d.mode.format() == MJPEG {
		return d.decoder.Decode(f, data)
	}
	row := 2 * d.mode.width
	if len(data) < d.stride*(d.mode.height-1)+row {
		return fmt.Errorf("the picture is cut off: %d bytes", len(data))
	}
	if d.stride != row {
		d.rows = d.rows[:0]
		for y := range d.mode.height {
			d.rows = append(d.rows, data[y*d.stride:][:row]...)
		}
		data = d.rows
	}
	var pin runtime.Pinner // OpenCV keeps the address until the Mat is closed; the driver's own memory stays anyway
	pin.Pin(&data[0])
	defer pin.Unpin()
	m, err := gocv.NewMatFromBytes(d.mode.height, d.mode.width, gocv.MatTypeCV8UC2, data[:row*d.mode.height])
	if err != nil {
		return err
	}
	defer m.Close()
	if err := gocv.CvtColor(m, &d.raw, gocv.ColorYUVToBGRYUY2); err != nil {
		return err
	}
	return d.fit.fit(f, &d.raw)
}

// FPS is the speed that the device was set to; 0 where it does not say.
func (d *device) FPS() float64 { return d.mode.speed(d.cfg.FPS) }

// Close stops the camera and lets go of it.
func (d *device) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	kind := int32(v4l2Capture)
	_ = d.k.ioctl(vidiocStreamoff, unsafe.Pointer(&kind)) // a camera that is gone is stopped already
	var errs []error
	for _, b := range d.buffers {
		errs = append(errs, d.k.munmap(b))
	}
	return errors.Join(append(errs, d.decoder.Close(), d.fit.close(), d.raw.Close(), d.k.close())...)
}

func checkDevice(path string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &SourceError{path, "there is no such device", "plug the camera in, or see which there are with: ls /dev/video*", err}
	case err != nil:
		return &SourceError{path, "the device cannot be looked at", "check the path", err}
	case st.Mode()&fs.ModeCharDevice == 0:
		return &SourceError{path, "this is not a device", "name /dev/video0, /dev/video1, …", nil}
	}
	return nil
}
