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
	switch len(s) {
	case 8, 12, 13, 14:
	default:
		return "", Errorf("edge.ParseGTIN", Invalid, "a GTIN has 8, 12, 13 or 14 digits, this has %d characters", len(s))
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		return "", Errorf("edge.ParseGTIN", Invalid, "a GTIN has digits only, character %d is not one", i+1)
	}
	body, last := s[:len(s)-1], s[len(s)-1]
	if want := checkDigit(body); last != want {
		return "", Errorf("edge.ParseGTIN", Invalid, "the check digit of %s is %c, not %c: a digit is mistyped", s, want, last)
	}
	return GTIN(s), nil
}

// GTIN14 is the number filled up with zeros to 14 digits, the form in which
// numbers of different lengths compare and in which GS1 Digital Link writes
// them.
func (g GTIN) GTIN14() string { return fmt.Sprintf("%014s", string(g)) }

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
