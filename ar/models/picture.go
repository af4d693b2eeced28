package models

import (
	"fmt"
	"slices"
)

// window is how a convolution or a pool goes over a picture.
type window struct {
	kernel, stride, dilation [2]int // y, x
	pads                     []int  // top, left, bottom, right
}

// window works out the padding from input, output and kind as TensorFlow Lite
// does: SAME puts half of what is missing before and the rest, which may be
// one more, behind.
func (c *converter) window(op tfOp, kernel, stride, dilation [2]int) (window, error) {
	w := window{kernel: kernel, stride: stride, dilation: dilation, pads: make([]int, 4)}
	in, out := c.shape(op.in[0]), c.shape(op.out[0])
	if len(in) != 4 || len(out) != 4 {
		return w, errCorrupt
	}
	for axis := range 2 {
		k, s, d := kernel[axis], stride[axis], dilation[axis]
		if k < 1 || k > 64 || s < 1 || s > 64 || d < 1 || d > 64 {
			return w, errCorrupt
		}
		n, reach := in[1+axis], (k-1)*d+1
		want := (n - reach + s) / s
		if op.options.byteAt(0, paddingSame) == paddingSame {
			want = (n + s - 1) / s
			total := max((want-1)*s+reach-n, 0)
			w.pads[axis], w.pads[2+axis] = total/2, total-total/2
		}
		if n < reach && want < 1 || out[1+axis] != want {
			return w, errCorrupt
		}
	}
	return w, nil
}

func (w window) attrs() []attr {
	return []attr{
		attrInts("kernel_shape", w.kernel[:]...), attrInts("strides", w.stride[:]...),
		attrInts("dilations", w.dilation[:]...), attrInts("pads", w.pads...),
	}
}

// conv handles the full and the depthwise convolution: weights are
// out × height × width × in, or 1 × height × width × channels.
func (c *converter) conv(op tfOp) error {
	o := op.options
	depthwise := op.code == opDepthwiseConv
	activation, dilation := o.byteAt(3, 0), [2]int{o.intAt(5, 1), o.intAt(4, 1)}
	if depthwise {
		activation, dilation = o.byteAt(4, 0), [2]int{o.intAt(6, 1), o.intAt(5, 1)}
	}
	s, in, out := c.shape(op.in[1]), c.shape(op.in[0]), c.shape(op.out[0])
	if len(s) != 4 || len(in) != 4 || len(out) != 4 {
		return errCorrupt
	}
	w, err := c.window(op, [2]int{s[1], s[2]}, [2]int{o.intAt(2, 1), o.intAt(1, 1)}, dilation)
	if err != nil {
		return err
	}
	channels, group := s[0], 1
	if depthwise {
		channels, group = s[3], s[3]
		if s[0] != 1 {
			return errCorrupt
		}
	}
	if in[3] != s[3] || out[3] != channels {
		return fmt.Errorf("%d to %d channels by weights %v is not handled", in[3], out[3], s)
	}
	weights, err := c.constant(op.in[1], size(s))
	if err != nil {
		return err
	}
	bias, err := c.constant(op.in[2], channels)
	if err != nil {
		return err
	}
	x, err := c.asPlanar(op.in[0])
	if err != nil {
		return err
	}
	planar := []int{s[0], s[3], s[1], s[2]}
	if depthwise {
		planar[0], planar[1] = planar[1], planar[0]
	}
	from, to := c.sign(op.in[0]), c.sign(op.out[0])
	y := c.onnx.node("Conv", []string{
		x, c.onnx.floats(planar, toPlanar(times(from*to, weights), s)), c.onnx.floats([]int{channels}, times(to, bias)),
	}, append(w.attrs(), attrInt("group", group))...)
	c.planar[op.out[0]], err = c.activation(activation, y)
	return err
}

// toPlanar reorders N×H×W×C numbers as N×C×H×W.
func toPlanar(v []float32, shape []int) []float32 {
	out := make([]float32, 0, len(v))
	plane, channels := shape[1]*shape[2], shape[3]
	for n := range shape[0] {
		for ch := range channels {
			for p := range plane {
				out = append(out, v[(n*plane+p)*channels+ch])
			}
		}
	}
	return out
}

func (c *converter) maxPool(op tfOp) error {
	o := op.options
	w, err := c.window(op, [2]int{o.intAt(4, 0), o.intAt(3, 0)}, [2]int{o.intAt(2, 1), o.intAt(1, 1)}, [2]int{1, 1})
	if err != nil {
		return err
	}
	x, err := c.asPlanar(op.in[0])
	if err != nil {
		return err
	}
	y := c.onnx.node("MaxPool", []string{x}, w.attrs()...)
	if c.turned[op.out[0]] {
		y = c.scale(y, slices.Repeat([]float32{-1}, c.shape(op.out[0])[3]))
	}
	c.planar[op.out[0]], err = c.activation(o.byteAt(5, 0), y)
	return err
}

// prelu writes y = max(x, 0) + a·min(x, 0) as a·x + (1−a)·max(x, 0), each product
// a depthwise 1×1 convolution: ONNX Runtime has fast code for those and only a
// plain loop for PRelu, which would take half of the model's time. (Slopes may
// lie above 1 and below 0, so max(x, a·x) would be wrong.) Where m = −x is at
// hand, y = −m + (1−a)·max(m, 0), and −y costs one product only; see negatives.
func (c *converter) prelu(op tfOp) error {
	s := c.shape(op.in[0])
	if len(s) != 4 {
		return errCorrupt
	}
	slope, err := c.constant(op.in[1], s[3])
	if err != nil {
		return err
	}
	x, err := c.asPlanar(op.in[0])
	if err != nil {
		return err
	}
	from, to := c.sign(op.in[0]), c.sign(op.out[0])
	rest := make([]float32, len(slope))
	for i, a := range slope {
		rest[i] = to * (1 - a)
	}
	straight := x
	switch {
	case from > 0:
		straight = c.scale(x, times(to, slope))
	case to > 0:
		straight = c.scale(x, slices.Repeat([]float32{-1}, len(slope)))
	}
	c.planar[op.out[0]] = c.onnx.node("Add", []string{straight, c.scale(c.onnx.node("Relu", []string{x}), rest)})
	return nil
}

// scale multiplies each channel of a picture by a number.
func (c *converter) scale(x string, by []float32) string {
	return c.onnx.node("Conv", []string{x, c.onnx.floats([]int{len(by), 1, 1, 1}, by)},
		attrInts("kernel_shape", 1, 1), attrInt("group", len(by)))
}

// sign is −1 for a tensor whose planar value is held with its sign turned.
func (c *converter) sign(tensor int) float32 {
	if c.turned[tensor] {
		return -1
	}
	return 1
}

// times is v multiplied by k, a sign.
func times(k float32, v []float32) []float32 {
	if k == 1 {
		return v
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = k * x
	}
	return out
}

// pad adds empty channels behind those of a picture, by a 1×1 convolution: its
// result stays in the layout that ONNX Runtime has fast code for, where that of
// Pad would be reordered there and back.
func (c *converter) pad(op tfOp) error {
	in, out := c.shape(op.in[0]), c.shape(op.out[0])
	t := c.consts[op.in[1]]
	if len(in) != 4 || len(out) != 4 || t == nil || len(t.ints()) != 8 {
		return errCorrupt
	}
	p := t.ints() // before and after, axis by axis
	for axis := range in {
		if p[2*axis] < 0 || p[2*axis+1] < 0 || in[axis]+p[2*axis]+p[2*axis+1] != out[axis] {
			return errCorrupt
		}
	}
	if p[7] != slices.Max(p) || !slices.Equal(p[:7], make([]int, 7)) {
		return fmt.Errorf("only channels behind the others can be added, not %v", p)
	}
	x, err := c.asPlanar(op.in[0])
	if err != nil {
		return err
	}
	weights := make([]float32, out[3]*in[3])
	for i := range in[3] {
		weights[i*in[3]+i] = c.sign(op.in[0]) * c.sign(op.out[0])
	}
	c.planar[op.out[0]] = c.onnx.node("Conv", []string{x, c.onnx.floats([]int{out[3], in[3], 1, 1}, weights)},
		attrInts("kernel_shape", 1, 1))
	return nil
}
