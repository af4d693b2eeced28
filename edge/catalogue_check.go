package edge

import (
	"regexp"
	"strings"
	"time"
)

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`) // ISO 4217

// Check refuses a release that no till could sell by. It lets pass what the
// mirror of this program may not know yet. Its error is Invalid or TooLarge.
func (r *Release) Check() error {
	const op = "edge.Release.Check"
	bad := func(format string, args ...any) error { return Errorf(op, Invalid, format, args...) }
	switch {
	case r.Version == 0:
		return bad("a catalogue has a version from 1")
	case r.Effective.IsZero() || r.Effective.Year() > 9999 || !r.Effective.Equal(r.Effective.Truncate(time.Millisecond)):
		return bad("catalogue %d: effective time %s", r.Version, r.Effective)
	case !currencyCode.MatchString(r.Currency):
		return bad("catalogue %d: currency %.20q: want an ISO 4217 code such as VND", r.Version, r.Currency)
	case len(r.Variants) > maxCatalogueRows || len(r.Assets) > maxAssets || len(r.Categories) > maxCatalogueRows:
		return Errorf(op, TooLarge, "catalogue %d: %d variants, %d files, at most %d and %d", r.Version, len(r.Variants), len(r.Assets), maxCatalogueRows, maxAssets)
	}
	skus := map[SKU]bool{}
	for i := range r.Variants {
		v := &r.Variants[i]
		if err := v.check(r.Currency); err != nil {
			return err
		}
		if skus[v.SKU] {
			return bad("catalogue %d: SKU %s is there twice", r.Version, v.SKU)
		}
		skus[v.SKU] = true
	}
	names := map[string]bool{}
	for _, a := range r.Assets {
		if err := a.check(); err != nil {
			return err
		}
		if names[a.Name] {
			return bad("catalogue %d: file %s is there twice", r.Version, a.Name)
		}
		names[a.Name] = true
	}
	return nil
}

func (v *Variant) check(currency string) error {
	const op = "edge.Release.Check"
	switch {
	case !plain(string(v.SKU)):
		return Errorf(op, Invalid, "%.80q is no SKU", v.SKU)
	case v.Price.Amount <= 0 || v.Price.Amount > maxPrice || v.Price.Currency != currency:
		return Errorf(op, Invalid, "%s: a price of %d %.10s: want 1 to %d, in %s", v.SKU, v.Price.Amount, v.Price.Currency, int64(maxPrice), currency)
	case v.VAT < 0 || v.VAT > maxVATBasis:
		return Errorf(op, Invalid, "%s: VAT of %d: want 0 to %d hundredths of a percent", v.SKU, v.VAT, maxVATBasis)
	case v.Color != "" && !isColour(v.Color):
		return Errorf(op, Invalid, "%s: colour %.40q: want #RRGGBB", v.SKU, v.Color)
	}
	return nil
}

func (a *Asset) check() error {
	const op = "edge.Release.Check"
	folder, file, _ := strings.Cut(a.Name, "/")
	switch {
	case folder != PictureFolder && folder != TryOnFolder,
		file == "" || len(file) > maxID || file[0] == '.' || !consistsOf(file, isLower, isUpper, isDigit, isDash, isDot):
		return Errorf(op, Invalid, "%.80q is no file of a catalogue: want %s/… or %s/…", a.Name, PictureFolder, TryOnFolder)
	case a.Size <= 0 || a.Size > MaxAssetBytes:
		return Errorf(op, TooLarge, "file %s has %d bytes: want 1 to %d", a.Name, a.Size, MaxAssetBytes)
	}
	return nil
}
