package payment

import (
	"fmt"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Scheme is how an account is written into a code.
type Scheme string

// The schemes.
const (
	VietQR           Scheme = "vietqr"            // to an account, by NAPAS IBFT 1.5.2
	VietQRCard       Scheme = "vietqr_card"       // to a card number of the payee
	VietQRPush       Scheme = "vietqr_push"       // to a merchant's number with the bank
	PromptPayPhone   Scheme = "promptpay_phone"   // a Thai mobile number
	PromptPayID      Scheme = "promptpay_id"      // a national or tax number
	PromptPayEWallet Scheme = "promptpay_ewallet" // an e-wallet's number
)

// Account is where transfers go.
type Account struct {
	Scheme Scheme
	Bank   string // VietQR: the bank's BIN, 6 digits
	Number string // of the account, which may have letters where it is virtual
}

// Ids and names of the schemes.
const (
	tagVietQR   = "38"
	guidNAPAS   = "A000000727"
	tagPromptTo = "29"
	guidPrompt  = "A000000677010111"
	thaiPrefix  = "0066" // of phone numbers, in place of their first 0
)

// country is what a scheme writes besides the account.
type country struct{ code, currency, name string }

func (a Account) country() country {
	if strings.HasPrefix(string(a.Scheme), "promptpay") {
		return country{"TH", "764", "THB"}
	}
	return country{"VN", "704", "VND"}
}

// Currency is the ISO 4217 code of the money that the account takes.
func (a Account) Currency() string { return a.country().name }

// Check refuses an account that no code can carry.
func (a Account) Check() error {
	_, err := a.template()
	return err
}

// template is the field that names the account.
func (a Account) template() (Field, error) {
	const op = "payment.Account"
	plain := a.Number != "" && len(a.Number) <= 19 && alnum(a.Number)
	service, ok := map[Scheme]string{VietQR: "QRIBFTTA", VietQRCard: "QRIBFTTC", VietQRPush: "QRPUSH"}[a.Scheme]
	if ok {
		if len(a.Bank) != 6 || !digits(a.Bank) {
			return Field{}, edge.Errorf(op, edge.Invalid, "bank %.20q: want the BIN of the bank, 6 digits, such as 970436", a.Bank)
		}
		if !plain {
			return Field{}, edge.Errorf(op, edge.Invalid, "account %.40q: want 1 to 19 letters A to Z and digits", a.Number)
		}
		to, err := template("01", Field{"00", a.Bank}, Field{"01", a.Number})
		if err != nil {
			return Field{}, err
		}
		return template(tagVietQR, Field{"00", guidNAPAS}, to, Field{"02", service})
	}
	if a.Bank != "" {
		return Field{}, edge.Errorf(op, edge.Invalid, "the scheme %.20q knows no bank: leave it out", a.Scheme)
	}
	to := Field{}
	n := a.Number
	switch {
	case !plain || !digits(n):
	case a.Scheme == PromptPayPhone && len(n) == 10 && n[0] == '0':
		to = Field{"01", thaiPrefix + n[1:]}
	case a.Scheme == PromptPayID && len(n) == 13:
		to = Field{"02", n}
	case a.Scheme == PromptPayEWallet && len(n) == 15:
		to = Field{"03", n}
	}
	if to.ID == "" {
		return Field{}, edge.Errorf(op, edge.Invalid, "%.20q is no account of the scheme %.20q: want %s, %s, %s with a bank, or %s, %s, %s with 10, 13 or 15 digits",
			n, a.Scheme, VietQR, VietQRCard, VietQRPush, PromptPayPhone, PromptPayID, PromptPayEWallet)
	}
	return template(tagPromptTo, Field{"00", guidPrompt}, to)
}

func alnum(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}) < 0
}

// MaxPurpose is how many letters and digits of a purpose every bank passes on.
const MaxPurpose = 15

// Code is the text of a code for an amount, in minor units of the account's
// currency, and a purpose that comes back with the money. Without an amount (0)
// the shopper enters it; the purpose may be empty.
func (a Account) Code(amount edge.Money, purpose string) (string, error) {
	const op = "payment.Account.Code"
	to, err := a.template()
	if err != nil {
		return "", err
	}
	land := a.country()
	if amount.Currency != land.name {
		return "", edge.Errorf(op, edge.Invalid, "%s cannot be paid to an account in %s", amount, land.name)
	}
	if amount.Amount < 0 || amount.Amount > 9_999_999_999 { // 13 characters, point included
		return "", edge.Errorf(op, edge.Invalid, "%s cannot be written into a payment code", amount)
	}
	if len(purpose) > MaxPurpose || !alnum(purpose) || strings.ToUpper(purpose) != purpose {
		return "", edge.Errorf(op, edge.Invalid, "purpose %.40q: want at most %d capital letters A to Z and digits, which every bank passes on", purpose, MaxPurpose)
	}
	fields := []Field{{idFormat, formatVersion}, {idInitiation, initiationStatic}, to, {idCurrency, land.currency}}
	if amount.Amount > 0 {
		fields[1].Value = initiationDynamic
		text := fmt.Sprint(amount.Amount)
		if land.name == "THB" {
			text = fmt.Sprintf("%d.%02d", amount.Amount/100, amount.Amount%100)
		}
		fields = append(fields, Field{idAmount, text})
	}
	fields = append(fields, Field{idCountry, land.code})
	if purpose != "" {
		more, err := template(idMore, Field{idPurpose, purpose})
		if err != nil {
			return "", err
		}
		fields = append(fields, more)
	}
	return Encode(fields)
}
