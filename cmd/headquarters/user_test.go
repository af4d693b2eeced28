package headquarters_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

func TestUsers(t *testing.T) {
	d := newDesk(t)
	user := func(args ...string) (string, error) { return d.runCommand(headquarters.UserCommand(), "", args...) }
	out, err := user("list")
	require.NoError(t, err)
	require.Contains(t, out, "Nobody can sign in")
	for _, bad := range [][]string{{"add"}, {"add", "Lan Anh"}, {"add", "lan", "--role", "queen"}, {"reset", "lan"}, {"close", "lan"}} {
		out, err := user(bad...)
		require.Error(t, err, "%v: %s", bad, out)
	}
	password := regexp.MustCompile(`(?m)^password of lan: (\w{16})$`)
	out, err = user("add", "lan", "--role", "admin")
	require.NoError(t, err)
	first := password.FindStringSubmatch(out)
	require.NotNil(t, first, out)

	s := start(t, "127.0.0.1:0", func(cfg *firmwarecfg.HQ) { cfg.DataDir, cfg.Key = d.dir, d.dir+"/hq.key" })
	signsIn := func(secret string) bool {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		client := &http.Client{Jar: jar}
		resp, err := client.PostForm(s.OfficeURL()+"/sign-in", url.Values{"name": {"lan"}, "password": {secret}, "to": {"/"}})
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode == http.StatusOK
	}
	require.Equal(t, http.StatusUnauthorized, status(t, s.OfficeURL()+"/"), "this machine has to sign in as well now")
	require.True(t, signsIn(first[1]))
	out, err = user("reset", "lan")
	require.NoError(t, err)
	require.False(t, signsIn(first[1]), "beside headquarters that runs")
	require.True(t, signsIn(password.FindStringSubmatch(out)[1]))
	out, err = user("list")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^lan +admin +true +20`, out)
	_, err = user("close", "lan")
	require.ErrorContains(t, err, "last administrator")
}
