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

// The structures of linux/videodev2.h as they are on 64-bit machines; unions are
// shown as the member that is used.
type (
	v4l2Capability struct {
		driver                         [16]byte
		card, bus                      [32]byte
		version, capabilities, devices uint32
		reserved                       [3]uint32
	}
	v4l2FormatDesc struct {
		index, kind, flags uint32
		description        [32]byte
		fourcc, mbus       uint32
		reserved           [3]uint32
	}
	v4l2SizeEnum struct {
		index, fourcc, kind uint32
		size                [6]uint32 // discrete: width, height; else least, most and step of width, then of height
		reserved            [2]uint32
	}
	v4l2IntervalEnum struct {
		index, fourcc, width, height, kind uint32
		interval                           [6]uint32 // numerator and denominator: the one; else least, most and step
		reserved                           [2]uint32
	}
	v4l2Format struct {
		kind, gap                                          uint32
		width, height, fourcc, field, stride, bytes, color uint32
		priv, flags, encoding, quantization, transfer      uint32
		rest                                               [152]byte
	}
	v4l2StreamParm struct {
		kind, able, mode, numerator, denominator, extended, readers uint32
		rest                                                        [176]byte
	}
	v4l2Request struct {
		count, kind, memory, able uint32
		flags                     uint8
		reserved                  [3]uint8
	}
	v4l2Buffer struct {
		index, kind, used, flags, field, gap uint32
		timestamp                            [2]int64
		timecode                             [16]byte
		sequence, memory                     uint32
		offset, high                         uint32
		length, reserved, request, end       uint32
	}
	v4l2QueryControl struct {
		id, kind               uint32
		name                   [32]byte
		least, most, step, def int32
		flags                  uint32
		reserved               [2]uint32
	}
	v4l2Control struct {
		id    uint32
		value int32
	}
)

// The structures are as long as the kernel's, or this does not compile.
var (
	_ [C.sizeof_struct_v4l2_capability]byte     = [unsafe.Sizeof(v4l2Capability{})]byte{}
	_ [C.sizeof_struct_v4l2_fmtdesc]byte        = [unsafe.Sizeof(v4l2FormatDesc{})]byte{}
	_ [C.sizeof_struct_v4l2_frmsizeenum]byte    = [unsafe.Sizeof(v4l2SizeEnum{})]byte{}
	_ [C.sizeof_struct_v4l2_frmivalenum]byte    = [unsafe.Sizeof(v4l2IntervalEnum{})]byte{}
	_ [C.sizeof_struct_v4l2_format]byte         = [unsafe.Sizeof(v4l2Format{})]byte{}
	_ [C.sizeof_struct_v4l2_streamparm]byte     = [unsafe.Sizeof(v4l2StreamParm{})]byte{}
	_ [C.sizeof_struct_v4l2_requestbuffers]byte = [unsafe.Sizeof(v4l2Request{})]byte{}
	_ [C.sizeof_struct_v4l2_buffer]byte         = [unsafe.Sizeof(v4l2Buffer{})]byte{}
	_ [C.sizeof_struct_v4l2_queryctrl]byte      = [unsafe.Sizeof(v4l2QueryControl{})]byte{}
	_ [C.sizeof_struct_v4l2_control]byte        = [unsafe.Sizeof(v4l2Control{})]byte{}
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
