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

func TestDiscrepanciesAreListed(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h)
	d := a.description()
	type listed struct {
		Discrepancies []Discrepancy
		Next          string
		More          bool
	}
	g := hqtest.NewGateway(t, h, "hanoi-gw-1", "hanoi-1")
	g.Day(time.Now())
	var none listed
	a.json("/v1/discrepancies", &none)
	require.Empty(t, none.Discrepancies)
	require.False(t, none.More)

	// A clone of the gateway goes on from the same receipt; its Z report leaves
	// one out.
	g.Receipts--
	s := g.Sell(time.Now(), 100000)
	z := edge.ZReport{ID: "z9", Shop: g.Shop, Till: "T1", Series: 1, Number: 2, From: 6, To: 6, At: time.Now().UTC()}
	z.AddSale(&s)
	g.Event(time.Now(), edge.EventZ, z)
	resp, body := a.get("/v1/discrepancies")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	var raw object
	require.NoError(t, json.Unmarshal([]byte(body), &raw))
	require.NoError(t, d.conforms(raw, object{"$ref": "#/components/schemas/DiscrepancyPage"}, "/v1/discrepancies"))
	var all listed
	require.NoError(t, json.Unmarshal([]byte(body), &all))
	var kinds []string
	for _, d := range all.Discrepancies {
		require.Equal(t, "hanoi-1", d.Shop)
		kinds = append(kinds, string(d.Kind)+" "+d.Subject)
	}
	require.ElementsMatch(t, []string{"receipt_twice T1-1-000004", "z_gap T1-1 Z 2", "z_differs T1-1 Z 2"}, kinds)

	var first, rest listed
	a.json("/v1/discrepancies?limit=1", &first)
	require.True(t, first.More)
	require.Equal(t, all.Discrepancies[:1], first.Discrepancies)
	a.json("/v1/discrepancies?after="+first.Next, &rest)
	require.False(t, rest.More)
	require.Equal(t, all.Discrepancies[1:], rest.Discrepancies)
	for query, status := range map[string]int{
		"?shop=hue-1": http.StatusOK, "?node=hanoi-gw-1&limit=1": http.StatusOK,
		"?type=z_gap": http.StatusBadRequest, "?after=x": http.StatusBadRequest, "?limit=1001": http.StatusBadRequest,
	} {
		resp, _ := a.get("/v1/discrepancies" + query)
		require.Equal(t, status, resp.StatusCode, query)
	}
}
