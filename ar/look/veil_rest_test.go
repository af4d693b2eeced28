package look

import (
	"fmt"
	"image"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/ar"
)

// Whichever frame it comes in, judged or not, what comes over a face is bare
// within three frames.
func TestWhatComesIsSeenInEitherFrame(t *testing.T) {
	fx := readFixtures(t)
	l := ar.Look{Layers: []ar.Layer{{Kind: ar.Foundation, Color: ar.Color{R: 0xB8, G: 0x70, B: 0x50}, Finish: ar.Matte, Intensity: 1}}}
	for _, before := range []int{12, 13, 14} {
		t.Run(fmt.Sprintf("%d frames", before), func(t *testing.T) {
			r := newRenderer(t, fx)
			bare, face := fx.read(t, "astronaut.png")
			at := pixel(&face, 205, bare) // a cheek
			phone := image.Rect(int(at.x)-24, int(at.y)-24, int(at.x)+60, int(at.y)+60)
			begin := time.Now()
			painted := func(n int) (share float64) {
				f := *bare
				f.Pix = append([]byte(nil), bare.Pix...)
				f.At = begin.Add(time.Duration(n) * time.Second / 30)
				if n >= before {
					for y := phone.Min.Y; y < phone.Max.Y; y++ {
						for x := phone.Min.X; x < phone.Max.X; x++ {
							copy(f.Pix[3*(y*f.Width+x):], []byte{150, 120, 80})
						}
					}
				}
				was := append([]byte(nil), f.Pix...)
				require.NoError(t, r.Draw(&f, []ar.Face{face}, l))
				inside := phone.Inset(3)
				for y := inside.Min.Y; y < inside.Max.Y; y++ {
					for x := inside.Min.X; x < inside.Max.X; x++ {
						i := 3 * (y*f.Width + x)
						if [3]byte(f.Pix[i:]) != [3]byte(was[i:]) {
							share++
						}
					}
				}
				return share / float64(inside.Dx()*inside.Dy())
			}
			share := 0.
			for n := range before {
				share = painted(n)
			}
			require.Greater(t, share, 0.5, "the foundation is on")
			painted(before)
			painted(before + 1)
			require.Less(t, painted(before+2), 0.02)
		})
	}
}

// Patches that nothing lies over are left out of the work, and no pixel differs.
func TestWholePatchesKeepAllTheyHave(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	f, face := fx.read(t, "group_s1a.png") // paint lies over some
	r.surface.fit(&r.head, &face, f)
	v := r.surface.veil
	v.fit(f, &face, &r.surface)
	kept := func() []uint8 {
		var m mask
		m.reset(image.Rect(0, 0, f.Width, f.Height))
		for i := range m.Pix {
			m.Pix[i] = 255
		}
		v.keep(&m, &r.surface)
		return m.Pix
	}
	quick := kept()
	whole := 0
	for i := range v.patches {
		if v.patches[i].whole {
			whole++
		}
		v.patches[i].whole = false
	}
	require.NotZero(t, whole)
	require.Less(t, whole, len(v.patches))
	require.Equal(t, kept(), quick)
}

// A hand of the skin's own tone that rests on a cheek is not soon learnt to be
// the cheek.
func TestAHandThatRestsStaysBare(t *testing.T) {
	fx := readFixtures(t)
	r := newRenderer(t, fx)
	bare, face := fx.read(t, "group_s6a.png")
	stage := onStage{r: r, face: face}
	for range 30 {
		stage.show(bare)
	}
	o := hand("hand", cheekLight(r, bare, &face), 0.3, 0.25)
	f := clone(bare)
	cover := o.put(f, &face, 0)
	for range 6 * 30 {
		stage.show(f)
	}
	require.LessOrEqual(t, painted(&face, f, stage.painted(t, clone(f)), cover), 0.01)
}
