package ar

// Mesh is the canonical head: the face of average shape that looks straight
// into the camera, in the space that Pose carries into the camera's.
type Mesh struct {
	// Vertices are the landmarks' places in millimetres: x to the right of the
	// picture, y down, z away from the camera, origin midway between the eyes'
	// outer corners. Vertex i is landmark i; the irises (468 and up) have none.
	Vertices [][3]float64
	// UV are the vertices' places on the face's flat map, 0–1 from its top left
	// corner, the shopper's right eye on the left of the map.
	UV [][2]float32
	// Triangles name three vertices each.
	Triangles [][3]uint16
	// Weights say how far each vertex is to be trusted when a head's pose is
	// found, 0 for those that move with expression.
	Weights []float64
}
