package models

import "fmt"

// The attention mesh looks closely at lips and eyes: it fits a box to a subset
// of the landmarks, resamples the features inside it, finds finer landmarks
// there and carries them back. Its three custom operators are written here in
// standard ones; a matrix is 4×4 and acts on x and y only.
func (c *converter) custom(op tfOp) error {
	switch op.custom {
	case "Landmarks2TransformMatrix":
		return c.fitBox(op)
	case "TransformTensorBilinear":
		return c.resample(op)
	case "TransformLandmarks":
		return c.transformPoints(op)
	}
	return fmt.Errorf("not handled")
}

// box is the setting of Landmarks2TransformMatrix.
type box struct {
	subset        []int
	left, right   int // the landmarks whose line is the box's x axis
	width, height float32
	scaleX        float32
	scaleY        float32
}

func readBox(extra []byte, landmarks int) (box, error) {
	a, err := attributes(extra)
	if err != nil {
		return box{}, err
	}
	number := func(name string) float64 {
		if len(a[name]) != 1 {
			err = fmt.Errorf("attribute %q: want one number", name)
			return 0
		}
		return a[name][0]
	}
	b := box{
		left: int(number("left_rotation_idx")), right: int(number("right_rotation_idx")),
		width: float32(number("output_width")), height: float32(number("output_height")),
		scaleX: float32(number("scale_x")), scaleY: float32(number("scale_y")),
	}
	for _, v := range a["subset_idxs"] {
		b.subset = append(b.subset, int(v))
	}
	if err != nil {
		return b, err
	}
	if number("target_rotation_radians") != 0 {
		return b, fmt.Errorf("a target rotation is not handled")
	}
	for _, i := range append([]int{b.left, b.right}, b.subset...) {
		if i < 0 || i >= landmarks {
			return b, fmt.Errorf("landmark %d of %d", i, landmarks)
		}
	}
	if len(b.subset) == 0 || !(b.width > 0 && b.height > 0) {
		return b, errCorrupt
	}
	return b, err
}

// fitBox makes the matrix that carries pixels of the box's own picture to
// where they come from: with u the direction from the left to the right
// landmark, the box is the smallest one along u that holds the subset, scaled
// about its centre.
func (c *converter) fitBox(op tfOp) error {
	s := c.shape(op.in[0])
	if len(s) != 3 || s[2] != 3 {
		return errCorrupt
	}
	box, err := readBox(op.extra, s[1])
	if err != nil {
		return err
	}
	in, err := c.asPlain(op.in[0])
	if err != nil {
		return err
	}
	g := &c.onnx
	row := func(v ...float32) string { return g.floats([]int{1, len(v)}, v) }
	points := g.gather(g.reshape(in, s[1], 3), 1, 0, 1)
	line := g.node("Sub", []string{g.gather(points, 0, box.right), g.gather(points, 0, box.left)})
	u := g.node("Div", []string{line, g.node("ReduceL2", []string{line}, attrInts("axes", 1))})
	v := g.node("MatMul", []string{u, g.floats([]int{2, 2}, []float32{0, 1, -1, 0})})
	axes := g.concat(0, u, v) // a row each
	across := g.transpose(axes, 1, 0)
	q := g.node("MatMul", []string{g.gather(points, 0, box.subset...), across})
	most := g.node("ReduceMax", []string{q}, attrInts("axes", 0))
	least := g.node("ReduceMin", []string{q}, attrInts("axes", 0))
	middle := g.node("Mul", []string{g.node("Add", []string{most, least}), row(0.5, 0.5)})
	centre := g.node("MatMul", []string{middle, axes})
	pixel := g.node("Mul", []string{
		g.node("Sub", []string{most, least}),
		row(box.scaleX/box.width, box.scaleY/box.height),
	})
	linear := g.node("Mul", []string{across, pixel})
	corner := g.node("Add", []string{centre, g.node("MatMul", []string{
		row(-box.width/2, -box.height/2), g.transpose(linear, 1, 0),
	})})
	top := g.concat(1, linear, g.floats([]int{2, 1}, []float32{0, 0}), g.transpose(corner, 1, 0))
	matrix := g.concat(0, top, g.floats([]int{2, 4}, []float32{0, 0, 1, 0, 0, 0, 0, 1}))
	c.plain[op.out[0]] = g.reshape(matrix, 1, 4, 4)
	c.subset[op.out[0]] = box.subset
	return nil
}

// apply carries points (n × 2) by the matrix in a tensor: p·Lᵗ + t.
func (c *converter) apply(points string, matrix int) (string, error) {
	if size(c.shape(matrix)) != 16 {
		return "", errCorrupt
	}
	m, err := c.asPlain(matrix)
	if err != nil {
		return "", err
	}
	g := &c.onnx
	// The rows that give x and y, as columns: two of the linear part, one left
	// out for z, one of the shift.
	columns := g.transpose(g.gather(g.reshape(m, 4, 4), 0, 0, 1), 1, 0)
	turned := g.node("MatMul", []string{points, g.gather(columns, 0, 0, 1)})
	return g.node("Add", []string{turned, g.gather(columns, 0, 3)}), nil
}

// resample looks at a picture through a matrix, bilinearly. A sample whose
// place lies outside the outermost pixel centres is zero.
func (c *converter) resample(op tfOp) error {
	if len(op.in) < 2 {
		return errCorrupt
	}
	in, out := c.shape(op.in[0]), c.shape(op.out[0])
	if len(in) != 4 || len(out) != 4 || in[0] != 1 || out[0] != 1 || in[3] != out[3] {
		return errCorrupt
	}
	picture, err := c.asPlanar(op.in[0])
	if err != nil {
		return err
	}
	g := &c.onnx
	var centres []float32
	for y := range out[1] {
		for x := range out[2] {
			centres = append(centres, float32(x)+0.5, float32(y)+0.5)
		}
	}
	places, err := c.apply(g.floats([]int{out[1] * out[2], 2}, centres), op.in[1])
	if err != nil {
		return err
	}
	w, h := float32(in[2]), float32(in[1])
	pair := func(x, y float32) string { return g.floats([]int{1, 2}, []float32{x, y}) }
	grid := g.node("Sub", []string{g.node("Mul", []string{places, pair(2/w, 2/h)}), pair(1, 1)})
	sampled := g.node("GridSample", []string{picture, g.reshape(grid, 1, out[1], out[2], 2)},
		attrText("mode", "bilinear"), attrText("padding_mode", "zeros"), attrInt("align_corners", 0))
	within := g.node("LessOrEqual", []string{g.node("Abs", []string{grid}), pair(1-1/w, 1-1/h)})
	mask := g.node("ReduceMin", []string{g.node("Cast", []string{within}, attrInt("to", onnxFloat))}, attrInts("axes", 1))
	c.planar[op.out[0]] = g.node("Mul", []string{sampled, g.reshape(mask, 1, 1, out[1], out[2])})
	return nil
}

func (c *converter) transformPoints(op tfOp) error {
	s := c.shape(op.in[0])
	if len(op.in) < 2 || len(s) != 3 || s[0] != 1 || s[2] != 2 {
		return errCorrupt
	}
	x, err := c.asPlain(op.in[0])
	if err != nil {
		return err
	}
	y, err := c.apply(c.onnx.reshape(x, s[1], 2), op.in[1])
	if err != nil {
		return err
	}
	c.plain[op.out[0]] = c.onnx.reshape(y, s...)
	c.subset[op.out[0]] = c.subset[op.in[1]]
	return nil
}
