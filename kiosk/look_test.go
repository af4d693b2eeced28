package kiosk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestEveryKindOfMakeUpIsWornTogether(t *testing.T) {
	look, err := lookOf(testRelease(), []edge.SKU{"LIP-1", "CHK-1", "EYE-1", "EYE-2", "GLS-1"}, 0.5)
	require.NoError(t, err)
	require.Equal(t, []ar.Layer{
		{Kind: ar.Lipstick, Color: ar.Color{R: 0xA6, G: 0x3A, B: 0x2B}, Finish: ar.Matte, Intensity: 0.5},
		{Kind: ar.Blush, Color: ar.Color{R: 0xEE, G: 0x9A, B: 0x8E}, Finish: ar.Satin, Intensity: 0.5, Placement: ar.Apples},
		{Kind: ar.Eyeshadow, Color: ar.Color{R: 0xA4, G: 0x57, B: 0x3D}, Finish: ar.Metallic, Intensity: 0.5},
		{Kind: ar.Eyeliner, Color: ar.Color{R: 0x18, G: 0x14, B: 0x14}, Finish: ar.Matte, Intensity: 0.5, Shape: ar.Classic},
		{Kind: ar.Glasses, Color: ar.Color{R: 0x1E, G: 0x1C, B: 0x1C}, Intensity: 1, Asset: "round.svg"},
	}, look.Layers)
}
