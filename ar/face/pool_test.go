package face_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/face"
)

func newPool(t *testing.T, n int) *face.Pool {
	t.Helper()
	p, err := face.NewPool(openModels(t), n)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// pooled is a tracker on the pool's models, which are loaded but once.
func pooled(tb testing.TB, p *face.Pool, opt face.Options) *face.Tracker {
	tb.Helper()
	t, err := p.Tracker(opt)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, t.Close()) })
	return t
}

// TestPoolIsShared: four trackers on two models see, each in its own stream,
// what they would see alone.
func TestPoolIsShared(t *testing.T) {
	names := []string{"webcam_man.png", "group_s6a.png", "group_s3b.png", "astronaut.png"}
	const frames = 12
	follow := func(tracker *face.Tracker, f *ar.Frame) (faces []ar.Face, err error) {
		for i := range frames {
			if faces, err = tracker.Track(faces[:0], after(f, i)); err != nil {
				return nil, err
			}
		}
		return faces, nil
	}
	pool, alone := newPool(t, 2), newPool(t, 1)
	var all sync.WaitGroup
	got, errs := make([][]ar.Face, len(names)), make([]error, len(names))
	pictures := make([]*ar.Frame, len(names))
	for i, name := range names {
		pictures[i] = readFrame(t, name)
		tracker := pooled(t, pool, face.Options{})
		all.Go(func() { got[i], errs[i] = follow(tracker, pictures[i]) })
	}
	all.Wait()
	for i := range names {
		require.NoError(t, errs[i])
		want, err := follow(pooled(t, alone, face.Options{}), pictures[i])
		require.NoError(t, err)
		require.Equal(t, want, got[i], names[i])
	}
}

func TestPoolOutlivesItsTrackers(t *testing.T) {
	pool := newPool(t, 1)
	f := readFrame(t, "webcam_man.png")
	for range 2 {
		tracker, err := pool.Tracker(face.Options{})
		require.NoError(t, err)
		require.Len(t, track(t, tracker, f), 1)
		require.NoError(t, tracker.Close())
		_, err = tracker.Track(nil, f)
		require.ErrorContains(t, err, "closed")
	}
	late, err := pool.Tracker(face.Options{})
	require.NoError(t, err)
	require.NoError(t, pool.Close())
	_, err = late.Track(nil, f)
	require.ErrorContains(t, err, "closed")

	_, err = face.NewPool(openModels(t), 0)
	require.ErrorContains(t, err, "want 1 to")
	_, err = pool.Tracker(face.Options{MaxFaces: 17})
	require.ErrorContains(t, err, "want 1 to 16")
}
