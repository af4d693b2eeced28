package models

import (
	"fmt"
	"slices"
)

// converter rewrites a TensorFlow Lite graph as an ONNX one.
//
// TensorFlow Lite keeps pictures as height × width × channels, ONNX as
// channels × height × width. A four-dimensional value may stand in both
// layouts; each is made when first asked for, so chains of picture operators
// stay planar throughout.
type converter struct {
	tf     *tfGraph
	onnx   onnxGraph
	plain  []string    // by tensor: the value's name in its own layout, or ""
	planar []string    // by tensor: the value's name as N×C×H×W, or ""
	consts []*tfTensor // by tensor: the constant behind it, through DEQUANTIZE
	subset [][]int     // by tensor: the landmarks its matrix was fitted to
	turned []bool      // by tensor: its planar value is held with its sign turned
}

// newConverter knows the constants alone.
func newConverter(tf *tfGraph) *converter {
	n := len(tf.tensors)
	c := &converter{
		tf: tf, plain: make([]string, n), planar: make([]string, n),
		consts: make([]*tfTensor, n), subset: make([][]int, n), turned: negatives(tf),
	}
	for i := range tf.tensors {
		if tf.tensors[i].data != nil {
			c.consts[i] = &tf.tensors[i]
		}
	}
	return c
}

// picture begins with the graph's one input as a planar picture named "image".
func (c *converter) picture() error {
	if len(c.tf.inputs) != 1 || len(c.shape(c.tf.inputs[0])) != 4 {
		return fmt.Errorf("want one picture as input")
	}
	s := c.shape(c.tf.inputs[0])
	c.onnx.input("image", s[0], s[3], s[1], s[2])
	c.planar[c.tf.inputs[0]] = "image"
	return nil
}

// reach converts the operators that lead from what is known to the tensors.
func (c *converter) reach(tensors ...int) error {
	wanted := make([]bool, len(c.tf.tensors))
	for _, t := range tensors {
		wanted[t] = !c.known(t)
	}
	needed := make([]bool, len(c.tf.ops))
	for i, op := range slices.Backward(c.tf.ops) {
		if needed[i] = wanted[op.out[0]]; !needed[i] {
			continue
		}
		for _, t := range op.in {
			if t >= 0 && !c.known(t) {
				wanted[t] = true
			}
		}
	}
	for i, op := range c.tf.ops {
		if !needed[i] {
			continue
		}
		if err := c.op(op); err != nil {
			return fmt.Errorf("operator %d (%d %s): %w", i, op.code, op.custom, err)
		}
	}
	return nil
}

func (c *converter) known(tensor int) bool {
	return c.plain[tensor] != "" || c.planar[tensor] != "" || c.consts[tensor] != nil
}

func (c *converter) op(op tfOp) error {
	want, known := map[int]int{
		opAdd: 2, opConcatenation: 1, opConv: 3, opDepthwiseConv: 3, opDequantize: 1, opMaxPool: 1,
		opMul: 2, opRelu: 1, opReshape: 1, opCustom: 1, opPad: 2, opStridedSlice: 4, opPRelu: 2,
	}[op.code]
	if !known {
		return fmt.Errorf("not handled")
	}
	if len(op.in) < want || slices.Contains(op.in, -1) {
		return errCorrupt
	}
	if in, out := c.shape(op.in[0]), c.shape(op.out[0]); keepsShape(op.code) && !slices.Equal(in, out) {
		return fmt.Errorf("%v becomes %v", in, out)
	}
	switch op.code {
	case opDequantize:
		return c.dequantize(op)
	case opConv, opDepthwiseConv:
		return c.conv(op)
	case opMaxPool:
		return c.maxPool(op)
	case opAdd:
		return c.binary(op, "Add")
	case opMul:
		return c.binary(op, "Mul")
	case opRelu:
		return c.relu(op)
	case opPRelu:
		return c.prelu(op)
	case opPad:
		return c.pad(op)
	case opReshape:
		return c.reshape(op)
	case opConcatenation:
		return c.concatenation(op)
	case opStridedSlice:
		return c.stridedSlice(op)
	}
	return c.custom(op)
}

// keepsShape says of which operators the output is shaped like the first input.
func keepsShape(code int) bool {
	return slices.Contains([]int{opAdd, opMul, opRelu, opPRelu, opDequantize, opStridedSlice}, code)
}

func (c *converter) shape(tensor int) []int { return c.tf.tensors[tensor].shape }

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// asPlain names the value in TensorFlow Lite's own layout.
func (c *converter) asPlain(tensor int) (string, error) {
	if c.plain[tensor] != "" {
		return c.plain[tensor], nil
	}
	s := c.shape(tensor)
	switch {
	case c.consts[tensor] != nil:
		v := c.consts[tensor].floats()
		if v == nil {
			return "", errCorrupt
		}
		c.plain[tensor] = c.onnx.floats(s, v)
	case c.planar[tensor] == "":
		return "", fmt.Errorf("tensor %d is used before it is made", tensor)
	case c.turned[tensor]:
		return "", fmt.Errorf("tensor %d has its sign turned", tensor)
	case s[3] == 1 || s[1]*s[2] == 1: // the order of elements is the same
		c.plain[tensor] = c.onnx.reshape(c.planar[tensor], s...)
	default:
		c.plain[tensor] = c.onnx.transpose(c.planar[tensor], 0, 2, 3, 1)
	}
	return c.plain[tensor], nil
}

// asPlanar names a picture's value as N×C×H×W.
func (c *converter) asPlanar(tensor int) (string, error) {
	if c.planar[tensor] != "" {
		return c.planar[tensor], nil
	}
	s := c.shape(tensor)
	if len(s) != 4 {
		return "", errCorrupt
	}
	x, err := c.asPlain(tensor)
	if err != nil {
		return "", err
	}
	if s[3] == 1 || s[1]*s[2] == 1 {
		c.planar[tensor] = c.onnx.reshape(x, s[0], s[3], s[1], s[2])
	} else {
		c.planar[tensor] = c.onnx.transpose(x, 0, 3, 1, 2)
	}
	return c.planar[tensor], nil
}

// dequantize folds a half-precision constant; nothing is left of it at run time.
func (c *converter) dequantize(op tfOp) error {
	t := c.consts[op.in[0]]
	if t == nil || t.floats() == nil || size(c.shape(op.out[0])) != size(t.shape) {
		return fmt.Errorf("only constants are dequantized")
	}
	c.consts[op.out[0]] = t
	return nil
}

// constant gives the floats of a constant input of the wanted size.
func (c *converter) constant(tensor, count int) ([]float32, error) {
	if c.consts[tensor] == nil {
		return nil, fmt.Errorf("tensor %d must be constant", tensor)
	}
	v := c.consts[tensor].floats()
	if len(v) != count {
		return nil, errCorrupt
	}
	return v, nil
}

// activation adds the activation that is fused into an operator.
func (c *converter) activation(kind byte, x string) (string, error) {
	switch kind {
	case activationNone:
		return x, nil
	case activationRelu:
		return c.onnx.node("Relu", []string{x}), nil
	case activationRelu6:
		return c.onnx.node("Clip", []string{x, c.onnx.floats(nil, []float32{0}), c.onnx.floats(nil, []float32{6})}), nil
	}
	return "", fmt.Errorf("activation %d is not handled", kind)
}

// elementwise says in which layout an operator without a sense of direction
// runs: planar when its inputs are pictures of one shape and the first already
// stands so.
func (c *converter) elementwise(tensors ...int) (get func(int) (string, error), set []string) {
	for _, t := range tensors {
		if len(c.shape(t)) != 4 || c.consts[t] != nil || !slices.Equal(c.shape(t), c.shape(tensors[0])) {
			return c.asPlain, c.plain
		}
	}
	if c.planar[tensors[0]] == "" {
		return c.asPlain, c.plain
	}
	return c.asPlanar, c.planar
}

func (c *converter) binary(op tfOp, name string) error {
	get, set := c.elementwise(op.in[0], op.in[1])
	a, err := get(op.in[0])
	if err != nil {
		return err
	}
	b, err := get(op.in[1])
	if err != nil {
		return err
	}
	set[op.out[0]], err = c.activation(op.options.byteAt(0, 0), c.onnx.node(name, []string{a, b}))
	c.subset[op.out[0]] = c.subset[op.in[0]]
	return err
}

func (c *converter) relu(op tfOp) error {
	get, set := c.elementwise(op.in[0])
	x, err := get(op.in[0])
	if err != nil {
		return err
	}
	set[op.out[0]] = c.onnx.node("Relu", []string{x})
	return nil
}

func (c *converter) reshape(op tfOp) error {
	if size(c.shape(op.in[0])) != size(c.shape(op.out[0])) {
		return errCorrupt
	}
	x, err := c.asPlain(op.in[0])
	if err != nil {
		return err
	}
	c.plain[op.out[0]] = c.onnx.reshape(x, c.shape(op.out[0])...)
	c.subset[op.out[0]] = c.subset[op.in[0]]
	return nil
}

func (c *converter) concatenation(op tfOp) error {
	var in []string
	for _, t := range op.in {
		x, err := c.asPlain(t)
		if err != nil {
			return err
		}
		in = append(in, x)
	}
	out, err := c.activation(op.options.byteAt(1, 0), c.onnx.concat(op.options.intAt(0, 0), in...))
	c.plain[op.out[0]] = out
	return err
}

// stridedSlice handles the slice that takes everything, which is all that the
// face models ask for.
func (c *converter) stridedSlice(op tfOp) error {
	s := c.shape(op.in[0])
	for i, want := range [][]int{make([]int, len(s)), s, slices.Repeat([]int{1}, len(s))} {
		if t := c.consts[op.in[i+1]]; t == nil || !slices.Equal(t.ints(), want) {
			return fmt.Errorf("only a slice of everything is handled")
		}
	}
	x, err := c.asPlain(op.in[0])
	c.plain[op.out[0]] = x
	return err
}
