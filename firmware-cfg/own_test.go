package firmwarecfg

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// One machine's files make the gateway of its description, and go on doing so when
// the settings of another of its kind take the place of its own.
func TestTheRenderedOwnFileSaysWhoTheMachineIs(t *testing.T) {
	d := parseDevice(t, described[ARM64])
	own, err := d.Own()
	require.NoError(t, err)
	require.Equal(t, "etc/mirrorcart/own.yaml", own.Path)
	require.NotContains(t, render(t, d), own.Path, "a bundle brings no machine's own")
	other := *d
	other.Edge.Node, other.Edge.Shop, other.Edge.Till = "hue-1-gw-1", Shop{"hue-1", "Huế"}, "U1"
	file := write(t, render(t, &other)["etc/mirrorcart/edge.yaml"])
	require.NoError(t, os.WriteFile(OwnFile(file), own.Content, 0o600))
	got, err := LoadEdge(file, nil)
	require.NoError(t, err)
	requireSame(t, &d.Edge, got)
}

// A bundle that is made for all machines of a kind knows no shop's own name.
func TestAMachineKeepsItsNamesWhateverABundleBrings(t *testing.T) {
	d := parseDevice(t, described[Tablet])
	require.Contains(t, d.Edge.HTTP.AllowedHosts, "10.0.7.2")
	own, err := d.Own()
	require.NoError(t, err)
	kind := *d
	kind.Edge.HTTP.AllowedHosts = []string{"localhost", "kiosk.example.com"}
	text := render(t, &kind)["etc/mirrorcart/edge.yaml"]
	file := write(t, text)
	require.NoError(t, os.WriteFile(OwnFile(file), own.Content, 0o600))
	want := []string{"localhost", "127.0.0.1", "10.0.7.2", "kiosk.example.com"}
	got, err := LoadEdge(file, nil)
	require.NoError(t, err)
	require.Equal(t, want, got.HTTP.AllowedHosts, "the machine's own first, each once")
	got, err = ParseEdge(file, []byte(text))
	require.NoError(t, err)
	require.Equal(t, want, got.HTTP.AllowedHosts, "so a bundle is judged by them too")

	got, err = LoadEdge(file, []string{"MIRRORCART_EDGE_HTTP_ALLOWED_HOSTS=mirror.local"})
	require.NoError(t, err)
	require.Equal(t, []string{"mirror.local"}, got.HTTP.AllowedHosts, "the environment wins over both")

	require.NoError(t, os.WriteFile(OwnFile(file), []byte("till: T7\n"), 0o600))
	got, err = LoadEdge(file, nil)
	require.NoError(t, err)
	require.Equal(t, kind.Edge.HTTP.AllowedHosts, got.HTTP.AllowedHosts, "a machine that says nothing of it has the kind's")
}

func TestWhatIsOfOneMachineWinsOverTheFile(t *testing.T) {
	data := t.TempDir()
	text := smallEdge + "data_dir: " + data + "\ncamera: {rotate: 90, quality: 70}\n"
	file := write(t, text)
	require.NoError(t, os.WriteFile(OwnFile(file), []byte("node: shop-7-gw-1\nshop: {id: shop-7}\ncamera: {quality: 60}\n"), 0o600))
	e, err := ParseEdge(file, []byte(text))
	require.NoError(t, err)
	require.Equal(t, []any{"shop-7-gw-1", "shop-7", "S", 90, 60}, []any{e.Node, e.Shop.ID, e.Shop.Name, e.Camera.Rotate, e.Camera.Quality})

	s := e.Setup(MainKiosk)
	s.Camera.Rotate = 180
	require.NoError(t, e.SaveSetup(MainKiosk, s))
	got, err := LoadEdge(file, []string{"MIRRORCART_EDGE_NODE=shop-8-gw-1"})
	require.NoError(t, err)
	require.Equal(t, []any{"shop-8-gw-1", "shop-7", 180, 60}, []any{got.Node, got.Shop.ID, got.Camera.Rotate, got.Camera.Quality})
	again, err := ParseEdge(file, []byte(text))
	require.NoError(t, err)
	require.Equal(t, e, again, "what the gateway may write does not count")

	require.NoError(t, os.WriteFile(OwnFile(file), []byte("till: t1\n"), 0o600))
	_, err = LoadEdge(file, nil)
	require.ErrorContains(t, err, `own.yaml:1: till: "t1" is no till's name`)
}
