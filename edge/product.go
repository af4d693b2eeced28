package edge

import "time"

// SKU names a variant: one shade or colour of one product, as it is sold.
type SKU string

// Text is a text in the shop's three languages.
type Text struct {
	VI string `json:"vi"`
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// In is the text in language lang ("vi", "en", "zh"), Vietnamese otherwise.
func (t Text) In(lang string) string {
	switch lang {
	case "en":
		return t.EN
	case "zh":
		return t.ZH
	}
	return t.VI
}

// Category is a shelf of the shop.
type Category struct {
	ID   string `json:"id"`
	Name Text   `json:"name"`
}

// TryOn says how the mirror shows a variant. The words are the mirror's; this
// package only carries them. What is left out is the mirror's own choice.
type TryOn struct {
	Kind      string   `json:"kind"` // one of TryOnKinds
	Finish    string   `json:"finish,omitempty"`
	Gradient  bool     `json:"gradient,omitempty"`  // lipstick that fades outwards
	Placement string   `json:"placement,omitempty"` // of blush
	Shape     string   `json:"shape,omitempty"`     // of eyeliner and lashes
	Side      string   `json:"side,omitempty"`      // of a single earring or a nose stud
	Colors    []string `json:"colors,omitempty"`    // eyeshadow's beside the variant's own
	Intensity int      `json:"intensity,omitempty"` // percent; 0 is the mirror's usual one
	Asset     string   `json:"asset,omitempty"`     // file of a shape
}

// Variant is what a shopper puts in the cart.
type Variant struct {
	SKU      SKU         `json:"sku"`
	GTIN     GTIN        `json:"gtin"`
	Product  string      `json:"product"`  // variants of one product share it
	Category string      `json:"category"` // a Category's ID
	Brand    string      `json:"brand"`
	Name     Text        `json:"name"`
	Shade    Text        `json:"shade"`            // empty where there is one variant only
	Color    string      `json:"color,omitempty"`  // #RRGGBB of the swatch
	Finish   string      `json:"finish,omitempty"` // as printed on the box
	Details  Text        `json:"details,omitzero"` // the product's size and what is in it; of its first variant at least
	Price    Money       `json:"price"`            // tax included
	VAT      BasisPoints `json:"vat"`
	TryOn    *TryOn      `json:"tryon,omitempty"`
	Picture  string      `json:"picture,omitempty"` // file name
}

// Release is a catalogue with its prices and tax rates, switched as a whole.
// Every sale keeps the version it was priced with.
type Release struct {
	Version    uint32     `json:"version"`
	Effective  time.Time  `json:"effective"`
	Currency   string     `json:"currency"`
	Categories []Category `json:"categories"`
	Variants   []Variant  `json:"variants"`
	Looks      []Look     `json:"looks,omitempty"`
	Assets     []Asset    `json:"assets,omitempty"` // the files that variants name, where HQ has them

	bySKU, byGTIN order[Variant]
	byName        order[Asset]
}
