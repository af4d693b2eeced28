package firmwarecfg

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSetupWinsOverTheFileAndNotOverTheEnvironment(t *testing.T) {
	data := t.TempDir()
	file := write(t, smallEdge+"data_dir: "+data+"\ncamera: {source: /dev/video0, quality: 70}\nprinter: {address: none, cut: false}\n")
	e, err := LoadEdge(file, nil)
	require.NoError(t, err)

	s := e.Setup(MainKiosk)
	s.Camera.Source, s.Camera.Rotate, s.Camera.FOV, s.Camera.Controls.WhiteBalance = "/dev/video2", 90, 72, "4600"
	s.Printer.Address = "tcp://10.0.0.9:9100"
	require.NoError(t, e.SaveSetup(MainKiosk, s))

	after, err := LoadEdge(file, nil)
	require.NoError(t, err)
	require.Equal(t, s, after.Setup(MainKiosk))
	want := *e
	want.Camera.Source, want.Camera.Rotate, want.Camera.FOV, want.Camera.Controls.WhiteBalance = "/dev/video2", 90, 72, "4600"
	want.Printer.Address = "tcp://10.0.0.9:9100"
	require.Equal(t, &want, after, "nothing else changed")

	over, err := LoadEdge(file, []string{"MIRRORCART_EDGE_CAMERA_SOURCE=fake"})
	require.NoError(t, err)
	require.Equal(t, "fake", over.Camera.Source)
	require.Equal(t, 90, over.Camera.Rotate)
}

func TestSetupThatCannotBeIsNotKept(t *testing.T) {
	e := DefaultEdge()
	e.Node, e.Shop, e.Till, e.DataDir = "gw", Shop{"s", "S"}, "T1", t.TempDir()
	s := e.Setup(MainKiosk)
	s.Camera.Rotate, s.Printer.Address = 45, "lp0"
	err := e.SaveSetup(MainKiosk, s)
	require.ErrorContains(t, err, "camera.rotate: 45 is no quarter turn")
	require.ErrorContains(t, err, `printer.address: "lp0" is no printer`)
	require.NoFileExists(t, SetupFile(e.DataDir))
}

func TestDamagedSetupIsNamed(t *testing.T) {
	data := t.TempDir()
	file := write(t, smallEdge+"data_dir: "+data+"\n")
	require.NoError(t, os.WriteFile(SetupFile(data), []byte("camera: {rotat: 90}\n"), 0o600))
	_, err := LoadEdge(file, nil)
	require.ErrorContains(t, err, "setup.yaml:1: camera.rotat: unknown key: did you mean camera.rotate?")
}

// What is found out about one kiosk is of that one alone, whatever else edge.yaml
// says of it later; the printer is everybody's.
func TestSetupOfAnotherKiosk(t *testing.T) {
	data := t.TempDir()
	const more = "kiosks:\n  - {id: door, addr: 127.0.0.1:8082, camera: {source: fake}}\n  - {id: window, addr: 127.0.0.1:8081, camera: {source: /dev/video1, quality: 70}}\n"
	file := write(t, smallEdge+"data_dir: "+data+"\n"+more)
	e, err := LoadEdge(file, nil)
	require.NoError(t, err)
	s := e.Setup("window")
	require.Equal(t, "/dev/video1", s.Camera.Source)
	s.Camera.Source, s.Camera.Rotate, s.Printer.Address = "/dev/video2", 90, "tcp://10.0.0.9:9100"
	require.NoError(t, e.SaveSetup("window", s))

	after, err := LoadEdge(file, nil)
	require.NoError(t, err)
	require.Equal(t, s, after.Setup("window"))
	require.Equal(t, 70, after.Kiosks[1].Camera.Quality)
	require.Equal(t, e.Setup("door").Camera, after.Setup("door").Camera)
	require.Equal(t, e.Setup(MainKiosk).Camera, after.Setup(MainKiosk).Camera)
	require.Equal(t, "tcp://10.0.0.9:9100", after.Printer.Address)

	s.Camera.Source = after.Camera.Source
	require.ErrorContains(t, after.SaveSetup("window", s), "another kiosk's camera")
	taken := write(t, smallEdge+"data_dir: "+data+"\ncamera: {source: /dev/video2}\nprinter: {address: none}\n"+more)
	require.NoError(t, os.Remove(SetupFile(data)))
	_, err = LoadEdge(taken, nil)
	require.ErrorContains(t, err, "setup-window.yaml")
	require.ErrorContains(t, err, "another kiosk's camera")
}
