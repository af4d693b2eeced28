package edge

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ReleaseChanges are what a release changes of the one before it, in the order
// of the tables.
type ReleaseChanges struct {
	Added, Removed []Variant
	Changed        []VariantChange
	Looks          bool // the complete looks are others
	Categories     bool // so are the shelves
}

// None reports whether nothing changes for anybody.
func (c *ReleaseChanges) None() bool {
	return len(c.Added)+len(c.Removed)+len(c.Changed) == 0 && !c.Looks && !c.Categories
}

// VariantChange is what changes of one variant.
type VariantChange struct {
	Variant Variant // as it becomes
	Before  Variant
	Fields  []FieldChange
}

// FieldChange is what changes of one field of a variant; the fields have the
// names of a product table's columns.
type FieldChange struct {
	Field    string
	Old, New string // as people read them
}

// CompareReleases says what now changes of before.
func CompareReleases(before, now *Release) *ReleaseChanges {
	c := &ReleaseChanges{
		Looks:      fmt.Sprint(before.Looks) != fmt.Sprint(now.Looks),
		Categories: fmt.Sprint(before.Categories) != fmt.Sprint(now.Categories),
	}
	was := map[SKU]*Variant{}
	for i := range before.Variants {
		was[before.Variants[i].SKU] = &before.Variants[i]
	}
	is := map[SKU]bool{}
	for _, v := range now.Variants {
		is[v.SKU] = true
		old, ok := was[v.SKU]
		if !ok {
			c.Added = append(c.Added, v)
			continue
		}
		hashed := len(before.Assets) > 0 && len(now.Assets) > 0
		if fields := compareVariants(old, &v, hashed); len(fields) > 0 {
			c.Changed = append(c.Changed, VariantChange{Variant: v, Before: *old, Fields: fields})
		}
	}
	for _, v := range before.Variants {
		if !is[v.SKU] {
			c.Removed = append(c.Removed, v)
		}
	}
	return c
}

// hashOfFile is what the name of an issued release's file ends in.
var hashOfFile = regexp.MustCompile(`-[0-9a-f]{8}(\.[a-z]+)`)

// compareVariants compares files by the hashes in their names, if both sides
// have them there, or else by the rest of their names.
func compareVariants(old, now *Variant, hashed bool) (changes []FieldChange) {
	file := func(s string) string { return hashOfFile.ReplaceAllString(s, "$1") }
	if hashed {
		file = func(s string) string { return s }
	}
	for _, f := range []struct{ field, old, now string }{
		{"price", old.Price.String(), now.Price.String()},
		{"vat_bp", old.VAT.String(), now.VAT.String()},
		{"gtin", string(old.GTIN), string(now.GTIN)},
		{"product", old.Product, now.Product},
		{"category", old.Category, now.Category},
		{"brand", old.Brand, now.Brand},
		{"name", old.Name.joined(), now.Name.joined()},
		{"shade", old.Shade.joined(), now.Shade.joined()},
		{"colour", old.Color, now.Color},
		{"finish", old.Finish, now.Finish},
		{"details", old.Details.joined(), now.Details.joined()},
		{"tryon", file(old.TryOn.String()), file(now.TryOn.String())},
		{"picture", file(old.Picture), file(now.Picture)},
	} {
		if f.old != f.now {
			changes = append(changes, FieldChange{Field: f.field, Old: f.old, New: f.now})
		}
	}
	return changes
}

// joined is the text in all its languages.
func (t Text) joined() string {
	if t == (Text{}) {
		return ""
	}
	return t.VI + " / " + t.EN + " / " + t.ZH
}

// String writes the rate as people do: 8 %, 12,5 %.
func (r BasisPoints) String() string {
	s := strconv.Itoa(int(r) / 100)
	if rest := int(r) % 100; rest != 0 {
		s += "," + strings.TrimRight(fmt.Sprintf("%02d", rest), "0")
	}
	return s + " %"
}

// String writes what is set, as a row of a product table has it.
func (t *TryOn) String() string {
	if t == nil {
		return ""
	}
	words := []string{t.Kind}
	for _, w := range append([]string{t.Finish, t.Placement, t.Shape, t.Side, t.Asset}, t.Colors...) {
		if w != "" {
			words = append(words, w)
		}
	}
	if t.Gradient {
		words = append(words, "gradient")
	}
	if t.Intensity != 0 {
		words = append(words, strconv.Itoa(t.Intensity)+" %")
	}
	return strings.Join(words, " ")
}
