package look

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// A renderer that was told to forget draws as a new one does, whoever it has
// drawn on before.
func TestForgottenFacesLeaveNothing(t *testing.T) {
	fx := readFixtures(t)
	used := newRenderer(t, fx)
	l := ar.Look{Layers: append(lipstick(red, ar.Matte, 0.8).Layers, ar.Layer{
		Kind: ar.Foundation, Color: ar.Color{R: 0xD9, G: 0xA8, B: 0x83}, Finish: ar.Matte, Intensity: 0.8,
	})}
	begin := time.Now()
	film := func(r *Renderer, picture string) *ar.Frame {
		f, face := fx.read(t, picture)
		for i := range 12 {
			g := *f
			g.Pix = append([]byte(nil), f.Pix...)
			g.At = begin.Add(time.Duration(i) * 33 * time.Millisecond)
			require.NoError(t, r.Draw(&g, []ar.Face{face}, l))
			if i == 11 {
				return &g
			}
		}
		return nil
	}
	want := film(newRenderer(t, fx), "group_s6a.png")
	film(used, "astronaut.png")
	used.Forget()
	require.Empty(t, used.fades)
	require.Empty(t, used.surface.veil.faces)
	require.Zero(t, used.surface.corners)
	for _, h := range used.surface.veil.seen {
		require.Zero(t, h)
	}
	require.Equal(t, want.Pix, film(used, "group_s6a.png").Pix)
}
