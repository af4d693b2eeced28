package cloudsync_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// largeRelease is a chain's catalogue of n products, each with a barcode.
func largeRelease(n int, effective time.Time) *edge.Release {
	r := edgetest.Release(1)
	r.Effective = effective
	plain := r.Variants[2]
	for i := len(r.Variants); i < n; i++ {
		v := plain
		v.SKU, v.Product = edge.SKU(fmt.Sprintf("CAR-%06d", i)), fmt.Sprintf("P-%06d", i)
		v.GTIN = edge.GTIN(withCheckDigit(fmt.Sprintf("893%09d", 100_000_000+i)))
		v.Name = edge.Text{VI: fmt.Sprintf("Kem số %d", i), EN: fmt.Sprintf("Cream number %d", i), ZH: fmt.Sprintf("面霜 %d", i)}
		v.Price.Amount = 100_000 + int64(i)
		r.Variants = append(r.Variants, v)
	}
	return r
}

// withCheckDigit adds the last digit of an EAN-13 to its first twelve.
func withCheckDigit(digits string) string {
	sum := 0
	for i, d := range digits {
		sum += int(d-'0') * (1 + 2*(i%2))
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}

// Of a large chain's catalogue, one product is found by its words and by its
// barcode, and sold; headquarters has the sale once, at the catalogue's price.
func TestASaleOutOfALargeCatalogue(t *testing.T) {
	const n = 60_000
	b := newBusiness(t, "shop-1")
	one := b.branch(t, "shop-1")
	one.connect(t)
	signed, err := b.hq.IssueRelease(t.Context(), largeRelease(n, b.clock.Now().UTC().Truncate(time.Second)), "")
	require.NoError(t, err)
	var r *edge.Release
	require.Eventually(t, func() bool {
		r, err = one.db.Release(t.Context())
		return err == nil && r.Version == signed.Version && len(r.Variants) == n
	}, 2*time.Minute, 10*time.Millisecond)

	want := &r.Variants[n*2/3]
	x := edge.NewIndex(r)
	found := x.Find(fmt.Sprintf("kem so %d", n*2/3), 10)
	require.NotEmpty(t, found.Variants)
	require.Equal(t, want.SKU, found.Variants[0].SKU)
	found = x.Find(string(want.GTIN), 10)
	require.True(t, found.Exact)
	require.Len(t, found.Variants, 1)
	require.Equal(t, want.SKU, found.Variants[0].SKU)

	sale := edgetest.Sell(t, one.db, want.SKU)
	require.Equal(t, want.Price, sale.Total)
	require.Eventually(t, func() bool {
		waiting, _, err := one.db.Waiting(t.Context(), edge.LaneSale)
		return err == nil && waiting == 0
	}, 2*time.Minute, 10*time.Millisecond)
	require.NoError(t, b.hq.Project(t.Context()))
	sales, err := b.hq.Sales(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, sales, 1)
	require.Equal(t, sale.Receipt, sales[0].Sale.Receipt)
	require.Equal(t, want.SKU, sales[0].Sale.Lines[0].SKU)
	differences, err := b.hq.FindDifferences(t.Context(), hq.Filter{}, 0, 10)
	require.NoError(t, err)
	require.Empty(t, differences)
}
