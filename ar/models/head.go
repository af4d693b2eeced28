package models

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/mirrorcart/mirrorcart/ar"
)

// The canonical face comes as mediapipe's GeometryPipelineMetadata (protocol
// buffers): a Mesh3d of centimetres with x to the right of the picture, y up
// and z towards the camera, five floats a vertex (x, y, z, u, v), and the
// weights of the landmarks that a pose is found by.
const (
	metadataMesh    = 1
	metadataBasis   = 2
	meshVertices    = 3
	meshTriangles   = 4
	basisLandmark   = 1
	basisWeight     = 2
	floatsPerVertex = 5
)

// The outer corners of the shopper's right and left eye.
const (
	rightEyeOuter = 33
	leftEyeOuter  = 263
)

// readHead reads the canonical face and turns it into ar's space.
func readHead(data []byte) (ar.Mesh, error) {
	var floats []float32
	var corners []uint64
	head := ar.Mesh{Weights: make([]float64, ar.MeshPoints)}
	err := eachField(data, func(n protowire.Number, _ uint64, message []byte) error {
		switch n {
		case metadataMesh:
			return eachField(message, func(n protowire.Number, v uint64, _ []byte) error {
				switch n {
				case meshVertices:
					floats = append(floats, math.Float32frombits(uint32(v)))
				case meshTriangles:
					corners = append(corners, v)
				}
				return nil
			})
		case metadataBasis:
			return readWeight(message, head.Weights)
		}
		return nil
	})
	if err != nil {
		return ar.Mesh{}, err
	}
	if len(floats) != ar.MeshPoints*floatsPerVertex || len(corners) == 0 || len(corners)%3 != 0 {
		return ar.Mesh{}, fmt.Errorf("%d floats and %d corners make no face of %d vertices",
			len(floats), len(corners), ar.MeshPoints)
	}
	for i := 0; i < len(floats); i += floatsPerVertex {
		v := floats[i : i+floatsPerVertex]
		head.Vertices = append(head.Vertices, [3]float64{10 * float64(v[0]), -10 * float64(v[1]), -10 * float64(v[2])})
		head.UV = append(head.UV, [2]float32{v[3], v[4]})
	}
	for i := 0; i < len(corners); i += 3 {
		var triangle [3]uint16
		for j, v := range corners[i : i+3] {
			if v >= ar.MeshPoints {
				return ar.Mesh{}, fmt.Errorf("a triangle names vertex %d of %d", v, ar.MeshPoints)
			}
			triangle[j] = uint16(v)
		}
		head.Triangles = append(head.Triangles, triangle)
	}
	right, left := head.Vertices[rightEyeOuter], head.Vertices[leftEyeOuter]
	for i := range head.Vertices {
		for axis := range 3 {
			head.Vertices[i][axis] -= (right[axis] + left[axis]) / 2
		}
	}
	return head, nil
}

func readWeight(message []byte, weights []float64) error {
	var landmark uint64
	var weight float64
	err := eachField(message, func(n protowire.Number, v uint64, _ []byte) error {
		switch n {
		case basisLandmark:
			landmark = v
		case basisWeight:
			weight = float64(math.Float32frombits(uint32(v)))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if landmark >= uint64(len(weights)) {
		return fmt.Errorf("a weight names landmark %d of %d", landmark, len(weights))
	}
	weights[landmark] = weight
	return nil
}

// eachField calls f for every field of a message: with v for numbers, with
// message for what has a length.
func eachField(data []byte, f func(n protowire.Number, v uint64, message []byte) error) error {
	for len(data) > 0 {
		n, typ, size := protowire.ConsumeTag(data)
		if size < 0 {
			return fmt.Errorf("face geometry: %w", protowire.ParseError(size))
		}
		data = data[size:]
		var v uint64
		var v32 uint32
		var message []byte
		switch typ {
		case protowire.VarintType:
			v, size = protowire.ConsumeVarint(data)
		case protowire.Fixed32Type:
			v32, size = protowire.ConsumeFixed32(data)
			v = uint64(v32)
		case protowire.BytesType:
			message, size = protowire.ConsumeBytes(data)
		default:
			size = protowire.ConsumeFieldValue(n, typ, data)
		}
		if size < 0 {
			return fmt.Errorf("face geometry: %w", protowire.ParseError(size))
		}
		data = data[size:]
		if err := f(n, v, message); err != nil {
			return err
		}
	}
	return nil
}
