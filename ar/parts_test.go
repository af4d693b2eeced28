package ar_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/fake"
)

// told is a tracker that notes at what it is to look closely when it tracks.
type told struct {
	fake.Tracker
	now  ar.Parts
	when []ar.Parts
}

func (t *told) Refine(parts ar.Parts) { t.now = parts }

func (t *told) Track(dst []ar.Face, f *ar.Frame) ([]ar.Face, error) {
	t.when = append(t.when, t.now)
	return t.Tracker.Track(dst, f)
}

// choosy is a renderer that wants lips for lipstick and eyes for eyeliner.
type choosy struct{ flood }

func (choosy) Parts(l ar.Look) (parts ar.Parts) {
	for _, la := range l.Layers {
		switch la.Kind {
		case ar.Lipstick:
			parts |= ar.PartLips
		case ar.Eyeliner:
			parts |= ar.PartEyes
		}
	}
	return parts
}

// TestTrackerLooksAtWhatIsDrawnOn: each frame is tracked as closely as what is
// drawn on it wants.
func TestTrackerLooksAtWhatIsDrawnOn(t *testing.T) {
	r, _ := newCompareRig()
	tracker := &told{Tracker: fake.Tracker{Script: fake.Still(faceAt(0.4, 0.3, 0.2, 0.3))}}
	r.cfg.Tracker, r.cfg.Renderer = tracker, choosy{flood{r.painter}}
	p := r.pipeline(t)
	lipstick := look(red)
	liner := ar.Look{Layers: []ar.Layer{{Kind: ar.Eyeliner, Finish: ar.Matte, Shape: ar.Thin, Intensity: 1}}}
	glasses := ar.Look{Layers: []ar.Layer{{Kind: ar.Glasses, Asset: "round.svg", Intensity: 1}}}
	seen := func() ar.Parts {
		_, err := p.Process(testCard(64, 36))
		require.NoError(t, err)
		return tracker.when[len(tracker.when)-1]
	}
	require.Zero(t, seen(), "nothing is worn")
	for _, c := range []struct {
		look ar.Look
		want ar.Parts
	}{
		{lipstick, ar.PartLips},
		{glasses, 0},
		{liner, ar.PartEyes},
		{ar.Look{Layers: slices.Concat(liner.Layers, lipstick.Layers)}, ar.AllParts},
		{glasses, 0},
	} {
		require.NoError(t, p.SetLook(c.look))
		require.Equal(t, c.want, seen(), "in the very next frame")
	}
	shades := ar.Compare{Mode: ar.CompareShades, Looks: []ar.Look{lipstick, glasses}, Columns: 2, Aspect: 1}
	require.NoError(t, p.SetCompare(shades))
	require.Equal(t, ar.PartLips, seen(), "what is compared")
	require.NoError(t, p.SetLook(liner))
	require.Equal(t, ar.AllParts, seen(), "a photo shows the look itself")

	require.NoError(t, p.SetLook(glasses))
	require.NoError(t, p.SetCompare(ar.Compare{Mode: ar.CompareOff, Freeze: true}))
	require.Equal(t, ar.AllParts, seen(), "any look may be put on a held moment")
	held := len(tracker.when)
	seen()
	require.Len(t, tracker.when, held)
	require.NoError(t, p.SetCompare(ar.Compare{Mode: ar.CompareOff}))
	require.Zero(t, seen())
}

// TestAllIsLookedAtForARendererThatDoesNotSay.
func TestAllIsLookedAtForARendererThatDoesNotSay(t *testing.T) {
	r := newRig()
	tracker := &told{}
	r.cfg.Tracker = tracker
	_, err := r.pipeline(t).Process(testCard(64, 36))
	require.NoError(t, err)
	require.Equal(t, []ar.Parts{ar.AllParts}, tracker.when)
}
