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
		`{"kind":"foundation","color":"#D8AE8C","finish":"satin","intensity":0.5}`,
		`{"kind":"lashes","color":"#101010","intensity":0.8,"shape":"cat-eye"}`,
		`{"kind":"earrings","color":"#D9B45B","asset":"hoop.svg","intensity":1}`,
		`{"kind":"earrings","color":"#D9B45B","asset":"hoop.svg","intensity":1,"side":"left"}`,
		`{"kind":"nose-stud","color":"#D9B45B","asset":"dot.svg","intensity":1,"side":"right"}`,
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
		{`"kind":"hat"`, `kind "hat": want one of [foundation`},
		{`"kind":"blush","finish":"matte","placement":"chin"`, `placement "chin": want one of ["apples" "cheekbone" "under-eye"]`},
		{`"kind":"blush","finish":"matte"`, `placement ""`},
		{`"kind":"blush","finish":"gloss","placement":"apples"`, `finish "gloss": want one of ["matte" "satin" "shimmer"]`},
		{`"kind":"blush","placement":"apples"`, `finish ""`},
		{`"kind":"lipstick","finish":"matte","placement":"apples"`, `placement "apples": leave it out for this kind`},
		{`"kind":"glasses","asset":"a.svg","finish":"matte"`, `finish "matte": leave it out`},
		{`"kind":"glasses"`, "asset is missing"},
		{`"kind":"lashes","shape":"natural","asset":"a.svg"`, "asset: of no use for lashes"},
		{`"kind":"lashes","shape":"winged"`, `shape "winged": want one of ["natural" "volume" "cat-eye"]`},
		{`"kind":"earrings","asset":"a.svg","side":"up"`, `side "up"`},
		{`"kind":"nose-stud","asset":"a.svg"`, `side "": want one of ["left" "right"]`},
		{`"kind":"blush","finish":"matte","placement":"apples","side":"left"`, `side "left": leave it out`},
		{`"kind":"eyeshadow","finish":"gloss"`, `finish "gloss"`},
		{`"kind":"eyeshadow","finish":"matte","colors":["#000000","#000000","#000000"]`, "colors: 3 more, at most 2 for eyeshadow"},
		{`"kind":"eyeshadow","finish":"matte","colors":["black"]`, `colour "black"`},
		{`"kind":"blush","finish":"matte","placement":"apples","colors":["#000000"]`, "colors: 1 more, at most 0 for blush"},
		{`"kind":"eyeliner","finish":"matte"`, `shape "": want one of ["thin" "classic" "winged"]`},
		{`"kind":"eyeliner","finish":"satin","shape":"thin"`, `finish "satin"`},
		{`"kind":"eyeshadow","finish":"matte","shape":"thin"`, `shape "thin": leave it out`},
		{`"kind":"blush","finish":"matte","placement":"apples","intensity":1.1`, "intensity 1.1"},
	} {
		_, err := ReadLook(strings.NewReader(`{"layers":[{` + tt.layer + `}]}`))
		require.ErrorContains(t, err, tt.want, tt.layer)
	}
}
