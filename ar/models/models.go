// Package models knows which model files the mirror runs on, checks them, and
// turns the face models, which come as TensorFlow Lite files, into ONNX models
// in memory.
//
// install.sh fetches the files; Open reads them from the folder it filled.
package models

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mirrorcart/mirrorcart/ar"
)

// EnvDir is the environment variable that names the models' folder.
const EnvDir = "MIRRORCART_MODELS_DIR"

// The files of a models' folder.
const (
	packedFile  = "face_mesh_solution_packed_assets.data"
	runtimeFile = "libonnxruntime.so.1"
	clipFile    = "demo.mp4"
)

// Where the parts of the packed file stand, as its loader script has them.
var (
	attentionPart = [2]int{0, 2495952}
	meshPart      = [2]int{2495952, 3737848}
	headPart      = [2]int{3737848, 3757224}
	detectorPart  = [2]int{3757224, 3986256}
)

//go:embed SHA256SUMS
var sums string

// Set is what a models' folder holds. The three models are ONNX files whose
// one input "image" is 1×3×N×N, RGB; their outputs are named by the Output
// constants.
type Set struct {
	Detector  []byte // finds faces: N = 128, colours from −1 to 1
	Mesh      []byte // ar.MeshPoints landmarks: N = 192, colours from 0 to 1
	Attention []byte // ar.MeshPoints landmarks, of which Lips and Eyes give some finer: N = 192, colours from 0 to 1
	Lips      Detail
	Eyes      Detail  // with the irises
	Head      ar.Mesh // the canonical head
	Runtime   string  // path of ONNX Runtime's library
}

// Detail is a closer look at a part of the face: an ONNX model whose two inputs
// are the attention mesh's OutputPoints and OutputFeatures and whose output
// OutputFiner is where the landmarks Points are, one a row.
type Detail struct {
	Model  []byte
	Points []int
}

// Error says which models' folder is wrong, why, and how to mend it.
type Error struct {
	Dir string
	Err error
}

func (e *Error) Error() string {
	return fmt.Sprintf("models in %s: %v; run `make setup` (or set %s to the folder that has them)", e.Dir, e.Err, EnvDir)
}

func (e *Error) Unwrap() error { return e.Err }

// Dir is the folder the models are looked for in when none is set: the first
// that is there of env (the value of EnvDir), build/models beside the folder
// of the program exe, and /usr/share/mirrorcart/models. env wins even if it is
// not there, so that a wrong setting shows.
func Dir(env, exe string) string {
	if env != "" {
		return env
	}
	built := filepath.Join(filepath.Dir(filepath.Dir(exe)), "build", "models")
	shared := "/usr/share/mirrorcart/models"
	if _, err := os.Stat(built); err != nil {
		if _, err := os.Stat(shared); err == nil {
			return shared
		}
	}
	return built
}

// Clip is the path of the demo's video clip in a models' folder. Its error is
// an *Error; a shop has no need of the clip.
func Clip(dir string) (string, error) {
	path := filepath.Join(dir, clipFile)
	if _, err := os.Stat(path); err != nil {
		return "", &Error{dir, missing(path, err)}
	}
	return path, nil
}

// Open reads and converts the models in dir. Its errors are *Error.
func Open(dir string) (*Set, error) {
	dir, err := filepath.Abs(dir) // the runtime is loaded once, by one name
	if err != nil {
		return nil, &Error{dir, err}
	}
	s, err := open(dir)
	if err != nil {
		return nil, &Error{dir, err}
	}
	return s, nil
}

func open(dir string) (*Set, error) {
	data, err := readPacked(filepath.Join(dir, packedFile))
	if err != nil {
		return nil, err
	}
	s := &Set{Runtime: filepath.Join(dir, runtimeFile)}
	if _, err := os.Stat(s.Runtime); err != nil {
		return nil, missing(s.Runtime, err)
	}
	part := func(p [2]int) []byte { return data[p[0]:p[1]] }
	if s.Detector, err = detector(part(detectorPart)); err != nil {
		return nil, fmt.Errorf("face detector: %w", err)
	}
	if s.Mesh, err = mesh(part(meshPart)); err != nil {
		return nil, fmt.Errorf("face mesh: %w", err)
	}
	if s.Attention, err = attention(part(attentionPart)); err != nil {
		return nil, fmt.Errorf("attention mesh: %w", err)
	}
	if s.Lips, err = detail(part(attentionPart), lipLooks); err != nil {
		return nil, fmt.Errorf("attention mesh: lips: %w", err)
	}
	if s.Eyes, err = detail(part(attentionPart), eyeLooks); err != nil {
		return nil, fmt.Errorf("attention mesh: eyes: %w", err)
	}
	if s.Head, err = readHead(part(headPart)); err != nil {
		return nil, fmt.Errorf("canonical face: %w", err)
	}
	return s, nil
}

// readPacked reads the packed file and checks that it is the known one.
func readPacked(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, missing(path, err)
	}
	defer f.Close()
	want := detectorPart[1]
	data, err := io.ReadAll(io.LimitReader(f, int64(want)+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", packedFile, err)
	}
	if len(data) != want {
		return nil, fmt.Errorf("%s is cut short or not the known file (want %d bytes)", packedFile, want)
	}
	if hash := sha256.Sum256(data); hex.EncodeToString(hash[:]) != sum(packedFile) {
		return nil, fmt.Errorf("%s is damaged or not the known file (SHA-256 %x)", packedFile, hash)
	}
	return data, nil
}

func missing(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is missing: %w", filepath.Base(path), fs.ErrNotExist)
	}
	return err
}

// sum looks a file's hash up in SHA256SUMS.
func sum(name string) string {
	lines := bufio.NewScanner(strings.NewReader(sums))
	for lines.Scan() {
		if hash, file, ok := strings.Cut(lines.Text(), "  "); ok && file == name {
			return hash
		}
	}
	return ""
}
