package camera

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unsafe"
)

// Format is how a device packs its pictures.
type Format string

// The formats that are read. MJPEG is what USB cameras need for 720p at 30
// frames a second.
const (
	AnyFormat Format = "" // MJPEG where there is it, else YUYV
	MJPEG     Format = "mjpeg"
	YUYV      Format = "yuyv"
)

// Bounds on what a device may list.
const (
	maxFormats   = 64
	maxSizes     = 256
	maxIntervals = 64
)

// mode is one way in which a device gives pictures.
type mode struct {
	fourcc        uint32
	width, height int       // pixels, as the device gives them
	fps           []float64 // the most first; empty where the device does not say
}

func (m mode) format() Format {
	switch m.fourcc {
	case v4l2PixMJPEG, v4l2PixJPEG:
		return MJPEG
	case v4l2PixYUYV:
		return YUYV
	}
	return AnyFormat
}

// String writes a mode as an error lists it: MJPG 1280×720 at 30, 15.
func (m mode) String() string {
	code := []byte{byte(m.fourcc), byte(m.fourcc >> 8), byte(m.fourcc >> 16), byte(m.fourcc>>24) & 0x7F}
	s := fmt.Sprintf("%s %d×%d", strings.TrimRight(strings.ToValidUTF8(string(code), "?"), " \x00"), m.width, m.height)
	for i, fps := range m.fps {
		s += map[bool]string{true: " at ", false: ", "}[i == 0] + fmt.Sprintf("%.4g", fps)
	}
	return s
}

// offers writes modes in one line.
func offers(modes []mode) string {
	var all []string
	for _, m := range modes {
		all = append(all, m.String())
	}
	const enough = 40
	if len(all) > enough {
		all = append(all[:enough], fmt.Sprintf("and %d more", len(modes)-enough))
	}
	return strings.Join(all, "; ")
}

// modesOf asks a device for all its modes. Of sizes in steps the smallest, the
// largest, and the usual ones between them are listed.
func modesOf(k kernel) ([]mode, error) {
	var modes []mode
	for i := range uint32(maxFormats) {
		d := v4l2FormatDesc{index: i, kind: v4l2Capture}
		if err := k.ioctl(vidiocEnumFmt, unsafe.Pointer(&d)); err != nil {
			break // there are no more
		}
		for _, size := range sizesOf(k, d.fourcc) {
			m := mode{fourcc: d.fourcc, width: size[0], height: size[1]}
			m.fps = ratesOf(k, m)
			modes = append(modes, m)
		}
	}
	if len(modes) == 0 {
		return nil, errors.New("the device lists no format")
	}
	return modes, nil
}

func sizesOf(k kernel, fourcc uint32) (sizes [][2]int) {
	for i := range uint32(maxSizes) {
		e := v4l2SizeEnum{index: i, fourcc: fourcc}
		if err := k.ioctl(vidiocEnumFramesizes, unsafe.Pointer(&e)); err != nil {
			break
		}
		if e.kind == v4l2Discrete {
			sizes = append(sizes, [2]int{int(e.size[0]), int(e.size[1])})
			continue
		}
		low, high := [2]int{int(e.size[0]), int(e.size[3])}, [2]int{int(e.size[1]), int(e.size[4])}
		sizes = append(sizes, low)
		for _, usual := range [][2]int{{640, 480}, {1280, 720}, {1920, 1080}} {
			if usual[0] > low[0] && usual[1] > low[1] && usual[0] < high[0] && usual[1] < high[1] {
				sizes = append(sizes, usual)
			}
		}
		if high != low {
			sizes = append(sizes, high)
		}
		break
	}
	return slices.DeleteFunc(sizes, func(s [2]int) bool {
		return s[0] < 1 || s[1] < 1 || s[0] > maxSide || s[1] > maxSide || s[0]*s[1] > maxPixels
	})
}

func ratesOf(k kernel, m mode) (fps []float64) {
	for i := range uint32(maxIntervals) {
		e := v4l2IntervalEnum{index: i, fourcc: m.fourcc, width: uint32(m.width), height: uint32(m.height)}
		if err := k.ioctl(vidiocEnumFrameintervals, unsafe.Pointer(&e)); err != nil {
			break
		}
		if t := e.interval; t[0] > 0 && t[1] > 0 { // in a range, the shortest
			fps = append(fps, float64(t[1])/float64(t[0]))
		}
		if e.kind != v4l2Discrete {
			break
		}
	}
	slices.SortFunc(fps, func(a, b float64) int { return map[bool]int{true: -1, false: 1}[a > b] })
	return fps
}

// usualFPS is what a mirror needs, where nothing else is asked for.
const usualFPS = 30

// choose picks the mode that c asks for: of the format and speed that are set,
// and of the size, or else the smallest that is larger, or else the largest.
// Where the speed is not set, modes of at least 25 a second come first, unless
// they are less than half the size: a mirror that stutters is worse than a soft
// one.
func choose(c Config, modes []mode) (mode, error) {
	width, height := c.Width, c.Height
	if c.Rotate%180 != 0 {
		width, height = height, width
	}
	if width == 0 && height == 0 {
		width, height = 1280, 720
	}
	fit := slices.DeleteFunc(slices.Clone(modes), func(m mode) bool {
		return m.format() == AnyFormat || c.Format != AnyFormat && m.format() != c.Format || c.FPS > 0 && !m.reaches(c.FPS)
	})
	if len(fit) == 0 {
		return mode{}, errors.New(offers(modes))
	}
	cost := func(m mode) float64 {
		n := float64(m.width * m.height)
		if m.width < width || m.height < height {
			n = 1e9 + 1e9/n
		}
		if c.FPS == 0 && !m.reaches(25) {
			n += 3e9
		}
		if 2*m.width < width || 2*m.height < height {
			n += 6e9
		}
		if m.format() != MJPEG {
			n += 0.5
		}
		return n
	}
	return slices.MinFunc(fit, func(a, b mode) int { return map[bool]int{true: -1, false: 1}[cost(a) < cost(b)] }), nil
}

// reaches reports whether the device gives so many frames a second, to within
// the fractions that cameras count in.
func (m mode) reaches(fps float64) bool { return len(m.fps) == 0 || m.fps[0] >= fps-0.5 }

// speed is the mode's own speed next to what is wanted; 0 where it is not known.
func (m mode) speed(want float64) float64 {
	if want == 0 {
		want = usualFPS
	}
	best := 0.0
	for _, fps := range m.fps {
		if best == 0 || abs(fps-want) < abs(best-want) {
			best = fps
		}
	}
	return best
}

func abs(v float64) float64 { return max(v, -v) }
