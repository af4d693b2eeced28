package firmwarecfg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"
)

// OwnFile is the file, beside edge.yaml, with the settings that are of one machine
// alone, such as its node, shop and till: where many machines get the same
// edge.yaml, this one is laid over it. Of HTTP.AllowedHosts both count.
func OwnFile(edgeYAML string) string { return filepath.Join(filepath.Dir(edgeYAML), "own.yaml") }

// ParseEdge reads a gateway's configuration from text as if it stood in the file,
// with the OwnFile beside that. Neither the environment counts nor anything that
// the gateway itself may write.
func ParseEdge(file string, text []byte) (*Edge, error) {
	e := DefaultEdge()
	if err := lay(file, text, "MIRRORCART_EDGE_", nil, e); err != nil {
		return nil, err
	}
	if err := e.withOwn(file, nil); err != nil {
		return nil, err
	}
	return e, nil
}

const ownHead = `# Who this gateway is, and by which names browsers find it. It wins over edge.yaml,
# whose allowed_hosts count too, and no bundle touches it.

`

// Own is the OwnFile of the machine, which Render leaves out: a bundle has the files
// of all machines of a kind, and this one is of one alone.
func (d *Device) Own() (File, error) {
	type names struct {
		AllowedHosts []string `yaml:"allowed_hosts"`
	}
	own := struct {
		Node string `yaml:"node"`
		Shop Shop   `yaml:"shop"`
		Till string `yaml:"till"`
		HTTP names  `yaml:"http"`
	}{d.Edge.Node, d.Edge.Shop, d.Edge.Till, names{d.Edge.HTTP.AllowedHosts}}
	text, err := yaml.MarshalWithOptions(own, yaml.IndentSequence(true), yaml.CustomMarshaler(quoted))
	if err != nil {
		return File{}, fmt.Errorf("own.yaml: %w", err)
	}
	return File{Path: OwnFile(settingsPath), Mode: 0o644, Content: append([]byte(ownHead), text...)}, nil
}

// withOwn lays the OwnFile over e, if there is one. The names by which browsers find
// this machine are added to those of its kind: a bundle that knows only the latter
// shuts nobody out.
func (e *Edge) withOwn(file string, environ []string) error {
	own := OwnFile(file)
	if _, err := os.Stat(own); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	kind := slices.Clone(e.HTTP.AllowedHosts)
	err := e.LayOver(own, environ)
	for _, host := range kind {
		if !slices.Contains(e.HTTP.AllowedHosts, host) {
			e.HTTP.AllowedHosts = append(e.HTTP.AllowedHosts, host)
		}
	}
	return err
}
