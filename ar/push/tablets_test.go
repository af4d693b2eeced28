package push_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar/push"
)

func TestCodeEnrolsOneTablet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tablets")
	tablets, err := push.NewTablets(dir)
	require.NoError(t, err)
	now := time.Now()
	code, err := tablets.Invite(now)
	require.NoError(t, err)
	require.Len(t, code, 16)

	_, err = tablets.Enrol("WRONG", now)
	require.ErrorIs(t, err, push.ErrNotEnrolled)
	_, err = tablets.Enrol("../../etc/passwd", now)
	require.ErrorIs(t, err, push.ErrNotEnrolled)
	secret, err := tablets.Enrol(" "+strings.ToLower(code)+"\n", now.Add(9*time.Minute))
	require.NoError(t, err)
	_, err = tablets.Enrol(code, now)
	require.ErrorIs(t, err, push.ErrNotEnrolled, "a code works once")

	again, err := push.NewTablets(dir) // after a restart
	require.NoError(t, err)
	require.True(t, again.Known(secret))
	require.False(t, again.Known(""))
	require.False(t, again.Known(secret+"x"))
	require.False(t, again.Known(code))

	r := httptest.NewRequest("GET", "/", nil)
	require.False(t, again.Enrolled(r))
	cookie := push.Cookie(secret, true)
	require.True(t, cookie.Secure && cookie.HttpOnly && cookie.SameSite == http.SameSiteStrictMode)
	r.AddCookie(cookie)
	require.True(t, again.Enrolled(r))

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.NotContains(t, entries[0].Name(), secret, "who reads the folder learns no secret")

	n, err := again.Forget()
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.False(t, tablets.Enrolled(r))
}

func TestOldCodesEnrolNobody(t *testing.T) {
	dir := t.TempDir()
	tablets, err := push.NewTablets(dir)
	require.NoError(t, err)
	now := time.Now()
	code, err := tablets.Invite(now)
	require.NoError(t, err)
	_, err = tablets.Enrol(code, now.Add(11*time.Minute))
	require.ErrorIs(t, err, push.ErrNotEnrolled)

	for range 3 {
		_, err = tablets.Invite(now)
		require.NoError(t, err)
	}
	_, err = tablets.Invite(now.Add(time.Hour))
	require.NoError(t, err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "old codes are cleared away")
}

func TestTwoTabletsWithOneCode(t *testing.T) {
	tablets, err := push.NewTablets(t.TempDir())
	require.NoError(t, err)
	for range 20 {
		code, err := tablets.Invite(time.Now())
		require.NoError(t, err)
		var enrolled atomic.Int32
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, err := tablets.Enrol(code, time.Now()); err == nil {
					enrolled.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, enrolled.Load())
	}
}
