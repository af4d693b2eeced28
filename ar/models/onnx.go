package models

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// opset is the ONNX operator set the graphs are written for.
const opset = 17

// onnxGraph writes an ONNX model (onnx/onnx.proto; the field numbers below are
// from there) node by node, in the order in which the nodes run.
type onnxGraph struct {
	nodes, constants, inputs, outputs []byte
	names                             int
}

// attr is a node's attribute, already encoded.
type attr []byte

const (
	onnxFloat = 1
	onnxInt64 = 7
)

func field(b []byte, n protowire.Number, message []byte) []byte {
	b = protowire.AppendTag(b, n, protowire.BytesType)
	return protowire.AppendBytes(b, message)
}

func number(b []byte, n protowire.Number, v int) []byte {
	b = protowire.AppendTag(b, n, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(v))
}

func attrInt(name string, v int) attr {
	b := field(nil, 1, []byte(name))
	return number(number(b, 3, v), 20, 2)
}

func attrInts(name string, v ...int) attr {
	b := field(nil, 1, []byte(name))
	for _, x := range v {
		b = number(b, 8, x)
	}
	return number(b, 20, 7)
}

func attrText(name, v string) attr {
	b := field(nil, 1, []byte(name))
	return number(field(b, 4, []byte(v)), 20, 3)
}

func (g *onnxGraph) fresh() string {
	g.names++
	return fmt.Sprintf("v%d", g.names)
}

// node adds an operator with one output, whose name it returns.
func (g *onnxGraph) node(op string, in []string, attrs ...attr) string {
	out := g.fresh()
	g.named(out, op, in, attrs...)
	return out
}

func (g *onnxGraph) named(out, op string, in []string, attrs ...attr) {
	var b []byte
	for _, name := range in {
		b = field(b, 1, []byte(name))
	}
	b = field(b, 2, []byte(out))
	b = field(b, 4, []byte(op))
	for _, a := range attrs {
		b = field(b, 5, a)
	}
	g.nodes = field(g.nodes, 1, b)
}

// floats and ints add a constant and return its name.
func (g *onnxGraph) floats(shape []int, v []float32) string {
	raw := make([]byte, 0, 4*len(v))
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return g.constant(onnxFloat, shape, raw)
}

func (g *onnxGraph) ints(v ...int) string { return g.intsOf([]int{len(v)}, v) }

func (g *onnxGraph) intsOf(shape, v []int) string {
	raw := make([]byte, 0, 8*len(v))
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(x))
	}
	return g.constant(onnxInt64, shape, raw)
}

func (g *onnxGraph) constant(typ int, shape []int, raw []byte) string {
	name := g.fresh()
	var b []byte
	for _, d := range shape {
		b = number(b, 1, d)
	}
	b = number(b, 2, typ)
	b = field(b, 8, []byte(name))
	b = field(b, 9, raw)
	g.constants = field(g.constants, 5, b)
	return name
}

// The calls of operators that conversion makes over and over.
func (g *onnxGraph) reshape(x string, shape ...int) string {
	return g.node("Reshape", []string{x, g.ints(shape...)})
}

func (g *onnxGraph) transpose(x string, perm ...int) string {
	return g.node("Transpose", []string{x}, attrInts("perm", perm...))
}

func (g *onnxGraph) concat(axis int, in ...string) string {
	return g.node("Concat", in, attrInt("axis", axis))
}

// gather takes the numbered rows (axis 0) or columns (axis 1) of a matrix.
func (g *onnxGraph) gather(x string, axis int, numbers ...int) string {
	return g.node("Gather", []string{x, g.ints(numbers...)}, attrInt("axis", axis))
}

func (g *onnxGraph) input(name string, shape ...int) {
	g.inputs = field(g.inputs, 11, valueInfo(name, shape))
}

// output names a value as one of the model's outputs.
func (g *onnxGraph) output(name, value string, shape ...int) {
	g.named(name, "Identity", []string{value})
	g.outputs = field(g.outputs, 12, valueInfo(name, shape))
}

func valueInfo(name string, shape []int) []byte {
	var dims []byte
	for _, d := range shape {
		dims = field(dims, 1, number(nil, 1, d))
	}
	tensor := field(number(nil, 1, onnxFloat), 2, dims)
	return field(field(nil, 1, []byte(name)), 2, field(nil, 1, tensor))
}

// model gives the finished model's bytes.
func (g *onnxGraph) model(name string) []byte {
	graph := append([]byte(nil), g.nodes...)
	graph = field(graph, 2, []byte(name))
	graph = append(graph, g.constants...)
	graph = append(graph, g.inputs...)
	graph = append(graph, g.outputs...)
	b := number(nil, 1, 8) // intermediate representation 8, of ONNX 1.10 and up
	b = field(b, 7, graph)
	return field(b, 8, number(field(nil, 1, nil), 2, opset))
}
