package kiosk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// What a shopper agrees to is remembered, with the wording and the kiosk; what
// they refuse is not.
func TestConsentsAreRemembered(t *testing.T) {
	f := newFixture(t, nil)
	agreed := func() (list []edge.Purpose) {
		found, err := f.office.Consents(t.Context(), 10)
		require.NoError(t, err)
		for _, c := range found {
			require.Equal(t, "mirror-2", c.Place)
			require.Equal(t, "1", c.Version)
			list = append(list, c.Purpose)
		}
		return list
	}
	f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`)
	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":false}`)
	require.Empty(t, agreed())
	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":true}`)
	require.Equal(t, []edge.Purpose{edge.ForMirror}, agreed())
	require.NotEqual(t, 201, f.do("POST", "/kiosk/v1/session/photos", `{"of_16":true,"consent":false}`).Code)
	require.Equal(t, []edge.Purpose{edge.ForMirror}, agreed())
	f.ok("POST", "/kiosk/v1/session/photos", `{"of_16":true,"consent":true}`)
	require.Equal(t, []edge.Purpose{edge.ForPhoto, edge.ForMirror}, agreed())
}
