package look

import (
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/ar"
)

// fadeTime is how long a layer takes to come or go.
const fadeTime = 250 * time.Millisecond

// A face that is surely there wears the whole look; the less sure, the less.
const (
	scoreNone = 0.45
	scoreFull = 0.75
)

// maxShapes bounds how many shapes are kept in memory.
const maxShapes = 256

// Renderer draws looks. It is an ar.Renderer. Draw is for one goroutine at a
// time; Check may be called from any.
type Renderer struct {
	head    ar.Mesh
	assets  fs.FS
	surface surface
	eyes    eyes
	bare    bareSkin
	base    foundation
	contour sculpt
	glow    sculpt
	cheeks  cheeks
	lids    lids
	liner   liner
	lashes  lashes
	brows   brows
	mouth   mouth
	lights  lights
	lips    lips
	glasses glasses
	jewels  jewels
	fades   map[int]fade // by face ID
	drawn   bool         // on anybody, since the last Forget

	mu     sync.Mutex
	shapes map[string]*shape
	pieces map[string]*jewel
}

// fade is how far a face's look has come.
type fade struct {
	alpha float32
	at    time.Time
}

// New makes a renderer for poses of the given canonical head, whose triangles
// carry make-up. It takes shapes from assets, which may be nil when looks have
// none.
func New(head ar.Mesh, assets fs.FS) (*Renderer, error) {
	if len(head.Vertices) < ar.MeshPoints {
		return nil, fmt.Errorf("look: canonical head with %d vertices: want %d", len(head.Vertices), ar.MeshPoints)
	}
	if len(head.UV) != len(head.Vertices) || len(head.Triangles) == 0 {
		return nil, fmt.Errorf("look: canonical head with %d triangles, %d of %d vertices on its flat map",
			len(head.Triangles), len(head.UV), len(head.Vertices))
	}
	for i, t := range head.Triangles {
		if max(t[0], t[1], t[2]) >= ar.MeshPoints {
			return nil, fmt.Errorf("look: canonical head's triangle %d names vertex %d of %d", i, max(t[0], t[1], t[2]), ar.MeshPoints)
		}
	}
	return &Renderer{
		head: head, assets: assets, surface: surface{veil: newVeil(&head)},
		bare: bareSkin{zone: newZone(&head, bareStrokes[:])}, cheeks: newCheeks(&head), lids: newLids(&head),
		base: newFoundation(&head), contour: newSculpt(&head, contourStrokes, contourPigments),
		glow:   newSculpt(&head, highlighterStrokes, highlighterPigments),
		lights: newLights(), jewels: newJewels(), fades: map[int]fade{},
		shapes: map[string]*shape{}, pieces: map[string]*jewel{},
	}, nil
}

// Check reports what of the look cannot be drawn, and loads what it needs, so
// that drawing it for the first time is not slower than later.
func (r *Renderer) Check(look ar.Look) error {
	if err := look.Check(); err != nil {
		return err
	}
	for i, layer := range look.Layers {
		var err error
		switch layer.Kind {
		case ar.Glasses:
			_, err = r.shape(layer.Asset)
		case ar.Earrings, ar.NoseStud, ar.Necklace:
			_, err = r.piece(layer.Kind, layer.Asset)
		}
		if err != nil {
			return fmt.Errorf("layer %d: %w", i+1, err)
		}
	}
	return nil
}

// shape is the shape of a name, read once.
func (r *Renderer) shape(name string) (*shape, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.shapes[name]; ok {
		return s, nil
	}
	s, err := loadShape(r.assets, name)
	if err != nil {
		return nil, err
	}
	if len(r.shapes) >= maxShapes {
		clear(r.shapes)
	}
	r.shapes[name] = s
	return s, nil
}

// piece is the jewellery of a name, read once.
func (r *Renderer) piece(kind ar.Kind, name string) (*jewel, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j, ok := r.pieces[name]
	if !ok {
		var err error
		if j, err = loadJewel(r.assets, kind, name); err != nil {
			return nil, err
		}
		if len(r.pieces) >= maxShapes {
			clear(r.pieces)
		}
		r.pieces[name] = j
	}
	return j, j.suits(kind, name)
}

// Draw puts look on every face of faces, in place.
func (r *Renderer) Draw(f *ar.Frame, faces []ar.Face, look ar.Look) error {
	r.forget(f.At)
	r.lights.forget(f.At)
	r.jewels.forget(f.At)
	r.drawn = r.drawn || len(faces) > 0
	for i := range faces {
		face := &faces[i]
		if !plausible(face) {
			continue
		}
		alpha := r.fade(face, f.At)
		var skin *surface
		if wearsMakeup(look) {
			skin = &r.surface
			skin.fit(&r.head, face, f)
			skin.veil.fit(f, face, skin)
		}
		light := r.lights.of(f, face, skin)
		if wearsOnSkin(look) {
			r.eyes.fit(face, f)
			r.bare.fit(f, skin, &r.eyes, light, r.lights.known(f, face))
		}
		if wearsOnHead(look) {
			r.jewels.fit(f, face, light)
		}
		for _, kind := range ar.Kinds() {
			for _, layer := range look.Layers {
				if layer.Kind != kind {
					continue
				}
				if err := r.layer(f, face, layer, light, alpha); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// wearsMakeup reports whether any layer of look lies on skin or lips.
func wearsMakeup(look ar.Look) bool {
	return wearsOnSkin(look) || slices.ContainsFunc(look.Layers, func(l ar.Layer) bool {
		return l.Kind == ar.LipLiner || l.Kind == ar.Lipstick
	})
}

// Parts are those whose landmarks look needs as fine as can be: make-up is told
// from what lies over a face by the lips and the skin around them, too.
func (r *Renderer) Parts(look ar.Look) (parts ar.Parts) {
	if wearsMakeup(look) {
		parts |= ar.PartLips
	}
	if wearsOnSkin(look) {
		parts |= ar.PartEyes
	}
	return parts
}

// wearsOnSkin reports whether any layer of look lies on skin.
func wearsOnSkin(look ar.Look) bool {
	return slices.ContainsFunc(look.Layers, func(l ar.Layer) bool {
		switch l.Kind {
		case ar.Foundation, ar.Contour, ar.Highlighter, ar.Blush, ar.Brows, ar.Eyeshadow, ar.Eyeliner, ar.Lashes:
			return true
		}
		return false
	})
}

// wearsOnHead reports whether any layer of look is jewellery or glasses.
func wearsOnHead(look ar.Look) bool {
	return slices.ContainsFunc(look.Layers, func(l ar.Layer) bool {
		return l.Kind == ar.Earrings || l.Kind == ar.NoseStud || l.Kind == ar.Necklace || l.Kind == ar.Glasses
	})
}

// plausible reports whether the landmarks are numbers and lie where those of a
// face that is at least partly in the frame can lie.
func plausible(face *ar.Face) bool {
	for _, p := range face.Points {
		if !(p.X > -2 && p.X < 3 && p.Y > -2 && p.Y < 3) {
			return false
		}
	}
	return true
}

func (r *Renderer) layer(f *ar.Frame, face *ar.Face, layer ar.Layer, light rgb, alpha float32) error {
	switch layer.Kind {
	case ar.Foundation:
		r.base.paint(f, face, &r.surface, &r.eyes, &r.mouth, &r.bare, layer, alpha*float32(layer.Intensity))
	case ar.Contour:
		r.contour.paint(f, face, &r.surface, &r.eyes, &r.mouth, &r.bare, layer, alpha*float32(layer.Intensity))
	case ar.Highlighter:
		r.glow.paint(f, face, &r.surface, &r.eyes, &r.mouth, &r.bare, layer, alpha*float32(layer.Intensity))
	case ar.Blush:
		r.cheeks.paint(f, &r.surface, &r.eyes, &r.bare, layer, alpha*float32(layer.Intensity))
	case ar.Eyeshadow:
		r.lids.paint(f, &r.surface, &r.eyes, &r.bare, layer, alpha*float32(layer.Intensity))
	case ar.Eyeliner:
		r.liner.paint(f, face, &r.surface, &r.eyes, &r.bare, layer, alpha*float32(layer.Intensity))
	case ar.Brows:
		r.brows.paint(f, face, &r.surface, &r.bare, layer, alpha*float32(layer.Intensity))
	case ar.Lashes:
		r.lashes.paint(f, &r.head, face, &r.surface, &r.eyes, &r.bare, layer, alpha*float32(layer.Intensity))
	case ar.LipLiner, ar.Lipstick:
		r.lips.paint(f, &r.head, face, &r.surface, layer, light, alpha*float32(layer.Intensity))
	case ar.Glasses:
		s, err := r.shape(layer.Asset)
		if err != nil {
			return err
		}
		r.glasses.paint(f, &r.head, face, s, layer.Color, &r.jewels, alpha*float32(layer.Intensity))
	case ar.Earrings, ar.NoseStud, ar.Necklace:
		piece, err := r.piece(layer.Kind, layer.Asset)
		if err != nil {
			return err
		}
		r.jewel(f, face, piece, layer, alpha*float32(layer.Intensity))
	default:
		return fmt.Errorf("no way to draw a layer of kind %q", layer.Kind)
	}
	return nil
}

func (r *Renderer) jewel(f *ar.Frame, face *ar.Face, piece *jewel, layer ar.Layer, alpha float32) {
	switch layer.Kind {
	case ar.Earrings:
		r.jewels.paintEarrings(f, face, piece, layer, alpha)
	case ar.NoseStud:
		r.jewels.paintNoseStud(f, &r.head, face, piece, layer, alpha)
	case ar.Necklace:
		r.jewels.paintNecklace(f, piece, layer, alpha)
	}
}

// fade is how strongly face wears its look in a frame taken at time at. It
// follows the face's score at the speed of fadeTime; a frame without a time is
// a picture by itself and does not fade.
func (r *Renderer) fade(face *ar.Face, at time.Time) float32 {
	want := smooth(face.Score, scoreNone, scoreFull)
	if at.IsZero() {
		return want
	}
	last, ok := r.fades[face.ID]
	if !ok {
		last.at = at
	}
	step := float32(at.Sub(last.at).Seconds() / fadeTime.Seconds())
	now := min(max(want, last.alpha-step), last.alpha+step)
	r.fades[face.ID] = fade{now, at}
	return now
}

// forget drops the fades of faces that have been away for longer than a fade
// takes.
func (r *Renderer) forget(now time.Time) {
	for id, f := range r.fades {
		if age := now.Sub(f.at); age > 2*fadeTime || age < 0 {
			delete(r.fades, id)
		}
	}
}

// Close frees nothing: the renderer's memory is Go's.
func (r *Renderer) Close() error { return nil }
