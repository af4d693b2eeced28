package face

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/models"
)

// sitter is a canonical head before a camera, and what a filter makes of it.
type sitter struct {
	mesh   ar.Mesh
	rigid  []int
	eyes   float64 // the eyes' distance when it looks straight ahead, pixels
	filter filter
}

// sittersHead is the canonical head, read once.
var sittersHead = sync.OnceValues(func() (*poser, error) {
	set, err := models.Open(filepath.Join("..", "..", "build", "models"))
	if err != nil {
		return nil, err
	}
	return newPoser(set.Head)
})

func newSitter(tb testing.TB) *sitter {
	tb.Helper()
	p, err := sittersHead()
	require.NoError(tb, err, "the tests of this package need the face models")
	s := &sitter{mesh: p.mesh, rigid: p.landmarks}
	points := s.at(0, 0)
	s.eyes = distance(points[rightEyeOuter], points[leftEyeOuter])
	return s
}

// at is the head shifted to the right of the frame's middle, in distances
// between the eyes, and turned, degrees.
func (s *sitter) at(shift, yaw float64) *[ar.Points]ar.Point {
	pose := ar.Pose{Focal: 900, CX: 640, CY: 360, R: turned(yaw, 0, 0), T: [3]float64{0, 0, 700}}
	pose.T[0] = shift * s.eyes * pose.T[2] / pose.Focal
	points := posed(s.mesh, pose)
	for i := ar.MeshPoints; i < ar.Points; i++ { // the mesh has no irises
		points[i] = points[rightEyeOuter]
	}
	return points
}

// smooth is the filtered landmarks after so many seconds.
func (s *sitter) smooth(points *[ar.Points]ar.Point, seconds float64) *[ar.Points]ar.Point {
	out := *points
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	s.filter.apply(&out, s.rigid, start.Add(time.Duration(seconds*float64(time.Second))))
	return &out
}

// apart is the root mean square of the distances between landmarks, in
// distances between the eyes.
func (s *sitter) apart(a, b *[ar.Points]ar.Point) float64 {
	var sum float64
	for i := range a {
		sum += math.Pow(span(a[i], b[i])/s.eyes, 2)
	}
	return math.Sqrt(sum / ar.Points)
}

func shaken(points *[ar.Points]ar.Point, by float64, random *rand.Rand) *[ar.Points]ar.Point {
	out := *points
	for i := range out {
		out[i].X += float32(by * random.NormFloat64())
		out[i].Y += float32(by * random.NormFloat64())
	}
	return &out
}

// TestStillFaceStandsStill: of noise of the size the model has under a camera's
// own little is left, at any frame rate.
func TestStillFaceStandsStill(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, rate := range []float64{15, 30, 60} {
		s := newSitter(t)
		var before, now float64
		var noisy, smooth *[ar.Points]ar.Point
		for i := range 120 {
			lastNoisy, lastSmooth := noisy, smooth
			noisy = shaken(s.at(0, 0), 0.004*s.eyes, random)
			smooth = s.smooth(noisy, float64(i)/rate)
			if i >= 30 {
				before += s.apart(noisy, lastNoisy)
				now += s.apart(smooth, lastSmooth)
			}
		}
		t.Logf("%v frames a second: %.3f of the jitter is left", rate, now/before)
		require.Less(t, now, before/4, "%v frames a second", rate)
	}
}

// TestMovingFaceDoesNotLag: a face that crosses the picture is at most half a
// frame's way behind itself.
func TestMovingFaceDoesNotLag(t *testing.T) {
	for _, speed := range []float64{1, 2, 4} { // eyes' distances a second
		s := newSitter(t)
		for i := range 60 {
			shift := speed * float64(i) / 30
			smooth := s.smooth(s.at(shift, 0), float64(i)/30)
			if i > 0 {
				behind := s.apart(smooth, s.at(shift, 0)) / speed // seconds
				require.Less(t, behind, 1.0/30, "speed %v, frame %d", speed, i)
				if i > 10 {
					require.Less(t, behind, 0.5/30, "speed %v, frame %d", speed, i)
				}
			}
		}
	}
}

// TestSlowFaceStaysWithItself: at no speed, however slow, is a face more than a
// fiftieth of the eyes' distance behind itself.
func TestSlowFaceStaysWithItself(t *testing.T) {
	for _, speed := range []float64{0.04, 0.06, 0.1, 1} {
		s := newSitter(t)
		for i := range 60 {
			shift := speed * float64(i) / 30
			require.Less(t, s.apart(s.smooth(s.at(shift, 0), float64(i)/30), s.at(shift, 0)), 0.02, "speed %v, frame %d", speed, i)
		}
	}
}

// TestTurningHeadDoesNotLag: a head that turns, whose nearer landmarks pass the
// farther, is at most a frame's way behind itself.
func TestTurningHeadDoesNotLag(t *testing.T) {
	const speed = 90 // degrees a second
	s := newSitter(t)
	for i := range 24 {
		yaw := -36 + speed*float64(i)/30
		smooth := s.smooth(s.at(0, yaw), float64(i)/30)
		if i > 1 {
			late := s.apart(smooth, s.at(0, yaw)) / s.apart(s.at(0, yaw-speed/30.0), s.at(0, yaw))
			require.Less(t, late, 1.0, "frame %d", i)
		}
	}
}

// TestMouthAndLidsDoNotLag: a mouth that opens in four frames, and lids that
// close in three, are at most one frame late, and the rest of the face does not
// stir.
func TestMouthAndLidsDoNotLag(t *testing.T) {
	const lowerLip, chin, upperLid, nose = 14, 152, 159, 4
	for name, tt := range map[string]struct {
		of     int
		way    float64 // in distances between the eyes
		frames int
	}{
		"lip": {lowerLip, 0.35, 4}, "chin": {chin, 0.3, 4}, "lid": {upperLid, 0.1, 3},
	} {
		s := newSitter(t)
		moved := func(i int) *[ar.Points]ar.Point {
			points := s.at(0, 0)
			points[tt.of].Y += float32(s.eyes * tt.way * min(max(float64(i-30)/float64(tt.frames), 0), 1))
			return points
		}
		for i := range 60 {
			smooth := s.smooth(moved(i), float64(i)/30)
			if i >= 30 && i <= 30+tt.frames {
				require.GreaterOrEqual(t, smooth[tt.of].Y, moved(i - 1)[tt.of].Y, "%s, frame %d", name, i-30)
			}
			if i == 31+tt.frames {
				left := float64(moved(i)[tt.of].Y-smooth[tt.of].Y) / (s.eyes * tt.way)
				require.InDelta(t, 0, left, 0.1, "%s: a frame later", name)
			}
			require.Less(t, span(smooth[nose], moved(i)[nose])/s.eyes, 1e-4, name)
		}
	}
}

// TestSmoothingFollowsTheClock: the same movement in the same time ends at the
// same place, however many frames showed it and however unevenly.
func TestSmoothingFollowsTheClock(t *testing.T) {
	end := func(times []float64) *[ar.Points]ar.Point {
		s := newSitter(t)
		var out *[ar.Points]ar.Point
		for _, at := range times {
			out = s.smooth(s.at(0.5*at, 0), at)
		}
		return out
	}
	var even, dense, uneven []float64
	for i := range 121 {
		at := float64(i) / 60
		dense = append(dense, at)
		if i%2 == 0 {
			even = append(even, at)
		}
		if i%5 < 2 || i == 120 {
			uneven = append(uneven, at)
		}
	}
	s := newSitter(t)
	require.Less(t, s.apart(end(even), end(dense)), 0.01)
	require.Less(t, s.apart(end(even), end(uneven)), 0.01)
}

// TestFilterStartsAnew when time stands still, runs backwards or jumps, and when
// the landmarks are no face.
func TestFilterStartsAnew(t *testing.T) {
	for name, gap := range map[string]float64{"stands": 0, "back": -3600, "jumps": 1} {
		s := newSitter(t)
		s.smooth(s.at(0, 0), 0)
		require.Less(t, s.apart(s.at(0.2, 0), s.smooth(s.at(0.2, 0), gap)), 1e-5, name)
	}
	s := newSitter(t)
	s.smooth(s.at(0, 0), 0)
	smooth := s.smooth(s.at(0.01, 0), 1.0/30)
	require.Positive(t, s.apart(smooth, s.at(0.01, 0)), "an ordinary frame is smoothed")
	require.Positive(t, s.apart(smooth, s.at(0, 0)))

	spot := &[ar.Points]ar.Point{}
	require.Equal(t, spot, s.smooth(spot, 2.0/30))
	require.Less(t, s.apart(s.at(0, 0), s.smooth(s.at(0, 0), 3.0/30)), 1e-5)
}

// TestNearAndFarAlike: a face twice as large is smoothed the same.
func TestNearAndFarAlike(t *testing.T) {
	near, far := newSitter(t), newSitter(t)
	for i := range 30 {
		a := far.at(0.05*math.Sin(float64(i)), 0)
		b := *a
		for k := range b {
			b[k].X, b[k].Y, b[k].Z = 2*b[k].X, 2*b[k].Y, 2*b[k].Z
		}
		small, large := far.smooth(a, float64(i)/30), near.smooth(&b, float64(i)/30)
		require.InDelta(t, 2*small[1].X, large[1].X, 1e-2)
	}
}
