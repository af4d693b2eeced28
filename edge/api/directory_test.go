package api_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

func TestHQsStaffSignsInBesideTheShopsOwn(t *testing.T) {
	var dir directory
	s := memoryShop(t, func(c *api.Config) { c.Directory = &dir })
	hash, err := api.HashPIN("90210")
	require.NoError(t, err)
	tell := func(n uint64, members ...edge.Member) {
		t.Helper()
		require.NoError(t, s.Apply(t.Context(), n, edge.Delivery{Staff: &edge.Directory{Members: members}}))
	}
	signIn := func() int {
		resp := s.do("POST", "/api/v1/staff/session", `{"pin":"90210"}`)
		if resp.StatusCode == 200 {
			s.cook = resp.Cookies()
		}
		return resp.StatusCode
	}
	dir.Office = s.Shop
	require.Equal(t, 401, signIn(), "HQ has said nothing yet")
	mai := edge.Member{Name: "Mai", Role: edge.RoleClerk, PIN: hash, Active: true}
	tell(1, mai)
	require.Equal(t, 200, signIn())
	in := decode[struct{ Name, Role string }](t, s.do("GET", "/api/v1/staff/session", ""), 200)
	require.Equal(t, "Mai", in.Name)
	require.Equal(t, "clerk", in.Role)

	gone := mai
	gone.Active = false
	tell(2, gone)
	require.Equal(t, 401, s.do("GET", "/api/v1/staff/session", "").StatusCode, "signed off at once")
	require.Equal(t, 401, signIn())
	other, err := api.HashPIN("90210")
	require.NoError(t, err)
	for n, changed := range [][]edge.Member{
		{}, // taken out
		{{Name: "Mai", Role: edge.RoleManager, PIN: hash, Active: true}}, // or in again as something else
		{{Name: "Mai", Role: edge.RoleClerk, PIN: other, Active: true}},  // or with a PIN that nobody saw
	} {
		tell(uint64(2*n+3), mai)
		require.Equal(t, 200, signIn())
		tell(uint64(2*n+4), changed...)
		require.Equal(t, 401, s.do("GET", "/api/v1/staff/session", "").StatusCode, changed)
	}
	s.signIn(t) // the shop's own PIN holds whatever HQ says
	tell(9)
	require.Equal(t, 200, s.do("GET", "/api/v1/staff/session", "").StatusCode)
	tell(10, mai)
	require.Equal(t, 200, signIn())
	dir.broken = true
	require.Equal(t, 200, s.do("GET", "/api/v1/staff/session", "").StatusCode, "what cannot be read signs nobody off")
}

// directory is what HQ says, by way of the shop.
type directory struct {
	edge.Office
	broken bool
}

func (d *directory) Staff(ctx context.Context) (*edge.Directory, error) {
	if d.broken {
		return nil, errors.New("disk")
	}
	return d.Office.Staff(ctx)
}
