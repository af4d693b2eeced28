package ar

import (
	"encoding/json"
	"fmt"
	"io"
)

type landmarksFrame struct {
	Width  int             `json:"width"`
	Height int             `json:"height"`
	Faces  []landmarksFace `json:"faces"`
}

type landmarksFace struct {
	Score  float32            `json:"score"`
	Points [Points][3]float32 `json:"points"`
}

// WriteLandmarks writes the faces of one frame, which is width × height
// pixels, as one line of JSON: {"width", "height", "faces": [{"score",
// "points": [[x, y, z] × 478]}]}, the points normalised as in Point.
func WriteLandmarks(w io.Writer, width, height int, faces []Face) error {
	out := landmarksFrame{Width: width, Height: height, Faces: make([]landmarksFace, len(faces))}
	for i := range faces {
		out.Faces[i].Score = faces[i].Score
		for j, p := range faces[i].Points {
			out.Faces[i].Points[j] = [3]float32{p.X, p.Y, p.Z}
		}
	}
	if err := json.NewEncoder(w).Encode(out); err != nil {
		return fmt.Errorf("landmarks: %w", err)
	}
	return nil
}

// ReadLandmarks reads one line that WriteLandmarks wrote; io.EOF ends the
// stream. The faces have no pose.
func ReadLandmarks(d *json.Decoder) (width, height int, faces []Face, err error) {
	var in landmarksFrame
	if err := d.Decode(&in); err != nil {
		return 0, 0, nil, err
	}
	faces = make([]Face, len(in.Faces))
	for i := range in.Faces {
		faces[i].Score = in.Faces[i].Score
		for j, p := range in.Faces[i].Points {
			faces[i].Points[j] = Point{p[0], p[1], p[2]}
		}
	}
	return in.Width, in.Height, faces, nil
}
