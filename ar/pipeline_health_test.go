package ar_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// whole is an encoder that keeps every pixel, and when it was shown.
type whole struct{}

func (whole) Encode(dst []byte, f *ar.Frame) ([]byte, error) {
	dst = binary.BigEndian.AppendUint64(dst, uint64(time.Now().UnixNano()))
	return append(dst, f.Pix...), nil
}

func shownAt(picture []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(picture)))
}

const cardWidth, cardHeight = 160, 90

// faultyRig is a pipeline whose camera has the fault from the third second to
// the eighth, and whose tracker finds nobody.
func faultyRig(fault ar.Fault) *rig {
	r := newRig()
	start := time.Now()
	r.cfg.Encoder = whole{}
	r.cfg.Tracker = &fake.Tracker{}
	r.cfg.Health = ar.HealthConfig{Live: true, Width: cardWidth, Height: cardHeight}
	r.cfg.Open = func(context.Context) (ar.Camera, error) {
		now := func(uint64) ar.Fault {
			if t := time.Since(start); t >= 2*time.Second && t < 7*time.Second {
				return fault
			}
			return ""
		}
		if fault == ar.FaultLost && now(0) != "" {
			return nil, errors.New("no such device")
		}
		return &fake.Camera{Width: cardWidth, Height: cardHeight, FPS: 30, Fault: now}, nil
	}
	return r
}

// Every fault brings up its own card, within its time, and the picture is back
// by itself soon after the fault is gone.
func TestEachFaultHasItsCard(t *testing.T) {
	for fault, within := range map[ar.Fault]time.Duration{
		ar.FaultBlack: time.Second, ar.FaultNoise: time.Second, ar.FaultCovered: time.Second, ar.FaultDark: 2 * time.Second,
		ar.FaultFrozen: 3 * time.Second, ar.FaultSize: 500 * time.Millisecond, ar.FaultLost: 2 * time.Second,
	} {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				r := faultyRig(fault)
				p := r.pipeline(t)
				run(t, p, 6500*time.Millisecond, func() {
					require.Equal(t, fault, p.Stats().CameraFault)
					require.Equal(t, fault != ar.FaultLost, p.Stats().Camera)
					time.Sleep(5 * time.Second)
					require.Empty(t, p.Stats().CameraFault)
					require.True(t, p.Stats().Camera)
				})

				card, small := ar.DrawCard(cardWidth, cardHeight, fault).Pix, ar.DrawCard(cardWidth/2, cardHeight/2, fault).Pix
				var first, last, back time.Time
				for _, picture := range r.sink.all() {
					switch at := shownAt(picture); {
					case bytes.Equal(picture[8:], card), bytes.Equal(picture[8:], small): // it is as large as the frames
						if first.IsZero() {
							first = at
						}
						last = at
						require.Zero(t, back, "the card comes once and goes once")
					case !first.IsZero() && back.IsZero():
						back = at
					}
				}
				require.NotZero(t, first, "the card is shown")
				const slack = 600 * time.Millisecond // a tick, and the frame's time
				require.WithinDuration(t, start.Add(2*time.Second+within), first, slack)
				require.Greater(t, last.Sub(first), 1500*time.Millisecond, "and again, for those who come later")
				require.NotZero(t, back, "the picture is back")
				patience := 400 * time.Millisecond
				if fault == ar.FaultLost {
					patience = 4 * time.Second // the back-off
				}
				require.WithinRange(t, back, start.Add(7*time.Second), start.Add(7*time.Second+patience))
				t.Logf("card after %v, picture after %v", first.Sub(start)-2*time.Second, back.Sub(start)-7*time.Second)
			})
		})
	}
}

func TestCardsDiffer(t *testing.T) {
	seen := map[string]ar.Fault{}
	for _, fault := range []ar.Fault{ar.FaultLost, ar.FaultStalled, ar.FaultSize, ar.FaultFrozen, ar.FaultBlack, ar.FaultNoise, ar.FaultDark, ar.FaultCovered} {
		for _, size := range [][2]int{{320, 180}, {90, 160}, {1, 1}} {
			f := ar.DrawCard(size[0], size[1], fault)
			require.Len(t, f.Pix, 3*size[0]*size[1])
			if size[0] > 1 {
				require.Equal(t, []byte{0xF2, 0xF7, 0xFA}, f.Pix[:3], "paper around")
				require.Empty(t, seen[string(f.Pix)], "of %s", fault)
				seen[string(f.Pix)] = fault
			}
		}
	}
}

// A camera that names its fault has its card.
func TestCameraNamesItsFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.cfg.Open = func(context.Context) (ar.Camera, error) { return nil, wrongSize{} }
		p := r.pipeline(t)
		run(t, p, 3*time.Second, func() {
			require.Equal(t, ar.FaultSize, p.Stats().CameraFault)
			require.Equal(t, "160 × 120", p.Stats().CameraError)
		})
	})
}

type wrongSize struct{}

func (wrongSize) Error() string   { return "160 × 120" }
func (wrongSize) Fault() ar.Fault { return ar.FaultSize }

// A picture that stays frozen is tried to be mended by opening the camera anew,
// less and less often.
func TestFrozenCameraIsOpenedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.cfg.Health.Live = true
		var opened []time.Duration
		start := time.Now()
		r.cfg.Open = func(context.Context) (ar.Camera, error) {
			opened = append(opened, time.Since(start).Truncate(time.Second))
			frozen := len(opened) < 4
			return &fake.Camera{Width: 64, Height: 36, FPS: 30, Fault: func(uint64) ar.Fault {
				if frozen {
					return ar.FaultFrozen
				}
				return ""
			}}, nil
		}
		p := r.pipeline(t)
		run(t, p, 2*time.Minute, func() { require.Empty(t, p.Stats().CameraFault) })
		require.Equal(t, []time.Duration{0, 13 * time.Second, 33 * time.Second, 73 * time.Second}, opened)
	})
}

// idle is a camera that has nothing to show for a while.
type idle struct {
	fake.Camera
	until time.Time
}

func (i *idle) Read(ctx context.Context, f *ar.Frame) error {
	if time.Now().Before(i.until) {
		time.Sleep(time.Second)
		return ar.ErrIdle
	}
	return i.Camera.Read(ctx, f)
}

func TestIdleCameraIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		opened := 0
		r.cfg.Open = func(context.Context) (ar.Camera, error) {
			opened++
			return &idle{fake.Camera{Width: 64, Height: 36, FPS: 30}, time.Now().Add(20 * time.Second)}, nil
		}
		p := r.pipeline(t)
		p.SetPaused(true)
		run(t, p, 10*time.Second, func() {
			require.True(t, p.Stats().Camera)
			require.Empty(t, p.Stats().CameraFault, "nobody is at the mirror")
			require.Empty(t, r.sink.all())
			p.SetPaused(false)
			time.Sleep(5 * time.Second)
			require.Equal(t, ar.FaultStalled, p.Stats().CameraFault)
			require.NotEmpty(t, r.sink.all())
			time.Sleep(10 * time.Second)
			require.Empty(t, p.Stats().CameraFault)
		})
		require.Equal(t, 1, opened)
	})
}
