package edge

// cardNumber reports whether text may hold a payment card's number: as many
// digits in a row, spaced out or not, as a scheme's cards have that begin so,
// the last of them the check digit (ISO/IEC 7812-1, annex B).
func cardNumber(text string) bool {
	var run []int
	gap := 0
	for _, r := range text + "\n" {
		switch {
		case r >= '0' && r <= '9':
			run, gap = append(run, int(r-'0')), 0
			continue
		case (r == ' ' || r == '-') && gap == 0:
			gap++
			continue
		}
		if len(run) >= 13 && ofScheme(run) && luhn(run) {
			return true
		}
		run, gap = nil, 0
	}
	return false
}

// ofScheme reports whether cards that begin with the first four digits have as
// many: the issuer ranges of ISO/IEC 7812-1 as the schemes publish them.
func ofScheme(digits []int) bool {
	n := len(digits)
	switch p := digits[0]*1000 + digits[1]*100 + digits[2]*10 + digits[3]; {
	case p >= 4000 && p <= 4999: // Visa
		return n == 13 || n == 16 || n == 19
	case p >= 5100 && p <= 5599, p >= 2221 && p <= 2720: // Mastercard
		return n == 16
	case p == 9704: // Napas, Vietnam's own cards
		return n == 16 || n == 19
	case p >= 6200 && p <= 6299, p >= 8100 && p <= 8171, // UnionPay
		p >= 3528 && p <= 3589,                                    // JCB
		p == 6011, p >= 6440 && p <= 6499, p >= 6500 && p <= 6599, // Discover
		p >= 2200 && p <= 2204: // Mir
		return n >= 16 && n <= 19
	case p >= 3400 && p <= 3499, p >= 3700 && p <= 3799: // American Express
		return n == 15
	case p >= 3000 && p <= 3059, p == 3095, p >= 3600 && p <= 3699, p >= 3800 && p <= 3999: // Diners Club
		return n == 14 || n == 16 || n == 19
	case p == 5018, p == 5020, p == 5038, p == 5893, p == 6304, p == 6759, p >= 6761 && p <= 6763: // Maestro
		return n <= 19
	}
	return false
}

func luhn(digits []int) bool {
	sum := 0
	for i := range digits {
		d := digits[len(digits)-1-i]
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}
