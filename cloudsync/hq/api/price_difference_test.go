package api

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestSalesPricedOtherwiseAreListed(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h)
	start := time.Now()
	r := edgetest.Release(1)
	r.Effective = start.UTC().Truncate(time.Second)
	_, err := h.IssueRelease(t.Context(), r, "")
	require.NoError(t, err)
	type listed struct {
		Differences []PriceDifference `json:"price_differences"`
		Next        string
		More        bool
	}
	get := func(query string) (l listed) {
		t.Helper()
		resp, body := a.get("/v1/price-differences" + query)
		require.Equal(t, http.StatusOK, resp.StatusCode, body)
		var raw object
		require.NoError(t, json.Unmarshal([]byte(body), &raw))
		require.NoError(t, a.description().conforms(raw, object{"$ref": "#/components/schemas/PriceDifferencePage"}, query))
		require.NoError(t, json.Unmarshal([]byte(body), &l))
		return l
	}
	require.Empty(t, get("").Differences)

	later := start.Add(time.Hour)
	sold := func(price int64) func(*edge.Sale) {
		return func(s *edge.Sale) { s.Lines[0].SKU, s.Lines[0].Price = edgetest.Lipstick, price }
	}
	listedAt := r.Variants[0].Price.Amount
	hanoi := hqtest.NewGateway(t, h, "hanoi-gw-1", "hanoi-1")
	hanoi.Sell(later, 2*listedAt, sold(listedAt))
	late := hanoi.Sell(later, 2*(listedAt-1000), sold(listedAt-1000))
	hqtest.NewGateway(t, h, "hue-gw-1", "hue-1").Sell(later, 2*(listedAt+1000), sold(listedAt+1000))

	all := get("").Differences
	require.Len(t, all, 2)
	require.Equal(t, []string{"hanoi-1", late.Receipt.String()}, []string{all[0].Shop, all[0].Receipt.String()})
	require.Equal(t, edge.Money{Amount: -2000, Currency: "VND"}, all[0].Amount)
	require.Equal(t, []hq.LineDifference{{SKU: edgetest.Lipstick, Quantity: 2, Taken: 2*listedAt - 2000, Expected: 2 * listedAt, By: -2000}}, all[0].Lines)
	first := get("?limit=1")
	require.True(t, first.More)
	require.Equal(t, all[:1], first.Differences)
	require.Equal(t, all[1:], get("?after="+first.Next).Differences)
	require.Equal(t, all[1:], get("?shop=hue-1&node=hue-gw-1").Differences)
	require.Empty(t, get("?to=2020-01-01T00:00:00Z").Differences)
	resp, _ := a.get("/v1/price-differences?after=x")
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
}
