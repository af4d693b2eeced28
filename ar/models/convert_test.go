package models

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHalf holds every half-precision number against its definition.
func TestHalf(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		exp, frac := int(h>>10&31), float64(h&0x3ff)
		want := math.Ldexp(1+frac/1024, exp-15)
		switch {
		case exp == 0:
			want = math.Ldexp(frac, -24)
		case exp == 31 && frac == 0:
			want = math.Inf(1)
		case exp == 31:
			require.True(t, math.IsNaN(float64(half(h))))
			continue
		}
		if h>>15 == 1 {
			want = -want
		}
		require.Equal(t, want, float64(half(h)))
		require.Equal(t, h>>15 == 1, math.Signbit(float64(half(h))))
	}
}

func TestToPlanar(t *testing.T) {
	// Two pixels of three channels become three planes of two pixels.
	require.Equal(t, []float32{1, 4, 2, 5, 3, 6}, toPlanar([]float32{1, 2, 3, 4, 5, 6}, []int{1, 1, 2, 3}))
}

// TestAttributes reads what the attention mesh says about its lips' box.
func TestAttributes(t *testing.T) {
	g, err := readTFLite(part(readBuilt(t), attentionPart))
	require.NoError(t, err)
	var boxes []box
	for _, op := range g.ops {
		if op.custom == "Landmarks2TransformMatrix" {
			b, err := readBox(op.extra, 468)
			require.NoError(t, err)
			boxes = append(boxes, b)
		}
	}
	require.Len(t, boxes, 3)
	for i, want := range []struct{ points, left, right, first int }{{80, 61, 291, 61}, {71, 33, 133, 33}, {71, 362, 263, 263}} {
		require.Len(t, boxes[i].subset, want.points)
		require.Equal(t, want.first, boxes[i].subset[0])
		require.Equal(t, []int{want.left, want.right}, []int{boxes[i].left, boxes[i].right})
		require.Equal(t, []float32{16, 16, 1.5, 1.5},
			[]float32{boxes[i].width, boxes[i].height, boxes[i].scaleX, boxes[i].scaleY})
	}
	_, err = readBox(nil, 468)
	require.Error(t, err)
}

// TestEveryCutIsRefused: no prefix of a model is taken for one, and none
// brings the reader down.
func TestEveryCutIsRefused(t *testing.T) {
	data := part(readBuilt(t), detectorPart)
	for n := 0; n < len(data); n += 1 + n/64 {
		_, err := detector(data[:n])
		require.Error(t, err, "%d bytes", n)
	}
	head := part(readBuilt(t), headPart)
	for n := 0; n < len(head)*9/10; n += 7 { // the rest are weights, of which any number will do
		_, err := readHead(head[:n])
		require.Error(t, err, "%d bytes", n)
	}
}

// closely is the closer look at eyes.
func closely(tflite []byte) ([]byte, error) {
	d, err := detail(tflite, eyeLooks)
	return d.Model, err
}

// FuzzConvert changes a real model in two places and converts what is left.
func FuzzConvert(f *testing.F) {
	data := readBuilt(f)
	parts := [][]byte{part(data, detectorPart), part(data, meshPart), part(data, attentionPart)}
	f.Add(byte(0), uint32(0), uint32(0), uint32(4), uint32(0))
	f.Add(byte(1), uint32(4), uint32(1), uint32(1<<20), uint32(math.MaxUint32))
	f.Add(byte(2), uint32(28), uint32(math.MaxUint32), uint32(1<<21), uint32(1<<31))
	f.Fuzz(func(t *testing.T, which byte, at1, value1, at2, value2 uint32) {
		model := append([]byte(nil), parts[int(which)%len(parts)]...)
		// Structure stands at the two ends, weights in the middle: aim at both.
		for _, change := range [][2]uint32{{at1, value1}, {at2, value2}} {
			at := int(change[0]>>1) % (1 << 16)
			if change[0]&1 == 1 {
				at = len(model) - 4 - at
			}
			binary.LittleEndian.PutUint32(model[at:], change[1])
		}
		for _, read := range []func([]byte) ([]byte, error){detector, mesh, attention, closely} {
			if out, err := read(model); err == nil {
				require.NotEmpty(t, out)
			}
		}
	})
}

func FuzzTFLite(f *testing.F) {
	f.Add([]byte("\x10\x00\x00\x00TFL3"))
	f.Add([]byte("\x08\x00\x00\x00TFL3\x04\x00\x04\x00\x04\x00\x00\x00"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		if g, err := readTFLite(data); err == nil {
			_ = newConverter(g).reach(g.out...)
		}
	})
}

func FuzzAttributes(f *testing.F) {
	f.Add([]byte("output_height\x00output_width\x00\x02\x1c\x0f\x02\x01\x02\x10\x10\x04\x04\x04$\x01"))
	f.Add([]byte{0, 36, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := attributes(data)
		if err != nil {
			return
		}
		for _, list := range a {
			require.LessOrEqual(t, len(list), len(data))
		}
	})
}

func FuzzHead(f *testing.F) {
	f.Add(uint32(0), uint32(0))
	f.Add(uint32(19000), uint32(math.MaxUint32))
	data := part(readBuilt(f), headPart)
	f.Fuzz(func(t *testing.T, at, value uint32) {
		changed := append([]byte(nil), data...)
		binary.LittleEndian.PutUint32(changed[int(at)%(len(data)-4):], value)
		if head, err := readHead(changed); err == nil {
			for _, tri := range head.Triangles {
				for _, i := range tri {
					require.Less(t, int(i), len(head.Vertices))
				}
			}
		}
	})
}

// TestChangedModels changes a few bytes where a model's structure stands, many
// times over: what comes out does not matter, that it comes does.
func TestChangedModels(t *testing.T) {
	data := readBuilt(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, model := range []struct {
		part  [2]int
		read  func([]byte) ([]byte, error)
		times int
	}{{detectorPart, detector, 300}, {meshPart, mesh, 30}, {attentionPart, attention, 30}, {attentionPart, closely, 30}} {
		original := part(data, model.part)
		changed := append([]byte(nil), original...)
		for range model.times {
			for range 1 + random.IntN(3) {
				at := len(changed) - 1 - random.IntN(60_000)
				if random.IntN(3) == 0 {
					at = random.IntN(3000)
				}
				changed[at] += byte(random.IntN(256))
			}
			_, _ = model.read(changed)
			copy(changed, original)
		}
	}
}
