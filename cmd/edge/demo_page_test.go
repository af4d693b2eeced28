package main

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// The demo's phone opens what the code on the kiosk opens, the line cut too.
func TestDemoOpensThePhone(t *testing.T) {
	d := runDemo(t, &demoFlags{dir: t.TempDir()})
	open := func() (int, string) {
		resp, err := http.Get(d.edgeURL + "/demo/phone")
		require.NoError(t, err)
		defer resp.Body.Close()
		page, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(page)
	}
	status, told := open()
	require.Equal(t, http.StatusNotFound, status)
	require.Contains(t, told, "no cart yet")

	shopper := &demoClient{http: http.DefaultClient, edge: d.edgeURL, hq: d.hqURL}
	require.NoError(t, shopper.tryOn(t.Context()))
	d.line.setCut(true)
	require.NoError(t, shopper.fill(t.Context()))
	status, page := open()
	require.Equal(t, http.StatusOK, status, page)
	here, err := d.gateway.db.Cart(t.Context(), shopper.cart)
	require.NoError(t, err)
	there, _, err := d.hq.DB.Cart(t.Context(), shopper.cart)
	require.NoError(t, err)
	require.NotEmpty(t, quantities(here))
	require.Equal(t, quantities(here), quantities(there))
}
