package look

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// demoJewels is the folder of the demo shop's shapes.
const demoJewels = "../../cmd/edge/demo/shop/tryon"

func jewelFile(root, inside string) []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -4 16 40" ` + root + `>` + inside + `</svg>`)
}

func TestJewelsAreReadAsMeant(t *testing.T) {
	j, err := parseJewel(jewelFile(`data-jewel="drop" data-hinge-y="2" data-mass="4.5"`, `
		<circle class="gem shade" r="2" fill="#203040"/>
		<circle r="9" fill="#fff"/>
		<g class="hang metal" fill="#ff8000">
			<rect x="-1" y="2" width="2" height="8"/>
			<ellipse class="pearl" cx="0" cy="14" rx="4" ry="5" fill="#fff"/>
			<g class="enamel shade"><path d="M0 20L2 22L-2 22Z"/></g>
		</g>`))
	require.NoError(t, err)
	require.Equal(t, jewelDrop, j.kind)
	require.Equal(t, 2.0, j.hinge)
	require.Equal(t, 4.5, j.mass)
	require.InDelta(t, 22.1, j.reach, 0.1)
	styles := []jewelStyle{
		{material: gem, shade: true}, {material: metal, hang: true}, {material: pearl, hang: true}, {material: enamel, hang: true, shade: true},
	}
	require.Len(t, j.parts, len(styles), "what has no material is not drawn")
	for i, s := range styles {
		require.Equal(t, s, j.parts[i].style)
	}
	require.Equal(t, [3]float32{linear[0x40], linear[0x30], linear[0x20]}, j.parts[0].color)
	require.Equal(t, [3]float32{linear[0], linear[0x80], linear[0xff]}, j.parts[1].color)
	require.InDelta(t, 14, j.parts[2].mid.y, 0.05)
	require.InDelta(t, 4, j.parts[2].half.x, 0.05)
	require.Greater(t, j.length, 5.0, "of the pendulum: about to the middle of what hangs")
	require.Less(t, j.length, 15.0)
}

func TestRingsAreTubes(t *testing.T) {
	j, err := parseJewel(jewelFile(`data-jewel="hoop"`,
		`<circle class="metal ring" cx="0" cy="12" r="12" fill="none" stroke="#d4a647" stroke-width="2.5"/>`))
	require.NoError(t, err)
	require.Len(t, j.parts, 1)
	require.InDelta(t, 1.25, ringTube(&j.parts[0]), 0.07)
	require.InDelta(t, 13.25, j.parts[0].half.x, 0.05)
}

func TestBrokenJewels(t *testing.T) {
	bead := `<circle class="metal" r="2"/>`
	ring := `<circle class="metal ring" r="9" fill="none" stroke="#fff" stroke-width="1"/>`
	for _, tt := range []struct{ name, root, inside, want string }{
		{"no kind", ``, bead, `data-jewel="": want one of ["stud"`},
		{"another kind", `data-jewel="ring"`, bead, `data-jewel="ring": want one of`},
		{"nothing", `data-jewel="stud"`, `<circle r="2"/>`, `the class "metal", "pearl", "gem" or "enamel"`},
		{"in pixels", `data-jewel="stud"`, `<circle class="metal" r="200"/>`, "draw it in millimetres"},
		{"a speck", `data-jewel="stud"`, `<circle class="metal" r="0.2"/>`, "draw it in millimetres"},
		{"no ring", `data-jewel="hoop"`, bead, `0 elements of the class "ring"`},
		{"two rings", `data-jewel="hoop"`, ring + ring, `2 elements of the class "ring"`},
		{"ring of a stud", `data-jewel="stud"`, ring, `1 elements of the class "ring"`},
		{"disc for a ring", `data-jewel="hoop"`, `<circle class="metal ring" r="9"/>`, "with a stroke"},
		{"no chain", `data-jewel="necklace"`, bead, `0 elements of the class "chain"`},
		{"mass", `data-jewel="stud" data-mass="heavy"`, bead, `data-mass="heavy": want 0.2 to 100`},
		{"hinge", `data-jewel="stud" data-hinge-y="1e9"`, bead, `data-hinge-y`},
		{"length", `data-jewel="drop" data-length="NaN"`, bead, `data-length="NaN": want 3 to 1000`},
		{"chain's length", `data-length="20" data-jewel="necklace"`, bead, `data-length="20": want 340 to 1000`},
		{"many points", `data-jewel="stud"`, `<path class="metal" d="M0 0` + strings.Repeat("L2 1L-2 2", maxJewelPoints/2) + `Z"/>`, "over 8000 points"},
		{"many points in many parts", `data-jewel="stud"`, strings.Repeat(`<circle class="metal" r="2"/><circle class="gem" r="2"/>`, 30) +
			`<path class="metal" d="M0 0` + strings.Repeat("L2 1L-2 2", maxJewelPoints/2-300) + `Z"/>`, "over 8000 points"},
		{"many parts", `data-jewel="stud"`, strings.Repeat(`<rect class="metal" width="2" height="2"/>`, maxJewelParts+1), "65 parts, at most 64"},
		{"many runs", `data-jewel="stud"`, strings.Repeat(`<circle class="metal" r="2"/><circle class="gem" r="2"/>`, maxJewelParts), "over 64 parts"},
		{"deep", `data-jewel="stud"`, strings.Repeat("<g>", 100) + strings.Repeat("</g>", 100), "too deep"},
		{"huge", `data-jewel="stud"`, strings.Repeat(" ", maxShapeBytes), "256 KiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseJewel(jewelFile(tt.root, tt.inside))
			require.ErrorContains(t, err, tt.want)
		})
	}
	for _, file := range []string{"", "hello", "<svg", `<svg data-jewel="stud"><g>`, "<html></html>", "</svg>", `<svg data-jewel="stud"/><svg/>`} {
		_, err := parseJewel([]byte(file))
		require.ErrorContains(t, err, "not an SVG", file)
	}
}

func TestJewelsSuitTheirLayers(t *testing.T) {
	fx := readFixtures(t)
	r, err := New(fx.mesh(), os.DirFS(demoJewels))
	require.NoError(t, err)
	check := func(kind ar.Kind, asset string, side ar.Side) error {
		return r.Check(ar.Look{Layers: []ar.Layer{{Kind: kind, Asset: asset, Side: side, Intensity: 1}}})
	}
	for range 2 { // what is kept in memory is judged as what is read
		require.NoError(t, check(ar.Earrings, "hoop.svg", ""))
		require.NoError(t, check(ar.NoseStud, "nose-stud.svg", ar.Right))
		require.NoError(t, check(ar.Necklace, "necklace.svg", ""))
		require.ErrorContains(t, check(ar.Earrings, "necklace.svg", ""), `layer 1: earrings "necklace.svg": its data-jewel is "necklace", for layers of kind "necklace"`)
		require.ErrorContains(t, check(ar.NoseStud, "stud.svg", ar.Left), `its data-jewel is "stud", for layers of kind "earrings"`)
		require.ErrorContains(t, check(ar.Necklace, "drop.svg", ""), `its data-jewel is "drop"`)
		require.ErrorContains(t, check(ar.Earrings, "round.svg", ""), `data-jewel=""`)
		require.ErrorContains(t, check(ar.Earrings, "none.svg", ""), `earrings "none.svg": put the file into the folder`)
	}
}

func FuzzParseJewel(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(demoJewels, "*.svg"))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add(jewelFile(`data-jewel="drop" data-length="9"`, `<g class="metal" transform="matrix(1 2 3 4 5 6)"><use href="#a"/><path class="gem" d="M0 0A1 1 0 0 1 5 5a"/></g>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		j, err := parseJewel(data)
		if err != nil {
			return
		}
		if len(j.parts) == 0 || len(j.parts) > maxJewelParts || !(j.reach >= minJewelReach && j.reach <= maxJewelReach) ||
			!(j.length >= 3) || !(j.mass > 0) {
			t.Fatalf("accepted %d parts, %v mm, length %v, %v g", len(j.parts), j.reach, j.length, j.mass)
		}
	})
}
