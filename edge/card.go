package edge

// cardNumber reports whether text may hold a payment card's number: 13 to 19
// digits in a row, spaced out or not, the last of them the check digit (ISO/IEC
// 7812-1, annex B), of a card scheme's range.
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
		if isCard(run) {
			return true
		}
		run, gap = nil, 0
	}
	return false
}

func isCard(digits []int) bool {
	if len(digits) < 13 || len(digits) > 19 || digits[0] < 2 || digits[0] > 6 {
		return false
	}
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
