package edge

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Limits of a shop's looks.
const (
	maxLooks     = 100
	maxLookItems = 14 // one for each kind that the mirror shows
)

// Look is a complete look that the shop suggests: products that go together.
type Look struct {
	ID    string     `json:"id"`
	Name  Text       `json:"name"`
	Items []LookItem `json:"items"`
}

// LookItem is one product of a look.
type LookItem struct {
	SKU       SKU `json:"sku"`
	Intensity int `json:"intensity,omitempty"` // percent; 0 is the product's own
}

// LookNamed finds a look by its ID.
func (r *Release) LookNamed(id string) (*Look, bool) {
	for i := range r.Looks {
		if r.Looks[i].ID == id {
			return &r.Looks[i], true
		}
	}
	return nil, false
}

// CheckLooks reports everything that is wrong with looks of a shop that sells
// variants.
func CheckLooks(looks []Look, variants []Variant) error {
	var faults []error
	if len(looks) > maxLooks {
		faults = append(faults, fmt.Errorf("%d looks, at most %d", len(looks), maxLooks))
	}
	sold := map[SKU]*Variant{}
	for i := range variants {
		sold[variants[i].SKU] = &variants[i]
	}
	ids := map[string]int{}
	for i, l := range looks {
		where := fmt.Sprintf("look %d (%.40s)", i+1, l.ID)
		if first, ok := ids[l.ID]; ok {
			faults = append(faults, fmt.Errorf("%s: look %d has that id already", where, first))
		} else {
			ids[l.ID] = i + 1
		}
		for _, err := range l.faults(sold) {
			faults = append(faults, fmt.Errorf("%s: %w", where, err))
		}
	}
	return errors.Join(faults...)
}

// faults are what is wrong with the look by itself.
func (l Look) faults(sold map[SKU]*Variant) (faults []error) {
	that := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	that(l.ID != "" && len(l.ID) <= maxID && consistsOf(l.ID, isLower, isDigit, isDash), "id %.80q: want 1 to %d of a-z, 0-9 and -", l.ID, maxID)
	for _, lang := range []string{"vi", "en", "zh"} {
		n := utf8.RuneCountInString(l.Name.In(lang))
		that(1 <= n && n <= maxText, "name in %s: %d characters, want 1 to %d", lang, n, maxText)
	}
	that(len(l.Items) > 0 && len(l.Items) <= maxLookItems, "%d items: want 1 to %d", len(l.Items), maxLookItems)
	worn := map[string]SKU{}
	for i, item := range l.Items {
		v, ok := sold[item.SKU]
		switch {
		case !ok:
			that(false, "item %d: no product has the SKU %.40q", i+1, item.SKU)
			continue
		case v.TryOn == nil:
			that(false, "item %d: %s cannot be tried on: its column tryon is empty", i+1, item.SKU)
			continue
		}
		first, taken := worn[v.TryOn.Kind]
		that(!taken, "item %d: %s and %s are worn in the same place: choose one", i+1, first, item.SKU)
		worn[v.TryOn.Kind] = item.SKU
		that(item.Intensity >= 0 && item.Intensity <= 100, "item %d: intensity %d: want 1 to 100, in percent", i+1, item.Intensity)
	}
	return faults
}
