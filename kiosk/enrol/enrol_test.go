package enrol_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/kiosk/enrol"
)

func open(dir string, now func() time.Time) (*enrol.Book, error) {
	return enrol.Open(enrol.Config{Dir: dir, Now: now, Command: "edge tablet", Kind: "tablet", Path: "/kiosk/v1/camera", Life: 365 * 24 * time.Hour, Most: 64})
}

func TestCodeEnrolsOneTablet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tablets")
	now := time.Now()
	tablets, err := open(dir, func() time.Time { return now })
	require.NoError(t, err)
	code, err := tablets.Invite()
	require.NoError(t, err)
	require.Len(t, code, 16)

	for _, wrong := range []string{"", "WRONG", "../../etc/passwd", code[1:]} {
		_, err = tablets.Enrol(wrong, true)
		require.Equal(t, edge.Unauthorized, edge.KindOf(err))
	}
	now = now.Add(9 * time.Minute)
	cookie, err := tablets.Enrol(" "+strings.ToLower(code)+"\n", true)
	require.NoError(t, err)
	require.True(t, cookie.Secure && cookie.HttpOnly && cookie.SameSite == http.SameSiteStrictMode)
	_, err = tablets.Enrol(code, true)
	require.Equal(t, edge.Unauthorized, edge.KindOf(err), "a code works once")

	again, err := open(dir, func() time.Time { return now }) // after a restart
	require.NoError(t, err)
	enrolled := func(value string) bool {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: cookie.Name, Value: value})
		ok, err := again.Enrolled(r)
		require.NoError(t, err)
		return ok
	}
	require.True(t, enrolled(cookie.Value))
	for _, wrong := range []string{"", "x", code, cookie.Value + "x", "../tablets"} {
		require.False(t, enrolled(wrong))
	}
	now = now.Add(366 * 24 * time.Hour)
	require.False(t, enrolled(cookie.Value), "it was not let in anew")
	now = now.Add(-366 * 24 * time.Hour)
	none, err := again.Enrolled(httptest.NewRequest("GET", "/", nil))
	require.NoError(t, err)
	require.False(t, none)

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
	tablets, err := open(dir, func() time.Time { return now })
	require.NoError(t, err)
	code, err := tablets.Invite()
	require.NoError(t, err)
	now = now.Add(11 * time.Minute)
	_, err = tablets.Enrol(code, true)
	require.Equal(t, edge.Expired, edge.KindOf(err))

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
	tablets, err := open(t.TempDir(), time.Now)
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

// A code is not called wrong for what is not its fault, and works once that is
// mended.
func TestGoodCodeIsNotBlamed(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "tablets")
	tablets, err := open(dir, time.Now)
	require.NoError(t, err)
	code, err := tablets.Invite()
	require.NoError(t, err)
	for i := range 64 {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("tablet-%02d", i)), nil, 0o600))
	}
	_, err = tablets.Enrol(code, true)
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	require.ErrorContains(t, err, "64 tablets")
	require.NoError(t, os.Remove(filepath.Join(dir, "tablet-00")))

	// A disk that fails: the folder is a file for a moment.
	away := filepath.Join(parent, "away")
	require.NoError(t, os.Rename(dir, away))
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	_, err = tablets.Enrol(code, true)
	require.ErrorIs(t, err, syscall.ENOTDIR)
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "mirrorcart_tablet", Value: "x"})
	_, err = tablets.Enrolled(r)
	require.ErrorIs(t, err, syscall.ENOTDIR)
	require.NoError(t, os.Remove(dir))
	require.NoError(t, os.Rename(away, dir))

	_, err = tablets.Enrol(code, true)
	require.NoError(t, err)
}
