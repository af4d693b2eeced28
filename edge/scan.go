package edge

import (
	"cmp"
	"net/url"
	"strings"
)

// maxScanned bounds what a scanner may read, in bytes: more than any code of a
// product holds.
const maxScanned = 2048

// ScannedGTIN finds the trade item number in what a scanner read from a package
// or a shelf:
//
//   - the number itself, as in EAN and UPC bar codes;
//   - a GS1 element string that begins with it, 01 and 14 digits, as in GS1-128
//     and GS1 DataMatrix, written with brackets or without, and with or without
//     the scanner's word for the kind of code (]C1, ]d2, …) before it;
//   - a GS1 Digital Link, https://…/01/{GTIN}, at whatever address (GS1 Digital
//     Link Standard: URI Syntax).
//
// What such codes tell beside the number, as lot and date, is left aside.
func ScannedGTIN(text string) (GTIN, error) {
	const op = "edge.ScannedGTIN"
	if len(text) > maxScanned {
		return "", Errorf(op, TooLarge, "a code of %d bytes, at most %d", len(text), maxScanned)
	}
	text = strings.TrimSpace(text)
	if len(text) > 3 && text[0] == ']' {
		text = text[3:]
	}
	text = strings.TrimLeft(text, "\x1d") // FNC1, as scanners write it
	number := cmp.Or(elementGTIN(text), linkGTIN(text), text)
	if fault := gtinFault(number); fault != "" {
		return "", Errorf(op, Invalid, "this is no product's code: %s", fault) // whose it is instead is nobody's business
	}
	return GTIN(number), nil
}

// elementGTIN is what stands where a GS1 element string has its GTIN, or empty.
func elementGTIN(text string) string {
	for _, key := range []string{"(01)", "01"} {
		if rest, ok := strings.CutPrefix(text, key); ok && len(rest) >= 14 && consistsOf(rest[:14], isDigit) {
			return rest[:14]
		}
	}
	return ""
}

// linkGTIN is what stands where a GS1 Digital Link has its GTIN, or empty. Any
// path may lead to it, so the last one counts.
func linkGTIN(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Scheme, "https") && !strings.EqualFold(u.Scheme, "http") {
		return ""
	}
	parts := strings.Split(u.EscapedPath(), "/")
	for i := len(parts) - 2; i >= 0; i-- {
		if parts[i] == "01" {
			return parts[i+1]
		}
	}
	return ""
}
