package camera

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// album is a folder with pictures of one shade each, of other sizes, and a file
// that is none.
func album(t *testing.T, shades ...byte) string {
	t.Helper()
	dir := t.TempDir()
	for i, shade := range shades {
		f := &ar.Frame{}
		f.Resize(40+20*i, 30)
		for j := range f.Pix {
			f.Pix[j] = shade
		}
		require.NoError(t, WritePicture(filepath.Join(dir, string(rune('a'+i))+".png"), f))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a-note.txt"), []byte("hello"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "z.png"), 0o700))
	return dir
}

func TestFolderShowsItsPicturesInOrder(t *testing.T) {
	cam := open(t, Config{Source: "folder:" + album(t, 10, 200, 90), Once: true})
	var f ar.Frame
	for i, shade := range []byte{10, 200, 90} {
		require.NoError(t, cam.Read(t.Context(), &f))
		require.Equal(t, shade, f.Pix[0])
		require.EqualValues(t, i+1, f.Seq)
		require.Equal(t, []int{40, 30}, []int{f.Width, f.Height}, "all of the first one's size")
	}
	require.ErrorIs(t, cam.Read(t.Context(), &f), io.EOF)
}

func TestFolderLoopsAtItsSpeed(t *testing.T) {
	cam := open(t, Config{Source: "folder:" + album(t, 10, 200), FPS: 20, Rotate: 90, Width: 15})
	var f ar.Frame
	start := time.Now()
	for f.Seq < 9 {
		require.NoError(t, cam.Read(t.Context(), &f))
		require.Equal(t, []byte{200, 10}[f.Seq%2], f.Pix[0])
		require.Equal(t, []int{15, 20}, []int{f.Width, f.Height})
	}
	require.GreaterOrEqual(t, time.Since(start), 400*time.Millisecond)
}

func TestFolderRefuses(t *testing.T) {
	_, err := Open(t.Context(), Config{Source: "folder:" + t.TempDir()})
	require.ErrorContains(t, err, "the folder has 0 pictures: put 1 to 10000 PNG")
	_, err = Open(t.Context(), Config{Source: "folder:/none/such"})
	require.ErrorContains(t, err, "there is no such folder: check the path")
	_, err = Open(t.Context(), Config{Source: "folder:" + photo})
	require.ErrorContains(t, err, "name a folder of pictures")

	dir := album(t, 10, 200)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.png"), []byte("hello"), 0o600))
	cam := open(t, Config{Source: "folder:" + dir, Once: true})
	var f ar.Frame
	require.NoError(t, cam.Read(t.Context(), &f))
	err = cam.Read(t.Context(), &f)
	require.ErrorContains(t, err, "a picture in the folder cannot be used")
	require.ErrorContains(t, err, "b.png")
}
