package fake_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

var (
	_ ar.Camera  = (*fake.Camera)(nil)
	_ ar.Tracker = (*fake.Tracker)(nil)
)

func TestTestCardMovesAndCounts(t *testing.T) {
	c := &fake.Camera{Width: 128, Height: 72}
	var f ar.Frame
	var last []byte
	for i := range 300 {
		require.NoError(t, c.Read(t.Context(), &f))
		require.EqualValues(t, i+1, f.Seq)
		require.EqualValues(t, i+1, fake.Counter(&f))
		require.NotEqual(t, last, f.Pix)
		last = slices.Clone(f.Pix)
	}
	require.NoError(t, c.Close())
	require.Error(t, c.Read(t.Context(), &f))
}

func TestCameraKeepsItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &fake.Camera{Width: 32, Height: 18, FPS: 25, EndAfter: 51}
		var f ar.Frame
		start := time.Now()
		n := 0
		for ; ; n++ {
			if err := c.Read(t.Context(), &f); err != nil {
				require.ErrorIs(t, err, io.EOF)
				break
			}
			require.Equal(t, time.Now(), f.At)
		}
		require.Equal(t, 51, n)
		require.Equal(t, 2*time.Second, time.Since(start))
		require.Equal(t, []int{32, 18}, []int{f.Width, f.Height})

		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		c = &fake.Camera{FPS: 1}
		require.NoError(t, c.Read(ctx, &f))
		require.Equal(t, []int{1280, 720}, []int{f.Width, f.Height})
		require.ErrorIs(t, c.Read(ctx, &f), context.DeadlineExceeded)
	})
}

func TestCameraIsLost(t *testing.T) {
	c := &fake.Camera{Width: 8, Height: 8, LoseAfter: 2}
	var f ar.Frame
	require.NoError(t, c.Read(t.Context(), &f))
	require.NoError(t, c.Read(t.Context(), &f))
	require.ErrorIs(t, c.Read(t.Context(), &f), fake.ErrLost)
}

func TestTrackerFollowsItsScript(t *testing.T) {
	var f ar.Frame
	tr := &fake.Tracker{}
	faces, err := tr.Track(nil, &f)
	require.NoError(t, err)
	require.Empty(t, faces)
	tr.Script = fake.Still(ar.Face{ID: 7})
	faces, err = tr.Track(faces, &f)
	require.NoError(t, err)
	require.Equal(t, []ar.Face{{ID: 7}}, faces)
	boom := errors.New("boom")
	tr.Script = func(*ar.Frame) ([]ar.Face, error) { return nil, boom }
	_, err = tr.Track(nil, &f)
	require.ErrorIs(t, err, boom)
}
