package models

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The operators, element types and settings of TensorFlow Lite's schema that
// the face models use, by their numbers there.
const (
	opAdd             = 0
	opConcatenation   = 2
	opConv            = 3
	opDepthwiseConv   = 4
	opDequantize      = 6
	opMaxPool         = 17
	opMul             = 18
	opRelu            = 19
	opReshape         = 22
	opCustom          = 32
	opPad             = 34
	opStridedSlice    = 45
	opPRelu           = 54
	typeFloat32       = 0
	typeFloat16       = 1
	typeInt32         = 2
	paddingSame       = 0
	activationNone    = 0
	activationRelu    = 1
	activationRelu6   = 3
	maxRank           = 8
	maxTensorElements = 1 << 24 // far above the largest of these models
)

// tfTensor is a value in the graph. data is nil unless it is a constant.
type tfTensor struct {
	name  string
	shape []int
	typ   byte
	data  []byte
}

// tfOp is one operator; in and out number tensors, −1 is an input left out.
type tfOp struct {
	code    int
	custom  string
	in, out []int
	options table
	extra   []byte // a custom operator's attributes
}

// tfGraph is the one subgraph of a .tflite file.
type tfGraph struct {
	tensors     []tfTensor
	ops         []tfOp
	inputs, out []int
}

// readTFLite reads a .tflite file. Every number that names a tensor or a
// buffer is checked, so that the graph can be walked without more checks.
func readTFLite(data []byte) (*tfGraph, error) {
	b := &flatbuffer{data: data}
	if len(data) < 8 || string(data[4:8]) != "TFL3" {
		return nil, fmt.Errorf("not a .tflite file: it does not begin with TFL3")
	}
	model := b.root()
	subgraphs := model.tablesAt(2)
	if len(subgraphs) != 1 {
		return nil, fmt.Errorf("%d subgraphs, want 1", len(subgraphs))
	}
	buffers := model.tablesAt(4)
	sub := subgraphs[0]
	g := &tfGraph{inputs: sub.intsAt(1), out: sub.intsAt(2)}
	for i, t := range sub.tablesAt(0) {
		tensor, err := readTensor(t, buffers)
		if err != nil {
			return nil, fmt.Errorf("tensor %d: %w", i, err)
		}
		g.tensors = append(g.tensors, tensor)
	}
	codes := model.tablesAt(1)
	for i, t := range sub.tablesAt(3) {
		op := tfOp{in: t.intsAt(1), out: t.intsAt(2), options: t.tableAt(4), extra: t.bytesAt(5)}
		n := t.intAt(0, 0)
		if n < 0 || n >= len(codes) || !g.has(op.in, -1) || !g.has(op.out, 0) || len(op.out) != 1 {
			return nil, fmt.Errorf("operator %d: %w", i, errCorrupt)
		}
		// The byte came first and stops at 127; the int is there when it had to grow.
		op.code = max(int(int8(codes[n].byteAt(0, 0))), codes[n].intAt(3, 0))
		op.custom = string(codes[n].bytesAt(1))
		g.ops = append(g.ops, op)
	}
	if b.err != nil {
		return nil, b.err
	}
	if !g.has(g.inputs, 0) || !g.has(g.out, 0) {
		return nil, errCorrupt
	}
	return g, nil
}

// has reports whether every number names a tensor or is at least lowest.
func (g *tfGraph) has(numbers []int, lowest int) bool {
	for _, n := range numbers {
		if n < lowest || n >= len(g.tensors) {
			return false
		}
	}
	return true
}

func readTensor(t table, buffers []table) (tfTensor, error) {
	if _, rank := t.vector(0, 4); rank > maxRank {
		return tfTensor{}, errCorrupt
	}
	out := tfTensor{name: string(t.bytesAt(3)), shape: t.intsAt(0), typ: t.byteAt(1, 0)}
	n := 1
	for _, d := range out.shape {
		if d < 1 || d > maxTensorElements {
			return out, errCorrupt
		}
		if n *= d; n > maxTensorElements {
			return out, errCorrupt
		}
	}
	i := t.intAt(2, 0)
	if i < 0 || i >= len(buffers) {
		return out, errCorrupt
	}
	out.data = buffers[i].bytesAt(0)
	size := map[byte]int{typeFloat32: 4, typeFloat16: 2, typeInt32: 4}[out.typ]
	if size == 0 {
		return out, fmt.Errorf("element type %d is not handled", out.typ)
	}
	if out.data != nil && len(out.data) != n*size {
		return out, errCorrupt
	}
	return out, nil
}

// floats gives a constant's numbers, nil when the tensor is no float constant.
func (t *tfTensor) floats() []float32 {
	switch t.typ {
	case typeFloat32:
		out := make([]float32, len(t.data)/4)
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.data[4*i:]))
		}
		return out
	case typeFloat16:
		out := make([]float32, len(t.data)/2)
		for i := range out {
			out[i] = half(binary.LittleEndian.Uint16(t.data[2*i:]))
		}
		return out
	}
	return nil
}

// ints gives a constant's numbers, nil when the tensor is no int32 constant.
func (t *tfTensor) ints() []int {
	if t.typ != typeInt32 {
		return nil
	}
	out := make([]int, len(t.data)/4)
	for i := range out {
		out[i] = int(int32(binary.LittleEndian.Uint32(t.data[4*i:])))
	}
	return out
}

// half gives the value of an IEEE 754 half-precision number.
func half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 31
	frac := uint32(h & 0x3ff)
	switch exp {
	case 0: // zero and subnormal: frac · 2⁻²⁴
		v := float32(frac) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31: // infinity and NaN
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
