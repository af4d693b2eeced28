package models

// negatives says which values the converted graph holds with their sign turned.
//
// A PRelu of x is −(m + (a−1)·max(m, 0)) for m = −x: one product where x itself
// wants two. Convolutions turn signs for nothing, in their weights, so the
// values from one PRelu to the next are turned wherever nobody else reads them.
// A sum has one sign with its terms, and a pool's maximum wants its input's own.
func negatives(tf *tfGraph) []bool {
	s := make(signs, len(tf.tensors))
	for i := range s {
		s[i].group = i
	}
	s.keep(tf.inputs...)
	s.keep(tf.out...)
	for i := range tf.tensors {
		if tf.tensors[i].data != nil {
			s.keep(i)
		}
	}
	for _, op := range tf.ops {
		s.op(tf, op)
	}
	out := make([]bool, len(s))
	for i := range out {
		g := s[s.of(i)]
		out[i] = g.gains && !g.kept
	}
	return out
}

// signs are the tensors in groups of one sign.
type signs []struct {
	group int  // a tensor nearer to the one that stands for the group
	kept  bool // the sign cannot be turned
	gains bool // a PRelu gains if it is
}

func (s signs) of(tensor int) int {
	for s[tensor].group != tensor {
		tensor = s[tensor].group
	}
	return tensor
}

func (s signs) keep(tensors ...int) {
	for _, t := range tensors {
		if t >= 0 {
			s[s.of(t)].kept = true
		}
	}
}

// join puts two tensors into one group.
func (s signs) join(a, b int) {
	a, b = s.of(a), s.of(b)
	if a == b {
		return
	}
	s[b].group = a
	s[a].kept = s[a].kept || s[b].kept
	s[a].gains = s[a].gains || s[b].gains
}

func (s signs) op(tf *tfGraph, op tfOp) {
	whole := len(op.in) > 0 && len(op.out) > 0 && op.in[0] >= 0 && op.out[0] >= 0
	switch {
	case whole && op.code == opPRelu:
		s[s.of(op.in[0])].gains = true
		s[s.of(op.out[0])].gains = true
	case whole && op.code == opPad,
		whole && op.code == opConv && op.options.byteAt(3, 0) == activationNone,
		whole && op.code == opDepthwiseConv && op.options.byteAt(4, 0) == activationNone:
	case whole && op.code == opMaxPool && op.options.byteAt(5, 0) == activationNone:
		s.keep(op.in[0])
	case whole && op.code == opAdd && len(op.in) > 1 && op.in[1] >= 0 && op.options.byteAt(0, 0) == activationNone &&
		len(tf.tensors[op.out[0]].shape) == 4:
		s.join(op.in[0], op.out[0])
		s.join(op.in[1], op.out[0])
	default:
		s.keep(op.in...)
		s.keep(op.out...)
	}
}
