package edge

import "strings"

// TaxCode is a buyer's tax registration, for the invoice.
type TaxCode string

// Check refuses what is no company's tax code in the country of the currency:
// for the dong 10 digits, or 10 and a branch's 3 as 0123456789-001, the tenth
// being the check digit; elsewhere 4 to 20 letters, digits and dashes. A
// Vietnamese person's own number, 12 digits, is refused: the ledger keeps for
// ever what it holds. An empty code is right.
func (c TaxCode) Check(currency string) error {
	const op = "edge.TaxCode.Check"
	if c == "" {
		return nil
	}
	if currency != "VND" {
		if len(c) < 4 || len(c) > 20 || strings.ContainsFunc(string(c), notInTaxCode) {
			return Errorf(op, Invalid, "the buyer's tax code has 4 to 20 letters A to Z, digits and dashes")
		}
		return nil
	}
	number, branch, hasBranch := strings.Cut(string(c), "-")
	switch {
	case !hasBranch && len(number) == 12 && onlyDigits(number):
		return Errorf(op, Invalid, "12 digits are a person's own number, which is not kept here: enter the company's tax code, or leave it out")
	case len(number) != 10 || !onlyDigits(number) || hasBranch && (len(branch) != 3 || !onlyDigits(branch)):
		return Errorf(op, Invalid, "the buyer's tax code has 10 digits, or 10 digits, a dash and 3 digits")
	case number[9] != taxCheckDigit(number):
		return Errorf(op, Invalid, "the buyer's tax code has a wrong digit: read it again")
	}
	return nil
}

// taxCheckDigit is the tenth digit of a Vietnamese tax code: 10 less the
// weighted sum of the first nine, modulo 11; 0 where there can be none.
func taxCheckDigit(number string) byte {
	sum := 0
	for i, weight := range [9]int{31, 29, 23, 19, 17, 13, 7, 5, 3} {
		sum += weight * int(number[i]-'0')
	}
	if d := 10 - sum%11; d < 10 {
		return '0' + byte(d)
	}
	return 0
}

func onlyDigits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func notInTaxCode(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
}
