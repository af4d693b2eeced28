package edge

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Variant finds a variant by its SKU. The release must not change any more.
func (r *Release) Variant(sku SKU) (*Variant, bool) {
	return r.bySKU.find(r.Variants, (*Variant).skuText, string(sku))
}

// Scanned finds the variant that has a scanned number, however many zeros lead
// either. The release must not change any more.
func (r *Release) Scanned(g GTIN) (*Variant, bool) {
	bare := g.bare()
	if bare == "" {
		return nil, false
	}
	return r.byGTIN.find(r.Variants, (*Variant).bareGTIN, bare)
}

// Asset finds a file of the release by its name. The release must not change any
// more.
func (r *Release) Asset(name string) (Asset, bool) {
	a, ok := r.byName.find(r.Assets, (*Asset).name, name)
	if !ok {
		return Asset{}, false
	}
	return *a, true
}

func (v *Variant) skuText() string  { return string(v.SKU) }
func (v *Variant) bareGTIN() string { return v.GTIN.bare() }
func (a *Asset) name() string       { return a.Name }

// bare is the number without the zeros in front.
func (g GTIN) bare() string { return strings.TrimLeft(string(g), "0") }

// order is where things stand in a list by their keys, made by the first who
// asks: 4 bytes for each of a chain's 100,000 products. A sale asks for each of
// its lines.
type order[T any] struct {
	once   sync.Once
	places []uint32 // in list, by key
}

// find is the first of list, which is always the same, that has key want.
func (o *order[T]) find(list []T, key func(*T) string, want string) (*T, bool) {
	o.once.Do(func() {
		o.places = make([]uint32, len(list))
		for i := range o.places {
			o.places[i] = uint32(i)
		}
		slices.SortFunc(o.places, func(a, b uint32) int {
			return cmp.Or(cmp.Compare(key(&list[a]), key(&list[b])), cmp.Compare(a, b))
		})
	})
	i, ok := slices.BinarySearchFunc(o.places, want, func(at uint32, want string) int {
		return cmp.Compare(key(&list[at]), want)
	})
	if !ok {
		return nil, false
	}
	return &list[o.places[i]], true
}
