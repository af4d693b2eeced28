package kiosk

import (
	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

// maxWorn bounds how many products may be worn at once.
const maxWorn = 8

// lookOf is the look of wearing skus of release r. Make-up takes the given
// intensity (0–1); accessories are solid things and are always drawn whole.
func lookOf(r *edge.Release, skus []edge.SKU, intensity float64) (ar.Look, error) {
	const op = "kiosk.look"
	if len(skus) > maxWorn {
		return ar.Look{}, edge.Errorf(op, edge.TooLarge, "%d products at once, at most %d", len(skus), maxWorn)
	}
	look := ar.Look{Layers: make([]ar.Layer, 0, len(skus))}
	worn := map[ar.Kind]edge.SKU{}
	for _, sku := range skus {
		v, ok := r.Variant(sku)
		if !ok {
			return ar.Look{}, edge.Errorf(op, edge.NotFound, "product %.40q is not in the catalogue", sku)
		}
		layer, err := layerOf(v, intensity)
		if err != nil {
			return ar.Look{}, err
		}
		if first, ok := worn[layer.Kind]; ok {
			return ar.Look{}, edge.Errorf(op, edge.Invalid, "%s and %s are worn in the same place: choose one", first, sku)
		}
		worn[layer.Kind] = sku
		look.Layers = append(look.Layers, layer)
	}
	if err := look.Check(); err != nil {
		return ar.Look{}, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "the mirror cannot show this", Err: err}
	}
	return look, nil
}

func layerOf(v *edge.Variant, intensity float64) (ar.Layer, error) {
	const op = "kiosk.look"
	if v.TryOn == nil {
		return ar.Layer{}, edge.Errorf(op, edge.Invalid, "product %s cannot be tried on in the mirror", v.SKU)
	}
	layer := ar.Layer{
		Kind:      ar.Kind(v.TryOn.Kind),
		Finish:    ar.Finish(v.TryOn.Finish),
		Intensity: intensity,
		Asset:     v.TryOn.Asset,
	}
	switch layer.Kind {
	case ar.Blush:
		layer.Placement = ar.Apples
	case ar.Eyeliner:
		layer.Shape = ar.Classic
	case ar.Glasses:
		layer.Intensity = 1
	}
	if err := layer.Color.UnmarshalText([]byte(v.Color)); err != nil {
		return ar.Layer{}, &edge.Error{Op: op, Kind: edge.Invalid, Msg: "product " + string(v.SKU) + ": mend its colour in the catalogue", Err: err}
	}
	return layer, nil
}
