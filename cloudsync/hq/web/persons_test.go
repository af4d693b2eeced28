package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// A manager sees how much is kept of a person, downloads it, deletes it with a
// reason and follows the shops; the number is in no address, page or log.
func TestPersonsPages(t *testing.T) {
	a, _ := newOffice(t)
	hqtest.NewGateway(t, a.HQ, "hanoi-1-gw-1", "hanoi-1")
	contact := edgetest.Customer()
	require.NoError(t, a.PutContact(t.Context(), edge.CartID{1}, hq.PhoneKey{1}, &contact, hq.Consent{Agreed: "2026-11"}))
	cookie := a.person("mai", account.Manager)
	get := func(target string) (int, string) {
		resp, body := a.get(target, "Cookie", cookie)
		return resp.StatusCode, body
	}
	post := func(target string, form url.Values) (*http.Response, string) {
		return a.do(http.MethodPost, target+"?lang=en", form.Encode(), "Cookie", cookie)
	}
	_, body := get("/persons?lang=en")
	require.Contains(t, body, "Nobody has asked for anything yet")
	resp, body := post("/persons/exports", url.Values{"phone": {"0901 234 56x"}})
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	require.Contains(t, body, "no telephone number")
	require.NotContains(t, body, "234 56x")

	resp, body = post("/persons/exports", url.Values{"phone": {contact.Phone}})
	require.Equal(t, http.StatusSeeOther, resp.StatusCode, body)
	export := resp.Header.Get("Location")
	require.Regexp(t, `^/persons/exports/[0-9a-f-]{36}\?lang=en$`, export)
	status, body := get(export)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "Contacts: 1 · orders: 0 · conversations: 0")
	require.Contains(t, body, "Not reached yet")
	for _, word := range []string{contact.Name, contact.Phone, contact.Phone[1:]} {
		require.NotContains(t, body, word, "what is kept stands in the download alone")
	}
	path := regexp.MustCompile(`\?.*`).ReplaceAllString(export, "")
	resp, body = a.get(path+"/person.json", "Cookie", cookie)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Regexp(t, `^attachment; filename="person-[0-9a-f-]+\.json"$`, resp.Header.Get("Content-Disposition"))
	var e hq.PersonExport
	require.NoError(t, json.Unmarshal([]byte(body), &e))
	require.Equal(t, contact, e.Contacts[0].Contact)

	resp, _ = post(path+"/delete", url.Values{"why": {"a feeling"}})
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	resp, body = post(path+"/delete", url.Values{"why": {"child"}})
	require.Equal(t, http.StatusSeeOther, resp.StatusCode, body)
	deletion := resp.Header.Get("Location")
	status, body = get(deletion)
	require.Equal(t, http.StatusOK, status)
	for _, want := range []string{"machines to go: 1", "by mai", "guardian asked", "Contacts deleted: 1"} {
		require.Contains(t, body, want)
	}
	status, _ = get(export)
	require.Equal(t, http.StatusNotFound, status, "what was gathered is gone too")
	resp, body = a.get(regexp.MustCompile(`\?.*`).ReplaceAllString(deletion, "")+"/record.json", "Cookie", cookie)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	var signed hq.SignedDeletion
	require.NoError(t, json.Unmarshal([]byte(body), &signed))
	d, err := signed.Open(a.PublicKey())
	require.NoError(t, err)
	require.Equal(t, hq.DeletedChild, d.Why)
	_, body = get("/persons?lang=en")
	require.Contains(t, body, "0 of 1 machines have answered")

	acts, err := a.Accounts().Acts(t.Context(), 0, 3)
	require.NoError(t, err)
	for i, want := range [][]string{{"personal.delete", d.ID, "child"}, {"GET /persons/exports/:id/person.json", path + "/person.json", ""}, {"personal.export", e.ID, ""}} {
		require.Equal(t, want, []string{acts[i].What, acts[i].Subject, acts[i].Detail})
		require.Equal(t, []any{"mai", account.ActDone}, []any{acts[i].By, acts[i].State})
	}
	require.NotContains(t, a.log.String(), contact.Phone[1:])
	require.NotContains(t, a.log.String(), contact.Name)
}

// waited has an order of everybody's on its way.
type waited struct{ Headquarters }

func (waited) DeletePerson(context.Context, string, hq.DeletionReason, string) (string, error) {
	return "", edge.Errorf("hq.DeletePerson", edge.Conflict, "order o-1 is on its way")
}

func TestAnOrderOnItsWayIsToldWhereOneDeletes(t *testing.T) {
	a := newApp(t)
	e, err := a.ExportPerson(t.Context(), "0901234567", "mai")
	require.NoError(t, err)
	a.pages.HQ = waited{a}
	resp, body := a.do(http.MethodPost, "/persons/exports/"+e.ID+"/delete?lang=en", "why=asked")
	require.Equal(t, http.StatusConflict, resp.StatusCode)
	require.Contains(t, body, "An order of this person is on its way")
	require.Contains(t, body, "person.json", "what is kept can be downloaded all the same")
}
