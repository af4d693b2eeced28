package cloudsync

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func wanted() Desired {
	return Desired{
		V: 1, Node: "shop-1", N: 7, Bundle: &BundleRef{Version: 3, SHA256: edge.Hash{1}, Size: 900},
		Window: &Window{From: 1320, To: 360}, Exp: time.Unix(2e9, 0).UTC(),
	}
}

func TestDesiredThatIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Desired){
		"another version":     func(d *Desired) { d.V = 2 },
		"no node":             func(d *Desired) { d.Node = "" },
		"no number":           func(d *Desired) { d.N = 0 },
		"a number too high":   func(d *Desired) { d.N = 1 << 63 },
		"no bundle's version": func(d *Desired) { d.Bundle.Version = 0 },
		"an empty bundle":     func(d *Desired) { d.Bundle.Size = 0 },
		"a bundle too large":  func(d *Desired) { d.Bundle.Size = edge.MaxAssetBytes + 1 },
		"a bundle of no hash": func(d *Desired) { d.Bundle.SHA256 = edge.Hash{} },
		"it never expires":    func(d *Desired) { d.Exp = time.Time{} },
		"a window of nothing": func(d *Desired) { d.Window = &Window{From: 5, To: 5} },
		"a window past a day": func(d *Desired) { d.Window = &Window{From: 5, To: 1440} },
		"times for nothing":   func(d *Desired) { d.Bundle = nil },
	} {
		d := wanted()
		change(&d)
		body, err := json.Marshal(d)
		require.NoError(t, err)
		_, err = DecodeDesired(body)
		require.Error(t, err, name)
	}
	d := wanted()
	body, err := d.Encode()
	require.NoError(t, err)
	got, err := DecodeDesired(body)
	require.NoError(t, err)
	require.Equal(t, &d, got)
	_, err = DecodeDesired([]byte(strings.Repeat(" ", maxTwin) + string(body)))
	require.ErrorContains(t, err, string(RefusedTooLarge))
}

func TestReportedThatIsRefused(t *testing.T) {
	good := func() Reported {
		return Reported{V: 1, Node: "shop-1", N: 9, Desired: 7, Class: "minipc", Running: 2, State: BundleFetched, Bundle: edge.Hash{1}, At: time.Unix(2e9, 0).UTC()}
	}
	for name, change := range map[string]func(*Reported){
		"another version":     func(r *Reported) { r.V = 0 },
		"a bad node":          func(r *Reported) { r.Node = "Shop" },
		"no number":           func(r *Reported) { r.N = 0 },
		"no class":            func(r *Reported) { r.Class = "" },
		"a bad class":         func(r *Reported) { r.Class = "../etc" },
		"an unknown state":    func(r *Reported) { r.State = "burnt" },
		"a state of nothing":  func(r *Reported) { r.Bundle = edge.Hash{} },
		"nothing of a bundle": func(r *Reported) { r.State = BundleNone },
		"a negative version":  func(r *Reported) { r.Running = -1 },
		"no time":             func(r *Reported) { r.At = time.Time{} },
		"a long message":      func(r *Reported) { r.Message = strings.Repeat("x", maxText+1) },
	} {
		r := good()
		change(&r)
		body, err := json.Marshal(r)
		require.NoError(t, err)
		_, err = DecodeReported(body)
		require.Error(t, err, name)
	}
	r := good()
	r.Message = strings.Repeat("ộ", maxText) // is cut, not refused
	body, err := r.Encode()
	require.NoError(t, err)
	got, err := DecodeReported(body)
	require.NoError(t, err)
	require.LessOrEqual(t, len(got.Message), maxText)
}

func TestWindowGoesOnOverMidnight(t *testing.T) {
	at := func(hour, minute int) time.Time {
		return time.Date(2026, 11, 23, hour, minute, 59, 0, time.FixedZone("shop", 7*3600))
	}
	night, noon := Window{From: 22 * 60, To: 6 * 60}, Window{From: 12 * 60, To: 13*60 + 30}
	for _, c := range []struct {
		w    Window
		at   time.Time
		want bool
	}{
		{night, at(21, 59), false},
		{night, at(22, 0), true},
		{night, at(0, 0), true},
		{night, at(5, 59), true},
		{night, at(6, 0), false},
		{noon, at(11, 59), false},
		{noon, at(12, 0), true},
		{noon, at(13, 29), true},
		{noon, at(13, 30), false},
	} {
		require.Equal(t, c.want, c.w.Holds(c.at), "%v at %s", c.w, c.at)
	}
}

func FuzzDecodeTwin(f *testing.F) {
	d := wanted()
	body, err := d.Encode()
	require.NoError(f, err)
	f.Add(body)
	f.Add([]byte(`{"v":1,"node":"a","n":1,"desired":0,"class":"minipc","running":0,"state":"none","bundle":"` + strings.Repeat("0", 64) + `","at":"2026-11-22T08:00:00Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := DecodeDesired(b); err == nil {
			again, err := d.Encode()
			require.NoError(t, err)
			_, err = DecodeDesired(again)
			require.NoError(t, err)
		}
		if r, err := DecodeReported(b); err == nil {
			again, err := r.Encode()
			require.NoError(t, err)
			_, err = DecodeReported(again)
			require.NoError(t, err)
		}
	})
}
