package face

import "github.com/mirrorcart/mirrorcart/ar"

// LookedAt are the parts of the nearest face that were looked at closely in
// the last frame.
func LookedAt(t *Tracker) ar.Parts { return t.crowd.tracks[0].fine }
