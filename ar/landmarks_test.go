package ar_test

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

func TestLandmarksComeBack(t *testing.T) {
	face := ar.Face{Score: 0.75}
	for i := range face.Points {
		face.Points[i] = ar.Point{X: float32(i) / 478, Y: 0.1, Z: -0.01}
	}
	var b bytes.Buffer
	require.NoError(t, ar.WriteLandmarks(&b, 640, 480, []ar.Face{face}))
	require.NoError(t, ar.WriteLandmarks(&b, 640, 480, nil))
	require.Equal(t, 2, bytes.Count(b.Bytes(), []byte("\n")), "a line a frame")
	require.Contains(t, b.String(), `{"width":640,"height":480,"faces":[]}`)

	d := json.NewDecoder(&b)
	w, h, faces, err := ar.ReadLandmarks(d)
	require.NoError(t, err)
	require.Equal(t, []int{640, 480}, []int{w, h})
	require.Equal(t, []ar.Face{face}, faces)
	_, _, faces, err = ar.ReadLandmarks(d)
	require.NoError(t, err)
	require.Empty(t, faces)
	_, _, _, err = ar.ReadLandmarks(d)
	require.ErrorIs(t, err, io.EOF)
}
