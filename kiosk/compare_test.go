package kiosk

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

const comparePath = "/kiosk/v1/session/compare"

func (f *fixture) view(method, path, body string) sessionView {
	f.t.Helper()
	var v sessionView
	require.NoError(f.t, json.Unmarshal([]byte(f.ok(method, path, body)), &v))
	return v
}

func TestCompareSplit(t *testing.T) {
	f := newFixture(t, nil)
	f.begin(true)
	v := f.view("PUT", comparePath, `{"mode":"split","at":0.3}`)
	require.Equal(t, compareView{Mode: ar.CompareSplit, At: 0.3, SKUs: []edge.SKU{}}, v.Compare)
	require.Equal(t, ar.Compare{Mode: ar.CompareSplit, At: 0.3}, f.mirror.Compare())
	v = f.view("PUT", comparePath, `{"mode":"split","at":0.3,"freeze":true}`)
	require.True(t, v.Compare.Freeze)
	f.mirror.compare.Freeze = false // it was held long enough
	require.False(t, f.view("GET", "/kiosk/v1/session", "").Compare.Freeze)
	v = f.view("PUT", comparePath, `{"mode":"off"}`)
	require.Equal(t, ar.CompareOff, v.Compare.Mode)
}

// Shades take the place of what is worn there; all else stays on.
func TestCompareShades(t *testing.T) {
	f := newFixture(t, nil)
	f.begin(true)
	f.ok("PUT", "/kiosk/v1/session/look", `{"skus":["LIP-1","GLS-1"],"intensity":0.4}`)
	v := f.view("PUT", comparePath, `{"mode":"shades","skus":["LIP-2","","LIP-1"],"columns":2,"aspect":0.9}`)
	require.Equal(t, compareView{Mode: ar.CompareShades, SKUs: []edge.SKU{"LIP-2", "", "LIP-1"}, Columns: 2}, v.Compare)
	got := f.mirror.Compare()
	require.Equal(t, 2, got.Columns)
	require.InDelta(t, 0.9, got.Aspect, 1e-9)
	var kinds [][]ar.Kind
	for _, l := range got.Looks {
		var ks []ar.Kind
		for _, layer := range l.Layers {
			ks = append(ks, layer.Kind)
		}
		kinds = append(kinds, ks)
	}
	require.Equal(t, [][]ar.Kind{{ar.Glasses, ar.Lipstick}, {ar.Glasses}, {ar.Glasses, ar.Lipstick}}, kinds)
	require.Equal(t, ar.Gloss, got.Looks[0].Layers[1].Finish)
	require.InDelta(t, 0.4, got.Looks[2].Layers[1].Intensity, 1e-9)
	require.Len(t, v.Look.Layers, 2, "what is worn is not changed")
}

func TestCompareShadesOfABareFace(t *testing.T) {
	f := newFixture(t, nil)
	f.begin(true)
	f.ok("PUT", comparePath, `{"mode":"shades","skus":["LIP-1","LIP-2"],"columns":2,"aspect":1}`)
	require.InDelta(t, defaultIntensity, f.mirror.Compare().Looks[0].Layers[0].Intensity, 1e-9)
}

func TestCompareRefusals(t *testing.T) {
	for _, tt := range []struct {
		body string
		kind edge.Kind
	}{
		{`{"mode":"flip"}`, edge.Invalid},
		{`{"mode":"split","at":2}`, edge.Invalid},
		{`{"mode":"split","at":"left"}`, edge.Invalid},
		{`{"mode":"shades","skus":["LIP-1"],"columns":1,"aspect":1}`, edge.Invalid},
		{`{"mode":"shades","skus":["",""],"columns":1,"aspect":1}`, edge.Invalid},
		{`{"mode":"shades","skus":["LIP-1","GLS-1"],"columns":1,"aspect":1}`, edge.Invalid},
		{`{"mode":"shades","skus":["LIP-1","NO-1"],"columns":1,"aspect":1}`, edge.NotFound},
		{`{"mode":"shades","skus":["LIP-1","CARE-1"],"columns":1,"aspect":1}`, edge.Invalid},
		{`{"mode":"shades","skus":["LIP-1","LIP-2"],"columns":3,"aspect":1}`, edge.Invalid},
		{`{"mode":"shades","skus":["LIP-1","LIP-2"],"columns":2}`, edge.Invalid},
		{`{"mode":"shades","skus":["LIP-1","","","LIP-2","LIP-1"],"columns":2,"aspect":1}`, edge.Invalid},
		{`{"mode":"shades","skus":["LIP-1","LIP-2"],"columns":2,"aspect":1,"looks":[{},{},{}]}`, edge.Invalid},
	} {
		f := newFixture(t, nil)
		f.begin(true)
		f.ok("PUT", comparePath, `{"mode":"split","at":0.5}`)
		f.refused(tt.kind, "PUT", comparePath, tt.body)
		require.Equal(t, ar.CompareSplit, f.mirror.Compare().Mode, "what was compared stays: %s", tt.body)
	}
}

func TestReplay(t *testing.T) {
	f := newFixture(t, nil)
	f.begin(true)
	v := f.view("POST", "/kiosk/v1/session/replay", "")
	require.Equal(t, replayView{State: ar.ReplayRecording, Left: 2}, v.Replay)
	v = f.view("DELETE", "/kiosk/v1/session/replay", "")
	require.Equal(t, replayView{State: ar.ReplayOff}, v.Replay)
}

// Nothing is compared, held or recorded without the shopper's camera, and
// nothing of it is left when that ends.
func TestComparingNeedsTheCamera(t *testing.T) {
	f := newFixture(t, nil)
	requests := [][3]string{
		{"PUT", comparePath, `{"mode":"split","at":0.5,"freeze":true}`},
		{"POST", "/kiosk/v1/session/replay", ""},
		{"POST", "/kiosk/v1/session/photos", `{"consent":true,"of_16":true}`},
	}
	for _, r := range requests {
		f.refused(edge.Conflict, r[0], r[1], r[2])
	}
	f.begin(false)
	for _, r := range requests {
		f.refused(edge.Forbidden, r[0], r[1], r[2])
	}
	for name, end := range map[string]func(){
		"finish":            func() { f.do("POST", "/kiosk/v1/session/finish", "") },
		"consent withdrawn": func() { f.ok("POST", "/kiosk/v1/session/consent", `{"camera":false}`) },
		"new session":       func() { f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`) },
	} {
		f.begin(true)
		for _, r := range requests[:2] {
			f.ok(r[0], r[1], r[2])
		}
		end()
		require.Equal(t, ar.Compare{}, f.mirror.Compare(), name)
		require.Equal(t, ar.ReplayOff, f.mirror.Replay().State, name)
		require.Equal(t, compare{}, f.kiosk.session.snapshot().Compare, name)
	}
}
