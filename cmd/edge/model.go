package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"syscall"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/camera"
	"github.com/mirrorcart/mirrorcart/ar/look"
)

const (
	modelQuality = 88   // of JPEG
	maxModelSide = 2000 // pixels: more would only be drawn more slowly
)

// model is the shop's own photo of somebody, who wears products for shoppers
// without a camera. The pictures of all kiosks are drawn one at a time, where
// mirrors and tills leave the processor idle.
type model struct {
	bare     ar.Frame
	faces    []ar.Face
	renderer ar.Renderer
	encoder  ar.Encoder
	turn     chan struct{} // holds a token while nobody draws
}

// model finds the face in the picture file of pictures; there is no model where
// file is empty or there are no face models.
func (s *studio) model(pictures fs.FS, file string) (_ *model, err error) {
	if file == "" || s.broken != nil {
		return nil, nil //nolint:nilnil // a shop without a model is a shop like others
	}
	data, err := fs.ReadFile(pictures, file)
	if err != nil {
		return nil, err
	}
	m := &model{encoder: &camera.JPEG{Quality: modelQuality}, turn: make(chan struct{}, 1)}
	if err := camera.DecodePicture(file, data, &m.bare); err != nil {
		return nil, err
	}
	if m.bare.Width > maxModelSide || m.bare.Height > maxModelSide {
		return nil, fmt.Errorf("%s is %d × %d pixels: scale it to at most %d a side", file, m.bare.Width, m.bare.Height, maxModelSide)
	}
	tracker, err := s.pool.Tracker(trackerOptions(1, 0, true))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tracker.Close()) }()
	if m.faces, err = tracker.Track(nil, &m.bare); err != nil {
		return nil, err
	}
	if len(m.faces) == 0 {
		return nil, fmt.Errorf("%s shows no face: use a photo of one from the front", file)
	}
	if m.renderer, err = look.New(s.set.Head, s.shapes); err != nil {
		return nil, err
	}
	m.turn <- struct{}{}
	return m, nil
}

// Wear draws worn onto the photo and encodes it. It waits for its turn until ctx
// is done.
func (m *model) Wear(ctx context.Context, worn ar.Look) ([]byte, error) {
	select {
	case <-m.turn:
	case <-ctx.Done():
		return nil, fmt.Errorf("model: %w", ctx.Err())
	}
	var jpeg []byte
	var err error
	done := make(chan struct{})
	go func() {
		defer func() { m.turn <- struct{}{} }()
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with this goroutine
		const lowest = 19      // setpriority(2); without it the work is done all the same
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), lowest)
		jpeg, err = m.draw(worn)
	}()
	select {
	case <-done:
		return jpeg, err
	case <-ctx.Done():
		return nil, fmt.Errorf("model: %w", ctx.Err())
	}
}

func (m *model) draw(worn ar.Look) ([]byte, error) {
	if err := m.renderer.Check(worn); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	f := m.bare
	f.Pix = append([]byte(nil), f.Pix...)
	if err := m.renderer.Draw(&f, m.faces, worn); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return m.encoder.Encode(nil, &f)
}

// close frees what OpenCV holds, once nobody draws.
func (m *model) close() error {
	<-m.turn
	return m.renderer.Close()
}
