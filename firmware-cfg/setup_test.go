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

	s := e.Setup()
	s.Camera.Source, s.Camera.Rotate, s.Camera.FOV, s.Camera.Controls.WhiteBalance = "/dev/video2", 90, 72, "4600"
	s.Printer.Address = "tcp://10.0.0.9:9100"
	require.NoError(t, e.SaveSetup(s))

	after, err := LoadEdge(file, nil)
	require.NoError(t, err)
	require.Equal(t, s, after.Setup())
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
	s := e.Setup()
	s.Camera.Rotate, s.Printer.Address = 45, "lp0"
	err := e.SaveSetup(s)
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
