package firmwarecfg

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func loadOrders(t *testing.T, orders string) (*HQ, error) {
	file := filepath.Join(t.TempDir(), "hq.yaml")
	require.NoError(t, os.WriteFile(file, []byte("public_url: https://cart.example.com\nmqtt: { url: mqtts://b.example.com:8883 }\norders: "+orders+"\n"), 0o600))
	return LoadHQ(file, nil)
}

func TestOrdersOfHQ(t *testing.T) {
	h := DefaultHQ()
	require.Equal(t, []string{"VN"}, h.Orders.DeliverTo)
	h, err := loadOrders(t, `{ deliver_to: [VN, CN] }`)
	require.NoError(t, err)
	require.Equal(t, []string{"VN", "CN"}, h.Orders.DeliverTo)
	for orders, says := range map[string]string{
		`{ deliver_to: [vn] }`:     "orders.deliver_to[0]",
		`{ deliver_to: [VN, VN] }`: "twice",
		`{ ships_to: [VN] }`:       "ships_to",
	} {
		_, err := loadOrders(t, orders)
		require.ErrorContains(t, err, says)
	}
}
