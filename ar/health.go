package ar

import "time"

// Fault is what is wrong with a camera; empty where nothing is. It is a word
// for machines: pages say it in the shopper's language.
type Fault string

// The faults, the one that explains most first: of a lens cap it is said that
// the picture is black, not that it has no edges.
const (
	FaultLost    Fault = "lost"    // it cannot be opened, or was unplugged
	FaultStalled Fault = "stalled" // it is open, and gives no pictures
	FaultSize    Fault = "size"    // its pictures are not of the size that was set
	FaultFrozen  Fault = "frozen"  // it gives the same picture again and again
	FaultBlack   Fault = "black"   // nothing but black
	FaultNoise   Fault = "noise"   // nothing but noise
	FaultDark    Fault = "dark"    // too dark to see a face
	FaultCovered Fault = "covered" // something is before the lens: no edge anywhere, and nothing is as it was
)

// HealthConfig says what a healthy camera's frames are.
type HealthConfig struct {
	// Width and Height are what frames must measure; 0 means anything.
	Width, Height int
	// Live says that the frames come from a sensor, whose noise makes no two of
	// them alike: what does not change at all is frozen. A picture file may
	// stand still.
	Live bool
}

// What a picture is judged by. Brightness is from 0 to 255. The numbers keep
// clear of real shops: health_test.go holds them against photos of people down
// to a sixteenth of their light.
const (
	blackBelow   = 20   // the brightest is black, with the foot room of video and its noise
	darkBelow    = 36   // the brightest of a picture in which no face can be found
	edgeOf       = 0.15 // of the brightest: difference between neighbours that is an edge
	edgeMin      = 6    // difference that noise makes in the dark
	edgeMax      = 18   // difference that noise never makes
	edgesAtLeast = 0.01 // share of neighbours with an edge
	noiseSpread  = 20   // standard deviation, below which noise is only a dark picture's
	noiseLike    = 0.8  // of the spread: how much neighbours and moments differ; white noise: 1.13
)

// How long a fault must last before it is told, and be gone before it is over:
// a hand that passes the lens is no fault.
const (
	faultAfter  = time.Second
	darkAfter   = 2 * time.Second
	frozenAfter = 3 * time.Second
	sizeAfter   = 500 * time.Millisecond
	healthAfter = 300 * time.Millisecond
)

// A grid of samples stands for the picture: enough to know these faults, few
// enough to cost nothing.
const (
	gridColumns = 40
	gridRows    = 24
	gridSamples = gridColumns * gridRows
)

// Health watches a camera's frames for faults. Its zero value with a Config is
// ready; it is for one goroutine.
type Health struct {
	Config HealthConfig

	fault    Fault
	bad      time.Time // since when frames are faulty; zero while they are not
	good     time.Time // since when frames are healthy, after faulty ones
	face     time.Time // when a face was seen last
	checked  time.Time // when a frame was looked at last
	changed  time.Time // when a frame differed from the one before
	same     int       // frames since then
	view     view      // the frame looked at last
	scene    scene
	now, was [gridSamples]uint16
}

// Reset forgets all frames.
func (h *Health) Reset() { *h = Health{Config: h.Config} }

// Face says that a face was found in the frame checked last. Where there is a
// face there is a picture, however dark.
func (h *Health) Face() { h.face = h.checked }

// Check looks at a frame that arrived now and was not drawn on yet, and tells
// what is wrong with the camera.
func (h *Health) Check(f *Frame, now time.Time) Fault {
	seen := h.judge(f, now)
	h.checked = now
	if seen == "" {
		if h.good.IsZero() {
			h.good = now
		}
		if now.Sub(h.good) >= healthAfter {
			h.fault, h.bad = "", time.Time{}
		}
		return h.fault
	}
	h.good = time.Time{}
	if h.bad.IsZero() {
		h.bad = now
	}
	if now.Sub(h.bad) >= h.patience(seen) {
		h.fault = seen
	}
	return h.fault
}

// patience is how long fault must last until it is told.
func (h *Health) patience(fault Fault) time.Duration {
	switch fault {
	case FaultDark:
		return darkAfter
	case FaultSize:
		return sizeAfter
	case FaultFrozen:
		return 0 // judge has waited already
	}
	return faultAfter
}

// judge tells what is wrong with one frame by itself and beside the one before.
func (h *Health) judge(f *Frame, now time.Time) Fault {
	if c := h.Config; c.Width > 0 && f.Width != c.Width || c.Height > 0 && f.Height != c.Height {
		return FaultSize
	}
	if len(f.Pix) == 0 || len(f.Pix) != 3*f.Width*f.Height {
		return FaultSize
	}
	h.now, h.was = h.was, h.now
	s := h.measure(f)
	first := h.changed.IsZero() || now.Sub(h.checked) > faultAfter
	if first || h.now != h.was {
		h.changed, h.same = now, 0
	} else {
		h.same++
	}
	const enough = 10 // frames that are the same, for a camera that gives few
	switch face := !h.face.IsZero() && now.Sub(h.face) < faultAfter; {
	case s.bright < blackBelow:
		return FaultBlack
	case h.Config.Live && h.same >= enough && now.Sub(h.changed) >= frozenAfter:
		return FaultFrozen
	case face:
		h.scene.see(&h.view, now)
		return ""
	case !first && s.spread > noiseSpread && s.local > noiseLike*s.spread && s.moved > noiseLike*s.spread:
		return FaultNoise
	case s.bright < darkBelow:
		return FaultDark
	case s.edges < edgesAtLeast:
		if h.scene.covers(&h.view, now) {
			return FaultCovered
		}
		return ""
	}
	h.scene.see(&h.view, now)
	return ""
}
