package photo_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/photo"
)

// clock is a time that a test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newDir(t *testing.T) (*photo.Dir, *clock, string) {
	t.Helper()
	c := &clock{time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	path := filepath.Join(t.TempDir(), "photos")
	d, err := photo.Open(path, c.now)
	require.NoError(t, err)
	return d, c, path
}

func files(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(path)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, filepath.Join(path, e.Name()))
	}
	return names
}

var face = append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF a face "), bytes.Repeat([]byte("skin and lips "), 500)...)

func TestOnDiskIsNothingToSee(t *testing.T) {
	d, c, path := newDir(t)
	id, key, err := d.Put(face, c.t.Add(time.Hour))
	require.NoError(t, err)
	got := files(t, path)
	require.Len(t, got, 1)
	b, err := os.ReadFile(got[0])
	require.NoError(t, err)
	for _, part := range [][]byte{face[:4], []byte("JFIF"), []byte("skin"), key} {
		require.NotContains(t, string(b), string(part))
	}
	st, err := os.Stat(got[0])
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), st.Mode().Perm())
	st, err = os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), st.Mode().Perm())

	photo, err := d.Get(id, key)
	require.NoError(t, err)
	require.Equal(t, face, photo)
}

func requireGone(t *testing.T, d *photo.Dir, id string, key []byte) {
	t.Helper()
	b, err := d.Get(id, key)
	require.Nil(t, b)
	require.Equal(t, edge.NotFound, edge.KindOf(err), "%v", err)
}

func TestOnlyItsOwnKeyOpensAPhoto(t *testing.T) {
	d, c, path := newDir(t)
	id, key, err := d.Put(face, c.t.Add(time.Hour))
	require.NoError(t, err)
	id2, key2, err := d.Put(face, c.t.Add(time.Hour))
	require.NoError(t, err)
	requireGone(t, d, id, key2)
	requireGone(t, d, id, nil)
	requireGone(t, d, id, key[:16])
	requireGone(t, d, "../"+id, key)
	requireGone(t, d, "", key)

	// Exchanged for another's, changed, or given another time, it does not open.
	one, two := filepath.Join(path, id+".session"), filepath.Join(path, id2+".session")
	b, err := os.ReadFile(one)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(two, b, 0o600))
	requireGone(t, d, id2, key)
	requireGone(t, d, id2, key2)
	for _, at := range []int{0, 11, 12, 30, len(b) - 1} {
		spoilt := bytes.Clone(b)
		spoilt[at] ^= 1
		require.NoError(t, os.WriteFile(one, spoilt, 0o600))
		requireGone(t, d, id, key)
	}
	require.NoError(t, os.WriteFile(one, b[:20], 0o600))
	requireGone(t, d, id, key)
	require.NoError(t, os.WriteFile(one, b, 0o600))
	got, err := d.Get(id, key)
	require.NoError(t, err)
	require.Equal(t, face, got)
}

func TestPhotosExpire(t *testing.T) {
	d, c, path := newDir(t)
	short, shortKey, err := d.Put(face, c.t.Add(time.Hour))
	require.NoError(t, err)
	long, longKey, err := d.Put(face, c.t.Add(photo.MaxAge))
	require.NoError(t, err)
	c.t = c.t.Add(time.Hour)
	requireGone(t, d, short, shortKey)
	require.Len(t, files(t, path), 2, "not yet swept")
	require.NoError(t, d.Sweep())
	require.Len(t, files(t, path), 1)
	_, err = d.Get(long, longKey)
	require.NoError(t, err)
	c.t = c.t.Add(photo.MaxAge)
	_, err = photo.Open(path, c.now)
	require.NoError(t, err)
	require.Empty(t, files(t, path))
}

func TestStartForgetsSessions(t *testing.T) {
	d, c, path := newDir(t)
	id, key, err := d.Put(face, c.t.Add(time.Hour))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(path, "x.part"), face, 0o600))
	d, err = photo.Open(path, c.now)
	require.NoError(t, err)
	require.Empty(t, files(t, path))
	requireGone(t, d, id, key)
}

func TestDelete(t *testing.T) {
	d, c, path := newDir(t)
	id, key, err := d.Put(face, c.t.Add(time.Hour))
	require.NoError(t, err)
	require.NoError(t, d.Delete(id))
	requireGone(t, d, id, key)
	require.Empty(t, files(t, path))
	require.NoError(t, d.Delete(id), "twice is once")
	require.NoError(t, d.Delete("../../etc/passwd"))
}

func TestLimits(t *testing.T) {
	d, c, _ := newDir(t)
	put := func(b []byte, life time.Duration) edge.Kind {
		_, _, err := d.Put(b, c.t.Add(life))
		return edge.KindOf(err)
	}
	require.Equal(t, edge.TooLarge, put(nil, time.Hour))
	require.Equal(t, edge.TooLarge, put(make([]byte, photo.MaxBytes+1), time.Hour))
	require.Equal(t, edge.Invalid, put(face, 0))
	require.Equal(t, edge.Invalid, put(face, photo.MaxAge+time.Second))
	for range photo.MaxKept {
		_, _, err := d.Put(face[:20], c.t.Add(time.Hour))
		require.NoError(t, err)
	}
	require.Equal(t, edge.TooMany, put(face, time.Hour))
}

func TestRunSweeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := t.TempDir()
		d, err := photo.Open(path, time.Now)
		require.NoError(t, err)
		_, _, err = d.Put(face, time.Now().Add(time.Hour))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx, slog.New(slog.DiscardHandler)) }()
		time.Sleep(time.Hour - time.Second)
		synctest.Wait()
		require.Len(t, files(t, path), 1)
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		require.Empty(t, files(t, path))
		cancel()
		require.NoError(t, <-done)
	})
}

func FuzzGet(f *testing.F) {
	d, err := photo.Open(f.TempDir(), time.Now)
	require.NoError(f, err)
	f.Add("", []byte{})
	f.Add("00112233445566778899aabbccddeeff", bytes.Repeat([]byte{1}, 32))
	f.Add("../../x", []byte("k"))
	f.Fuzz(func(t *testing.T, id string, key []byte) {
		b, err := d.Get(id, key)
		require.Nil(t, b)
		require.Equal(t, edge.NotFound, edge.KindOf(err))
	})
}
