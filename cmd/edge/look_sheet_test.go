package main

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

func TestSheetShowsEveryKindOfLayer(t *testing.T) {
	var rows []sheetRow
	require.NoError(t, json.Unmarshal(sheetLooks, &rows))
	shown := map[ar.Kind]bool{}
	for _, row := range rows {
		require.NoError(t, row.Check(), row.Name)
		for _, la := range row.Layers {
			shown[la.Kind] = true
		}
	}
	for _, kind := range ar.Kinds() {
		require.True(t, shown[kind], kind)
	}
}

func TestSheetOfOneLook(t *testing.T) {
	out := filepath.Join(t.TempDir(), "sheet.png")
	faces := []string{filepath.Join(lookFaces, "astronaut.png"), filepath.Join(lookFaces, "webcam_man.png")}
	said, err := edgeLook(t, "--sheet", out, "--look", lookFile(t, "red.json", redLook), "--models", lookModels,
		"--assets", "demo/shop/tryon", faces[0], faces[1])
	require.NoError(t, err)
	require.Equal(t, out+": 830 × 796 pixels, 2 rows × 2 faces\n", said)
	f, err := os.Open(out)
	require.NoError(t, err)
	defer f.Close()
	sheet, err := png.Decode(f)
	require.NoError(t, err)
	require.Equal(t, nameWidth+2*cellWidth, sheet.Bounds().Dx())
	require.Equal(t, nameHeight+2*cellHeight, sheet.Bounds().Dy(), "bare, and the look")
	for column := range 2 {
		differ := 0
		for y := range cellHeight - 4 {
			for x := range cellWidth - 4 {
				at := func(row int) any {
					return sheet.At(nameWidth+column*cellWidth+x, nameHeight+row*cellHeight+y)
				}
				if at(0) != at(1) {
					differ++
				}
			}
		}
		require.Greater(t, differ, 1000, "lips and glasses")
		require.Less(t, differ, cellWidth*cellHeight/2, "the face below is the same")
	}
}

func TestSheetWithoutFacesOrInTheWay(t *testing.T) {
	face := filepath.Join(t.TempDir(), "face.png")
	require.NoError(t, os.WriteFile(face, nil, 0o644))
	for want, args := range map[string][]string{
		"shows nobody":          {"--sheet", "a.png"},
		"must end in .png":      {"--sheet", "a.gif", face},
		"would be overwritten":  {"--sheet", face, face},
		"goes without --in":     {"--sheet", "a.png", "--in", face, face},
		"for --sheet only":      {"--look", "l.json", "--in", face, "--out", "b.png", face},
		"no such file or dir":   {"--sheet", "a.png", "--look", "none.json", "--models", lookModels, face},
		"--faces is 0: want 1 ": {"--sheet", "a.png", "--faces", "0", face},
	} {
		_, err := edgeLook(t, args...)
		require.ErrorContains(t, err, want)
	}
}
