package edge

// Product is a product of a release: its variants, one at least, in the order of
// the release. What they share is as the first one has it.
type Product []*Variant

// tryOn reports whether the mirror can show one of the variants.
func (p Product) tryOn() bool {
	for _, v := range p {
		if v.TryOn != nil {
			return true
		}
	}
	return false
}

// shelves are a release's products by their categories.
type shelves struct {
	byID       map[string]Product
	byCategory map[string][]Product
}

func newShelves(r *Release) shelves {
	s := shelves{byID: map[string]Product{}, byCategory: map[string][]Product{}}
	var ids []string // in the order of the release
	for i := range r.Variants {
		v := &r.Variants[i]
		if len(s.byID[v.Product]) == 0 {
			ids = append(ids, v.Product)
		}
		s.byID[v.Product] = append(s.byID[v.Product], v)
	}
	for _, tryOn := range []bool{true, false} {
		for _, id := range ids {
			if p := s.byID[id]; p.tryOn() == tryOn {
				s.byCategory[p[0].Category] = append(s.byCategory[p[0].Category], p)
			}
		}
	}
	return s
}

// Product finds a product by its id; one without variants is none.
func (x *Index) Product(id string) Product { return x.shelves.byID[id] }

// Shelf lists the products of a category: first those that can be tried on, each
// kind in the order of the release. The caller must not change it.
func (x *Index) Shelf(category string) []Product { return x.shelves.byCategory[category] }
