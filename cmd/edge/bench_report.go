package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"
)

// benchARReport is the one line of JSON, and what the table says besides.
type benchARReport struct {
	Width, Height int        `json:"-"` // pixels
	Kiosks        int        `json:"-"`
	Pace          float64    `json:"-"` // frames a second that each camera gives; 0 for as fast as it goes
	Eyes          [2]float64 `json:"-"` // the distance between the eyes: smallest and largest, pixels

	Frames int         `json:"frames"` // of all kiosks together, as all that follows
	FPS    float64     `json:"fps"`
	Drops  *float64    `json:"drops,omitempty"` // with --fps: share of the cameras' frames that were never shown
	MS     benchMS     `json:"ms"`              // of a frame, camera's pixels to JPEG; with --fps, from when the camera had it
	Stages benchStages `json:"stages"`          // p50 of each over the last frames, milliseconds
	RSS    float64     `json:"rss_mb"`          // of the process, less the prepared frames
	Allocs float64     `json:"allocs_per_frame"`
	Drawn  float64     `json:"drawn"` // share of the frames shown that the look has changed
}

type benchMS struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

type benchStages struct {
	Decode float64 `json:"decode,omitempty"` // with --mjpeg
	Track  float64 `json:"track"`
	Look   float64 `json:"look"`
	Encode float64 `json:"encode"`
}

// sum puts together what the kiosks have measured.
func (r *benchARReport) sum(kiosks []*benchKiosk, elapsed time.Duration) error {
	var took []time.Duration
	var decoding []time.Duration
	drawn := 0
	for _, k := range kiosks {
		took, decoding = append(took, k.took...), append(decoding, k.decoding...)
		drawn += k.drawn
		s := k.pipeline.Stats()
		n := float64(len(kiosks))
		r.Stages.Track += s.TrackMS.P50 / n
		r.Stages.Look += s.DrawMS.P50 / n
		r.Stages.Encode += s.EncodeMS.P50 / n
	}
	r.MS = benchMS{quantile(took, 0.50), quantile(took, 0.95), quantile(took, 0.99)}
	r.Stages.Decode = quantile(decoding, 0.50)
	shown := len(took)
	if shown == 0 {
		return errors.New("not one frame was shown")
	}
	r.FPS = float64(shown) / elapsed.Seconds()
	r.Drawn = float64(drawn) / float64(shown)
	if r.Pace > 0 {
		drops := float64(r.Frames-shown) / float64(r.Frames)
		r.Drops = &drops
	}
	rss, err := residentMB()
	if err != nil {
		return err
	}
	r.RSS = rss
	r.RSS -= kiosks[0].clip.megabytes()
	return nil
}

// quantile is in milliseconds, 0 of none; it sorts them.
func quantile(all []time.Duration, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return float64(all[min(int(q*float64(len(all))), len(all)-1)]) / float64(time.Millisecond)
}

func (r *benchARReport) print(w io.Writer) error {
	pace, drops := "as fast as it goes", ""
	if r.Drops != nil {
		pace = fmt.Sprintf("%g frames a second from each camera", r.Pace)
		drops = fmt.Sprintf("\n  drops        %6.1f %% of the cameras' frames", 100**r.Drops)
	}
	_, err := fmt.Fprintf(w, `%d × %d, %d frames, kiosks: %d, eyes %.0f to %.0f px apart, %s

  frame    p50 %6.2f ms   p95 %6.2f   p99 %6.2f
  decode       %6.2f ms
  track        %6.2f ms
  look         %6.2f ms
  encode       %6.2f ms
  speed        %6.1f frames a second, all kiosks together
  memory       %6.0f MB resident, %.1f allocations a frame
  drawn        %6.1f %% of the frames shown%s
`, r.Width, r.Height, r.Frames, r.Kiosks, r.Eyes[0], r.Eyes[1], pace,
		r.MS.P50, r.MS.P95, r.MS.P99, r.Stages.Decode, r.Stages.Track, r.Stages.Look, r.Stages.Encode,
		r.FPS, r.RSS, r.Allocs, 100*r.Drawn, drops)
	return err
}

// residentMB is the memory that the process occupies.
func residentMB() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, after, _ := bytes.Cut(status, []byte("VmRSS:"))
	line, _, _ := bytes.Cut(after, []byte("kB"))
	kb, err := strconv.Atoi(string(bytes.TrimSpace(line)))
	if err != nil {
		return 0, fmt.Errorf("resident memory: %w", err)
	}
	return float64(kb) / 1024, nil
}
