package camera

// #include <linux/videodev2.h>
// #include <poll.h>
import "C"

import (
	"errors"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// kernel is what V4L2 asks of the operating system; tests put a camera of their
// own behind it. Requests and structures are those of linux/videodev2.h.
type kernel interface {
	ioctl(request uintptr, arg unsafe.Pointer) error
	mmap(offset int64, length int) ([]byte, error)
	munmap(b []byte) error
	// wait waits until a picture can be taken; it returns
	// os.ErrDeadlineExceeded when there was none in time.
	wait(limit time.Duration) error
	close() error
}

// The structures of linux/videodev2.h, under names that tests can use.
type (
	v4l2Capability    = C.struct_v4l2_capability
	v4l2FormatDesc    = C.struct_v4l2_fmtdesc
	v4l2SizeEnum      = C.struct_v4l2_frmsizeenum
	v4l2SizeDiscrete  = C.struct_v4l2_frmsize_discrete
	v4l2SizeStepwise  = C.struct_v4l2_frmsize_stepwise
	v4l2IntervalEnum  = C.struct_v4l2_frmivalenum
	v4l2IntervalRange = C.struct_v4l2_frmival_stepwise
	v4l2Fraction      = C.struct_v4l2_fract
	v4l2Format        = C.struct_v4l2_format
	v4l2Pixels        = C.struct_v4l2_pix_format
	v4l2StreamParm    = C.struct_v4l2_streamparm
	v4l2CaptureParm   = C.struct_v4l2_captureparm
	v4l2Request       = C.struct_v4l2_requestbuffers
	v4l2Buffer        = C.struct_v4l2_buffer
	v4l2QueryControl  = C.struct_v4l2_queryctrl
	v4l2Control       = C.struct_v4l2_control
)

const (
	vidiocQuerycap           = C.VIDIOC_QUERYCAP
	vidiocEnumFmt            = C.VIDIOC_ENUM_FMT
	vidiocEnumFramesizes     = C.VIDIOC_ENUM_FRAMESIZES
	vidiocEnumFrameintervals = C.VIDIOC_ENUM_FRAMEINTERVALS
	vidiocSFmt               = C.VIDIOC_S_FMT
	vidiocSParm              = C.VIDIOC_S_PARM
	vidiocReqbufs            = C.VIDIOC_REQBUFS
	vidiocQuerybuf           = C.VIDIOC_QUERYBUF
	vidiocQbuf               = C.VIDIOC_QBUF
	vidiocDqbuf              = C.VIDIOC_DQBUF
	vidiocStreamon           = C.VIDIOC_STREAMON
	vidiocStreamoff          = C.VIDIOC_STREAMOFF
	vidiocQueryctrl          = C.VIDIOC_QUERYCTRL
	vidiocSCtrl              = C.VIDIOC_S_CTRL

	v4l2Capture        = C.V4L2_BUF_TYPE_VIDEO_CAPTURE
	v4l2Mmap           = C.V4L2_MEMORY_MMAP
	v4l2FieldNone      = C.V4L2_FIELD_NONE
	v4l2FlagError      = C.V4L2_BUF_FLAG_ERROR
	v4l2Discrete       = C.V4L2_FRMSIZE_TYPE_DISCRETE
	v4l2CapCapture     = C.V4L2_CAP_VIDEO_CAPTURE
	v4l2CapStreaming   = C.V4L2_CAP_STREAMING
	v4l2CapDevice      = C.V4L2_CAP_DEVICE_CAPS
	v4l2CapPerFrame    = C.V4L2_CAP_TIMEPERFRAME
	v4l2PixMJPEG       = C.V4L2_PIX_FMT_MJPEG
	v4l2PixJPEG        = C.V4L2_PIX_FMT_JPEG
	v4l2PixYUYV        = C.V4L2_PIX_FMT_YUYV
	v4l2Disabled       = C.V4L2_CTRL_FLAG_DISABLED
	v4l2NextControl    = C.V4L2_CTRL_FLAG_NEXT_CTRL
	cidExposureAuto    = C.V4L2_CID_EXPOSURE_AUTO
	cidExposure        = C.V4L2_CID_EXPOSURE_ABSOLUTE
	cidWhiteAuto       = C.V4L2_CID_AUTO_WHITE_BALANCE
	cidWhite           = C.V4L2_CID_WHITE_BALANCE_TEMPERATURE
	cidGainAuto        = C.V4L2_CID_AUTOGAIN
	cidGain            = C.V4L2_CID_GAIN
	cidFocusAuto       = C.V4L2_CID_FOCUS_AUTO
	cidFocus           = C.V4L2_CID_FOCUS_ABSOLUTE
	cidPowerLine       = C.V4L2_CID_POWER_LINE_FREQUENCY
	powerLine50        = C.V4L2_CID_POWER_LINE_FREQUENCY_50HZ
	powerLine60        = C.V4L2_CID_POWER_LINE_FREQUENCY_60HZ
	exposureManual     = C.V4L2_EXPOSURE_MANUAL
	exposureAuto       = C.V4L2_EXPOSURE_AUTO
	exposureByAperture = C.V4L2_EXPOSURE_APERTURE_PRIORITY
)

// The members of unions, which cgo shows as bytes.
func pixelsOf(f *v4l2Format) *v4l2Pixels { return (*v4l2Pixels)(unsafe.Pointer(&f.fmt[0])) }

func captureOf(p *v4l2StreamParm) *v4l2CaptureParm {
	return (*v4l2CaptureParm)(unsafe.Pointer(&p.parm[0]))
}

func discreteOf(s *v4l2SizeEnum) *v4l2SizeDiscrete {
	return (*v4l2SizeDiscrete)(unsafe.Pointer(&s.anon0[0]))
}

func stepwiseOf(s *v4l2SizeEnum) *v4l2SizeStepwise {
	return (*v4l2SizeStepwise)(unsafe.Pointer(&s.anon0[0]))
}

func intervalOf(i *v4l2IntervalEnum) *v4l2Fraction {
	return (*v4l2Fraction)(unsafe.Pointer(&i.anon0[0]))
}

func intervalsOf(i *v4l2IntervalEnum) *v4l2IntervalRange {
	return (*v4l2IntervalRange)(unsafe.Pointer(&i.anon0[0]))
}

// uint32c is C's.
func uint32c(v uint32) C.__u32 { return C.__u32(v) }

func controlOf(id uint32, value int32) v4l2Control {
	return v4l2Control{id: C.__u32(id), value: C.__s32(value)}
}

func offsetOf(b *v4l2Buffer) *uint32 { return (*uint32)(unsafe.Pointer(&b.m[0])) }

func isAgain(err error) bool { return errors.Is(err, syscall.EAGAIN) }

// node is an opened device file. It is a kernel.
type node struct{ fd int }

func openNode(path string) (node, error) {
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return node{}, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return node{fd}, nil
}

func (n node) ioctl(request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(n.fd), request, uintptr(arg))
		switch errno {
		case 0:
			return nil
		case syscall.EINTR:
		default:
			return errno
		}
	}
}

func (n node) mmap(offset int64, length int) ([]byte, error) {
	return syscall.Mmap(n.fd, offset, length, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
}

func (n node) munmap(b []byte) error { return syscall.Munmap(b) }

func (n node) wait(limit time.Duration) error {
	p := C.struct_pollfd{fd: C.int(n.fd), events: C.POLLIN}
	until := syscall.NsecToTimespec(limit.Nanoseconds())
	got, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&until)), 0, 0, 0)
	switch {
	case errno == syscall.EINTR, errno == 0 && got == 0:
		return os.ErrDeadlineExceeded
	case errno != 0:
		return errno
	case p.revents&C.POLLIN == 0:
		return errors.New("the device is gone")
	}
	return nil
}

func (n node) close() error { return syscall.Close(n.fd) }
