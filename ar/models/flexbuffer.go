package models

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The FlexBuffers types that attributes come in (flatbuffers.dev, "FlexBuffers").
const (
	flexInt        = 1
	flexUint       = 2
	flexFloat      = 3
	flexKey        = 4
	flexMap        = 9
	flexVector     = 10
	flexVectorInt  = 11
	flexVectorUint = 12
)

// flexValue is a value in a FlexBuffer: a number in place, or an offset back
// to where the value stands.
type flexValue struct {
	b     *flatbuffer
	pos   int
	width int // bytes of the number or offset at pos
	typ   byte
	inner int // bytes of what an offset leads to
}

// attributes reads a custom operator's attributes: numbers and lists of
// numbers by name.
func attributes(data []byte) (map[string][]float64, error) {
	b := &flatbuffer{data: data}
	n := len(data)
	width := int(b.u8(n - 1))
	root := b.value(n-2-width, width, b.u8(n-2))
	if b.err != nil || root.typ != flexMap {
		return nil, fmt.Errorf("attributes are no FlexBuffers map")
	}
	out := map[string][]float64{}
	// A map is a vector of values with, before its count, the width of its
	// keys and the offset back to them.
	values, w := root.target(), root.inner
	keysWidth := int(b.uint(values-2*w, w))
	keys := values - 3*w - int(b.uint(values-3*w, w))
	for i, v := range root.elements() {
		key := flexValue{b, keys + i*keysWidth, keysWidth, flexKey, 1}
		list, err := v.numbers()
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %w", key.text(), err)
		}
		out[key.text()] = list
	}
	return out, b.err
}

func (b *flatbuffer) value(pos, width int, packed byte) flexValue {
	return flexValue{b, pos, width, packed >> 2, 1 << (packed & 3)}
}

// uint reads a little-endian number of 1, 2, 4 or 8 bytes, at most the largest
// that can be a place in the file.
func (b *flatbuffer) uint(pos, width int) uint64 {
	s := b.bytes(pos, width)
	switch {
	case s == nil:
	case width == 1:
		return uint64(s[0])
	case width == 2:
		return uint64(binary.LittleEndian.Uint16(s))
	case width == 4:
		return uint64(binary.LittleEndian.Uint32(s))
	case width == 8:
		return binary.LittleEndian.Uint64(s)
	default:
		b.err = errCorrupt
	}
	return 0
}

// target is the place an offset leads to.
func (v flexValue) target() int {
	off := v.b.uint(v.pos, v.width)
	if off > uint64(len(v.b.data)) {
		v.b.err = errCorrupt
		return 0
	}
	return v.pos - int(off)
}

// count is how many elements the vector or map at v has, 0 when they do not
// fit in the file.
func (v flexValue) count() int {
	n := v.b.uint(v.target()-v.inner, v.inner)
	if n > uint64(len(v.b.data)/v.inner) {
		v.b.err = errCorrupt
		return 0
	}
	return int(n)
}

// elements are the values of a map or an untyped vector; each one's type
// stands behind the last.
func (v flexValue) elements() []flexValue {
	at, n := v.target(), v.count()
	out := make([]flexValue, n)
	for i := range out {
		out[i] = v.b.value(at+i*v.inner, v.inner, v.b.u8(at+n*v.inner+i))
	}
	return out
}

// numbers gives a number as a list of one, a vector of numbers as a list.
func (v flexValue) numbers() ([]float64, error) {
	switch v.typ {
	case flexVectorInt, flexVectorUint:
		at := v.target()
		out := make([]float64, v.count())
		for i := range out {
			out[i] = flexValue{v.b, at + i*v.inner, v.inner, v.typ - flexVectorInt + flexInt, 1}.number()
		}
		return out, nil
	case flexVector:
		var out []float64
		for _, e := range v.elements() {
			if e.typ < flexInt || e.typ > flexFloat {
				return nil, fmt.Errorf("a list of FlexBuffers type %d is not handled", e.typ)
			}
			out = append(out, e.number())
		}
		return out, nil
	case flexInt, flexUint, flexFloat:
		return []float64{v.number()}, nil
	}
	return nil, fmt.Errorf("FlexBuffers type %d is not handled", v.typ)
}

func (v flexValue) number() float64 {
	u := v.b.uint(v.pos, v.width)
	switch {
	case v.typ == flexInt:
		shift := 64 - 8*v.width
		return float64(int64(u<<shift) >> shift)
	case v.typ == flexFloat && v.width == 4:
		return float64(math.Float32frombits(uint32(u)))
	case v.typ == flexFloat && v.width == 8:
		return math.Float64frombits(u)
	case v.typ == flexFloat:
		v.b.err = errCorrupt
	}
	return float64(u)
}

// text reads a key: bytes up to a zero.
func (v flexValue) text() string {
	at := v.target()
	end := at
	for v.b.u8(end) != 0 {
		end++
	}
	return string(v.b.bytes(at, end-at))
}
