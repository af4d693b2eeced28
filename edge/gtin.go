package edge

import (
	"fmt"
	"strings"
)

// GTIN is a trade item number as scanned from a package: 8, 12, 13 or 14
// digits, the last of them the check digit (GS1 General Specifications, 7.9).
type GTIN string

// ParseGTIN takes s for a GTIN when its length and its check digit are right.
func ParseGTIN(s string) (GTIN, error) {
	if fault := gtinFault(s); fault != "" {
		return "", Errorf("edge.ParseGTIN", Invalid, "%.20q: %s", s, fault)
	}
	return GTIN(s), nil
}

// gtinFault says what keeps s from being a GTIN, or nothing.
func gtinFault(s string) string {
	switch len(s) {
	case 8, 12, 13, 14:
	default:
		return fmt.Sprintf("want 8, 12, 13 or 14 digits, not %d characters", len(s))
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return "want digits only"
	}
	if want, last := checkDigit(s[:len(s)-1]), s[len(s)-1]; last != want {
		return fmt.Sprintf("the check digit is %c, the others give %c: a digit is mistyped", last, want)
	}
	return ""
}

// GTIN14 is the number filled up with zeros to 14 digits, the form in which
// numbers of different lengths compare and in which GS1 Digital Link writes
// them.
func (g GTIN) GTIN14() string { return strings.Repeat("0", max(0, 14-len(g))) + string(g) }

// checkDigit weighs the digits of body 3, 1, 3, 1… from the right and returns
// what fills the sum up to the next ten.
func checkDigit(body string) byte {
	sum, weight := 0, 3
	for i := len(body) - 1; i >= 0; i-- {
		sum += int(body[i]-'0') * weight
		weight = 4 - weight
	}
	return '0' + byte((10-sum%10)%10)
}
