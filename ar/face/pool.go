package face

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Pool is a number of loaded models that trackers share: more than there are
// cores to run them only cost memory. Its methods may be called from any
// goroutine.
type Pool struct {
	poser *poser
	free  chan *engine
	// loose are the landmarks of each closer look that no pose is found by.
	loose [details][]int

	mu     sync.Mutex
	all    []*engine
	closed bool
}

// engine is one loaded set of models, for one frame at a time.
type engine struct {
	detector  *detector
	landmarks *landmarker
}

// NewPool loads the models n times. Close frees them.
func NewPool(m Models, n int) (*Pool, error) {
	if n < 1 || n > maxEngines {
		return nil, fmt.Errorf("face: a pool of %d models: want 1 to %d", n, maxEngines)
	}
	if err := loadRuntime(m.Runtime); err != nil {
		return nil, fmt.Errorf("face: %w", err)
	}
	p := &Pool{free: make(chan *engine, n)}
	var err error
	if p.poser, err = newPoser(m.Head); err != nil {
		return nil, fmt.Errorf("face: pose: %w", err)
	}
	for i, d := range m.details() {
		p.loose[i] = slices.DeleteFunc(slices.Clone(d.Points), p.poser.weighs)
	}
	for range n {
		e, err := newEngine(m)
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p.all = append(p.all, e)
		p.free <- e
	}
	return p, nil
}

// maxEngines bounds a pool; one takes about 40 MB.
const maxEngines = 64

func newEngine(m Models) (_ *engine, err error) {
	e := &engine{}
	if e.detector, err = newDetector(m.Detector); err != nil {
		return nil, fmt.Errorf("face: detector: %w", err)
	}
	if e.landmarks, err = newLandmarker(m); err != nil {
		return nil, errors.Join(fmt.Errorf("face: landmarks: %w", err), e.detector.close())
	}
	return e, nil
}

// Tracker makes a tracker that runs on the pool's models. It is to be closed
// before the pool.
func (p *Pool) Tracker(opt Options) (*Tracker, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	return &Tracker{opt: opt, pool: p, crowd: crowd{limit: opt.MaxFaces, raw: opt.Raw, parts: ar.AllParts}}, nil
}

// take waits for models that nobody uses.
func (p *Pool) take() (*engine, error) {
	e, ok := <-p.free
	if !ok {
		return nil, errors.New("the pool of models is closed")
	}
	return e, nil
}

func (p *Pool) give(e *engine) { p.free <- e }

// Close frees the models once nobody uses them any more.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	for range p.all { // wait for those that are in use
		<-p.free
	}
	close(p.free)
	var errs []error
	for _, e := range p.all {
		errs = append(errs, e.detector.close(), e.landmarks.close())
	}
	return errors.Join(errs...)
}
