package release_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/release"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// office is an HQ that serves files, over a line that can be bad.
type office struct {
	*httptest.Server
	mu     sync.Mutex
	files  map[string][]byte // by hash
	cut    int64             // bytes after which a connection breaks; 0 for never
	lie    bool              // other bytes than asked for
	mute   bool              // says nothing
	asked  int
	ranges int
	sent   int64
}

func newOffice(t *testing.T) *office {
	o := &office{files: map[string][]byte{}}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	body, ok := o.files[strings.TrimPrefix(r.URL.Path, "/assets/v1/")]
	cut, mute := o.cut, o.mute
	o.asked++
	if r.Header.Get("Range") != "" {
		o.ranges++
	}
	if o.lie {
		body = bytes.ToUpper(body)
	}
	o.mu.Unlock()
	if mute {
		<-r.Context().Done()
		return
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(&cutter{w, o, cut}, r, "", time.Time{}, bytes.NewReader(body))
}

// cutter breaks the connection after so many bytes.
type cutter struct {
	http.ResponseWriter
	office *office
	left   int64
}

func (c *cutter) Write(b []byte) (int, error) {
	limited := c.left > 0
	if limited {
		b = b[:min(int64(len(b)), c.left)]
	}
	n, err := c.ResponseWriter.Write(b)
	c.office.mu.Lock()
	c.office.sent += int64(n)
	c.office.mu.Unlock()
	if c.left -= int64(n); limited && c.left == 0 { // even where that was all
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, err
}

func (o *office) put(body []byte) edge.Hash {
	sum := edge.Hash(sha256.Sum256(body))
	o.mu.Lock()
	defer o.mu.Unlock()
	o.files[sum.String()] = body
	return sum
}

// shop is a shop's database and what fetches for it.
type shop struct {
	*sqlite.DB
	clock   *edgetest.Clock
	office  *office
	folder  string
	fetcher *release.Fetcher
	log     bytes.Buffer
	n       uint64
}

func newShop(t *testing.T) *shop {
	s := &shop{clock: edgetest.NewClock(), office: newOffice(t), folder: filepath.Join(t.TempDir(), "assets")}
	var err error
	s.DB, err = sqlite.Open(t.Context(), sqlite.Options{
		Path: filepath.Join(t.TempDir(), "shop.db"), Node: "node", Shop: "shop", Till: "T1", Now: s.clock.Now,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.DB.Close()) })
	require.NoError(t, s.PutRelease(t.Context(), edgetest.Release(1)))
	s.restart(t)
	return s
}

func (s *shop) restart(t *testing.T) {
	var err error
	s.fetcher, err = release.New(release.Config{
		Store: s.DB, Folder: s.folder, Base: s.office.URL + "/", Keys: []ed25519.PublicKey{edgetest.Key(1).Public().(ed25519.PublicKey)},
		Log: slog.New(slog.NewTextHandler(&s.log, nil)), Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Now: s.clock.Now, Retry: time.Millisecond, Patience: 200 * time.Millisecond,
	})
	require.NoError(t, err)
}

// issue brings a release with files of so many bytes; inline with its document.
func (s *shop) issue(t *testing.T, version uint32, effective time.Time, inline bool, sizes ...int) *edge.SignedRelease {
	r := edgetest.Release(version)
	r.Effective = effective.UTC().Truncate(time.Second)
	for i, size := range sizes {
		body := bytes.Repeat([]byte{byte('a' + i), byte('a' + version)}, size/2+1)[:size]
		r.Assets = append(r.Assets, edge.Asset{Name: fmt.Sprintf("pictures/%d.svg", i), SHA256: s.office.put(body), Size: int64(size)})
	}
	signed := edgetest.Signed(t, 1, r)
	if !inline {
		s.office.put(signed.Body)
		bare := *signed
		bare.Body = nil
		signed = &bare
	}
	s.n++
	require.NoError(t, s.Apply(t.Context(), s.n, edge.Delivery{Releases: []*edge.SignedRelease{signed}}))
	return signed
}

func (s *shop) version(t *testing.T) uint32 {
	r, err := s.Release(t.Context())
	require.NoError(t, err)
	return r.Version
}

func TestAReleaseTakesEffectWhenItsFilesAreHere(t *testing.T) {
	s := newShop(t)
	s.issue(t, 5, s.clock.Now(), true, 300, 1)
	require.EqualValues(t, 1, s.version(t), "its files are not here")
	s.office.mu.Lock()
	s.office.cut = 100
	s.office.mu.Unlock()
	require.Error(t, s.fetcher.Fetch(t.Context()))
	require.Len(t, s.fetcher.Faults(), 1)
	require.Contains(t, s.fetcher.Faults()[0], "waits for its pictures")
	require.EqualValues(t, 1, s.version(t))
	require.Error(t, s.fetcher.Fetch(t.Context()))
	require.NoError(t, s.fetcher.Fetch(t.Context()), "three times 100 bytes")
	require.EqualValues(t, 5, s.version(t))
	require.Empty(t, s.fetcher.Faults())
	require.EqualValues(t, 301, s.office.sent, "no byte came twice")
	require.Equal(t, 2, s.office.ranges)

	asked := s.office.asked
	require.NoError(t, s.fetcher.Fetch(t.Context()))
	s.restart(t)
	require.NoError(t, s.fetcher.Fetch(t.Context()))
	require.Equal(t, asked, s.office.asked, "nothing is fetched again")
}

func TestAReleaseThatIsDueDoesNotWaitForEver(t *testing.T) {
	s := newShop(t)
	s.issue(t, 5, s.clock.Now(), true, 300)
	s.office.mu.Lock()
	s.office.files = map[string][]byte{}
	s.office.mu.Unlock()
	require.Error(t, s.fetcher.Fetch(t.Context()))
	s.clock.Advance(edge.AssetGrace - time.Second)
	require.EqualValues(t, 1, s.version(t))
	s.clock.Advance(time.Second)
	require.EqualValues(t, 5, s.version(t), "prices are worth more than pictures")
	require.Error(t, s.fetcher.Fetch(t.Context()))
	require.Contains(t, s.fetcher.Faults()[0], "without all its pictures")
	require.Contains(t, s.log.String(), "without all its pictures")
}

func TestALargeReleaseIsFetchedOverAFlappingLine(t *testing.T) {
	s := newShop(t)
	s.office.cut = 400
	effective := s.clock.Now().Add(time.Hour)
	signed := s.issue(t, 7, effective, false, 1000, 2000, 300, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.fetcher.Run(ctx) }()
	complete := func() bool {
		list, err := s.IssuedReleases(t.Context())
		return err == nil && list[0].Complete
	}
	require.Eventually(t, complete, 2*time.Minute, 5*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	require.EqualValues(t, 1, s.version(t), "not before its time")
	s.clock.Advance(time.Hour)
	require.EqualValues(t, 7, s.version(t))
	kept, err := s.SignedRelease(t.Context(), 7)
	require.NoError(t, err)
	require.NoError(t, kept.Verify(edgetest.Key(1).Public().(ed25519.PublicKey)), "it verifies where it lies")
	require.Equal(t, signed.SHA256, kept.SHA256)
	require.Equal(t, signed.Size+1000+2000+300+1000, s.office.sent, "no byte came twice")
}

func TestWhatIsNotAsHQSignedItIsRefused(t *testing.T) {
	s := newShop(t)
	s.office.lie = true
	s.issue(t, 5, s.clock.Now(), false)
	require.ErrorContains(t, s.fetcher.Fetch(t.Context()), "not what was asked for")
	require.EqualValues(t, 1, s.version(t))
	s.office.mu.Lock()
	s.office.lie = false
	s.office.mu.Unlock()
	require.NoError(t, s.fetcher.Fetch(t.Context()), "the next time it is right")
	require.EqualValues(t, 5, s.version(t))

	s.office.mu.Lock()
	s.office.mute = true
	s.office.mu.Unlock()
	s.issue(t, 6, s.clock.Now(), true, 10)
	require.ErrorContains(t, s.fetcher.Fetch(t.Context()), "fallen silent")

	// A document signed by somebody else never gets files.
	forged := edgetest.Signed(t, 2, edgetest.Release(9))
	require.NoError(t, s.Apply(t.Context(), 99, edge.Delivery{Releases: []*edge.SignedRelease{forged}}))
	err := s.fetcher.Fetch(t.Context())
	require.ErrorContains(t, err, "not signed by HQ")
}

func TestFilesNobodyNeedsAreDeleted(t *testing.T) {
	s := newShop(t)
	s.issue(t, 2, s.clock.Now(), true, 10)
	require.NoError(t, s.fetcher.Fetch(t.Context()))
	for _, name := range []string{strings.Repeat("ab", 32), strings.Repeat("cd", 32) + ".part", "notes.txt"} {
		file := filepath.Join(s.folder, name)
		require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
		old := s.clock.Now().Add(-48 * time.Hour)
		require.NoError(t, os.Chtimes(file, old, old))
	}
	s.issue(t, 3, s.clock.Now(), true, 20)
	require.NoError(t, s.fetcher.Fetch(t.Context()))
	entries, err := os.ReadDir(s.folder)
	require.NoError(t, err)
	require.Len(t, entries, 3, "two pictures, and a file that is not ours")
}

func TestFilesAreThoseOfTheReleaseInForce(t *testing.T) {
	s := newShop(t)
	own := fstest.MapFS{"own.svg": {Data: []byte("own")}, "0.svg": {Data: []byte("old")}}
	pictures := s.fetcher.Files(edge.PictureFolder, own)
	read := func(name string) string {
		b, err := fs.ReadFile(pictures, name)
		require.NoError(t, err)
		return string(b)
	}
	require.Equal(t, "old", read("0.svg"))
	s.issue(t, 2, s.clock.Now(), true, 4)
	require.NoError(t, s.fetcher.Fetch(t.Context()))
	require.Equal(t, "acac", read("0.svg"))
	require.Equal(t, "own", read("own.svg"))
	for _, name := range []string{"../own.svg", "/etc/passwd", "none.svg"} {
		_, err := pictures.Open(name)
		require.Error(t, err, name)
	}
}

// A bundle, which no catalogue names, comes over a line that breaks too.
func TestAFileThatNoCatalogueNames(t *testing.T) {
	s := newShop(t)
	o := s.office
	body := bytes.Repeat([]byte("bundle "), 20_000)
	sum, size := o.put(body), int64(len(body))
	o.cut = size / 3
	var path string
	require.Eventually(t, func() (ok bool) {
		var err error
		path, err = s.fetcher.File(t.Context(), sum, size)
		return err == nil
	}, 2*time.Minute, time.Millisecond)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, body, got)
	require.Positive(t, o.ranges, "it went on where it was cut off")
	for _, size := range []int64{0, edge.MaxAssetBytes + 1} {
		_, err := s.fetcher.File(t.Context(), sum, size)
		require.Equal(t, edge.TooLarge, edge.KindOf(err))
	}
	o.cut, o.lie = 0, true
	other := o.put([]byte("another bundle"))
	_, err = s.fetcher.File(t.Context(), other, int64(len("another bundle")))
	require.ErrorContains(t, err, "not what was asked for")
}
