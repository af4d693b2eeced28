package fake

import "github.com/mirrorcart/mirrorcart/ar"

// Tracker finds what its script says. It is an ar.Tracker.
type Tracker struct {
	// Script gives the faces in a frame, or the error that tracking it is to
	// fail with; nil finds nobody.
	Script func(f *ar.Frame) ([]ar.Face, error)
}

// Track appends the script's faces to dst.
func (t *Tracker) Track(dst []ar.Face, f *ar.Frame) ([]ar.Face, error) {
	if t.Script == nil {
		return dst, nil
	}
	faces, err := t.Script(f)
	return append(dst, faces...), err
}

// Close does nothing.
func (t *Tracker) Close() error { return nil }

// Still is a script in which the same faces are in every frame.
func Still(faces ...ar.Face) func(*ar.Frame) ([]ar.Face, error) {
	return func(*ar.Frame) ([]ar.Face, error) { return faces, nil }
}
