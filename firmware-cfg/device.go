package firmwarecfg

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Device describes a gateway's machine: its parts, the shop's network, and the
// gateway's settings. Render makes all of its files from it and from nothing
// else. The file device.yaml beside this package explains every key.
type Device struct {
	Hardware Hardware `yaml:"hardware"`
	Network  Network  `yaml:"network"`
	Edge     Edge     `yaml:"edge"` // becomes edge.yaml; its paths are the machine's
}

// Profile is a kind of machine.
type Profile string

// The profiles.
const (
	MiniPC Profile = "minipc" // an x86 computer behind the kiosk's screen
	ARM64  Profile = "arm64"  // an ARM board behind the kiosk's screen
	Tablet Profile = "tablet" // a computer without a screen: tablets show the mirror
)

// Hardware is what the machine is and what hangs on it.
type Hardware struct {
	Profile Profile `yaml:"profile"`
	// Cameras get the names /dev/mirrorcart/camera-NAME.
	Cameras []CameraPart `yaml:"cameras"`
	// Printer gets the name /dev/mirrorcart/printer.
	Printer Part   `yaml:"printer"`
	Screen  Screen `yaml:"screen"`
}

// Part is something on USB, told from others by what is not empty.
type Part struct {
	USB    string `yaml:"usb"`    // vendor:product in lower-case hex, as lsusb shows it
	Serial string `yaml:"serial"` // its own serial number
	Port   string `yaml:"port"`   // which socket it is in, as the kernel names it: 1-2.3
}

// CameraPart is a camera on USB.
type CameraPart struct {
	Name   string `yaml:"name"`
	USB    string `yaml:"usb"`
	Serial string `yaml:"serial"`
	Port   string `yaml:"port"`
}

func (c CameraPart) part() Part { return Part{USB: c.USB, Serial: c.Serial, Port: c.Port} }

// Screen is the kiosk's screen and its touch panel.
type Screen struct {
	Rotate int `yaml:"rotate"` // quarter turns of the picture on the panel, degrees clockwise
}

// Network is who reaches the gateway, and whose clock it follows.
type Network struct {
	// Staff are addresses and networks of tills, beside the kiosks' screens; Admin
	// those from which the machine is looked after over SSH. Each as ParseKiosk
	// reads it.
	Staff []string `yaml:"staff"`
	Admin []string `yaml:"admin"`
	Time  []string `yaml:"time"` // time servers
}

// deviceFolder is where udev puts names of cameras and printers that stay the same
// whichever socket they are in.
const deviceFolder = "/dev/mirrorcart/"

// DefaultDevice is the description of which only the profile, the camera and the
// gateway's node, shop and till are missing.
func DefaultDevice() *Device {
	return &Device{
		Network: Network{Time: []string{"2.debian.pool.ntp.org"}},
		Edge:    *DefaultEdge(),
	}
}

// ParseDevice reads a description; file is its name in errors, each of which is an
// *Error. Nothing but text decides: neither the environment nor this machine.
func ParseDevice(file string, text []byte) (*Device, error) {
	if len(text) > secretLimit {
		return nil, &Error{File: file, Msg: fmt.Sprintf("a description is %d bytes at most", secretLimit)}
	}
	d := DefaultDevice()
	lines, err := decode(file, text, d)
	if err != nil {
		return nil, err
	}
	if d.Edge.Class == "" {
		d.Edge.Class = string(d.Hardware.Profile)
	}
	if _, said := lines["edge.hq.identity"]; !said && d.Edge.HQ.wantsIdentity() {
		d.Edge.HQ.Identity = path.Join(path.Dir(d.Edge.Keys.Device), "identity")
	}
	var c checker
	d.check(&c)
	var errs []error
	for _, f := range c.faults {
		errs = append(errs, &Error{File: file, Line: lines[f.key], Key: f.key, Msg: f.msg})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return d, nil
}

// What comes into files other than edge.yaml has no letter that means something
// there.
var (
	usbID     = regexp.MustCompile(`^[0-9a-f]{4}:[0-9a-f]{4}$`)
	usbSerial = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	usbPort   = regexp.MustCompile(`^[0-9]{1,3}-[0-9]{1,3}(\.[0-9]{1,3}){0,5}$`)
	partName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	hostName  = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	plainPath = regexp.MustCompile(`^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$`)
)

func (d *Device) check(c *checker) {
	d.Hardware.check(c)
	d.Network.check(c)
	var own checker
	d.Edge.check(&own)
	for _, f := range fields(reflect.ValueOf(&d.Edge).Elem(), "") {
		if s := f.value; f.path && s.String() != "" {
			own.that(f.name, plainPath.MatchString(s.String()), "%q is no path on the machine: write it from / on, of letters, digits, _ . and -", s.String())
		}
	}
	own.words("", reflect.ValueOf(&d.Edge).Elem())
	for _, f := range own.faults {
		c.faults = append(c.faults, fault{join("edge", f.key), f.msg})
	}
	d.checkParts(c)
	for _, addr := range d.addrs() {
		_, port, err := net.SplitHostPort(addr)
		n, errPort := strconv.Atoi(port)
		c.that("edge.http", addr == "" || err == nil && errPort == nil && (n == 0 || n >= 1024 && n <= 65535) && port == strconv.Itoa(n),
			"%q: the gateway is no root, and only root may listen at ports below 1024: use e.g. 8080", addr)
	}
	if d.Hardware.Profile == Tablet {
		c.that("edge.camera.source", d.Edge.Camera.Source == PushCamera, "a machine without a screen takes its pictures from tablets: write push")
	} else {
		c.that("edge.http.addr", d.kioskURL() != "", "the screen of this machine could not open %q: use 127.0.0.1 and a port of its own, e.g. 127.0.0.1:8080", d.Edge.HTTP.Addr)
	}
}

func (h *Hardware) check(c *checker) {
	c.that("hardware.profile", slices.Contains([]Profile{MiniPC, ARM64, Tablet}, h.Profile), "%q is no kind of machine: use minipc, arm64 or tablet", h.Profile)
	c.that("hardware.cameras", len(h.Cameras) <= 1+maxKiosks, "there are %d cameras: a gateway has %d at most", len(h.Cameras), 1+maxKiosks)
	names := map[string]bool{}
	parts := map[Part]bool{}
	for i, cam := range h.Cameras {
		at := fmt.Sprintf("hardware.cameras[%d]", i)
		c.that(join(at, "name"), partName.MatchString(cam.Name) && !names[cam.Name], "%q is no name, or there twice: use up to 32 of a-z, 0-9 and -", cam.Name)
		c.part(at, cam.part())
		c.that(at, cam.part() != Part{}, "nothing tells this camera from others: write usb, as lsusb shows it, e.g. 046d:085e")
		c.that(at, !parts[cam.part()], "nothing tells this camera from the one before: write the serial number or the port of both")
		names[cam.Name], parts[cam.part()] = true, true
	}
	c.part("hardware.printer", h.Printer)
	c.that("hardware.screen.rotate", slices.Contains([]int{0, 90, 180, 270}, h.Screen.Rotate), "%d is no quarter turn: use 0, 90, 180 or 270", h.Screen.Rotate)
	c.that("hardware.screen.rotate", h.Profile != Tablet || h.Screen.Rotate == 0, "this machine has no screen: leave it out")
}

func (c *checker) part(at string, p Part) {
	c.that(join(at, "usb"), p.USB == "" || usbID.MatchString(p.USB), "%q is no vendor and product: write them as lsusb does, e.g. 04b8:0e28", p.USB)
	c.that(join(at, "serial"), p.Serial == "" || usbSerial.MatchString(p.Serial), "%q is no serial number that can be looked for: up to 64 letters, digits, . _ and -", p.Serial)
	c.that(join(at, "port"), p.Port == "" || usbPort.MatchString(p.Port), "%q is no USB socket: write it as the kernel does, e.g. 1-2.3", p.Port)
}

// checkParts sees that every name under deviceFolder is given and used.
func (d *Device) checkParts(c *checker) {
	sources := map[string]string{"edge.camera.source": d.Edge.Camera.Source}
	for i, k := range d.Edge.Kiosks {
		sources[join("edge", key("kiosks", i, "camera.source"))] = k.Camera.Source
	}
	used := map[string]bool{}
	for at, source := range sources {
		name, ours := strings.CutPrefix(source, deviceFolder)
		used[name] = ours
		known := slices.ContainsFunc(d.Hardware.Cameras, func(cam CameraPart) bool { return name == "camera-"+cam.Name })
		c.that(at, !ours || known, "%s is none of hardware.cameras", source)
	}
	for i, cam := range d.Hardware.Cameras {
		c.that(fmt.Sprintf("hardware.cameras[%d]", i), used["camera-"+cam.Name], "no kiosk uses it: write %scamera-%s as edge.camera.source", deviceFolder, cam.Name)
	}
	printer := d.Edge.Printer.Address == deviceFolder+"printer"
	c.that("hardware.printer", !printer || d.Hardware.Printer != Part{}, "edge.printer.address is %sprinter, but nothing says which that is: write usb, as lsusb shows it", deviceFolder)
	c.that("hardware.printer", printer || d.Hardware.Printer == Part{}, "nothing is printed on it: write %sprinter as edge.printer.address", deviceFolder)
}

func (n *Network) check(c *checker) {
	c.screens("network.staff", n.Staff)
	c.screens("network.admin", n.Admin)
	c.that("network.time", len(n.Time) > 0 && len(n.Time) <= 8, "there are %d time servers: name 1 to 8", len(n.Time))
	for _, s := range n.Time {
		_, err := netip.ParseAddr(s)
		named := len(s) <= 253 && hostName.MatchString(s)
		c.that("network.time", named || err == nil && !strings.Contains(s, "%"), "%q is no host's name or address", s)
	}
}

// words sees that every text below v is one line of characters that can be seen.
func (c *checker) words(at string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		unseen := func(r rune) bool { return r == utf8.RuneError || r != ' ' && !unicode.IsGraphic(r) }
		c.that(at, !strings.ContainsFunc(v.String(), unseen), "%q has characters that cannot be seen: leave them out", v.String())
	case reflect.Struct:
		for f, value := range v.Fields() {
			c.words(join(at, f.Tag.Get("yaml")), value)
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.words(fmt.Sprintf("%s[%d]", at, i), v.Index(i))
		}
	default: // numbers cannot surprise
	}
}
