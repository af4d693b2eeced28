package ar

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMakeUpLayersGoThroughJSON(t *testing.T) {
	for _, text := range []string{
		`{"kind":"blush","color":"#EE9A8E","finish":"matte","intensity":0.6,"placement":"apples"}`,
		`{"kind":"blush","color":"#EE7F6B","finish":"satin","intensity":0,"placement":"cheekbone"}`,
		`{"kind":"blush","color":"#E2977F","finish":"shimmer","intensity":1,"placement":"under-eye"}`,
		`{"kind":"eyeshadow","color":"#A4573D","finish":"matte","intensity":0.6}`,
		`{"kind":"eyeshadow","color":"#D3B08F","colors":["#A4573D","#6B4535"],"finish":"shimmer","intensity":0.5}`,
		`{"kind":"eyeliner","color":"#181414","finish":"matte","intensity":0.8,"shape":"winged"}`,
	} {
		l, err := ReadLook(strings.NewReader(`{"layers":[` + text + `]}`))
		require.NoError(t, err)
		require.Len(t, l.Layers, 1)
		out, err := json.Marshal(l.Layers[0])
		require.NoError(t, err)
		require.JSONEq(t, text, string(out))
	}
}

func TestMakeUpLayersAreChecked(t *testing.T) {
	for _, tt := range []struct{ layer, want string }{
		{`"kind":"blush","finish":"matte","placement":"chin"`, `placement "chin": want apples, cheekbone or under-eye`},
		{`"kind":"blush","finish":"matte"`, `placement ""`},
		{`"kind":"blush","finish":"gloss","placement":"apples"`, `finish "gloss": want matte, satin or shimmer`},
		{`"kind":"blush","placement":"apples"`, `finish ""`},
		{`"kind":"lipstick","finish":"matte","placement":"apples"`, "placement: of use for blush only"},
		{`"kind":"glasses","asset":"a.svg","placement":"apples"`, "placement: of use for blush only"},
		{`"kind":"eyeshadow","finish":"matte","placement":"apples"`, "placement: of use for blush only"},
		{`"kind":"eyeshadow","finish":"gloss"`, `finish "gloss"`},
		{`"kind":"eyeshadow","finish":"matte","colors":["#000000","#000000","#000000"]`, "4 colours, at most 3"},
		{`"kind":"eyeshadow","finish":"matte","colors":["black"]`, `colour "black"`},
		{`"kind":"blush","finish":"matte","placement":"apples","colors":["#000000"]`, "colors: of use for eyeshadow only"},
		{`"kind":"eyeliner","finish":"matte"`, `shape "": want thin, classic or winged`},
		{`"kind":"eyeliner","finish":"satin","shape":"thin"`, `finish "satin"`},
		{`"kind":"eyeshadow","finish":"matte","shape":"thin"`, "shape: of use for eyeliner only"},
		{`"kind":"blush","finish":"matte","placement":"apples","intensity":1.1`, "intensity 1.1"},
	} {
		_, err := ReadLook(strings.NewReader(`{"layers":[{` + tt.layer + `}]}`))
		require.ErrorContains(t, err, tt.want, tt.layer)
	}
}
