package edge_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestMoneyString(t *testing.T) {
	for want, m := range map[string]edge.Money{
		"0 ₫":                            {Amount: 0, Currency: "VND"},
		"999 ₫":                          {Amount: 999, Currency: "VND"},
		"199.000 ₫":                      {Amount: 199000, Currency: "VND"},
		"-1.234.567 ₫":                   {Amount: -1234567, Currency: "VND"},
		"12,50 USD":                      {Amount: 1250, Currency: "USD"},
		"0,05 USD":                       {Amount: 5, Currency: "USD"},
		"-0,05 USD":                      {Amount: -5, Currency: "USD"},
		"1.234,56 CNY":                   {Amount: 123456, Currency: "CNY"},
		"1.000 JPY":                      {Amount: 1000, Currency: "JPY"},
		"-9.223.372.036.854.775.808 ₫":   {Amount: -1 << 63, Currency: "VND"},
		"92.233.720.368.547.758,07 EUR":  {Amount: 1<<63 - 1, Currency: "EUR"},
		"-92.233.720.368.547.758,08 EUR": {Amount: -1 << 63, Currency: "EUR"},
	} {
		require.Equal(t, want, m.String())
	}
}

func TestVATWithin(t *testing.T) {
	for _, tc := range []struct {
		gross int64
		rate  edge.BasisPoints
		want  int64
	}{
		{108, 800, 8},
		{110, 1000, 10},
		{199000, 800, 14741},     // 14740.74…
		{398000, 800, 29481},     // 29481.48…
		{890000, 1000, 80909},    // 80909.09…
		{-199000, 800, -14741},   // a refund mirrors its sale
		{21, 500, 1},             // exactly 1
		{105000, 500, 5000},      // exactly 5000
		{1, 10000, 1},            // half rounds up: 0.5
		{3, 10000, 2},            // 1.5
		{-1, 10000, -1},          // and away from zero
		{0, 800, 0},              //
		{199000, 0, 0},           // no tax
		{1e12, 800, 74074074074}, // 74074074074.07…
	} {
		require.Equal(t, tc.want, tc.rate.Within(tc.gross), "%d at %d", tc.gross, tc.rate)
	}
}

// Against exact arithmetic: the tax is within half a unit of gross·r/(1+r).
func TestVATIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gross := rapid.Int64Range(-1e12, 1e12).Draw(t, "gross")
		rate := rapid.IntRange(0, 2500).Draw(t, "rate")
		got := edge.BasisPoints(rate).Within(gross)
		exact := big.NewRat(gross*int64(rate), 10000+int64(rate))
		diff := new(big.Rat).Sub(exact, big.NewRat(got, 1))
		require.LessOrEqual(t, diff.Abs(diff).Cmp(big.NewRat(1, 2)), 0)
		require.Equal(t, -got, edge.BasisPoints(rate).Within(-gross))
	})
}

func TestMoneyInALanguage(t *testing.T) {
	for _, tt := range []struct {
		amount               int64
		currency, vi, en, zh string
	}{
		{199000, "VND", "199.000 ₫", "₫199,000", "₫199,000"},
		{-1234567, "VND", "-1.234.567 ₫", "-₫1,234,567", "-₫1,234,567"},
		{123456, "CNY", "1.234,56 CNY", "CNY 1,234.56", "CNY 1,234.56"},
		{5, "USD", "0,05 USD", "USD 0.05", "USD 0.05"},
	} {
		m := edge.Money{Amount: tt.amount, Currency: tt.currency}
		require.Equal(t, tt.vi, m.In("vi"))
		require.Equal(t, tt.en, m.In("en"))
		require.Equal(t, tt.zh, m.In("zh"))
		require.Equal(t, tt.vi, m.In(""))
	}
}
