package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
)

func TestIncidentsAndWhatWasSetAsideAreListed(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h)
	d := a.description()
	type listed struct {
		Incidents  []Incident
		Quarantine []struct {
			SetAside
			Event struct{ Data string } `json:"event"`
		}
		Next string
		More bool
	}
	get := func(target, schema string) (l listed) {
		t.Helper()
		resp, body := a.get(target)
		require.Equal(t, http.StatusOK, resp.StatusCode, body)
		var raw object
		require.NoError(t, json.Unmarshal([]byte(body), &raw))
		require.NoError(t, d.conforms(raw, object{"$ref": "#/components/schemas/" + schema}, target))
		require.NoError(t, json.Unmarshal([]byte(body), &l))
		return l
	}
	require.Empty(t, get("/v1/incidents", "IncidentPage").Incidents)
	require.Empty(t, get("/v1/quarantine", "SetAsidePage").Quarantine)
	hanoi := hqtest.NewGateway(t, h, "hanoi-gw-1", "hanoi-1")
	hanoi.Event(time.Now(), "from.the.future", map[string]string{"what": "a"})
	hanoi.Event(time.Now(), "from.elsewhere", map[string]string{"what": "b"})
	hqtest.NewGateway(t, h, "hue-gw-1", "hue-1").Event(time.Now(), "from.the.future", struct{}{})

	all := get("/v1/quarantine", "SetAsidePage").Quarantine
	require.Len(t, all, 3)
	data, err := base64.StdEncoding.DecodeString(all[1].Event.Data)
	require.NoError(t, err)
	require.JSONEq(t, `{"what":"b"}`, string(data))
	require.Equal(t, []string{"hanoi-1", "from.elsewhere"}, []string{all[1].Shop, all[1].Type})
	first := get("/v1/quarantine?limit=1&shop=hanoi-1", "SetAsidePage")
	require.True(t, first.More)
	require.Equal(t, all[:1], first.Quarantine)
	require.Equal(t, all[1:], get("/v1/quarantine?after="+first.Next, "SetAsidePage").Quarantine)
	require.Equal(t, all[2:], get("/v1/quarantine?type=from.the.future&node=hue-gw-1", "SetAsidePage").Quarantine)
	require.Empty(t, get("/v1/quarantine?from=2999-01-01T00:00:00Z", "SetAsidePage").Quarantine)

	incidents := get("/v1/incidents?open=true&type=quarantine,gap", "IncidentPage").Incidents
	require.Len(t, incidents, 2, "one for each gateway")
	require.Equal(t, "hanoi-1", incidents[0].Shop)
	require.Nil(t, incidents[0].Settled)
	require.NoError(t, h.Settle(t.Context(), hq.MatterIncident, 1, "Lan", "known"))
	require.NoError(t, h.Settle(t.Context(), hq.MatterEvent, 1, "Lan", "an old gateway"))
	require.Equal(t, "known", get("/v1/incidents?shop=hanoi-1", "IncidentPage").Incidents[0].Settled.Note)
	require.Equal(t, "Lan", get("/v1/quarantine?limit=1", "SetAsidePage").Quarantine[0].Settled.By)
	require.Equal(t, incidents[1:], get("/v1/incidents?after="+incidents[0].Cursor, "IncidentPage").Incidents)
	require.Empty(t, get("/v1/incidents?to=2020-01-01T00:00:00Z", "IncidentPage").Incidents)
	for _, bad := range []string{"/v1/incidents?open=perhaps", "/v1/incidents?after=" + first.Next, "/v1/quarantine?after=x", "/v1/quarantine?open=true"} {
		resp, _ := a.get(bad)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, bad)
	}
}
