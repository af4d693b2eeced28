package firmwarecfg

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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

// Setup is what e has of it.
func (e *Edge) Setup() Setup {
	cam := &e.Camera
	return Setup{
		Camera: SetupCamera{
			Source: cam.Source, Width: cam.Width, Height: cam.Height, Rotate: cam.Rotate, Mirror: cam.Mirror, FOV: cam.FOV,
			Controls: SetupControls{Exposure: cam.Controls.Exposure, WhiteBalance: cam.Controls.WhiteBalance, PowerLine: cam.Controls.PowerLine},
		},
		Printer: SetupPrinter{Address: e.Printer.Address, Width: e.Printer.Width},
	}
}

// SaveSetup keeps s for the next start of the gateway with e, if e can have it;
// otherwise its error names every fault.
func (e *Edge) SaveSetup(s Setup) error {
	cam, with := &s.Camera, *e
	with.Camera.Source, with.Camera.Width, with.Camera.Height = cam.Source, cam.Width, cam.Height
	with.Camera.Rotate, with.Camera.Mirror, with.Camera.FOV = cam.Rotate, cam.Mirror, cam.FOV
	with.Camera.Controls.Exposure, with.Camera.Controls.WhiteBalance = cam.Controls.Exposure, cam.Controls.WhiteBalance
	with.Camera.Controls.PowerLine = cam.Controls.PowerLine
	with.Printer.Address, with.Printer.Width = s.Printer.Address, s.Printer.Width
	file := SetupFile(e.DataDir)
	var c checker
	with.check(&c)
	var faults []error
	for _, f := range c.faults {
		faults = append(faults, &Error{File: file, Key: f.key, Msg: f.msg})
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
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
	file := SetupFile(e.DataDir)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return e.LayOver(file, environ)
}
