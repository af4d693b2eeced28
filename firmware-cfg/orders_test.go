package firmwarecfg

import (
	"os"
	"path/filepath"
	"testing"
	"time"

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
	require.Equal(t, 4*time.Hour, h.Orders.Patience.Answer)
	h, err := loadOrders(t, `{ deliver_to: [VN, CN], patience: { answer: 30m } }`)
	require.NoError(t, err)
	require.Equal(t, []string{"VN", "CN"}, h.Orders.DeliverTo)
	require.Equal(t, 30*time.Minute, h.Orders.Patience.Answer)
	require.Equal(t, 72*time.Hour, h.Orders.Patience.PickUp, "what is not said stays")
	for orders, says := range map[string]string{
		`{ deliver_to: [vn] }`:            "orders.deliver_to[0]",
		`{ deliver_to: [VN, VN] }`:        "twice",
		`{ ships_to: [VN] }`:              "ships_to",
		`{ patience: { answer: -1h } }`:   "orders.patience.answer",
		`{ patience: { refund: 9000h } }`: "orders.patience.refund",
	} {
		_, err := loadOrders(t, orders)
		require.ErrorContains(t, err, says)
	}
}
