package firmwarecfg

import (
	"net"
	"path/filepath"
	"strings"
	"time"
)

// NoPrinter is the address of a shop that prints nothing.
const NoPrinter = "none"

// Printer is the shop's ticket printer.
type Printer struct {
	Address  string        `yaml:"address"` // tcp://HOST:PORT, a device file, or NoPrinter
	Width    int           `yaml:"width"`   // of the paper, in mm
	Language string        `yaml:"language"`
	Auto     bool          `yaml:"auto"` // print the ticket of whatever is recorded
	Drawer   bool          `yaml:"drawer"`
	Cut      bool          `yaml:"cut"`
	Answers  bool          `yaml:"answers"` // when it is asked for its status
	Speed    int           `yaml:"speed"`   // at least, mm/s
	Pause    time.Duration `yaml:"pause"`   // between two strips of a picture
	Header   []string      `yaml:"header"`
	Footer   []string      `yaml:"footer"`
	Fonts    []string      `yaml:"fonts"` // files
}

// On reports whether there is a printer.
func (p *Printer) On() bool { return p.Address != NoPrinter }

func defaultPrinter() Printer {
	return Printer{
		Address: NoPrinter, Width: 80, Language: "vi", Auto: true, Cut: true, Answers: true, Speed: 50,
		Header: []string{}, Footer: []string{},
		Fonts: []string{
			"/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
			"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
			"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
		},
	}
}

func (p *Printer) check(c *checker) {
	c.that("printer.address", printerAddress(p.Address), "%q is no printer: use tcp://HOST:9100, a device such as /dev/usb/lp0, or none", p.Address)
	c.that("printer.width", p.Width == 58 || p.Width == 80, "%d is no width of paper: use 58 or 80", p.Width)
	c.that("printer.language", p.Language == "vi" || p.Language == "en" || p.Language == "zh", "%q is no language of tickets: use vi, en or zh", p.Language)
	c.between("printer.speed", p.Speed, 0, 1000)
	c.that("printer.pause", p.Pause >= 0 && p.Pause <= time.Second, "%v is out of range: use 0s to 1s", p.Pause)
	for key, lines := range map[string][]string{"printer.header": p.Header, "printer.footer": p.Footer} {
		c.that(key, len(lines) <= 8, "there are %d lines, at most 8", len(lines))
		for _, l := range lines {
			c.text(key, l)
		}
	}
	for _, f := range p.Fonts {
		c.that("printer.fonts", filepath.IsAbs(f), "%q names no file: write its whole path", f)
	}
}

func printerAddress(s string) bool {
	if s == NoPrinter {
		return true
	}
	if addr, ok := strings.CutPrefix(s, "tcp://"); ok {
		host, port, err := net.SplitHostPort(addr)
		return err == nil && host != "" && port != ""
	}
	return strings.HasPrefix(s, "/dev/") && filepath.Clean(s) == s
}
