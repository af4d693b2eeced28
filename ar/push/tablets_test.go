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
	now := time.Now()
	tablets, err := push.NewTablets(dir, func() time.Time { return now })
	require.NoError(t, err)
	code, err := tablets.Invite()
	require.NoError(t, err)
	require.Len(t, code, 16)

	for _, wrong := range []string{"", "WRONG", "../../etc/passwd", code[1:]} {
		_, err = tablets.Enrol(wrong, true)
		require.ErrorIs(t, err, push.ErrNotEnrolled)
	}
	now = now.Add(9 * time.Minute)
	cookie, err := tablets.Enrol(" "+strings.ToLower(code)+"\n", true)
	require.NoError(t, err)
	require.True(t, cookie.Secure && cookie.HttpOnly && cookie.SameSite == http.SameSiteStrictMode)
	_, err = tablets.Enrol(code, true)
	require.ErrorIs(t, err, push.ErrNotEnrolled, "a code works once")

	again, err := push.NewTablets(dir, time.Now) // after a restart
	require.NoError(t, err)
	enrolled := func(value string) bool {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: cookie.Name, Value: value})
		return again.Enrolled(r)
	}
	require.True(t, enrolled(cookie.Value))
	for _, wrong := range []string{"", "x", code, cookie.Value + "x", "../tablets"} {
		require.False(t, enrolled(wrong))
	}
	require.False(t, again.Enrolled(httptest.NewRequest("GET", "/", nil)))

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.NotContains(t, entries[0].Name(), cookie.Value, "who reads the folder learns no secret")

	n, err := again.Forget()
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.False(t, enrolled(cookie.Value))
}

func TestOldCodesEnrolNobody(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	tablets, err := push.NewTablets(dir, func() time.Time { return now })
	require.NoError(t, err)
	code, err := tablets.Invite()
	require.NoError(t, err)
	now = now.Add(11 * time.Minute)
	_, err = tablets.Enrol(code, true)
	require.ErrorIs(t, err, push.ErrNotEnrolled)

	for range 3 {
		_, err = tablets.Invite()
		require.NoError(t, err)
	}
	now = now.Add(time.Hour)
	_, err = tablets.Invite()
	require.NoError(t, err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "old codes are cleared away")
}

func TestTwoTabletsWithOneCode(t *testing.T) {
	tablets, err := push.NewTablets(t.TempDir(), time.Now)
	require.NoError(t, err)
	for range 20 {
		code, err := tablets.Invite()
		require.NoError(t, err)
		var enrolled atomic.Int32
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, err := tablets.Enrol(code, true); err == nil {
					enrolled.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, enrolled.Load())
	}
}
