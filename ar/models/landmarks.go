package models

import (
	"fmt"
	"slices"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The outputs of the converted models.
const (
	OutputBoxes    = "boxes"    // detector: per anchor centre x, y, width, height and 6 key points x, y
	OutputScores   = "scores"   // detector: per anchor a logit
	OutputPoints   = "points"   // landmarks: x, y, z in pixels of the input picture
	OutputPresence = "presence" // landmarks: the logit of a face being there
	OutputFeatures = "features" // attention: what a Detail looks at
	OutputFiner    = "finer"    // detail: x, y in pixels of the attention mesh's input picture
)

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

// What the closer looks begin with: the values of the attention mesh that they
// are taken from.
const (
	meshTensor    = "output_mesh" // its landmarks
	featureTensor = "p_re_lu_3"   // what it saw of the whole picture
)

// attention converts the attention mesh without its closer looks: 468 points,
// and the features that the closer looks look at.
func attention(tflite []byte) ([]byte, error) {
	c, err := load(tflite)
	if err != nil {
		return nil, err
	}
	points, err := c.points("output_mesh_identity")
	if err != nil {
		return nil, err
	}
	c.onnx.output(OutputPoints, points, ar.MeshPoints, 3)
	if err := c.presence("conv_faceflag"); err != nil {
		return nil, err
	}
	t, err := c.tensor(featureTensor)
	if err != nil {
		return nil, err
	}
	features, err := c.asPlanar(t)
	if err != nil {
		return nil, err
	}
	s := c.shape(t)
	c.onnx.output(OutputFeatures, features, s[0], s[3], s[1], s[2])
	return c.onnx.model("attention"), nil
}

// irisPoints is how many landmarks an iris has.
const irisPoints = (ar.Points - ar.MeshPoints) / 2

// closeLook is one of the attention mesh's results and the first of the
// landmarks that it gives; 0 where the model itself names them.
type closeLook struct {
	result string
	first  int
}

// The closer looks at lips, and at eyes with their irises.
var (
	lipLooks = []closeLook{{"output_lips", 0}}
	eyeLooks = []closeLook{
		{"output_left_eye", 0},
		{"output_left_iris", ar.MeshPoints},
		{"output_right_eye", 0},
		{"output_right_iris", ar.MeshPoints + irisPoints},
	}
)

// detail converts closer looks of the attention mesh.
func detail(tflite []byte, looks []closeLook) (Detail, error) {
	tf, err := readTFLite(tflite)
	if err != nil {
		return Detail{}, err
	}
	c := newConverter(tf)
	if err := c.features(); err != nil {
		return Detail{}, err
	}
	var d Detail
	var finer []string
	for _, l := range looks {
		t, x, err := c.result(l.result)
		if err != nil {
			return Detail{}, err
		}
		points := c.subset[t]
		if l.first != 0 {
			points = []int{}
			for i := range irisPoints {
				points = append(points, l.first+i)
			}
		}
		if len(points) == 0 || size(c.shape(t)) != 2*len(points) {
			return Detail{}, fmt.Errorf("%s: %w", l.result, errCorrupt)
		}
		d.Points = append(d.Points, points...)
		finer = append(finer, c.onnx.reshape(x, len(points), 2))
	}
	c.onnx.output(OutputFiner, c.onnx.concat(0, finer...), len(d.Points), 2)
	d.Model = c.onnx.model("detail")
	return d, nil
}

// features begins with what the attention mesh gives.
func (c *converter) features() error {
	t, err := c.tensor(meshTensor)
	if err != nil {
		return err
	}
	if size(c.shape(t)) != 3*ar.MeshPoints {
		return fmt.Errorf("%s: %w", meshTensor, errCorrupt)
	}
	c.onnx.input(OutputPoints, ar.MeshPoints, 3)
	c.plain[t] = c.onnx.reshape(OutputPoints, c.shape(t)...)
	if t, err = c.tensor(featureTensor); err != nil {
		return err
	}
	s := c.shape(t)
	if len(s) != 4 {
		return fmt.Errorf("%s: %w", featureTensor, errCorrupt)
	}
	c.onnx.input(OutputFeatures, s[0], s[3], s[1], s[2])
	c.planar[t] = OutputFeatures
	return nil
}

// load converts the graph's way from its picture to its results.
func load(tflite []byte) (*converter, error) {
	tf, err := readTFLite(tflite)
	if err != nil {
		return nil, err
	}
	c := newConverter(tf)
	return c, c.picture()
}

// tensor finds a value by its name.
func (c *converter) tensor(name string) (int, error) {
	i := slices.IndexFunc(c.tf.tensors, func(t tfTensor) bool { return t.name == name })
	if i < 0 {
		return 0, fmt.Errorf("tensor %q is missing", name)
	}
	return i, nil
}

// result converts what leads to one of the graph's outputs, by its name.
func (c *converter) result(name string) (tensor int, value string, err error) {
	for _, t := range c.tf.out {
		if c.tf.tensors[t].name == name {
			if err := c.reach(t); err != nil {
				return 0, "", err
			}
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
