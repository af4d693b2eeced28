package web

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestStaffPage(t *testing.T) {
	a := newApp(t)
	hqtest.NewGateway(t, a.HQ, "good-1", "hanoi-1")
	require.Contains(t, a.page("/shops/hanoi-1?lang=en"), `href="/shops/hanoi-1/staff?lang=en"`)
	require.Contains(t, a.page("/shops/hanoi-1/staff?lang=en"), "names nobody")
	const name = `Lê "Lan" <b>`
	send := func(form url.Values) (int, string) {
		form.Set("name", name)
		resp, body := a.do(http.MethodPost, "/shops/hanoi-1/staff?lang=en", form.Encode())
		return resp.StatusCode, body
	}
	shown := regexp.MustCompile(`<code>(\d{6})</code>`)
	now := func() edge.Member {
		d, err := a.HQ.Staff(t.Context(), "hanoi-1")
		require.NoError(t, err)
		require.Len(t, d.Members, 1)
		return d.Members[0]
	}
	opens := func(pin string) bool {
		same, err := account.IsPIN(pin, now().PIN)
		require.NoError(t, err)
		return same
	}
	status, body := send(url.Values{"do": {"add"}, "role": {"clerk"}, "active": {"1"}})
	require.Equal(t, http.StatusOK, status, body)
	first := shown.FindStringSubmatch(body)
	require.NotNil(t, first, body)
	require.True(t, opens(first[1]))
	require.NotContains(t, body, name, "a name is no HTML")
	require.NotContains(t, a.page("/shops/hanoi-1/staff"), first[1], "it is shown once")
	status, body = send(url.Values{"do": {"add"}, "role": {"manager"}, "active": {"1"}})
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, body, "already")

	status, _ = send(url.Values{"role": {"manager"}, "active": {"1"}})
	require.Equal(t, http.StatusSeeOther, status)
	require.Equal(t, edge.RoleManager, now().Role)
	require.True(t, opens(first[1]), "the PIN stays")
	status, _ = send(url.Values{"role": {"manager"}})
	require.Equal(t, http.StatusSeeOther, status)
	require.False(t, now().Active)
	status, body = send(url.Values{"do": {"pin"}, "role": {"manager"}, "active": {"1"}})
	require.Equal(t, http.StatusOK, status)
	require.True(t, opens(shown.FindStringSubmatch(body)[1]))
	require.False(t, opens(first[1]))
	status, _ = send(url.Values{"do": {"remove"}})
	require.Equal(t, http.StatusSeeOther, status)
	status, _ = send(url.Values{"do": {"remove"}})
	require.Equal(t, http.StatusNotFound, status)

	acts, err := a.Accounts().Acts(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, acts, 5)
	for _, act := range acts {
		require.NotContains(t, act.Detail+act.Subject, first[1])
	}
}
