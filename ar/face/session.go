package face

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// onnxRuntime is the library that the process has loaded. ONNX Runtime's
// environment is one for the whole process and stays until it ends: unloading
// the library while another tracker uses it would crash.
//
//nolint:gochecknoglobals // it stands for what is one for the process anyway
var onnxRuntime struct {
	sync.Mutex
	path string
}

// loadRuntime loads ONNX Runtime, the first time it is called.
func loadRuntime(path string) error {
	onnxRuntime.Lock()
	defer onnxRuntime.Unlock()
	if onnxRuntime.path == path && path != "" {
		return nil
	}
	if onnxRuntime.path != "" {
		return fmt.Errorf("ONNX Runtime was loaded from %s already: %q cannot be loaded beside it", onnxRuntime.path, path)
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("ONNX Runtime's library: %w", err)
	}
	// Where it is not told otherwise before it starts, ONNX Runtime makes itself
	// an identity and reports its use to its maker. Nothing leaves this machine.
	if err := os.Setenv("ORT_DISABLE_TELEMETRY", "1"); err != nil {
		return fmt.Errorf("keep ONNX Runtime quiet: %w", err)
	}
	ort.SetSharedLibraryPath(path)
	if err := ort.InitializeEnvironment(); err != nil {
		return fmt.Errorf("load ONNX Runtime from %s: %w", path, err)
	}
	onnxRuntime.path = path
	return nil
}

// session is a model with its input and outputs at fixed places in memory.
type session struct {
	run *ort.AdvancedSession
	in  *ort.Tensor[float32] // the picture, if it looks at one
	out []*ort.Tensor[float32]
	pin runtime.Pinner // of their memory, whose address ONNX Runtime keeps
}

// tensor is room for what goes in or comes out, until the session is closed.
func (s *session) tensor(shape ort.Shape) (*ort.Tensor[float32], error) {
	data := make([]float32, shape.FlattenedSize())
	s.pin.Pin(&data[0])
	return ort.NewTensor(shape, data)
}

// result names one of a model's outputs.
type result struct {
	name  string
	shape ort.Shape
}

// input is what a model takes, by its name there.
type input struct {
	name  string
	value *ort.Tensor[float32]
}

// newPictureSession loads a model that takes a picture of side × side pixels.
func newPictureSession(model []byte, side int, results ...result) (*session, error) {
	s := &session{}
	var err error
	n := int64(side)
	if s.in, err = s.tensor(ort.NewShape(1, 3, n, n)); err == nil {
		err = s.load(model, []input{{"image", s.in}}, results)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// newSession loads a model that takes what another gives, and must be closed
// before that.
func newSession(model []byte, inputs []input, results ...result) (*session, error) {
	s := &session{}
	if err := s.load(model, inputs, results); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *session) load(model []byte, inputs []input, results []result) error {
	var takes, gives []string
	var in, out []ort.Value
	for _, i := range inputs {
		takes, in = append(takes, i.name), append(in, i.value)
	}
	for _, r := range results {
		t, err := s.tensor(r.shape)
		if err != nil {
			return err
		}
		s.out = append(s.out, t)
		out = append(out, t)
		gives = append(gives, r.name)
	}
	options, err := sessionOptions()
	if err != nil {
		return err
	}
	s.run, err = ort.NewAdvancedSessionWithONNXData(model, takes, gives, in, out, options)
	return errors.Join(err, options.Destroy())
}

// sessionOptions: these models are so small that a second thread costs a core
// and gains nothing, and waiting threads must not spin beside the till's work.
func sessionOptions() (*ort.SessionOptions, error) {
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		o.SetIntraOpNumThreads(1),
		o.SetInterOpNumThreads(1),
		o.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
		o.AddSessionConfigEntry("session.inter_op.allow_spinning", "0"),
		o.SetGraphOptimizationLevel(ort.GraphOptimizationLevelEnableAll),
	)
	if err != nil {
		return nil, errors.Join(err, o.Destroy())
	}
	return o, nil
}

func (s *session) close() error {
	var errs []error
	if s.run != nil {
		errs = append(errs, s.run.Destroy())
	}
	if s.in != nil {
		errs = append(errs, s.in.Destroy())
	}
	for _, t := range s.out {
		errs = append(errs, t.Destroy())
	}
	s.pin.Unpin()
	*s = session{}
	return errors.Join(errs...)
}
