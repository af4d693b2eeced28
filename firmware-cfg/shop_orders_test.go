package firmwarecfg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFeesOfOrders(t *testing.T) {
	const fees = "orders:\n  deposit: 20\n  fees:\n    - {provinces: [\"79\", \"01\"], fee: 20000, days: 2}\n    - {fee: 35000, days: 5}\n"
	e, err := LoadEdge(write(t, smallEdge+fees), nil)
	require.NoError(t, err)
	require.Equal(t, 20, e.Orders.Deposit)
	require.Equal(t, []string{"79", "01"}, e.Orders.Fees[0].Provinces)
	require.Equal(t, int64(35000), e.Orders.Fees[1].Fee)
	for wrong, says := range map[string]string{
		"orders: {deposit: 0}":                                         "orders.deposit",
		"orders: {free_from: -1}":                                      "orders.free_from",
		"orders: {patience: {answer: -1h}}":                            "orders.patience.answer",
		"orders: {patience: {pick_up: 9000h}}":                         "orders.patience.pick_up",
		"orders: {patience: {sleep: 1h}}":                              "sleep",
		"orders: {fees: [{fee: -1}]}":                                  "orders.fees[0].fee",
		"orders: {fees: [{fee: 1, days: 1000}]}":                       "orders.fees[0].days",
		"orders: {fees: [{fee: 1}, {provinces: [a], fee: 2}]}":         "all others",
		"orders: {fees: [{provinces: [a], fee: 1}, {provinces: [a]}]}": "already",
		"orders: {fees: [{provinces: [\"a b\"], fee: 1}]}":             "no code",
	} {
		_, err := LoadEdge(write(t, smallEdge+wrong+"\n"), nil)
		require.ErrorContains(t, err, says, wrong)
	}
}
