package payment_test

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	zxing "github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/payment"
)

// Codes that others made, by NAPAS' specification, banks and libraries.
var codes = map[string]string{
	"to an account": "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN62340107NPS68690819thanh toan don hang63042E2E",
	"static":        "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F",
	"to a card":     "00020101021138600010A00000072701300006970403011697040311012345670208QRIBFTTC53037045802VN63044F52",
	"a fund":        "00020101021238570010A00000072701270006970415011300110019324180208QRIBFTTA530370454061200005802VN62170813ung ho lu lut6304C15C",
	"a library's":   "00020101021138510010A00000072701210006970407010797968680208QRIBFTTA53037045802VN62240820gen by sunary/vietqr6304BE74",
	"virtual":       "00020101021238590010A000000727012900069704180115V3CAS62627239240208QRIBFTTA530370454063750005802VN62250821CSPZKHEL6A2 NTK O000463044729",
	"PromptPay":     "00020101021129370016A0000006770101110113006681234567853037645802TH6304823E",
	"Cambodia":      "00020101021252044131153137210116372101160123456789ABCDE6010Phnom Penh5913Merchant Shop5802KH540510.005303840622501081234567802090124444446304A0BA",
}

func TestCodesOfOthers(t *testing.T) {
	for name, code := range codes {
		t.Run(name, func(t *testing.T) {
			fields, err := payment.Decode(code)
			require.NoError(t, err)
			again, err := payment.Encode(fields)
			require.NoError(t, err)
			require.Equal(t, code, again)
			small := code[:len(code)-4] + strings.ToLower(code[len(code)-4:])
			read, err := payment.Decode(small)
			require.NoError(t, err, "a checksum in small letters")
			require.Equal(t, fields, read)
			for i := range code {
				spoilt := []byte(code)
				spoilt[i] ^= 1
				_, err := payment.Decode(string(spoilt))
				require.Equal(t, edge.Invalid, edge.KindOf(err), "character %d", i)
			}
		})
	}
}

func TestOurCodesAreTheirs(t *testing.T) {
	vnd := func(n int64) edge.Money { return edge.Money{Amount: n, Currency: "VND"} }
	for name, tc := range map[string]struct {
		account payment.Account
		amount  edge.Money
		want    string
	}{
		"static":    {payment.Account{Scheme: payment.VietQR, Bank: "970403", Number: "0011012345678"}, vnd(0), codes["static"]},
		"to a card": {payment.Account{Scheme: payment.VietQRCard, Bank: "970403", Number: "9704031101234567"}, vnd(0), codes["to a card"]},
		"PromptPay": {payment.Account{Scheme: payment.PromptPayPhone, Number: "0812345678"}, edge.Money{Currency: "THB"}, codes["PromptPay"]},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.account.Code(tc.amount, "")
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
	// With an amount and a purpose: the specification's own but for its bill
	// number, and the fund's but for the letters of its purpose.
	got, err := payment.Account{Scheme: payment.VietQR, Bank: "970415", Number: "0011001932418"}.Code(vnd(120000), "MC7K3J9XQ2T8W4")
	require.NoError(t, err)
	require.Equal(t, strings.Split(codes["a fund"], "6217")[0]+"62180814MC7K3J9XQ2T8W4", got[:len(got)-8])
	fields, err := payment.Decode(got)
	require.NoError(t, err)
	require.Contains(t, fields, payment.Field{ID: "01", Value: "12"})
	require.Contains(t, fields, payment.Field{ID: "54", Value: "120000"})
	got, err = payment.Account{Scheme: payment.VietQR, Bank: "970418", Number: "V3CAS6262723924"}.Code(vnd(375000), "")
	require.NoError(t, err)
	require.Equal(t, strings.Split(codes["virtual"], "6225")[0], got[:len(got)-8])
	got, err = payment.Account{Scheme: payment.PromptPayID, Number: "1234567890123"}.Code(edge.Money{Amount: 10005, Currency: "THB"}, "")
	require.NoError(t, err)
	require.Contains(t, got, "02131234567890123")
	require.Contains(t, got, "5406100.05")
}

func TestCodesThatCannotBe(t *testing.T) {
	good := payment.Account{Scheme: payment.VietQR, Bank: "970403", Number: "0011012345678"}
	require.NoError(t, good.Check())
	for name, tc := range map[string]struct {
		account payment.Account
		amount  edge.Money
		purpose string
		says    string
	}{
		"no bank":        {payment.Account{Scheme: payment.VietQR, Number: "1"}, edge.Money{Currency: "VND"}, "", "BIN"},
		"no number":      {payment.Account{Scheme: payment.VietQR, Bank: "970403"}, edge.Money{Currency: "VND"}, "", "1 to 19"},
		"long number":    {payment.Account{Scheme: payment.VietQR, Bank: "970403", Number: strings.Repeat("1", 20)}, edge.Money{Currency: "VND"}, "", "1 to 19"},
		"no scheme":      {payment.Account{Number: "1"}, edge.Money{Currency: "VND"}, "", "scheme"},
		"Thai bank":      {payment.Account{Scheme: payment.PromptPayPhone, Bank: "970403", Number: "0812345678"}, edge.Money{Currency: "THB"}, "", "no bank"},
		"short phone":    {payment.Account{Scheme: payment.PromptPayPhone, Number: "081234567"}, edge.Money{Currency: "THB"}, "", "10, 13"},
		"currency":       {good, edge.Money{Amount: 1, Currency: "USD"}, "", "in VND"},
		"owed":           {good, edge.Money{Amount: -1, Currency: "VND"}, "", "cannot be written"},
		"too much":       {good, edge.Money{Amount: 10_000_000_000, Currency: "VND"}, "", "cannot be written"},
		"marks":          {good, edge.Money{Currency: "VND"}, "ĐƠNHÀNG", "capital letters"},
		"small letters":  {good, edge.Money{Currency: "VND"}, "abc", "capital letters"},
		"a long purpose": {good, edge.Money{Currency: "VND"}, strings.Repeat("A", 16), "at most 15"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tc.account.Code(tc.amount, tc.purpose)
			require.Equal(t, edge.Invalid, edge.KindOf(err), "%v", err)
			require.ErrorContains(t, err, tc.says)
		})
	}
	for _, bad := range []string{"", "6304", "000201", "0002016304", codes["static"] + "x", "000200" + codes["static"], strings.Repeat("9", 600)} {
		_, err := payment.Decode(bad)
		require.Error(t, err, bad)
	}
}

func TestAPictureIsReadBack(t *testing.T) {
	text := codes["to an account"]
	body, err := payment.Picture(text, 480)
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(body))
	require.NoError(t, err)
	require.Equal(t, 480, img.Bounds().Dx())
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	require.NoError(t, err)
	read, err := zxing.NewQRCodeReader().Decode(bitmap, nil)
	require.NoError(t, err)
	require.Equal(t, text, read.GetText())
	_, err = payment.Picture(text, 20)
	require.Equal(t, edge.Invalid, edge.KindOf(err))
	_, err = payment.Picture(strings.Repeat("x", 2000), 480)
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
}

func FuzzDecode(f *testing.F) {
	for _, code := range codes {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		fields, err := payment.Decode(code)
		if err != nil {
			require.NotEqual(t, edge.Internal, edge.KindOf(err))
			return
		}
		again, err := payment.Encode(fields)
		require.NoError(t, err)
		n := len(code) - 4
		require.Equal(t, code[:n]+strings.ToUpper(code[n:]), again)
	})
}
