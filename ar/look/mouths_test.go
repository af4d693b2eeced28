package look

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// mouthPicture is a face whose teeth and tongue were outlined by hand.
type mouthPicture struct {
	Picture string         `json:"picture"`
	Inside  [][][2]float64 `json:"inside"` // contours, pixels
	Points  [][3]float32   `json:"points"` // as the tracker found them
}

// eachMouth calls check with every picture of an open mouth and the pixels of
// its teeth and tongue.
func eachMouth(t *testing.T, check func(name string, f *ar.Frame, face ar.Face, inside []vec)) {
	t.Helper()
	data, err := os.ReadFile("testdata/mouths/mouths.json")
	require.NoError(t, err)
	var mouths []mouthPicture
	require.NoError(t, json.Unmarshal(data, &mouths))
	require.GreaterOrEqual(t, len(mouths), 20)
	for _, m := range mouths {
		f := readPictureFile(t, "testdata/mouths/"+m.Picture)
		face := ar.Face{ID: 1, Score: 1}
		require.Len(t, m.Points, ar.Points, m.Picture)
		for i, p := range m.Points {
			face.Points[i] = ar.Point{X: p[0], Y: p[1], Z: p[2]}
		}
		var contours [][]vec
		for _, c := range m.Inside {
			var contour []vec
			for _, p := range c {
				contour = append(contour, vec{p[0], p[1]})
			}
			contours = append(contours, contour)
		}
		var inside []vec
		for i := range f.Width * f.Height {
			p := vec{float64(i%f.Width) + 0.5, float64(i/f.Width) + 0.5}
			for _, c := range contours {
				if contains(c, p) {
					inside = append(inside, p)
					break
				}
			}
		}
		require.GreaterOrEqual(t, len(inside), 20, m.Picture)
		check(m.Picture, f, face, inside)
	}
}

// seenChange is how many of the pixels differ visibly in a and b.
func seenChange(a, b *ar.Frame, pixels []vec) int {
	n := 0
	for _, p := range pixels {
		i := int(p.y)*a.Width + int(p.x)
		if [3]byte(a.Pix[3*i:]) != [3]byte(b.Pix[3*i:]) && deltaE00(cielabAt(a, i), cielabAt(b, i)) > 3 {
			n++
		}
	}
	return n
}

func TestTeethAndTonguesStayBare(t *testing.T) {
	r := newRenderer(t, readFixtures(t))
	pixels, painted := 0, map[ar.Finish]int{}
	eachMouth(t, func(name string, f *ar.Frame, face ar.Face, inside []vec) {
		pixels += len(inside)
		for _, finish := range fewer(ar.Finishes()) {
			out := drawn(t, r, f, face, lipstick(red, finish, 1))
			n := seenChange(f, out, inside)
			t.Logf("%s %s: %d of %d", finish, name, n, len(inside))
			painted[finish] += n
		}
	})
	for _, finish := range fewer(ar.Finishes()) {
		t.Logf("%s: %d of %d", finish, painted[finish], pixels)
		require.LessOrEqual(t, float64(painted[finish]), 0.01*float64(pixels), finish)
	}
}
