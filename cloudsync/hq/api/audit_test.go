package api

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestAuditIsListed(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h)
	g := hqtest.NewGateway(t, h, "hanoi-gw-1", "hanoi-1")
	g.Day(time.Now())
	at := time.Now().UTC().Truncate(time.Millisecond)
	voided := edge.AuditRecord{ID: "a1", Shop: "hanoi-1", Kind: edge.AuditVoided, Staff: "Lan", Manager: "Linh", About: "T1-1-000001", Reason: "wrong shade", At: at}
	g.Event(at, edge.EventAudit, voided)
	g.Event(at, edge.EventAudit, edge.AuditRecord{ID: "a2", Shop: "hanoi-1", At: at}) // of no kind: it is set aside
	g.Event(at, edge.EventAudit, edge.AuditRecord{ID: "a3", Shop: "hanoi-1", Kind: edge.AuditWrongPIN, At: at})

	resp, body := a.get("/v1/audit")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	var raw object
	require.NoError(t, json.Unmarshal([]byte(body), &raw))
	require.NoError(t, a.description().conforms(raw, object{"$ref": "#/components/schemas/AuditPage"}, "/v1/audit"))
	type listed struct {
		Audit []Audit
		Next  string
		More  bool
	}
	var all, rest, none listed
	require.NoError(t, json.Unmarshal([]byte(body), &all))
	require.False(t, all.More)
	require.Len(t, all.Audit, 2, "what is set aside is not listed")
	require.Equal(t, voided, all.Audit[0].AuditRecord)
	require.Equal(t, "hanoi-gw-1", all.Audit[0].Node)
	require.Equal(t, edge.AuditWrongPIN, all.Audit[1].Kind)
	a.json("/v1/audit?after="+all.Audit[0].Cursor, &rest)
	require.Equal(t, all.Audit[1:], rest.Audit)
	a.json("/v1/audit?shop=hue-1", &none)
	require.Empty(t, none.Audit)
}
