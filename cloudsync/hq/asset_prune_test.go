package hq

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Files stay as long as a catalogue that may be undone names them, and go then.
func TestFilesOfOldCataloguesArePruned(t *testing.T) {
	g := newGateway(t)
	held := func(sum edge.Hash) bool {
		_, _, err := g.hq.Asset(t.Context(), sum)
		if edge.KindOf(err) == edge.NotFound {
			return false
		}
		require.NoError(t, err)
		return true
	}
	issue := func(picture string, large bool) (edge.Hash, *edge.SignedRelease) {
		sum, err := g.hq.PutAsset(t.Context(), []byte(picture))
		require.NoError(t, err)
		r := priced(1000, g.clock.Now())
		r.Assets = []edge.Asset{{Name: edge.PictureFolder + "/a.png", SHA256: sum, Size: int64(len(picture))}}
		for n := 0; large && n < cloudsync.MaxInline/64; n++ { // so that it is a file itself
			r.Assets = append(r.Assets, edge.Asset{Name: fmt.Sprintf("%s/%d.png", edge.PictureFolder, n), SHA256: sum, Size: int64(len(picture))})
		}
		s, err := g.hq.IssueRelease(t.Context(), r, "test")
		require.NoError(t, err)
		require.Equal(t, large, held(sha256.Sum256(s.Body)))
		return sum, s
	}
	stray, err := g.hq.PutAsset(t.Context(), []byte("of an import that was given up"))
	require.NoError(t, err)
	first, large := issue("first", true)
	shared, _ := issue("shared", false)
	require.True(t, held(stray), "the release that names it may be on its way")

	g.clock.Advance(newFilesFor + time.Second)
	issue("shared", false)
	require.False(t, held(stray))
	require.True(t, held(first))

	g.clock.Advance(keepFilesFor)
	for range keepReleases - 3 {
		issue("shared", false)
	}
	require.True(t, held(first), "it may still be undone")
	s, err := g.hq.Undo(t.Context(), 1)
	require.NoError(t, err)
	for range keepReleases {
		issue("shared", false)
	}
	require.True(t, held(first), "the undone one is young")
	g.clock.Advance(keepFilesFor + time.Second)
	issue("shared", false)
	require.False(t, held(first))
	require.False(t, held(large.SHA256))
	require.False(t, held(s.SHA256))
	require.True(t, held(shared))
	_, err = g.hq.Undo(t.Context(), 1)
	require.Equal(t, edge.Conflict, edge.KindOf(err), "files that are gone cannot be issued")
}
