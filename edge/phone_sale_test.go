package edge_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func phoneSale(lines int) *edge.PhoneSale {
	p := &edge.PhoneSale{
		Cart: edge.CartID{1}, Currency: "VND", At: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), Release: 7,
		Payment: edge.Payment{Method: edge.ByPhone, Reference: "MC7K3J9XQ2T8W"},
	}
	for i := range lines {
		p.Lines = append(p.Lines, edge.PhoneSaleLine{SKU: edge.SKU(fmt.Sprintf("LIP-SILK-%04d", i)), Quantity: 99, Price: 1_199_000, VATRate: 800})
		p.Payment.Amount += 99 * 1_199_000
	}
	return p
}

func TestPhoneSaleIsToldWhole(t *testing.T) {
	p := phoneSale(edge.MaxLines)
	r, err := p.Record("bank-0123456789abcdef01234567")
	require.NoError(t, err, "the largest cart of one writer fits")
	require.NoError(t, r.Check())
	got, err := edge.ReadPhoneSale(r)
	require.NoError(t, err)
	require.Equal(t, p, got)
	_, err = phoneSale(4 * edge.MaxLines).Record("bank-0123456789abcdef01234567")
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
}

func TestPhoneSaleRefused(t *testing.T) {
	for name, spoil := range map[string]func(*edge.PhoneSale){
		"no line":       func(p *edge.PhoneSale) { p.Lines = nil },
		"other amount":  func(p *edge.PhoneSale) { p.Payment.Amount++ },
		"paid at till":  func(p *edge.PhoneSale) { p.Payment.Method = edge.Cash },
		"no currency":   func(p *edge.PhoneSale) { p.Currency = "" },
		"no SKU":        func(p *edge.PhoneSale) { p.Lines[0].SKU = "" },
		"less than one": func(p *edge.PhoneSale) { p.Lines[0].Quantity = -1 },
		"tax":           func(p *edge.PhoneSale) { p.Lines[0].VATRate = 10_001 },
	} {
		t.Run(name, func(t *testing.T) {
			p := phoneSale(2)
			spoil(p)
			_, err := p.Record("bank-0001")
			require.Equal(t, edge.Invalid, edge.KindOf(err))
		})
	}
}

func FuzzReadPhoneSale(f *testing.F) {
	r, err := phoneSale(2).Record("bank-0001")
	require.NoError(f, err)
	f.Add([]byte(r.Data))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := edge.ReadPhoneSale(&edge.Record{Kind: edge.RecordSale, ID: "bank-0001", Data: data})
		if err != nil {
			return
		}
		s := p.Sale("bank-0001", nil, p.At)
		require.Equal(t, p.Payment.Amount, s.Total.Amount)
		require.Equal(t, p.Closing("bank-0001"), s.Closing())
		var total, vat int64
		for i := range s.Lines {
			total, vat = total+s.Lines[i].Total, vat+s.Lines[i].VAT
		}
		require.Equal(t, s.Total.Amount, total)
		require.Equal(t, s.VAT, vat)
		require.LessOrEqual(t, vat, total)
	})
}
