package face_test

import (
	"bytes"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/face"
)

// noise is what a camera adds to a picture: normally distributed, each value
// of each frame another.
type noise []int8

func newNoise(sigma float64) noise {
	random := rand.New(rand.NewPCG(3, 4))
	n := make(noise, 1<<20+7919) // no multiple of a row
	for i := range n {
		n[i] = int8(math.Round(sigma * random.NormFloat64()))
	}
	return n
}

// over is f with frame i's noise on the square about x, y.
func (n noise) over(f *ar.Frame, i int, x, y, side float64) *ar.Frame {
	out := *after(f, i)
	out.Pix = bytes.Clone(f.Pix)
	left, right := 3*max(int(x-side/2), 0), 3*min(int(x+side/2), f.Width)
	at := i * 211_953
	for v := max(int(y-side/2), 0); v < min(int(y+side/2), f.Height); v++ {
		row := out.Pix[3*v*f.Width:][left:right]
		at = (at + len(row)) % (len(n) - len(row))
		grain := n[at:][:len(row)]
		for k, p := range row {
			row[k] = byte(min(max(int(p)+int(grain[k]), 0), 255))
		}
	}
	return &out
}

// eyeSpan is the distance between the eyes' outer corners, pixels.
func eyeSpan(a *ar.Face, f *ar.Frame) float64 {
	return math.Hypot(float64(a.Points[33].X-a.Points[263].X)*float64(f.Width), float64(a.Points[33].Y-a.Points[263].Y)*float64(f.Height))
}

// moved is the root mean square of the ways between the landmarks of a and,
// shifted by dx pixels, of b, in distances between the eyes.
func moved(a, b *ar.Face, f *ar.Frame, dx float64) float64 {
	var sum float64
	for i := range a.Points {
		x := float64(b.Points[i].X-a.Points[i].X)*float64(f.Width) + dx
		y := float64(b.Points[i].Y-a.Points[i].Y) * float64(f.Height)
		sum += x*x + y*y
	}
	return math.Sqrt(sum/ar.Points) / eyeSpan(a, f)
}

// TestSteadyAndQuick holds the smoothing's two sides against each other: what
// stands still under a camera's noise stands still, and what moves is not late.
func TestSteadyAndQuick(t *testing.T) {
	grain, pool := newNoise(4), newPool(t, 1)
	for _, name := range slices.Sorted(maps.Keys(readReferences(t))) {
		t.Run(name, func(t *testing.T) {
			f := readFrame(t, name)
			still := stillness(t, pool, f, grain)
			late := lateness(t, pool, f)
			t.Logf("still: %.3f %% of the eyes' distance from frame to frame; moving: %.2f %% late (p95)", 100*still, 100*late)
			require.LessOrEqual(t, still, 0.0015)
			require.LessOrEqual(t, late, 0.02)
		})
	}
}

// stillness is how far the landmarks of a still move from frame to frame (root
// mean square) under noise.
func stillness(t *testing.T, pool *face.Pool, f *ar.Frame, grain noise) float64 {
	tracker := pooled(t, pool, face.Options{})
	const frames, settled = 30, 8
	x, y, size := extent(&track(t, pooled(t, pool, face.Options{Raw: true}), f)[0], f)
	var last ar.Face
	var sum float64
	for i := range frames {
		faces := track(t, tracker, grain.over(f, i, x, y, 1.7*size))
		require.Len(t, faces, 1)
		if i >= settled {
			sum += math.Pow(moved(&last, &faces[0], f, 0), 2)
		}
		last = faces[0]
	}
	return math.Sqrt(sum / (frames - settled))
}

// lateness is how far the landmarks are from where they should be (root mean
// square over the face, 95th percentile over the frames) while a still that had
// stood is moved by a twentieth of the eyes' distance a frame.
func lateness(t *testing.T, pool *face.Pool, f *ar.Frame) float64 {
	tracker := pooled(t, pool, face.Options{})
	const standing, moving = 6, 24
	unit := eyeSpan(&track(t, pooled(t, pool, face.Options{}), f)[0], f)
	step := 0.05 * unit
	var first ar.Face
	var late []float64
	for i := range standing + moving {
		x := int(math.Round(step * float64(max(i-standing+1, 0))))
		scene := blank(f.Width+250+int(step*moving), f.Height+100)
		paste(scene, f, 125+x, 50)
		faces := track(t, tracker, after(scene, i))
		require.Len(t, faces, 1)
		if i < standing {
			first = faces[0]
		} else {
			late = append(late, moved(&first, &faces[0], scene, -float64(x)))
		}
	}
	slices.Sort(late)
	return late[(len(late)*95+99)/100-1]
}
