package kiosk

import (
	"github.com/mirrorcart/mirrorcart/ar"
	"github.com/mirrorcart/mirrorcart/edge"
)

// maxWorn bounds how many products may be worn at once: one of each kind.
const maxWorn = 14

// outfit is what a shopper wishes to wear.
type outfit struct {
	skus      []edge.SKU
	intensity float64 // 0–1, the shopper's; defaultIntensity wears everything as it is meant
	look      string  // id of a complete look that some of them are of, or empty
}

// lookOf is the look of wearing o of release r. Make-up takes the shopper's
// intensity by that of the product, or of the complete look that it is part of;
// accessories are solid things and are always drawn whole.
func lookOf(r *edge.Release, o outfit) (ar.Look, error) {
	const op = "kiosk.look"
	if len(o.skus) > maxWorn {
		return ar.Look{}, edge.Errorf(op, edge.TooLarge, "%d products at once, at most %d", len(o.skus), maxWorn)
	}
	meant, err := o.meant(r)
	if err != nil {
		return ar.Look{}, err
	}
	look := ar.Look{Layers: make([]ar.Layer, 0, len(o.skus))}
	worn := map[ar.Kind]edge.SKU{}
	for _, sku := range o.skus {
		v, err := tryOnVariant(r, sku)
		if err != nil {
			return ar.Look{}, err
		}
		layer, err := layerOf(v, o.intensity, meant[sku])
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

// meant are the intensities, in percent, that the outfit's complete look asks
// for.
func (o outfit) meant(r *edge.Release) (map[edge.SKU]int, error) {
	if o.look == "" {
		return nil, nil
	}
	l, ok := r.LookNamed(o.look)
	if !ok {
		return nil, edge.Errorf("kiosk.look", edge.NotFound, "the shop has no look %.40q", o.look)
	}
	meant := map[edge.SKU]int{}
	for _, item := range l.Items {
		meant[item.SKU] = item.Intensity
	}
	return meant, nil
}

// instead is the outfit with sku in the place of what is worn there; an empty
// sku takes off what kind is worn.
func (o outfit) instead(r *edge.Release, sku edge.SKU, kind string) outfit {
	var skus []edge.SKU
	for _, worn := range o.skus {
		if v, ok := r.Variant(worn); ok && v.TryOn != nil && v.TryOn.Kind != kind {
			skus = append(skus, worn)
		}
	}
	if sku != "" {
		skus = append(skus, sku)
	}
	o.skus = skus
	return o
}

// tryOnVariant finds a variant that can be tried on.
func tryOnVariant(r *edge.Release, sku edge.SKU) (*edge.Variant, error) {
	const op = "kiosk.look"
	v, ok := r.Variant(sku)
	if !ok {
		return nil, edge.Errorf(op, edge.NotFound, "product %.40q is not in the catalogue", sku)
	}
	if v.TryOn == nil {
		return nil, edge.Errorf(op, edge.Invalid, "product %s cannot be tried on in the mirror", v.SKU)
	}
	return v, nil
}

// layerOf is variant v worn with the shopper's intensity, where a complete look
// means it to be worn at so many percent, or 0.
func layerOf(v *edge.Variant, intensity float64, meant int) (ar.Layer, error) {
	t := v.TryOn
	layer := ar.Layer{
		Kind: ar.Kind(t.Kind), Finish: ar.Finish(t.Finish), Gradient: t.Gradient,
		Placement: ar.Placement(t.Placement), Shape: ar.Shape(t.Shape), Side: ar.Side(t.Side), Asset: t.Asset,
		Intensity: intensity,
	}
	if meant == 0 {
		meant = t.Intensity
	}
	if meant != 0 && intensity >= 0 && intensity <= 1 {
		layer.Intensity = min(intensity/defaultIntensity*float64(meant)/100, 1)
	}
	switch layer.Kind {
	case ar.Glasses, ar.Earrings, ar.NoseStud, ar.Necklace:
		layer.Intensity = 1
	}
	usual(&layer)
	colors := append([]string{v.Color}, t.Colors...)
	read := make([]ar.Color, len(colors))
	for i, c := range colors {
		if err := read[i].UnmarshalText([]byte(c)); err != nil {
			return ar.Layer{}, &edge.Error{Op: "kiosk.look", Kind: edge.Invalid, Msg: "product " + string(v.SKU) + ": mend its colour in the catalogue", Err: err}
		}
	}
	layer.Color = read[0]
	if len(read) > 1 {
		layer.Colors = read[1:]
	}
	return layer, nil
}

// usual fills in what the catalogue leaves to the mirror.
func usual(l *ar.Layer) {
	switch {
	case l.Kind == ar.Blush && l.Placement == "":
		l.Placement = ar.Apples
	case l.Kind == ar.Eyeliner && l.Shape == "":
		l.Shape = ar.Classic
	case l.Kind == ar.Lashes && l.Shape == "":
		l.Shape = ar.Natural
	case l.Kind == ar.NoseStud && l.Side == "":
		l.Side = ar.Left
	}
}
