package ar

import (
	"math"
	"slices"
	"sync"
	"time"
)

// Quantiles are durations in milliseconds over the last frames.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// Stats tells how a pipeline is doing. Counters run from its start, durations
// are over the last 512 frames, FPS is over the last four seconds.
type Stats struct {
	Camera      bool      `json:"camera"`                 // whether the camera gives frames
	CameraError string    `json:"camera_error,omitempty"` // why not
	CameraFault Fault     `json:"camera_fault,omitempty"` // what viewers see a card of
	Paused      bool      `json:"paused"`
	Width       int       `json:"width"` // pixels of the last frame
	Height      int       `json:"height"`
	Frames      uint64    `json:"frames"`    // tracked
	Faces       uint64    `json:"faces"`     // found in them
	Drawn       uint64    `json:"drawn"`     // frames the look was drawn on
	Dropped     uint64    `json:"dropped"`   // frames replaced by a newer one before they were looked at
	Skipped     uint64    `json:"skipped"`   // frames left out because the machine is overloaded
	Level       int       `json:"level"`     // of effort: 0 is all of it, see Load in PipelineConfig
	MaxFaces    int       `json:"max_faces"` // that wear the look at this level
	Failed      uint64    `json:"failed"`    // frames that could not be tracked, drawn on or encoded
	FPS         float64   `json:"fps"`
	LastFace    time.Time `json:"last_face,omitzero"` // when a face was seen last
	// WearsGlasses tells that the nearest face of the last frame wears
	// spectacles of its own.
	WearsGlasses bool `json:"wears_glasses"`
	// Far tells that it is too far away for make-up to be seen well.
	Far      bool      `json:"far"`
	FrameMS  Quantiles `json:"frame_ms"` // track + draw + encode
	TrackMS  Quantiles `json:"track_ms"`
	DrawMS   Quantiles `json:"draw_ms"`
	EncodeMS Quantiles `json:"encode_ms"`
}

type stage int

const (
	stageFrame stage = iota
	stageTrack
	stageDraw
	stageEncode
	stages
)

// meter gathers Stats. The camera's goroutine, the drawing one and readers
// share it.
type meter struct {
	mu    sync.Mutex
	s     Stats
	took  [stages]ring[time.Duration]
	times ring[time.Time] // when frames were looked at
}

func (m *meter) camera(ok bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.s.CameraError != "" {
		m.s.CameraFault = ""
	}
	m.s.Camera, m.s.CameraError = ok, ""
	if err != nil {
		m.s.CameraError, m.s.CameraFault = brief(err), faultOf(err)
	}
}

// fault notes what is wrong with the pictures, while the camera is there.
func (m *meter) fault(f Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.s.CameraError == "" {
		m.s.CameraFault = f
	}
}

// seen is the fault that viewers see a card of.
func (m *meter) seen() Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.s.CameraFault
}

// lost is the fault for which there are no pictures; empty while the camera is
// there.
func (m *meter) lost() Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.s.CameraError == "" {
		return ""
	}
	return m.s.CameraFault
}

func (m *meter) drop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.s.Dropped++
}

// dropped is how many frames were dropped so far.
func (m *meter) dropped() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.s.Dropped
}

func (m *meter) skip() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.s.Skipped++
}

func (m *meter) effort(e Effort) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.s.Level, m.s.MaxFaces = e.Level, e.Faces
}

func (m *meter) fail() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.s.Failed++
}

func (m *meter) time(s stage, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.took[s].add(d)
}

// frame counts a tracked frame of width × height pixels.
func (m *meter) frame(width, height int, faces []Face, drawn bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.times.add(now)
	m.s.Width, m.s.Height = width, height
	m.s.Frames++
	m.s.Faces += uint64(len(faces))
	m.s.WearsGlasses = len(faces) > 0 && faces[0].WearsGlasses
	m.s.Far = len(faces) > 0 && far(&faces[0], width, height)
	if len(faces) > 0 {
		m.s.LastFace = now
	}
	if drawn {
		m.s.Drawn++
	}
}

// frameSize is the size of the last frame, or a usual one before the first.
func (m *meter) frameSize() (width, height int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.s.Width == 0 {
		return 1280, 720
	}
	return m.s.Width, m.s.Height
}

func (m *meter) stats(paused bool) Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.s
	s.Paused = paused
	s.WearsGlasses = s.WearsGlasses && !paused
	s.Far = s.Far && !paused
	s.FPS = m.fps(time.Now())
	for i, q := range []*Quantiles{&s.FrameMS, &s.TrackMS, &s.DrawMS, &s.EncodeMS} {
		*q = quantiles(&m.took[i])
	}
	return s
}

// fps counts the frames of the last four seconds.
func (m *meter) fps(now time.Time) float64 {
	const span = 4 * time.Second
	n, first := 0, now
	for _, t := range m.times.buf[:m.times.n] {
		if now.Sub(t) < span {
			n++
			if t.Before(first) {
				first = t
			}
		}
	}
	if n < 2 {
		return 0
	}
	return float64(n) / now.Sub(first).Seconds()
}

// ring keeps the last 512 values.
type ring[T any] struct {
	buf  [512]T
	n    int // how many are kept
	next int // where the next one goes
}

func (r *ring[T]) add(v T) {
	r.buf[r.next] = v
	r.next = (r.next + 1) % len(r.buf)
	r.n = min(r.n+1, len(r.buf))
}

func quantiles(r *ring[time.Duration]) Quantiles {
	if r.n == 0 {
		return Quantiles{}
	}
	d := slices.Clone(r.buf[:r.n])
	slices.Sort(d)
	at := func(q float64) float64 {
		return float64(d[min(int(q*float64(len(d))), len(d)-1)]) / float64(time.Millisecond)
	}
	return Quantiles{P50: at(0.50), P99: at(0.99)}
}

// farEyes is the distance between the pupils below which a face is far, of the
// frame's shorter side: in 720p, 50 pixels.
const farEyes = 0.07

// far reports whether face, in a frame of width × height pixels, is far away.
func far(face *Face, width, height int) bool {
	const right, left = 468, 473 // the middles of the irises
	a, b := face.Points[right], face.Points[left]
	d := math.Hypot(float64(a.X-b.X)*float64(width), float64(a.Y-b.Y)*float64(height))
	return d < farEyes*float64(min(width, height))
}
