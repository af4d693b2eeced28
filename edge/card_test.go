package edge

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCardNumbersAreKnown(t *testing.T) {
	for _, text := range []string{
		"4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "6011000990139424", "4222222222222", "paid by 4111 1111 1111 1111.", "4111111111111111-",
	} {
		require.True(t, cardNumber(text), text)
	}
	for _, text := range []string{
		"", "note 1", "4111111111111112", "8936012340017", "21.11.2026 13:04 K7F39", "20261121-0007", "41111111111111110000", "twice 0198b3a2-4111-7111-8111-111111111111",
	} {
		require.False(t, cardNumber(text), text)
	}
}
