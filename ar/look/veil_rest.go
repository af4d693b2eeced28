package look

import "github.com/mirrorcart/mirrorcart/ar"

// What lies over a face is judged in every other frame only, unless something
// seems to happen: faces are judged at once where more than restChanged of the
// places that are looked at differ by more than restStep from what they were.
const (
	restEvery   = 17 // of the places one is looked at
	restStep    = 0.2
	restChanged = 3
)

// stands reports whether what was judged last still holds for the face: in the
// frame it was judged in, and in the next one if nothing seems to have changed.
func (v *veil) stands(f *ar.Frame, s *surface, known *veilFace) bool {
	if !known.known || v.now != known {
		return false // the picture read last is another face's
	}
	if f.At.Equal(known.at) {
		return true
	}
	if v.rested || v.changing {
		v.rested = false
		return false
	}
	changed := 0
	for _, patch := range v.patches {
		view, ok := patch.on(s)
		if !ok {
			continue
		}
		i := patch.from + (restEvery-patch.from%restEvery)%restEvery
		for ; i < patch.to; i += restEvery {
			if now := view.read(f, &v.places[i]); now.light != unseen && v.seen[i].light != unseen &&
				square(now.light-v.seen[i].light) > restStep*restStep {
				changed++
			}
		}
	}
	v.rested = changed <= restChanged
	return v.rested
}
