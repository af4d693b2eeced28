package ar

import (
	"context"
	"log/slog"
	"time"
)

// Sink takes encoded pictures to whoever is looking.
type Sink interface {
	// Wanted reports whether anybody is looking; if not, nothing is encoded.
	Wanted() bool
	// Publish hands a picture over. It must not block, and it may keep the
	// slice: the pipeline never writes to it again.
	Publish(picture []byte)
}

// OpenFunc opens a camera. It is called at the start and again whenever the
// camera was lost.
type OpenFunc func(context.Context) (Camera, error)

// PipelineConfig is what a pipeline is made of. Tracker and Renderer are
// needed always, Encoder and Sink by Show and Run, Open by Run alone.
type PipelineConfig struct {
	Open     OpenFunc
	Tracker  Tracker
	Renderer Renderer
	Encoder  Encoder
	Sink     Sink
	// Photo encodes what Snapshot takes; it does not mirror. Without one no
	// photo can be taken.
	Photo Encoder
	// Mirrored says that Encoder flips pictures left to right, so that sides of
	// the displayed picture are told apart rightly.
	Mirrored bool
	// MaxFaces is how many faces wear the look, nearest first; 0 means 1, so
	// that nobody who merely walks by is painted.
	MaxFaces int
	// StallAfter is how long the picture may stand still before the viewers
	// are shown a card instead; 0 means two seconds.
	StallAfter time.Duration
	// RetryMin and RetryMax bound the pause before a lost camera is opened
	// again; it doubles with each attempt. 0 means 250 ms and 5 s.
	RetryMin, RetryMax time.Duration
	// Health says what a healthy camera's frames are; a faulty one's are
	// replaced by a card.
	Health HealthConfig
	// Load is the work of all pipelines on this machine. Where it becomes too
	// much, Run makes less effort: first smaller pictures (if there is a Scaler),
	// then fewer, then fewer faces. Without one it always does all its work.
	Load   *Load
	Scaler Scaler
	// Took, where set, is told how long each picture took, from the frame to the
	// viewers. It must not block.
	Took func(time.Duration)
	Log  *slog.Logger
}

// fillIn sets what was left at 0.
func (c *PipelineConfig) fillIn() {
	c.MaxFaces = max(c.MaxFaces, 1)
	if c.StallAfter <= 0 {
		c.StallAfter = 2 * time.Second
	}
	if c.RetryMin <= 0 {
		c.RetryMin = 250 * time.Millisecond
	}
	if c.RetryMax < c.RetryMin {
		c.RetryMax = max(5*time.Second, c.RetryMin)
	}
}
