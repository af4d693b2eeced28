package edge

import (
	"fmt"
	"strconv"
	"strings"
)

// Money is an amount in minor units of an ISO 4217 currency; the dong has no
// minor unit, so 199000 VND is 199.000 ₫.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// minorDigits tells how many decimal digits a currency's minor unit has
// (ISO 4217); two where a currency is not listed.
func minorDigits(currency string) int {
	switch currency {
	case "VND", "KRW", "JPY":
		return 0
	}
	return 2
}

// String writes the amount the Vietnamese way: 199.000 ₫, 12,50 USD.
func (m Money) String() string {
	sign, digits := m.written(".", ",")
	unit := m.Currency
	if unit == "VND" {
		unit = "₫"
	}
	return sign + digits + " " + unit
}

// In writes the amount as readers of a language ("vi", "en", "zh") expect it:
// 199.000 ₫ in Vietnamese, ₫199,000 and USD 12.50 in the others.
func (m Money) In(lang string) string {
	if lang != "en" && lang != "zh" {
		return m.String()
	}
	sign, digits := m.written(",", ".")
	unit := m.Currency + " "
	if m.Currency == "VND" {
		unit = "₫"
	}
	return sign + unit + digits
}

// written is the sign and the digits, with what stands between thousands and
// before the minor units.
func (m Money) written(thousands, decimal string) (sign, digits string) {
	digits = strconv.FormatInt(m.Amount, 10)
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		sign, digits = "-", rest
	}
	frac := ""
	if d := minorDigits(m.Currency); d > 0 {
		digits = fmt.Sprintf("%0*s", d+1, digits)
		frac = decimal + digits[len(digits)-d:]
		digits = digits[:len(digits)-d]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + thousands + digits[i:]
	}
	return sign, digits + frac
}

// BasisPoints is a rate in hundredths of a percent: 800 is 8 %.
type BasisPoints int

// Within is the part of gross that is tax when gross includes tax at rate r,
// rounded half away from zero, so that a refund mirrors its sale:
// gross·r/(1+r).
func (r BasisPoints) Within(gross int64) int64 {
	if gross < 0 {
		return -r.Within(-gross)
	}
	den := 10000 + int64(r)
	return (2*gross*int64(r) + den) / (2 * den)
}
