package photo_test

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/photo"
)

var (
	secret = []byte("0123456789abcdef")
	cart   = edge.CartID{1}
)

// office is an HQ that can be out of reach.
type office struct {
	mu    sync.Mutex
	err   error
	got   []edge.SealedPhoto
	enter func(id string) // called while one is being brought
}

func (o *office) send(_ context.Context, p *edge.SealedPhoto) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.enter != nil {
		o.enter(p.ID)
	}
	if o.err != nil {
		return o.err
	}
	o.got = append(o.got, *p)
	return nil
}

func (o *office) become(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err = err
}

func (o *office) has() []edge.SealedPhoto {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]edge.SealedPhoto(nil), o.got...)
}

func newCourier(t *testing.T, o *office) (*photo.Courier, string, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	path := filepath.Join(t.TempDir(), "on-their-way")
	c, err := photo.NewCourier(path, o.send, time.Now, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	require.NoError(t, err)
	return c, path, &log
}

// running runs a courier until the test's end.
func running(t *testing.T, c *photo.Courier) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

func TestSealedForThePhone(t *testing.T) {
	id := strings.Repeat("ab", 16)
	sealed, err := photo.SealFor(secret, id, face)
	require.NoError(t, err)
	require.NotContains(t, string(sealed), string(face[:8]))
	got, err := photo.OpenWith(secret, id, sealed)
	require.NoError(t, err)
	require.Equal(t, face, got)
	again, err := photo.SealFor(secret, id, face)
	require.NoError(t, err)
	require.NotEqual(t, sealed, again)

	for i := range sealed[:64] {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		_, err = photo.OpenWith(secret, id, changed)
		require.Error(t, err)
	}
	_, err = photo.OpenWith(secret, strings.Repeat("cd", 16), sealed)
	require.Error(t, err, "the photo stands for another one")
	_, err = photo.OpenWith([]byte("0123456789abcdeF"), id, sealed)
	require.Error(t, err)
	_, err = photo.OpenWith(secret, id, nil)
	require.Error(t, err)
	_, err = photo.SealFor(secret[1:], id, face)
	require.Error(t, err)
}

// The key is what WebCrypto derives; the phone's page has the same words.
func TestTheKeyOfAPhoto(t *testing.T) {
	key, err := hkdf.Key(sha256.New, secret, nil, "mirrorcart photo 1 00112233445566778899aabbccddeeff", 32)
	require.NoError(t, err)
	require.Equal(t, "60bdfcac34173298f12025c397ff0c25d4fefcc33c120ad8b71ef4c2e48c2a36", hex.EncodeToString(key))
}

func TestPhotosWaitForTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{err: edge.Errorf("test", edge.Unavailable, "no line")}
		c, path, log := newCourier(t, o)
		running(t, c)
		id, err := c.Take(secret, cart, []edge.SKU{"LIP-1"}, face)
		require.NoError(t, err)
		time.Sleep(time.Hour)
		require.True(t, c.Waiting(id))
		for _, name := range files(t, path) {
			b, err := os.ReadFile(name)
			require.NoError(t, err)
			require.NotContains(t, string(b), "JFIF")
			require.NotContains(t, string(b), string(secret))
			st, err := os.Stat(name)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), st.Mode().Perm())
		}
		o.become(nil)
		time.Sleep(2 * time.Minute)
		require.False(t, c.Waiting(id))
		require.Empty(t, files(t, path))
		require.Len(t, o.has(), 1)
		p := o.has()[0]
		require.Equal(t, []any{id, cart, []edge.SKU{"LIP-1"}}, []any{p.ID, p.Cart, p.SKUs})
		got, err := photo.OpenWith(secret, id, p.Sealed)
		require.NoError(t, err)
		require.Equal(t, face, got)
		require.NotContains(t, log.String(), id, "who knows it may fetch what is sealed")
	})
}

// The gateway is switched off: what waited is sent by the next one.
func TestPhotosOutliveTheProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{}
		c, path, _ := newCourier(t, o)
		id, err := c.Take(secret, cart, nil, face)
		require.NoError(t, err)
		next, err := photo.NewCourier(path, o.send, time.Now, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		running(t, next)
		synctest.Wait()
		require.Len(t, o.has(), 1)
		require.False(t, next.Waiting(id))
	})
}

func TestPhotosAreWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{err: edge.Errorf("test", edge.Unavailable, "no line")}
		c, path, _ := newCourier(t, o)
		id, err := c.Take(secret, cart, nil, face)
		require.NoError(t, err)
		require.NoError(t, c.Withdraw(cart, id))
		for _, name := range files(t, path) {
			b, err := os.ReadFile(name)
			require.NoError(t, err)
			require.Less(t, len(b), 200, "the photo is gone from the disk at once")
		}
		running(t, c)
		synctest.Wait()
		o.become(nil)
		time.Sleep(time.Minute)
		require.Len(t, o.has(), 1)
		require.Empty(t, o.has()[0].Sealed)
		require.Equal(t, id, o.has()[0].ID)

		// While it is being brought it is withdrawn: that is said afterwards.
		o.mu.Lock()
		o.enter = func(id string) {
			o.enter = nil
			require.NoError(t, c.Withdraw(cart, id))
		}
		o.mu.Unlock()
		id, err = c.Take(secret, cart, nil, face)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		last := o.has()[len(o.has())-1]
		require.Equal(t, id, last.ID)
		require.Empty(t, last.Sealed)
		require.False(t, c.Waiting(id))
	})
}

func TestPhotosThatWillNotArrive(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		wait time.Duration
	}{
		"deleted at HQ": {edge.Errorf("test", edge.Expired, "deleted"), time.Minute},
		"refused":       {edge.Errorf("test", edge.Invalid, "odd"), time.Minute},
		"a day later":   {edge.Errorf("test", edge.Unavailable, "no line"), edge.PhotoLife + time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &office{err: tt.err}
				c, path, _ := newCourier(t, o)
				running(t, c)
				_, err := c.Take(secret, cart, nil, face)
				require.NoError(t, err)
				time.Sleep(tt.wait)
				require.Empty(t, files(t, path))
			})
		})
	}
	o := &office{err: edge.Errorf("test", edge.Unavailable, "no line")}
	c, path, _ := newCourier(t, o)
	id, err := c.Take(secret, cart, nil, face)
	require.NoError(t, err)
	require.NoError(t, c.Forget("../../etc/passwd"))
	require.NoError(t, c.Forget(id), "its shopper has deleted it")
	require.NoError(t, c.Forget(id))
	require.Empty(t, files(t, path))
	_, err = c.Take(secret, cart, nil, make([]byte, edge.MaxPhotoBytes))
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
}
