package api

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// A person is deleted and exported by who may see names, and the number stands
// in no answer but the export.
func TestPersons(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h)
	hqtest.NewGateway(t, h, "shop-1-gw-1", "shop-1")
	c := edgetest.Customer()
	require.NoError(t, h.PutContact(t.Context(), edge.CartID{1}, hq.PhoneKey{1}, &c, hq.Consent{Agreed: "2026-11"}))
	d := a.description()
	manager := newKey(t, h, account.Key{Name: "privacy", Role: account.Manager})
	ask := func(method, path, token, body, schema string, status int, into any) string {
		resp := a.request(method, path, token, body)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, status, resp.StatusCode, "%s %s: %s", method, path, text)
		if schema != "" {
			var v any
			require.NoError(t, json.Unmarshal(text, &v))
			require.NoError(t, d.conforms(v, object{"$ref": "#/components/schemas/" + schema}, schema))
			require.NoError(t, json.Unmarshal(text, into))
		}
		return string(text)
	}
	for _, path := range []string{"/v1/persons/deletions", "/v1/persons/exports"} {
		for _, token := range []string{readerToken, operatorToken} {
			ask("POST", path, token, `{"phone":"0901234567"}`, "", http.StatusForbidden, nil)
			ask("GET", path+"/x", token, "", "", http.StatusForbidden, nil)
		}
		ask("GET", path+"/x", manager, "", "", http.StatusNotFound, nil)
		text := ask("POST", path, manager, `{"phone":"090123456x"}`, "", http.StatusBadRequest, nil)
		require.NotContains(t, text, "090123456x")
	}

	var e hq.PersonExport
	ask("POST", "/v1/persons/exports", manager, `{"phone":"+84 901 234 567"}`, "PersonExport", http.StatusAccepted, &e)
	ask("GET", "/v1/persons/exports/"+e.ID, manager, "", "PersonExport", http.StatusOK, &e)
	require.Len(t, e.Contacts, 1)
	require.Equal(t, c, e.Contacts[0].Contact)

	ask("POST", "/v1/persons/deletions", manager, `{"phone":"0901 234 567","why":"a feeling"}`, "", http.StatusBadRequest, nil)
	var signed hq.SignedDeletion
	text := ask("POST", "/v1/persons/deletions", manager, `{"phone":"0901 234 567"}`, "SignedDeletion", http.StatusAccepted, &signed)
	require.NotContains(t, text, "901234567")
	ask("GET", "/v1/persons/deletions/"+signed.ID, manager, "", "SignedDeletion", http.StatusOK, &signed)
	record, err := signed.Open(h.PublicKey())
	require.NoError(t, err)
	require.Equal(t, 1, record.Contacts)
	require.Equal(t, hq.DeletedAsked, record.Why)
	ask("GET", "/v1/persons/exports/"+e.ID, manager, "", "", http.StatusNotFound, nil)
	require.Equal(t, []hq.Waiting{{Node: "shop-1-gw-1", Shop: "shop-1"}}, record.Waiting)
}
