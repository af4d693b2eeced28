package shopdir_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/shopdir"
)

func encoded(t *testing.T, width int, as string) []byte {
	var b bytes.Buffer
	picture := image.NewGray(image.Rect(0, 0, width, 1))
	if as == "png" {
		require.NoError(t, png.Encode(&b, picture))
	} else {
		require.NoError(t, jpeg.Encode(&b, picture, nil))
	}
	return b.Bytes()
}

// What the pictures of a table may be, and what is told of the others.
func TestPictures(t *testing.T) {
	svg := func(inside string) []byte {
		return []byte(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">` + inside + `</svg>`)
	}
	for name, tc := range map[string]struct {
		ending string
		body   []byte
		want   string // empty for a good one
	}{
		"png":                     {".png", encoded(t, 10, "png"), ""},
		"jpeg":                    {".jpg", encoded(t, 10, "jpeg"), ""},
		"webp":                    {".webp", []byte("RIFF\x1a\x00\x00\x00WEBPVP8 "), ""},
		"svg":                     {".svg", svg(`<use xlink:href="#a"/><style>.a{fill:url(#b)}</style><image href="data:image/png;base64,AA=="/>`), ""},
		"svg with a head":         {".svg", append([]byte(`<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">`), svg("")...), ""},
		"jpeg called png":         {".png", encoded(t, 10, "jpeg"), "holds no PNG picture"},
		"page called svg":         {".svg", []byte("<html/>"), "no SVG drawing"},
		"text called jpg":         {".jpg", []byte("a letter"), "holds no JPEG picture"},
		"text called webp":        {".webp", []byte("RIFF"), "holds no WebP picture"},
		"too wide":                {".png", encoded(t, 8193, "png"), "8193 x 1 pixels"},
		"too many bytes":          {".png", append(encoded(t, 1, "png"), make([]byte, 8<<20)...), "at most 8388608"},
		"empty":                   {".png", nil, "is empty"},
		"cut":                     {".svg", svg("")[:60], "no SVG drawing"},
		"script":                  {".svg", svg("<script>alert(1)</script>"), "<script>"},
		"script in capitals":      {".svg", svg("<SCRIPT/>"), "<SCRIPT>"},
		"script of another space": {".svg", svg(`<x:script xmlns:x="http://www.w3.org/2000/svg"/>`), "<script>"},
		"event":                   {".svg", svg(`<path onload="alert(1)"/>`), "runs a script by onload"},
		"page inside":             {".svg", svg("<foreignObject/>"), "<foreignObject>"},
		"link to a script":        {".svg", svg(`<a xlink:href=" javascript:alert(1)"/>`), "needs another file"},
		"picture from elsewhere":  {".svg", svg(`<image href="https://evil.example/x.png"/>`), "needs another file"},
		"drawing inside":          {".svg", svg(`<image href="data:image/svg+xml,x"/>`), "needs another file"},
		"style from elsewhere":    {".svg", svg(`<style>@import "x.css";</style>`), "by its style"},
		"fill from elsewhere":     {".svg", svg(`<path fill="url( 'https://evil.example/#a')"/>`), "needs another file"},
		"sheet from elsewhere":    {".svg", append([]byte(`<?xml-stylesheet href="x.css"?>`), svg("")...), "xml-stylesheet"},
		"entities":                {".svg", append([]byte(`<!DOCTYPE svg [<!ENTITY a "b">]>`), svg("&a;")...), "declares entities"},
		"animation":               {".svg", svg(`<set attributeName="href" to="javascript:alert(1)"/>`), "<set>"},
	} {
		t.Run(name, func(t *testing.T) {
			m := demo(t)
			table := strings.Replace(string(m["products.csv"].Data), ",lip-silk-velvet.svg,", ",x"+tc.ending+",", 1)
			m["products.csv"] = &fstest.MapFile{Data: []byte(table)}
			m["pictures/x"+tc.ending] = &fstest.MapFile{Data: tc.body}
			_, err := shopdir.Read(m)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "line 2, column picture: file x"+tc.ending)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

// A picture is shown to everybody: no link makes it another file of the machine.
func TestNoLinkLeadsOutOfTheFolder(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("../edge/demo/shop")))
	secret := filepath.Join(t.TempDir(), "secret.svg")
	require.NoError(t, os.WriteFile(secret, []byte("<svg/>"), 0o600))
	picture := filepath.Join(dir, "pictures", "lip-silk-velvet.svg")
	require.NoError(t, os.Rename(picture, filepath.Join(dir, "moved.svg")))
	for target, ok := range map[string]bool{"../moved.svg": true, secret: false} {
		require.NoError(t, os.Symlink(target, picture))
		files, err := shopdir.Open(dir)
		require.NoError(t, err)
		_, err = shopdir.Read(files)
		require.Equal(t, ok, err == nil, "%s: %v", target, err)
		if !ok {
			require.ErrorContains(t, err, "line 2, column picture: file lip-silk-velvet.svg cannot be read (a link out of its folder?)")
		}
		require.NoError(t, os.Remove(picture))
	}
}

// Whatever an image holds, it is told or passed, and never more than a drawing.
func FuzzSVG(f *testing.F) {
	drawing, err := os.ReadFile("../edge/demo/shop/tryon/round.svg")
	require.NoError(f, err)
	f.Add(drawing)
	f.Add([]byte(`<svg><a href="#x"/><style>.a{fill:url(#b)}</style></svg>`))
	f.Add([]byte(`<svg onload=""><script/></svg>`))
	shop := fstest.MapFS{}
	for _, name := range []string{"shop.yaml", "products.csv"} {
		b, err := os.ReadFile("../edge/demo/shop/" + name)
		require.NoError(f, err)
		shop[name] = &fstest.MapFile{Data: b}
	}
	const head = "sku,gtin,product,category,brand,name_vi,name_en,name_zh,shade_vi,shade_en,shade_zh,price,vat_bp,colour,finish,tryon,asset,picture,stock\n"
	shop["products.csv"] = &fstest.MapFile{Data: []byte(head + "A,8939990100013,a,lips,b,v,e,z,,,,1,0,,,,,x.svg,0\n")}
	f.Fuzz(func(t *testing.T, b []byte) {
		shop["x.svg"] = &fstest.MapFile{Data: b}
		if _, err := shopdir.Read(shop); err == nil {
			text := strings.ToLower(string(b))
			if strings.Contains(text, "<!") {
				return // what stands in comments and raw text does nothing
			}
			require.NotContains(t, text, "<script")
			require.NotContains(t, text, "<foreignobject")
			require.Contains(t, text, "svg")
		}
	})
}
