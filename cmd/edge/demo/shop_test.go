// Package demo_test holds the demo shop's files against what reads them.
package demo_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/srwiley/oksvg"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/ar/look"
	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
)

// TestMain runs the tests in the shop's folder, which goes into packages as it is.
func TestMain(m *testing.M) {
	if err := os.Chdir("shop"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// maxPicture keeps the kiosk's shelf quick to load.
const maxPicture = 8 << 10

// The shop's own pictures, which are no product's; the logo is not square.
const (
	logo  = "pictures/logo.svg"
	model = "pictures/model.jpg"
)

func readShop(t *testing.T) *shopdir.Shop {
	t.Helper()
	s, err := shopdir.Read(os.DirFS("."))
	require.NoError(t, err)
	return s
}

func TestProducts(t *testing.T) {
	s := readShop(t)
	products, categories := map[string]bool{}, map[string]bool{}
	worn := map[string]bool{}
	soldOut := 0
	for _, v := range s.Variants {
		products[v.Product], categories[v.Category] = true, true
		if v.TryOn != nil {
			worn[v.TryOn.Kind+" "+v.TryOn.Finish] = true
		}
		if s.Opening[v.SKU] == 0 {
			soldOut++
		}
		require.Positive(t, v.Price.Amount, v.SKU)
		require.NotEmpty(t, v.Picture, v.SKU)
	}
	require.GreaterOrEqual(t, len(products), 24)
	require.Len(t, categories, 7)
	for _, want := range []string{
		"lipstick matte", "lipstick satin", "lipstick gloss", "lipstick metallic", "lipstick shimmer",
		"blush matte", "blush satin", "blush shimmer", "eyeshadow matte", "eyeshadow metallic", "eyeshadow shimmer",
		"eyeliner matte", "eyeliner gloss", "lashes ", "brows matte", "foundation satin", "contour matte",
		"highlighter shimmer", "lip-liner matte", "glasses ",
	} {
		require.True(t, worn[want], want)
	}
	require.Positive(t, soldOut, "something must show how the shop looks when a variant is gone")
}

func TestLooks(t *testing.T) {
	s := readShop(t)
	require.GreaterOrEqual(t, len(s.Looks), 6)
	there := map[string]bool{}
	for _, l := range s.Looks {
		require.GreaterOrEqual(t, len(l.Items), 4, "%s is no complete look", l.ID)
		for _, item := range l.Items {
			require.Positive(t, s.Opening[item.SKU], "%s suggests %s, which is sold out", l.ID, item.SKU)
		}
		there[l.ID] = true
	}
	for _, want := range []string{"everyday", "korean-gradient", "red-carpet", "tet", "office", "smoky-evening"} {
		require.True(t, there[want], want)
	}
}

// Every file is named by a row. That every named file is there is checked when
// the folder is read.
func TestFiles(t *testing.T) {
	named := map[string]bool{logo: true, model: true}
	for _, v := range readShop(t).Variants {
		named[filepath.Join("pictures", v.Picture)] = true
		if v.TryOn != nil && v.TryOn.Asset != "" {
			named[filepath.Join("tryon", v.TryOn.Asset)] = true
		}
	}
	for _, dir := range []string{"pictures", "tryon"} {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		require.NoError(t, err)
		for _, f := range files {
			require.True(t, named[f], "%s is named by no product", f)
		}
	}
}

func TestPictures(t *testing.T) {
	files, err := filepath.Glob("pictures/*.svg")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		root, _ := readSVG(t, f)
		if f != logo {
			require.Equal(t, "0 0 400 400", root["viewBox"], f)
		}
		info, err := os.Stat(f)
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), int64(maxPicture), f)
	}
}

// Glasses are drawn in millimetres about the middle of the bridge, with the
// group "lens" and the group "frame"; the mirror's renderer must understand
// all of it.
func TestTryOnShapes(t *testing.T) {
	files, err := filepath.Glob("tryon/*.svg")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 3)
	for _, f := range files {
		root, ids := readSVG(t, f)
		if root["data-jewel"] != "" {
			_, err := oksvg.ReadIcon(f, oksvg.StrictErrorMode)
			require.NoError(t, err, f)
			continue
		}
		require.ElementsMatch(t, []string{"lens", "frame"}, ids, f)
		require.Regexp(t, `^1[34]\d$`, root["data-temple"], f)
		require.Regexp(t, `^-[0-9.]+$`, root["data-hinge-y"], f)

		icon, err := oksvg.ReadIcon(f, oksvg.StrictErrorMode)
		require.NoError(t, err, f)
		require.InDelta(t, 0, icon.ViewBox.X+icon.ViewBox.W/2, 0.01, "%s: the bridge is in the middle", f)
		require.InDelta(t, 144, icon.ViewBox.W, 4, f)
		require.GreaterOrEqual(t, len(icon.SVGPaths), 5, "%s: two lenses, two rims and a bridge", f)
	}
}

// Every piece can be worn as its row says.
func TestJewelleryIsWorn(t *testing.T) {
	mesh := ar.Mesh{
		Vertices: make([][3]float64, ar.MeshPoints), UV: make([][2]float32, ar.MeshPoints), Triangles: [][3]uint16{{0, 1, 2}},
	}
	r, err := look.New(mesh, os.DirFS("tryon"))
	require.NoError(t, err)
	worn := map[string]bool{}
	for _, v := range readShop(t).Variants {
		if v.Category != "earrings" {
			continue
		}
		require.NotNil(t, v.TryOn, v.SKU)
		layer := ar.Layer{Kind: ar.Kind(v.TryOn.Kind), Asset: v.TryOn.Asset, Side: ar.Side(v.TryOn.Side), Intensity: 1}
		require.NoError(t, r.Check(ar.Look{Layers: []ar.Layer{layer}}), v.SKU)
		worn[v.TryOn.Kind] = true
	}
	require.Len(t, worn, 3, "earrings, nose stud, necklace")
}

// readSVG checks that the file is well-formed and reaches for nothing outside
// itself, and returns the root's attributes and the ids of the groups.
func readSVG(t *testing.T, name string) (root map[string]string, groups []string) {
	t.Helper()
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NotRegexp(t, regexp.MustCompile(`<script|<style|<image|href|@import|\son\w+=`), string(b), name)
	root = map[string]string{}
	d := xml.NewDecoder(strings.NewReader(string(b)))
	for depth := 0; ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root, groups
		}
		require.NoError(t, err, name)
		switch e := tok.(type) {
		case xml.StartElement:
			for _, a := range e.Attr {
				if depth == 0 {
					root[a.Name.Local] = a.Value
				} else if e.Name.Local == "g" && a.Name.Local == "id" {
					groups = append(groups, a.Value)
				}
			}
			depth++
		case xml.EndElement:
			depth--
		}
	}
}
