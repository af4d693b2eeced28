package look

import (
	"image"

	"github.com/mirrorcart/mirrorcart/ar"
)

// alae are the landmarks around the place where a wing of the nose is pierced,
// on the shopper's right and left, with what each counts.
var alae = [2][2]struct {
	landmark int
	weight   float64
}{
	{{115, 0.7}, {218, 0.3}},
	{{344, 0.7}, {438, 0.3}},
}

// Where the left wing of the nose looks on the head, and the cosines of that
// to the camera's direction between which a stud turns out of sight.
var alaNormal = [3]float64{0.79900, 0.04994, -0.59925}

const (
	noseGone, noseThere = 0.06, 0.28
	noseRadius          = 3.0 // millimetres of skin that are looked at
	noseBare, noseClear = 0.15, 0.40
)

// paintNoseStud puts the piece on the wing of the nose that the layer names.
func (j *jewels) paintNoseStud(f *ar.Frame, mesh *ar.Mesh, face *ar.Face, piece *jewel, layer ar.Layer, alpha float32) {
	if !j.ready() || !(alpha > 0) {
		return
	}
	side := 0
	if layer.Side == ar.Left {
		side = 1
	}
	outwards := float64(2*side - 1)
	var at vec
	var place [3]float64
	for _, l := range alae[side] {
		p := pixel(face, l.landmark, f)
		at.x, at.y = at.x+l.weight*p.x, at.y+l.weight*p.y
		for i, v := range mesh.Vertices[l.landmark] {
			place[i] += l.weight * v
		}
	}
	q := j.camera(place)
	_, scale := j.seenAt(q)
	normal := j.turned([3]float64{outwards * alaNormal[0], alaNormal[1], alaNormal[2]})
	shows := smooth(float32(facing(normal, q)), noseGone, noseThere)
	like := max(j.skin[side].around(f, at, noseRadius*scale, nil), j.bridge.around(f, at, noseRadius*scale, nil))
	bare := smooth(like, noseBare, noseClear)
	alpha *= j.worn.nose[side].to(shows*bare, j.seconds)
	if !(alpha > 0.004) || !(scale > 0.1 && scale < 50) {
		return
	}
	reach := piece.reach*scale + 3 + 3*scale
	r := image.Rect(int(at.x-reach), int(at.y-reach), int(at.x+reach)+1, int(at.y+reach)+1).
		Intersect(image.Rect(0, 0, f.Width, f.Height))
	if r.Empty() {
		return
	}
	j.canvas.reset(r)
	down := j.turned([3]float64{0, 1, 0})
	u := cross3(down, normal)
	if u[0]*outwards < 0 {
		u = [3]float64{-u[0], -u[1], -u[2]}
	}
	s := newStand(at, scale, u, down)
	for i := range piece.parts {
		j.canvas.part(&piece.parts[i], &s, piece.parts[i].base(layer.Color), 1)
	}
	j.canvas.lay(f, &j.skin[side], j.middleLight(), scale, alpha)
}
