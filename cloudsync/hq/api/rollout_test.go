package api

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestRolloutsAreRead(t *testing.T) {
	h := hqtest.Open(t)
	a := newApp(t, h)
	d := a.description()
	read := func(path, target string) object {
		status, body := a.asked(http.MethodGet, target, readerToken, "")
		require.Equal(t, http.StatusOK, status, body)
		var v object
		require.NoError(t, json.Unmarshal([]byte(body), &v))
		require.NoError(t, d.conforms(v, d.at("paths", path, "get", "responses", "200", "content", "application/json", "schema"), path))
		return v
	}
	require.Equal(t, object{"bundles": []any{}}, read("/v1/bundles", "/v1/bundles"))
	require.Equal(t, object{"rollouts": []any{}}, read("/v1/rollouts", "/v1/rollouts"))

	for i, node := range []string{"gw-1", "gw-2"} {
		hqtest.NewGateway(t, h, node, "hanoi-1")
		require.NoError(t, h.Rollouts().Report(t.Context(), cloudsync.KeyID{}, &cloudsync.Reported{Node: node, N: uint64(i + 1), Class: "minipc", State: cloudsync.BundleNone, At: time.Now()}))
	}
	b := rollout.Bundle{Version: 12, SHA256: edge.Hash{7}, Size: 100, Classes: []string{"minipc"}, Expires: time.Now().AddDate(0, 1, 0)}
	id, err := h.Rollouts().Publish(t.Context(), b, rollout.DefaultPlan(), "mai")
	require.NoError(t, err)
	one := read("/v1/rollouts", "/v1/rollouts?limit=1")["rollouts"].([]any)[0].(object)
	require.Equal(t, id, one["id"])
	require.EqualValues(t, 12, one["version"])
	require.Equal(t, []any{"1", "5%", "25%", "100%"}, one["rings"])
	require.EqualValues(t, 2, one["counts"].(object)["gateways"])
	require.Equal(t, "running", one["state"])
	require.Equal(t, []any{object{"class": "minipc", "version": 0.0, "gateways": 2.0}}, read("/v1/bundles", "/v1/bundles")["bundles"])

	const path = "/v1/rollouts/{id}/gateways"
	require.NoError(t, h.Rollouts().Report(t.Context(), cloudsync.KeyID{}, &cloudsync.Reported{Node: "gw-1", N: 9, Class: "minipc", State: cloudsync.BundleRolledBack, Bundle: b.SHA256, Reason: "camera", Message: "no picture", At: time.Now()}))
	require.Equal(t, object{"gateways": []any{}}, read(path, "/v1/rollouts/nothing/gateways"))
	read(path, "/v1/rollouts/"+id+"/gateways?limit=10")

	status, _ := a.asked(http.MethodGet, "/v1/rollouts?limit=0", readerToken, "")
	require.Equal(t, http.StatusBadRequest, status)
	status, _ = a.asked(http.MethodGet, "/v1/rollouts", newKey(t, h, account.Key{Name: "one", Role: account.Operator, Shops: []string{"hanoi-1"}}), "")
	require.Equal(t, http.StatusForbidden, status, "a rollout is of no one shop")
}
