package look

import "github.com/mirrorcart/mirrorcart/ar"

// What lies over a face is judged in every third frame only, unless something
// seems to happen: it is judged at once where more than restChanged of the
// places that are looked at, and more than restRise times as many as usual,
// differ by more than restStep from what they were.
const (
	restFrames  = 2  // that are not judged, at most
	restEvery   = 29 // of the places one is looked at
	restStep    = 0.2
	restChanged = 4
	restRise    = 1.6
	restUsual   = 0.1 // how fast it is learnt what is usual, of a frame
)

// stands reports whether what was judged last still holds for the face: in the
// frame it was judged in, and in the next ones while nothing seems to have
// changed.
func (v *veil) stands(f *ar.Frame, s *surface, known *veilFace) bool {
	if !known.known || v.now != known {
		return false // the picture read last is another face's
	}
	if f.At.Equal(known.at) {
		return true
	}
	if v.rested >= restFrames {
		return false
	}
	changed := v.changes(f, s)
	rests := changed <= restChanged+restRise*known.restless
	known.restless += restUsual * (changed - known.restless)
	if !rests {
		return false
	}
	if v.rested++; v.changing {
		v.fade(known, false)
	}
	return true
}

// changes is how many of some places differ from when they were read.
func (v *veil) changes(f *ar.Frame, s *surface) (n float32) {
	var now [1]hue
	for i := range v.patches {
		patch := &v.patches[i]
		k := patch.from + (restEvery-patch.from%restEvery)%restEvery
		if k >= patch.to {
			continue
		}
		view, ok := patch.on(s, f)
		for ; ok && k < patch.to; k += restEvery {
			if v.places[k].kind.told() || v.seen[k].light == unseen {
				continue
			}
			view.read(now[:], f, v.places[k:k+1])
			if now[0].light != unseen && square(now[0].light-v.seen[k].light) > restStep*restStep {
				n++
			}
		}
	}
	return n
}
