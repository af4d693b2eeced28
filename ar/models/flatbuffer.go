package models

import (
	"encoding/binary"
	"errors"
)

// flatbuffer reads the FlatBuffers wire format (flatbuffers.dev, "internals").
// A place outside the bytes reads as zero or empty and is remembered in err,
// so a caller may read a whole structure and look at err once.
type flatbuffer struct {
	data []byte
	err  error
}

// errCorrupt is what a model file with impossible offsets or sizes gives.
var errCorrupt = errors.New("corrupt model: a place outside the file, or a size that cannot be")

// bytes gives the n bytes at pos.
func (b *flatbuffer) bytes(pos, n int) []byte {
	if pos < 0 || n < 0 || pos > len(b.data)-n {
		b.err = errCorrupt
		return nil
	}
	return b.data[pos : pos+n : pos+n]
}

func (b *flatbuffer) u8(pos int) byte {
	if s := b.bytes(pos, 1); s != nil {
		return s[0]
	}
	return 0
}

func (b *flatbuffer) u16(pos int) int {
	if s := b.bytes(pos, 2); s != nil {
		return int(binary.LittleEndian.Uint16(s))
	}
	return 0
}

func (b *flatbuffer) i32(pos int) int {
	if s := b.bytes(pos, 4); s != nil {
		return int(int32(binary.LittleEndian.Uint32(s)))
	}
	return 0
}

// follow reads the forward offset at pos and gives the place it names.
func (b *flatbuffer) follow(pos int) int {
	s := b.bytes(pos, 4)
	if s == nil {
		return 0
	}
	return pos + int(binary.LittleEndian.Uint32(s))
}

// table is a FlatBuffers table; the zero table has no fields.
type table struct {
	b   *flatbuffer
	pos int
}

func (b *flatbuffer) root() table { return table{b, b.follow(0)} }

// field gives the place of field number n, 0 when the table leaves it out.
func (t table) field(n int) int {
	if t.b == nil {
		return 0
	}
	vtable := t.pos - t.b.i32(t.pos)
	if 4+2*n >= t.b.u16(vtable) {
		return 0
	}
	if off := t.b.u16(vtable + 4 + 2*n); off != 0 {
		return t.pos + off
	}
	return 0
}

// byteAt and intAt give scalar fields, or what the schema has as default.
func (t table) byteAt(n int, or byte) byte {
	if p := t.field(n); p != 0 {
		return t.b.u8(p)
	}
	return or
}

func (t table) intAt(n, or int) int {
	if p := t.field(n); p != 0 {
		return t.b.i32(p)
	}
	return or
}

func (t table) tableAt(n int) table {
	if p := t.field(n); p != 0 {
		return table{t.b, t.b.follow(p)}
	}
	return table{}
}

// vector gives the first element's place and the count of a vector field whose
// elements take size bytes.
func (t table) vector(n, size int) (pos, count int) {
	p := t.field(n)
	if p == 0 {
		return 0, 0
	}
	p = t.b.follow(p)
	count = t.b.i32(p)
	if count < 0 || count > len(t.b.data)/size || t.b.bytes(p+4, count*size) == nil {
		t.b.err = errCorrupt
		return 0, 0
	}
	return p + 4, count
}

func (t table) bytesAt(n int) []byte {
	p, count := t.vector(n, 1)
	if count == 0 {
		return nil
	}
	return t.b.bytes(p, count)
}

func (t table) intsAt(n int) []int {
	p, count := t.vector(n, 4)
	out := make([]int, count)
	for i := range out {
		out[i] = t.b.i32(p + 4*i)
	}
	return out
}

func (t table) tablesAt(n int) []table {
	p, count := t.vector(n, 4)
	out := make([]table, count)
	for i := range out {
		out[i] = table{t.b, t.b.follow(p + 4*i)}
	}
	return out
}
