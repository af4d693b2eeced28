package face_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/face"
)

// cutout is a face that was cut out of a picture.
type cutout struct {
	*ar.Frame
	size float64 // longer side of the face, pixels
	x, y float64 // its middle
}

// cutOut takes the face that is found in a picture.
func cutOut(tb testing.TB, pool *face.Pool, name string) *cutout {
	tb.Helper()
	f := readFrame(tb, name)
	faces := track(tb, pooled(tb, pool, face.Options{Raw: true}), f)
	require.Len(tb, faces, 1)
	c := &cutout{Frame: f}
	c.x, c.y, c.size = extent(&faces[0], f)
	return c
}

// extent is a face's middle and longer side, pixels.
func extent(a *ar.Face, f *ar.Frame) (x, y, size float64) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range a.Points {
		px, py := float64(p.X)*float64(f.Width), float64(p.Y)*float64(f.Height)
		x0, x1, y0, y1 = min(x0, px), max(x1, px), min(y0, py), max(y1, py)
	}
	return (x0 + x1) / 2, (y0 + y1) / 2, max(x1-x0, y1-y0)
}

// lay puts the head (an oval about the face) onto the scene, its face size
// pixels high with its middle at x, y.
func (c *cutout) lay(scene *ar.Frame, x, y, size float64) {
	scale := c.size / size
	rx, ry := 0.62*size, 0.8*size
	for v := max(int(y-ry), 0); v < min(int(y+ry), scene.Height); v++ {
		for u := max(int(x-rx), 0); u < min(int(x+rx), scene.Width); u++ {
			dx, dy := float64(u)+0.5-x, float64(v)+0.5-y
			from, row := int(c.x+dx*scale), int(c.y+dy*scale)
			if dx*dx/(rx*rx)+dy*dy/(ry*ry) < 1 && from >= 0 && row >= 0 && from < c.Width && row < c.Height {
				copy(scene.Pix[3*(v*scene.Width+u):][:3], c.Pix[3*(row*c.Width+from):])
			}
		}
	}
}

// actor is a cutout on its way: where its face is at a time of 0 to 1.
type actor struct {
	*cutout
	at func(t float64) (x, y, size float64)
}

// play shows the actors, each before those named later, at half their size, and
// follows who is who: which numbers were seen where which actor was. An actor who is mostly
// hidden counts as not there.
func play(t *testing.T, tracker *face.Tracker, frames int, actors ...actor) (numbers []map[int]int) {
	t.Helper()
	numbers = make([]map[int]int, len(actors))
	for i := range numbers {
		numbers[i] = map[int]int{}
	}
	wall, scene := blank(640, 360), blank(640, 360)
	for k := range wall.Pix {
		wall.Pix[k] = 110
	}
	for i := range frames {
		when := float64(i) / float64(frames-1)
		copy(scene.Pix, wall.Pix)
		for a := len(actors) - 1; a >= 0; a-- {
			x, y, size := actors[a].at(when)
			actors[a].lay(scene, x/2, y/2, size/2)
		}
		for _, found := range track(t, tracker, after(scene, i)) {
			fx, fy, _ := extent(&found, scene)
			for a := range actors { // the foremost who is there
				if x, y, size := actors[a].at(when); math.Hypot(2*fx-x, 2*fy-y) < 0.3*size {
					numbers[a][found.ID]++
					break
				}
			}
		}
	}
	return numbers
}

// requireApart: no number was two actors'.
func requireApart(t *testing.T, numbers []map[int]int) {
	t.Helper()
	t.Log(numbers)
	whose := map[int]int{}
	for a, ids := range numbers {
		for id := range ids {
			other, taken := whose[id]
			require.False(t, taken, "number %d was actor %d's and %d's", id, other, a)
			whose[id] = a
		}
	}
}

func standing(x, y, size float64) func(float64) (float64, float64, float64) {
	return func(t float64) (float64, float64, float64) {
		s, c := math.Sincos(12 * t)
		return x + 0.15*size*s, y + 0.05*size*c, size * (1 + 0.04*s)
	}
}

func walking(x0, x1, y, size float64) func(float64) (float64, float64, float64) {
	return func(t float64) (float64, float64, float64) { return x0 + t*(x1-x0), y, size }
}

// TestFourFacesKeepTheirNumbers: up to four faces stand, cross before and
// behind each other, leave and come back; none gets another's number.
func TestFourFacesKeepTheirNumbers(t *testing.T) {
	pool := newPool(t, 1)
	man, woman := cutOut(t, pool, "webcam_man.png"), cutOut(t, pool, "group_s6a.png")
	third, fourth := cutOut(t, pool, "group_s3b.png"), cutOut(t, pool, "astronaut.png")
	four := func(t *testing.T) *face.Tracker { return pooled(t, pool, face.Options{MaxFaces: 4}) }

	t.Run("standing", func(t *testing.T) {
		numbers := play(t, four(t), 45,
			actor{man, standing(200, 360, 260)}, actor{woman, standing(530, 330, 240)},
			actor{third, standing(820, 380, 220)}, actor{fourth, standing(1090, 340, 200)})
		requireApart(t, numbers)
		for _, ids := range numbers {
			require.Len(t, ids, 1)
			for _, n := range ids {
				require.Greater(t, n, 30)
			}
		}
	})
	if racing { // the rest is more of the same, without other goroutines
		return
	}
	t.Run("passing before another", func(t *testing.T) {
		numbers := play(t, four(t), 75,
			actor{man, walking(200, 1080, 380, 280)}, actor{woman, standing(640, 330, 200)},
			actor{fourth, standing(1130, 250, 170)})
		requireApart(t, numbers)
		require.Len(t, numbers[0], 1, "who is before the others keeps the number")
	})
	t.Run("crossing at different depths", func(t *testing.T) {
		numbers := play(t, four(t), 60,
			actor{woman, walking(250, 1030, 360, 270)}, actor{man, walking(1030, 250, 340, 190)})
		requireApart(t, numbers)
		require.Len(t, numbers[0], 1)
	})
	t.Run("crossing side by side", func(t *testing.T) {
		numbers := play(t, four(t), 60,
			actor{man, walking(1030, 250, 370, 230)}, actor{woman, walking(250, 1030, 350, 232)})
		requireApart(t, numbers)
		require.Len(t, numbers[0], 1)
	})
	t.Run("leaving and coming back", func(t *testing.T) {
		away := func(t float64) (float64, float64, float64) {
			return 900 + 1200*math.Sin(math.Pi*t), 360, 240
		}
		numbers := play(t, four(t), 90, actor{man, standing(300, 360, 230)}, actor{woman, away})
		requireApart(t, numbers)
		require.Len(t, numbers[0], 1)
		require.Len(t, numbers[1], 2, "who comes back is somebody new")
	})
}

// TestNobodyIsPaintedUnasked plays a mirror for one.
func TestNobodyIsPaintedUnasked(t *testing.T) {
	pool := newPool(t, 1)
	man, woman := cutOut(t, pool, "webcam_man.png"), cutOut(t, pool, "group_s6a.png")
	one := func(t *testing.T) *face.Tracker { return pooled(t, pool, face.Options{}) }
	at := func(x, size float64) func(float64) (float64, float64, float64) { return walking(x, x, 360, size) }

	t.Run("a little nearer", func(t *testing.T) {
		numbers := play(t, one(t), 75, actor{woman, func(t float64) (float64, float64, float64) {
			return 900, 360, 200 + 60*t
		}}, actor{man, at(350, 230)})
		require.Empty(t, numbers[0])
		require.Equal(t, map[int]int{1: 75}, numbers[1])
	})
	if racing {
		return
	}
	t.Run("leaning in for a moment", func(t *testing.T) {
		numbers := play(t, one(t), 75, actor{woman, func(t float64) (float64, float64, float64) {
			return 900, 360, 180 + 170*math.Exp(-(t-0.5)*(t-0.5)/0.0225)
		}}, actor{man, at(350, 230)})
		require.Empty(t, numbers[0])
		require.Equal(t, map[int]int{1: 75}, numbers[1])
	})
	t.Run("the next shopper", func(t *testing.T) {
		numbers := play(t, one(t), 90, actor{woman, at(850, 340)}, actor{man, func(t float64) (float64, float64, float64) {
			return 350, 360, 300 - 150*min(3*t, 1)
		}})
		require.Less(t, 0, numbers[0][1]+numbers[0][2], "who is clearly nearer has it at last")
	})
	t.Run("the shopper leaves", func(t *testing.T) {
		gone := func(t float64) (float64, float64, float64) { return 350 - 2400*max(t-0.3, 0), 360, 260 }
		numbers := play(t, one(t), 75, actor{man, gone}, actor{woman, at(800, 230)})
		require.NotEmpty(t, numbers[0])
		require.Empty(t, numbers[1], "the bystander does not wear the shopper's look")
		numbers = play(t, one(t), 210, actor{man, gone}, actor{woman, at(800, 230)})
		require.NotEmpty(t, numbers[1], "but may try it on later")
	})
	t.Run("the shopper is hidden beside a bystander", func(t *testing.T) {
		hidden := func(t float64) (float64, float64, float64) {
			if t > 0.5 && t < 0.6 {
				return -900, 360, 230
			}
			return 350, 360, 230
		}
		numbers := play(t, one(t), 60, actor{man, hidden}, actor{woman, at(700, 240)})
		require.Empty(t, numbers[1])
		require.Equal(t, map[int]int{1: 54}, numbers[0], "the shopper is back at once, and the same")
	})
}
