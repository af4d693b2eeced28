package firmwarecfg

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"
)

// Setup is what is found out about a machine where it stands, by whoever installs
// it: it is laid over edge.yaml, whatever edge.yaml comes later.
type Setup struct {
	Camera  SetupCamera  `yaml:"camera" json:"camera"`
	Printer SetupPrinter `yaml:"printer" json:"printer"`
}

// SetupCamera are the settings of Camera that depend on where it hangs.
type SetupCamera struct {
	Source   string        `yaml:"source" json:"source"`
	Width    int           `yaml:"width" json:"width"`
	Height   int           `yaml:"height" json:"height"`
	Rotate   int           `yaml:"rotate" json:"rotate"`
	Mirror   bool          `yaml:"mirror" json:"mirror"`
	FOV      int           `yaml:"fov" json:"fov"`
	Controls SetupControls `yaml:"controls" json:"controls"`
}

// SetupControls are the settings of Controls that depend on the shop's light.
type SetupControls struct {
	Exposure     string `yaml:"exposure" json:"exposure"`
	WhiteBalance string `yaml:"white_balance" json:"white_balance"`
	PowerLine    int    `yaml:"power_line" json:"power_line"`
}

// SetupPrinter are the settings of Printer that depend on which one it is.
type SetupPrinter struct {
	Address string `yaml:"address" json:"address"`
	Width   int    `yaml:"width" json:"width"`
}

// SetupFile is where a gateway's Setup is kept.
func SetupFile(dataDir string) string { return filepath.Join(dataDir, "setup.yaml") }

// kioskSetup is what is kept of a kiosk beside the first, in a file of its own.
type kioskSetup struct {
	Camera Camera `yaml:"camera"`
}

func (k *kioskSetup) check(c *checker) { k.Camera.check(c) }

func kioskSetupFile(dataDir, kiosk string) string {
	return filepath.Join(dataDir, "setup-"+kiosk+".yaml")
}

// cameraOf is a kiosk's camera; nil where there is no such kiosk.
func (e *Edge) cameraOf(kiosk string) *Camera {
	if kiosk == MainKiosk {
		return &e.Camera
	}
	for i := range e.Kiosks {
		if e.Kiosks[i].ID == kiosk {
			return &e.Kiosks[i].Camera
		}
	}
	return nil
}

// Setup is what e has of it, with the camera of a kiosk: MainKiosk, or one of
// e.Kiosks.
func (e *Edge) Setup(kiosk string) Setup {
	cam := e.cameraOf(kiosk)
	return Setup{
		Camera: SetupCamera{
			Source: cam.Source, Width: cam.Width, Height: cam.Height, Rotate: cam.Rotate, Mirror: cam.Mirror, FOV: cam.FOV,
			Controls: SetupControls{Exposure: cam.Controls.Exposure, WhiteBalance: cam.Controls.WhiteBalance, PowerLine: cam.Controls.PowerLine},
		},
		Printer: SetupPrinter{Address: e.Printer.Address, Width: e.Printer.Width},
	}
}

// SaveSetup keeps s, with the camera of a kiosk as in Setup, for the next start of
// the gateway with e, if e can have it; otherwise its error names every fault.
func (e *Edge) SaveSetup(kiosk string, s Setup) error {
	with := *e
	with.Kiosks = slices.Clone(e.Kiosks)
	cam, set := with.cameraOf(kiosk), &s.Camera
	cam.Source, cam.Width, cam.Height = set.Source, set.Width, set.Height
	cam.Rotate, cam.Mirror, cam.FOV = set.Rotate, set.Mirror, set.FOV
	cam.Controls.Exposure, cam.Controls.WhiteBalance, cam.Controls.PowerLine = set.Controls.Exposure, set.Controls.WhiteBalance, set.Controls.PowerLine
	with.Printer.Address, with.Printer.Width = s.Printer.Address, s.Printer.Width
	if err := with.faults(SetupFile(e.DataDir)); err != nil {
		return err
	}
	if kiosk != MainKiosk {
		own := map[string]SetupCamera{"camera": s.Camera}
		if err := keepSetup(kioskSetupFile(e.DataDir, kiosk), own); err != nil {
			return err
		}
		if (s.Printer == SetupPrinter{Address: e.Printer.Address, Width: e.Printer.Width}) {
			return nil
		}
	}
	return keepSetup(SetupFile(e.DataDir), with.Setup(MainKiosk))
}

// faults are those of e, as those of a file.
func (e *Edge) faults(file string) error {
	var c checker
	e.check(&c)
	var faults []error
	for _, f := range c.faults {
		faults = append(faults, &Error{File: file, Key: f.key, Msg: f.msg})
	}
	return errors.Join(faults...)
}

func keepSetup(file string, s any) error {
	var b bytes.Buffer
	b.WriteString("# What was found out when this machine was installed; it wins over edge.yaml.\n# Without this file edge.yaml counts alone.\n")
	if err := yaml.NewEncoder(&b).Encode(s); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	return ReplaceFile(file, b.Bytes())
}

// ReplaceFile writes a file that only its owner reads. It is atomic and durable:
// whenever the power goes, the file is the old one or the new.
func ReplaceFile(name string, content []byte) error {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, "."+filepath.Base(name)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already where it was renamed
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(dir)
}

// LayOverSetup lays the machine's Setup over e, if it has one, and the environment
// over that.
func (e *Edge) LayOverSetup(environ []string) error {
	e.Kiosks = slices.Clone(e.Kiosks) // whose e may be a copy
	for i := range e.Kiosks {
		k := &e.Kiosks[i]
		own := kioskSetup{k.Camera}
		file := kioskSetupFile(e.DataDir, k.ID)
		if !exists(file) {
			continue
		}
		if err := load(file, "", nil, &own); err != nil {
			return err
		}
		k.Camera = own.Camera
		if err := e.faults(file); err != nil {
			return err // such as a camera that another kiosk has by now
		}
	}
	file := SetupFile(e.DataDir)
	if !exists(file) {
		return nil
	}
	return e.LayOver(file, environ)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return !errors.Is(err, fs.ErrNotExist)
}
