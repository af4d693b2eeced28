package api_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/payment"
)

func withTransfers(cfg *api.Config) {
	account := payment.Account{Scheme: payment.VietQR, Bank: "970436", Number: "0011004321234"}
	cfg.Transfers = &api.Transfers{
		Prefix: "MC", Life: 15 * time.Minute, Bank: "Vietcombank", Account: account.Number, Name: "NANG MAI",
		Text: account.Code, Picture: payment.Picture,
	}
	cfg.Cash = edge.CashRounding{"VND": 1000}
}

type transferred struct{ Transfer edge.Transfer }

func TestPayByTransfer(t *testing.T) {
	s := memoryShop(t, withTransfers)
	s.signIn(t)
	type ways struct {
		Rounding edge.CashRounding `json:"cash_rounding"`
		Transfer *struct{ Bank, Account, Name string }
	}
	w := decode[ways](t, s.do("GET", "/api/v1/staff/payment-ways", ""), 200)
	require.Equal(t, edge.CashRounding{"VND": 1000}, w.Rounding)
	require.Equal(t, "Vietcombank", w.Transfer.Bank)
	require.Contains(t, text(t, s.do("GET", "/api/v1/handoff/apps", "")), `"pays":true`)

	c := s.fill(t, edgetest.Lipstick, 2)
	body := `{"cart":"` + c.ID + `","amount":398000}`
	requireError(t, s.once("payments", "key-transfer-1", `{"cart":"`+c.ID+`"}`), 400, edge.Invalid, "amount is missing")
	requireError(t, s.once("payments", "key-transfer-1", `{"cart":"`+c.ID+`","amount":1}`), 409, edge.Conflict, "has changed")
	asked := decode[transferred](t, s.once("payments", "key-transfer-1", body), 201).Transfer
	require.Equal(t, asked, decode[transferred](t, s.once("payments", "key-transfer-1", body), 200).Transfer)
	require.Equal(t, asked.Code, decode[transferred](t, s.once("payments", "key-transfer-2", body), 201).Transfer.Code)
	require.Equal(t, edge.TransferAwaiting, asked.State)
	require.Equal(t, "Lan", asked.Staff)
	fields, err := payment.Decode(asked.Text)
	require.NoError(t, err)
	require.Contains(t, fields, payment.Field{ID: "54", Value: "398000"})
	require.Contains(t, asked.Text, asked.Code)

	at := "/api/v1/staff/payments/" + asked.Code
	r := s.do("GET", at+"/qr.png?size=300", "")
	require.Equal(t, "image/png", r.Header.Get("Content-Type"))
	require.Contains(t, text(t, r), "PNG")
	requireError(t, s.do("GET", at+"/qr.png?size=3", ""), 400, edge.Invalid, "120 to 1024")
	requireError(t, s.do("GET", "/api/v1/staff/payments/MC0", ""), 404, edge.NotFound, "no transfer")
	s.Advance(15 * time.Minute)
	require.Equal(t, edge.TransferExpired, decode[transferred](t, s.do("GET", at, ""), 200).Transfer.State)

	// Headquarters hears of the money, which was sent in time.
	word := edgetest.Paid(t, &asked, "credit-0001", 398000, asked.At)
	require.NoError(t, s.Apply(t.Context(), 1, edge.Delivery{Records: []edge.Record{word}}))
	paid := decode[transferred](t, s.do("GET", at, ""), 200).Transfer
	require.Equal(t, edge.TransferConfirmed, paid.State)
	type history struct{ Sale edge.Sale }
	got := decode[history](t, s.do("GET", "/api/v1/staff/sales/"+paid.Sale, ""), 200).Sale
	require.Equal(t, edge.Payments{{Method: edge.BankTransfer, Amount: 398000, Reference: asked.Code}}, got.Payments)
	requireError(t, s.once("payments", "key-transfer-3", body), 409, edge.Conflict, "already sold")

	// Another is sold by the clerk's word.
	c = s.fill(t, edgetest.Cream, 1)
	second := decode[transferred](t, s.once("payments", "key-transfer-4", `{"cart":"`+c.ID+`","amount":320000}`), 201).Transfer
	seen := "payments/" + second.Code + "/seen"
	requireError(t, s.once(seen, "key-seen-1", `{"reason":""}`), 400, edge.Invalid, "say why")
	sale := decode[sold](t, s.once(seen, "key-seen-1", `{"reason":"it is on the shop's phone"}`), 201).Sale
	require.Equal(t, sale, decode[sold](t, s.once(seen, "key-seen-1", `{"reason":"it is on the shop's phone"}`), 200).Sale)
	requireError(t, s.once(seen, "key-seen-2", `{"reason":"again"}`), 409, edge.Conflict, "already")
	type all struct{ Transfers []edge.Transfer }
	list := decode[all](t, s.do("GET", "/api/v1/staff/payments?limit=5", ""), 200).Transfers
	require.Len(t, list, 2)
	require.Equal(t, &edge.Approval{Staff: "Lan", Reason: "it is on the shop's phone"}, list[0].Seen)
	requireError(t, s.do("GET", "/api/v1/staff/payments?limit=0", ""), 400, edge.Invalid, "1 to 200")
}

func TestAShopWithoutAnAccount(t *testing.T) {
	s := memoryShop(t)
	requireError(t, s.do("GET", "/api/v1/staff/payment-ways", ""), 401, edge.Unauthorized, "")
	s.signIn(t)
	c := s.fill(t, edgetest.Lipstick, 1)
	requireError(t, s.once("payments", "key-transfer-1", `{"cart":"`+c.ID+`","amount":199000}`), 503, edge.Unavailable, "payment.transfer")
	type ways struct{ Transfer *struct{} }
	require.Nil(t, decode[ways](t, s.do("GET", "/api/v1/staff/payment-ways", ""), 200).Transfer)
}

func TestSettingsOfTransfers(t *testing.T) {
	s := memoryShop(t, withTransfers)
	for name, spoil := range map[string]func(t *api.Transfers){
		"prefix": func(t *api.Transfers) { t.Prefix = "m" }, "life": func(t *api.Transfers) { t.Life = 48 * time.Hour }, "text": func(t *api.Transfers) { t.Text = nil },
	} {
		cfg := s.cfg
		spoilt := *cfg.Transfers
		spoil(&spoilt)
		cfg.Transfers = &spoilt
		_, err := api.New(cfg)
		require.Equal(t, edge.Invalid, edge.KindOf(err), name)
	}
	cfg := s.cfg
	cfg.Cash = edge.CashRounding{"VND": -1}
	_, err := api.New(cfg)
	require.Error(t, err)

	broken := *s.cfg.Transfers
	broken.Text = func(edge.Money, string) (string, error) { return "", errors.New("no ink") }
	s = memoryShop(t, func(cfg *api.Config) { cfg.Transfers = &broken })
	s.signIn(t)
	c := s.fill(t, edgetest.Lipstick, 1)
	requireError(t, s.once("payments", "key-transfer-1", `{"cart":"`+c.ID+`","amount":199000}`), 500, edge.Internal, "")
}

func TestCashIsRoundedAtTheTill(t *testing.T) {
	s := memoryShop(t, withTransfers)
	r := edgetest.Release(2)
	r.Variants[0].Price.Amount = 199_600
	require.NoError(t, s.PutRelease(t.Context(), r))
	s.signIn(t)
	c := s.fill(t, edgetest.Lipstick, 1)
	sell := func(more string) string {
		return `{"cart":"` + c.ID + `","payments":[{"method":"cash","amount":199600,"tendered":500000` + more + `}]}`
	}
	requireError(t, s.once("sales", "key-cash-1", sell("")), 400, edge.Invalid, "rounded")
	type changed struct{ Change int64 }
	require.EqualValues(t, 300_000, decode[changed](t, s.once("sales", "key-cash-1", sell(`,"rounding":400`)), 201).Change)
}
