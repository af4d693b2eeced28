package models

import (
	"fmt"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The outputs of the converted models.
const (
	OutputBoxes    = "boxes"    // detector: per anchor centre x, y, width, height and 6 key points x, y
	OutputScores   = "scores"   // detector: per anchor a logit
	OutputPoints   = "points"   // landmarks: x, y, z in pixels of the input picture
	OutputPresence = "presence" // landmarks: the logit of a face being there
)

// eyeContour is how many landmarks lead the list of an eye: its lids' edge.
const eyeContour = 16

// detector converts the face detector.
func detector(tflite []byte) ([]byte, error) {
	c, err := load(tflite)
	if err != nil {
		return nil, err
	}
	for name, out := range map[string]string{OutputBoxes: "regressors", OutputScores: "classificators"} {
		t, x, err := c.result(out)
		if err != nil {
			return nil, err
		}
		s := c.shape(t)
		if len(s) != 3 {
			return nil, errCorrupt
		}
		c.onnx.output(name, c.onnx.reshape(x, s[1:]...), s[1:]...)
	}
	return c.onnx.model("detector"), nil
}

// mesh converts the plain face mesh: 468 points.
func mesh(tflite []byte) ([]byte, error) {
	c, err := load(tflite)
	if err != nil {
		return nil, err
	}
	points, err := c.points("conv2d_21")
	if err != nil {
		return nil, err
	}
	c.onnx.output(OutputPoints, points, ar.MeshPoints, 3)
	if err := c.presence("conv2d_31"); err != nil {
		return nil, err
	}
	return c.onnx.model("mesh"), nil
}

// attention converts the attention mesh and joins its outputs to 478 points:
// lips and eyes put their finer x and y in the mesh's place; an iris, of which
// the model gives no depth, takes the mean depth of its eye's lids.
func attention(tflite []byte) ([]byte, error) {
	c, err := load(tflite)
	if err != nil {
		return nil, err
	}
	g := &c.onnx
	points, err := c.points("output_mesh_identity")
	if err != nil {
		return nil, err
	}
	var finer []string
	var places []int // landmark, coordinate
	for _, part := range []string{"output_lips", "output_left_eye", "output_right_eye"} {
		t, x, err := c.result(part)
		if err != nil {
			return nil, err
		}
		if len(c.subset[t]) == 0 || size(c.shape(t)) != 2*len(c.subset[t]) {
			return nil, fmt.Errorf("%s: %w", part, errCorrupt)
		}
		finer = append(finer, g.reshape(x, -1))
		for _, i := range c.subset[t] {
			places = append(places, i, 0, i, 1)
		}
	}
	rows := []string{g.node("ScatterND", []string{
		points, g.intsOf([]int{len(places) / 2, 2}, places), g.concat(0, finer...),
	})}
	for _, part := range []string{"output_left_iris", "output_right_iris"} {
		t, x, err := c.result(part)
		if err != nil {
			return nil, err
		}
		n := size(c.shape(t)) / 2
		if n != (ar.Points-ar.MeshPoints)/2 || len(c.subset[t]) < eyeContour {
			return nil, fmt.Errorf("%s: %w", part, errCorrupt)
		}
		lids := g.gather(g.gather(points, 0, c.subset[t][:eyeContour]...), 1, 2)
		depth := g.node("Expand", []string{g.node("ReduceMean", []string{lids}, attrInts("axes", 0)), g.ints(n, 1)})
		rows = append(rows, g.concat(1, g.reshape(x, n, 2), depth))
	}
	g.output(OutputPoints, g.concat(0, rows...), ar.Points, 3)
	if err := c.presence("conv_faceflag"); err != nil {
		return nil, err
	}
	return g.model("attention"), nil
}

func load(tflite []byte) (*converter, error) {
	g, err := readTFLite(tflite)
	if err != nil {
		return nil, err
	}
	return convert(g)
}

// result finds one of the graph's outputs by its name.
func (c *converter) result(name string) (tensor int, value string, err error) {
	for _, t := range c.tf.out {
		if c.tf.tensors[t].name == name {
			value, err = c.asPlain(t)
			return t, value, err
		}
	}
	return 0, "", fmt.Errorf("output %q is missing", name)
}

func (c *converter) points(name string) (string, error) {
	t, x, err := c.result(name)
	if err != nil {
		return "", err
	}
	if size(c.shape(t)) != 3*ar.MeshPoints {
		return "", fmt.Errorf("%s: %w", name, errCorrupt)
	}
	return c.onnx.reshape(x, ar.MeshPoints, 3), nil
}

func (c *converter) presence(name string) error {
	t, x, err := c.result(name)
	if err != nil {
		return err
	}
	if size(c.shape(t)) != 1 {
		return fmt.Errorf("%s: %w", name, errCorrupt)
	}
	c.onnx.output(OutputPresence, c.onnx.reshape(x, 1), 1)
	return nil
}
