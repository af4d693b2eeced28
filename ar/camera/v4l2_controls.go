package camera

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// Control is one setting of a device. Its zero value leaves it as it is.
type Control struct {
	Set   bool
	Auto  bool  // the device sets it
	Value int32 // of the device's own scale, where Auto is not
}

// Controls are the settings of a device.
type Controls struct {
	Exposure     Control // in steps of 100 µs
	WhiteBalance Control // kelvin
	Gain         Control
	Focus        Control
	// PowerLine is the frequency of the mains in Hz, 50 or 60, so that lamps do
	// not flicker; 0 leaves it as it is. Devices without it do as they do.
	PowerLine int
}

// setControls sets all that c says.
func setControls(k kernel, c Controls) error {
	for _, s := range []struct {
		name     string
		want     Control
		id, auto uint32
		on       []int32 // values of auto that let the device set it; the first that it takes
		off      int32
	}{
		{"exposure", c.Exposure, cidExposure, cidExposureAuto, []int32{exposureByAperture, exposureAuto}, exposureManual},
		{"white_balance", c.WhiteBalance, cidWhite, cidWhiteAuto, []int32{1}, 0},
		{"gain", c.Gain, cidGain, cidGainAuto, []int32{1}, 0},
		{"focus", c.Focus, cidFocus, cidFocusAuto, []int32{1}, 0},
	} {
		if !s.want.Set {
			continue
		}
		if s.want.Auto {
			if err := setFirst(k, s.auto, s.on); err != nil {
				return fmt.Errorf("%s cannot be automatic: %w", s.name, err)
			}
			continue
		}
		// A value counts only while the device does not set it; a device
		// without an automatic needs none switched off.
		if _, err := query(k, s.auto); err == nil {
			if err := set(k, s.auto, s.off); err != nil {
				return fmt.Errorf("%s cannot be taken from its automatic: %w", s.name, err)
			}
		}
		if err := set(k, s.id, s.want.Value); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if _, err := query(k, cidPowerLine); err == nil && c.PowerLine > 0 {
		hz := int32(powerLine50)
		if c.PowerLine == 60 {
			hz = powerLine60
		}
		if err := set(k, cidPowerLine, hz); err != nil {
			return fmt.Errorf("power_line: %w", err)
		}
	}
	return nil
}

// setFirst sets the first of values that the device takes.
func setFirst(k kernel, id uint32, values []int32) (err error) {
	for _, v := range values {
		if err = set(k, id, v); err == nil {
			return nil
		}
	}
	return err
}

func set(k kernel, id uint32, value int32) error {
	q, err := query(k, id)
	if err != nil {
		return fmt.Errorf("the device has no such setting; it has %s", settings(k))
	}
	if value < q.least || value > q.most {
		return fmt.Errorf("%d is out of range: %d to %d", value, q.least, q.most)
	}
	c := v4l2Control{id: id, value: value}
	return k.ioctl(vidiocSCtrl, unsafe.Pointer(&c))
}

var errNoControl = errors.New("no such control")

func query(k kernel, id uint32) (v4l2QueryControl, error) {
	q := v4l2QueryControl{id: id}
	if err := k.ioctl(vidiocQueryctrl, unsafe.Pointer(&q)); err != nil {
		return q, err
	}
	if q.flags&v4l2Disabled != 0 {
		return q, errNoControl
	}
	return q, nil
}

// settings lists what the device lets be set.
func settings(k kernel) string {
	var names []string
	q := v4l2QueryControl{id: v4l2NextControl}
	for range maxSizes {
		if err := k.ioctl(vidiocQueryctrl, unsafe.Pointer(&q)); err != nil {
			break
		}
		if q.flags&v4l2Disabled == 0 {
			names = append(names, fmt.Sprintf("%s (%d to %d)", nameOf(&q), q.least, q.most))
		}
		q = v4l2QueryControl{id: q.id | v4l2NextControl}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// nameOf is the control's name, in the driver's words.
func nameOf(q *v4l2QueryControl) string {
	var b strings.Builder
	for _, c := range q.name {
		if c == 0 {
			break
		}
		b.WriteByte(c)
	}
	return strings.ToValidUTF8(b.String(), "?")
}
