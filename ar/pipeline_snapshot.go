package ar

import (
	"context"
	"errors"
	"fmt"
)

// Reasons why no photo was taken.
var (
	ErrNoFace    = errors.New("nobody is in the mirror")
	ErrNotLooked = errors.New("the mirror is paused or shows a replay")
)

const (
	photoAspect = 0.8  // width by height of a photo
	photoRoom   = 1.35 // how much more than a portrait it shows
)

// shot answers who asked for a photo.
type shot = answer[[]byte]

// Snapshot takes a photo of the nearest face wearing the whole look, whatever
// is being compared: the part of the next frame around the face, so that
// nobody beside it is in it, encoded by the config's Photo and not mirrored.
// It waits until ctx is done at most. The photo belongs to the caller.
func (p *Pipeline) Snapshot(ctx context.Context) ([]byte, error) {
	if p.cfg.Photo == nil {
		return nil, errors.New("snapshot: no encoder of photos")
	}
	photo, err := await(ctx, p.asks)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return photo, nil
}

// asked is who waits for a photo, if anybody.
func (p *Pipeline) asked() (ask chan<- shot) {
	select {
	case ask = <-p.asks:
	default:
	}
	return ask
}

// shoot takes a photo of what f shows, unless the viewers see something else.
// The frame is spoilt for them.
func (p *Pipeline) shoot(f *Frame, playing bool) shot {
	if playing {
		return shot{err: ErrNotLooked}
	}
	photo, err := p.photo(f)
	return shot{photo, err}
}

func (p *Pipeline) photo(f *Frame) (_ []byte, err error) {
	defer caught(&err)
	faces, err := p.see(f)
	if err != nil {
		return nil, err
	}
	p.faces = faces
	if len(faces) == 0 {
		return nil, ErrNoFace
	}
	if _, err := p.put(f, faces[:1], *p.look.Load()); err != nil {
		return nil, err
	}
	x, y, h := around(&faces[0], f, photoAspect)
	part := inside(f, x, y, photoRoom*h, photoAspect)
	var photo Frame
	photo.Resize(max(int(part.w), 1), max(int(part.h), 1))
	defer clear(photo.Pix)
	new(scaler).draw(&photo, 0, 0, photo.Width, photo.Height, f, part)
	b, err := p.cfg.Photo.Encode(nil, &photo)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b, nil
}
