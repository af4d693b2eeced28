package firmwarecfg

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// OwnFile is the file, beside edge.yaml, with the settings that are of one machine
// alone, such as its node, shop and till: where many machines get the same
// edge.yaml, this one is laid over it.
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

func (e *Edge) withOwn(file string, environ []string) error {
	own := OwnFile(file)
	if _, err := os.Stat(own); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return e.LayOver(own, environ)
}
