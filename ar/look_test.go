package ar_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

func TestReadLookOfLipstick(t *testing.T) {
	for _, finish := range ar.Finishes() {
		l, err := ar.ReadLook(strings.NewReader(
			`{"layers":[{"kind":"lipstick","color":"#B4243C","finish":"` + string(finish) + `","gradient":true,"intensity":0.6}]}`))
		require.NoError(t, err)
		require.Equal(t, ar.Layer{
			Kind: ar.Lipstick, Color: ar.Color{R: 0xB4, G: 0x24, B: 0x3C}, Finish: finish, Gradient: true, Intensity: 0.6,
		}, l.Layers[0])
	}
	for _, tt := range []struct{ json, want string }{
		{
			`{"layers":[{"kind":"lipstick","color":"#B4243C","finish":"wet","intensity":0.6}]}`,
			`layer 1: finish "wet": want one of ["matte" "satin" "gloss" "metallic" "shimmer"]`,
		},
		{`{"layers":[{"kind":"lipstick","color":"#B4243C","intensity":0.6}]}`, `finish ""`},
		{
			`{"layers":[{"kind":"glasses","color":"#000000","asset":"a.svg","gradient":true,"intensity":1}]}`,
			`layer 1: gradient: of no use for glasses`,
		},
	} {
		_, err := ar.ReadLook(strings.NewReader(tt.json))
		require.ErrorContains(t, err, tt.want)
	}
}
