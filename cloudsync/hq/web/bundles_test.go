package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/edge"
)

// fleet is gateways whose machines report what a test says.
type fleet struct {
	*app
	n uint64
}

func (f *fleet) report(node string, state cloudsync.BundleState, version int64, message string) {
	f.t.Helper()
	f.n++
	r := &cloudsync.Reported{Node: node, N: f.n, Class: "minipc", State: state, Message: message, At: f.now}
	if state != cloudsync.BundleNone {
		r.Bundle = edge.Hash{byte(version)}
	}
	if state == cloudsync.BundleCommitted {
		r.Running = version
	}
	require.NoError(f.t, f.Rollouts().Report(f.t.Context(), cloudsync.KeyID{}, r))
}

func (f *fleet) publish(version int64) string {
	f.t.Helper()
	p := rollout.DefaultPlan()
	p.Window = &cloudsync.Window{From: 22 * 60, To: 6*60 + 30}
	b := rollout.Bundle{Version: version, SHA256: edge.Hash{byte(version)}, Size: 100, Classes: []string{"minipc"}, Expires: f.now.AddDate(0, 1, 0)}
	id, err := f.Rollouts().Publish(f.t.Context(), b, p, "mai")
	require.NoError(f.t, err)
	return id
}

func (f *fleet) step() { require.NoError(f.t, f.Rollouts().Step(f.t.Context())) }

// told is the gateway that waits for an answer.
func (f *fleet) told(id string) string {
	f.t.Helper()
	f.step()
	list, err := f.Rollouts().Machines(f.t.Context(), id, 10)
	require.NoError(f.t, err)
	for _, m := range list {
		if m.State == rollout.Told {
			return m.Node
		}
	}
	require.Fail(f.t, "nobody was told")
	return ""
}

func TestBundlesPage(t *testing.T) {
	f := &fleet{app: newApp(t)}
	require.Contains(t, f.page("/bundles?lang=en"), "No bundle has been published")
	for _, node := range []string{"gw-1", "gw-2", "gw-3"} {
		hqtest.NewGateway(t, f.HQ, node, "shop-"+node)
		f.report(node, cloudsync.BundleNone, 0, "")
	}
	id := f.publish(7)
	first := f.told(id)
	page := f.page("/bundles?lang=en")
	require.Contains(t, page, "Version 7 is on its way")
	require.Contains(t, page, "0 of 3 machines run it · 1 have not answered")
	require.Contains(t, page, "Applied from 22:00 to 06:30 by the shop&#39;s clock")
	require.Contains(t, page, "Waits until enough of this ring run it")
	require.Contains(t, page, `<li class="here" aria-current="step">1 machine</li>`)

	f.report(first, cloudsync.BundleCommitted, 7, "")
	f.step()
	require.Contains(t, f.page("/bundles?lang=en"), "Next ring at 12:30:00 at the earliest")
	f.now = f.now.Add(30 * time.Minute)
	f.step()
	second := f.told(id) // the rings of 5 % and of 25 % would bring nobody new
	f.report(second, cloudsync.BundleRolledBack, 7, "no frame came <b>in 60 s</b>")
	page = f.page("/bundles?lang=en")
	require.Contains(t, page, "Went back to the one before")
	require.Contains(t, page, "no frame came &lt;b&gt;in 60 s&lt;/b&gt;")
	f.step()
	page = f.page("/bundles?lang=en")
	require.Contains(t, page, "Version 7 has stopped")
	require.Contains(t, page, "Reason: too many have failed")
	require.NotContains(t, page, "/bundles/"+id+"/pause", "it is over")
	require.Contains(t, f.page("/bundles?lang=vi"), "Phiên bản 7 đã dừng")
	require.Contains(t, f.page("/bundles?lang=vi"), "Lý do: quá nhiều máy thất bại")
	require.Contains(t, f.page("/bundles?lang=zh"), "版本 7 已停止")
}

func TestBundleIsHeldBackOnThePage(t *testing.T) {
	f := &fleet{app: newApp(t)}
	hqtest.NewGateway(t, f.HQ, "gw-1", "shop-1")
	f.report("gw-1", cloudsync.BundleNone, 0, "")
	id := f.publish(7)
	f.told(id)
	require.Contains(t, f.page("/bundles?lang=en"), "/bundles/"+id+"/pause?lang=en")
	require.Equal(t, "/bundles?lang=en", f.post("/bundles/"+id+"/pause?lang=en", url.Values{"why": {"stock-taking"}}))
	page := f.page("/bundles?lang=en")
	require.Contains(t, page, "Version 7 is held back")
	require.Contains(t, page, "Reason: stock-taking")
	f.post("/bundles/"+id+"/resume?lang=en", url.Values{"why": {"done"}})
	f.post("/bundles/"+id+"/stop?lang=en", url.Values{"why": {"wrong shop"}})
	acts, err := f.Accounts().Acts(t.Context(), 0, 10)
	require.NoError(t, err)
	var what []string
	for _, a := range acts {
		if strings.HasPrefix(a.What, "bundle.") { // beside them stand the requests
			what = append(what, a.By+" "+a.What+" "+a.Detail)
		}
	}
	require.Equal(t, []string{
		"office bundle.stop wrong shop", "office bundle.resume done", "office bundle.pause stock-taking",
		"mai bundle.publish version 7 for [minipc], rings [1 5% 25% 100%]",
	}, what)
}
