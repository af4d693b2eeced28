package kiosk

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// late is a request of the page of a session, which may be over.
func (f *fixture) late(session, method, path, body string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequest(method, "/kiosk/v1/session"+path, strings.NewReader(body))
	r.Header.Set("Kiosk-Session", session)
	return f.ask(r)
}

// TestNobodyAnswersForTheNextShopper: what the page of one session sent comes when
// the next shopper is there, as from a tablet far from its access point.
func TestNobodyAnswersForTheNextShopper(t *testing.T) {
	f := newFixture(t, nil)
	f.begin(true)
	before := f.kiosk.session.snapshot().ID
	f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`)
	asked := f.kiosk.session.snapshot()
	require.Equal(t, http.StatusTeapot, f.late(before, "POST", "/consent", `{"camera":true}`).Code)
	require.Equal(t, http.StatusTeapot, f.late(before, "POST", "/consent", `{"language":"zh"}`).Code)
	s := f.kiosk.session.snapshot()
	require.Equal(t, Consent, s.State, "the next shopper is looked at without having agreed")
	require.Equal(t, "vi", s.Language)
	_, paused := f.mirror.now()
	require.True(t, paused)

	require.Equal(t, http.StatusOK, f.late(asked.ID, "POST", "/consent", `{"camera":true}`).Code)
	for _, of := range [][3]string{
		{"PUT", "/cart", `{"cart":"` + f.cart.ID.String() + `"}`},
		{"PUT", "/look", `{"skus":["LIP-1"]}`},
		{"PUT", "/compare", `{"mode":"off","freeze":true}`},
		{"POST", "/replay", ""},
		{"POST", "/photos", `{"consent":true,"of_16":true}`},
		{"POST", "/touch", ""},
		{"GET", "/scan", ""},
	} {
		w := f.late(before, of[0], of[1], of[2])
		require.Equal(t, http.StatusTeapot, w.Code, of)
		require.Contains(t, w.Body.String(), `"kind":"`+string(edge.Conflict)+`"`, of)
	}
	require.Equal(t, http.StatusNoContent, f.late(before, "POST", "/finish", "").Code)
	s = f.kiosk.session.snapshot()
	require.Equal(t, Mirroring, s.State, "the next shopper is sent away")
	require.Nil(t, s.Cart)
	require.Empty(t, s.Worn.skus)
	require.Empty(t, s.Photos)

	require.Equal(t, http.StatusOK, f.late(asked.ID, "PUT", "/cart", `{"cart":"`+f.cart.ID.String()+`"}`).Code)
	require.Equal(t, http.StatusNoContent, f.late(asked.ID, "POST", "/finish", "").Code)
	require.Equal(t, Attract, f.kiosk.session.snapshot().State)
}

// TestAnotherLanguageIsNoConsent: whoever only changes the language neither lets the
// camera look nor agrees to anything.
func TestAnotherLanguageIsNoConsent(t *testing.T) {
	f := newFixture(t, nil)
	f.refused(edge.Conflict, "POST", "/kiosk/v1/session/consent", `{"language":"en"}`)
	f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`)
	require.Contains(t, f.ok("POST", "/kiosk/v1/session/consent", `{"language":"en"}`), `"state":"consent"`)
	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":true}`)
	f.ok("POST", "/kiosk/v1/session/consent", `{"language":"zh"}`)
	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":true,"language":"vi"}`)
	agreed, err := f.office.Consents(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, agreed, 1, "agreed once, which is remembered once")
	require.True(t, f.kiosk.session.snapshot().Camera)
	f.refused(edge.Invalid, "POST", "/kiosk/v1/session/consent", `{}`)
}
