package edge

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCardNumbersAreKnown(t *testing.T) {
	for _, text := range []string{
		"4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "6011000990139424", "4222222222222", "paid by 4111 1111 1111 1111.", "4111111111111111-",
		"4000000000000000006", "2221000000000009", "2720 9900 0000 0007", "371449635398431", "30569309025904", "3530111333300000", "2200000000000004", "6759649826438453",
		"6200000000000005", "6205500000000000004", "8171999900000018", "6445644564456445", "9704000000000018", "9704 1985 2619 1432 198",
	} {
		require.True(t, cardNumber(text), text)
	}
	for _, text := range []string{
		"", "note 1", "4111111111111112", "8936012340017", "21.11.2026 13:04 K7F39", "20261121-0007", "41111111111111110000", "twice 0198b3a2-4111-7111-8111-111111111111",
	} {
		require.False(t, cardNumber(text), text)
	}
}

// Most numbers of deliveries and parcels that end in what would be a check digit
// begin as no card does, or are too long or too short for one.
func TestNumbersThatAreNoCards(t *testing.T) {
	for name, from := range map[string]string{
		"a date and a number":          "20261121000",
		"the same, longer":             "2026112100000",
		"a barcode of 13 digits":       "500015940751",
		"Mastercard's, too short":      "51051051051051",
		"Mastercard's, too long":       "51051051051051051",
		"below Mastercard's":           "222099000000000",
		"above Mastercard's":           "272100000000000",
		"Visa's, 14 digits":            "4111111111111",
		"Visa's, 17 digits":            "4111111111111111",
		"American Express's, 16":       "378282246310005",
		"Napas's, 17 digits":           "9704000000000001",
		"a parcel's, 18 digits":        "60000000000000001",
		"above JCB's":                  "359000000000000",
		"between Discover's":           "643999999999999",
		"a SSCC of logistics (GS1)":    "38936012340000017",
		"above UnionPay's second":      "817200000000000",
		"a consignment of the railway": "7912345678901234",
	} {
		seen := 0
		for last := range 10 {
			text := from + strconv.Itoa(last)
			digits := make([]int, len(text))
			for i, r := range text {
				digits[i] = int(r - '0')
			}
			if luhn(digits) {
				seen++
			}
			require.False(t, cardNumber(text), "%s: %s", name, text)
		}
		require.Equal(t, 1, seen, name)
	}
}
