package look

import (
	"encoding/json"
	_ "image/jpeg"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// eachOfClip calls show with every fifth frame of a clip of somebody who moves
// and speaks, as the tracker followed the face.
func eachOfClip(t *testing.T, show func(f *ar.Frame, face *ar.Face)) {
	t.Helper()
	data, err := os.ReadFile("testdata/clip/clip.json")
	require.NoError(t, err)
	var frames []struct {
		Picture string       `json:"picture"`
		Points  [][3]float32 `json:"points"`
	}
	require.NoError(t, json.Unmarshal(data, &frames))
	require.Len(t, frames, 24)
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	for i, shot := range frames {
		f := readPictureFile(t, filepath.Join("testdata/clip", shot.Picture))
		f.At = start.Add(time.Duration(i) * 200 * time.Millisecond)
		face := ar.Face{ID: 1, Score: 1}
		require.Len(t, shot.Points, ar.Points)
		for k, p := range shot.Points {
			face.Points[k] = ar.Point{X: p[0], Y: p[1], Z: p[2]}
		}
		show(f, &face)
	}
}

// lipMask is all that is on the lips, as the landmarks have them.
func lipMask(f *ar.Frame, face *ar.Face) *mask {
	var m mask
	m.reset(boundsOf(f))
	for _, contour := range [][]int{lipsOuter, lipsInner} {
		var line []vec
		for _, i := range contour {
			line = append(line, pixel(face, i, f))
		}
		m.outline(line)
	}
	m.fill()
	return &m
}

// TestMovingFacesKeepTheirMakeup: nobody's lipstick fades because they speak,
// and nothing flickers.
func TestMovingFacesKeepTheirMakeup(t *testing.T) {
	r := newRenderer(t, readFixtures(t))
	last := map[string]float64{}
	sum, n := map[string]float64{}, 0
	eachOfClip(t, func(f *ar.Frame, face *ar.Face) {
		s := &r.surface
		s.fit(&r.head, face, f)
		s.veil.fit(f, face, s)
		var cheeks, lids mask
		require.True(t, r.cheeks.zones[ar.Apples].carry(&cheeks, nil, s, nil, boundsOf(f)))
		require.True(t, r.lids.zones[0][0].carry(&lids, nil, s, nil, boundsOf(f)))
		for name, m := range map[string]*mask{"cheeks": &cheeks, "lids": &lids, "lips": lipMask(f, face)} {
			whole := m.sum()
			require.Positive(t, whole)
			s.keep(m)
			kept := float64(m.sum()) / float64(whole)
			require.GreaterOrEqual(t, kept, 0.8, "%s, frame %d", name, n)
			if n > 0 {
				require.InDelta(t, last[name], kept, 0.1, "%s, frame %d", name, n)
			}
			last[name] = kept
			sum[name] += kept
		}
		n++
	})
	for name, kept := range sum {
		t.Logf("%s keep %.3f", name, kept/float64(n))
		require.GreaterOrEqual(t, kept/float64(n), 0.95, name)
	}
}
