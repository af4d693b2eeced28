package firmwarecfg

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Payment is how the shop takes money.
type Payment struct {
	Transfer     Transfer   `yaml:"transfer"`
	CashRounding []CashUnit `yaml:"cash_rounding"`
	// CashTolerance is the largest difference at the end of a shift that needs no
	// reason, in minor units.
	CashTolerance int64     `yaml:"cash_tolerance"`
	Discount      Discounts `yaml:"discount"`
}

// Discounts is how much of a price each role may take off, in percent.
type Discounts struct {
	Clerk   float64 `yaml:"clerk"`
	Manager float64 `yaml:"manager"`
}

func (d *Discounts) check(c *checker) {
	c.that("payment.discount.manager", d.Manager >= 0 && d.Manager <= 100, "%v %% is out of range: use 0 to 100", d.Manager)
	c.that("payment.discount.clerk", d.Clerk >= 0 && d.Clerk <= d.Manager, "%v %% is out of range: use 0 to what managers may give", d.Clerk)
}

// Transfer is the account that shoppers' bank transfers go to. Without an
// account they are not offered.
type Transfer struct {
	Scheme   string        `yaml:"scheme"` // see package payment
	Bank     string        `yaml:"bank"`   // its BIN
	BankName string        `yaml:"bank_name"`
	Account  string        `yaml:"account"` // its number
	Name     string        `yaml:"name"`    // whose it is
	Prefix   string        `yaml:"prefix"`  // of the codes that come back with the money
	Life     time.Duration `yaml:"life"`    // of a request
}

// CashUnit is to which multiple of its minor unit cash of a currency is rounded.
type CashUnit struct {
	Currency string `yaml:"currency"` // ISO 4217
	Unit     int    `yaml:"unit"`
}

// HQPayment is how HQ hears of money from banks, and takes it on phones.
type HQPayment struct {
	Transfer Transfer  `yaml:"transfer"` // the account that phones pay to
	Apps     []BankApp `yaml:"apps"`
	Timezone string    `yaml:"timezone"` // of the times that feeds give without one
	VietQR   VietQR    `yaml:"vietqr"`
	SePay    FeedKey   `yaml:"sepay"`
	Casso    Casso     `yaml:"casso"`
}

// BankApp is a bank's app that a phone can open.
type BankApp struct {
	Name string `yaml:"name"`
	URL  string `yaml:"url"` // {account}, {bank}, {amount} and {code} are filled in
}

// VietQR is how VietQR.vn signs in to tell of transactions.
type VietQR struct {
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file" kind:"path"` // holds the password alone
}

// Casso is how Casso shows that it is Casso.
type Casso struct {
	KeyFile         string `yaml:"key_file" kind:"path"` // holds the key alone
	TokenHeader     string `yaml:"token_header"`         // that has the key itself
	SignatureHeader string `yaml:"signature_header"`     // that has a signature with it
	SignatureHash   string `yaml:"signature_hash"`       // sha256 or sha512
}

// FeedKey is the key that a feed shows with what it tells.
type FeedKey struct {
	KeyFile string `yaml:"key_file" kind:"path"` // holds the key alone
}

var (
	bankBIN     = regexp.MustCompile(`^[0-9]{6}$`)
	accountName = regexp.MustCompile(`^[0-9A-Za-z]{1,19}$`)
	codePrefix  = regexp.MustCompile(`^[A-Z0-9]{2,4}$`)
	isoCurrency = regexp.MustCompile(`^[A-Z]{3}$`)
)

func defaultTransfer() Transfer {
	return Transfer{Scheme: "vietqr", Prefix: "MC", Life: 15 * time.Minute}
}

func (t *Transfer) check(c *checker, at string) {
	schemes := []string{"vietqr", "vietqr_card", "vietqr_push", "promptpay_phone", "promptpay_id", "promptpay_ewallet"}
	c.that(at+".scheme", slices.Contains(schemes, t.Scheme), "%q is no scheme: use one of %v", t.Scheme, schemes)
	c.that(at+".prefix", codePrefix.MatchString(t.Prefix), "%q is no prefix of codes: use 2 to 4 capital letters and digits, e.g. MC", t.Prefix)
	c.that(at+".life", t.Life >= time.Minute && t.Life <= 24*time.Hour, "%v is out of range: use 1m to 24h", t.Life)
	if t.Account == "" {
		return
	}
	c.that(at+".account", accountName.MatchString(t.Account), "%q is no account: use 1 to 19 letters and digits", t.Account)
	c.that(at+".bank", t.Bank == "" || bankBIN.MatchString(t.Bank), "%q is no bank: use its BIN, 6 digits, e.g. 970436", t.Bank)
	c.text(at+".name", t.Name)
	c.text(at+".bank_name", t.BankName)
}

func (p *Payment) check(c *checker) {
	p.Transfer.check(c, "payment.transfer")
	p.Discount.check(c)
	c.that("payment.cash_tolerance", p.CashTolerance >= 0 && p.CashTolerance <= 1<<40, "%d: want minor units, 0 for a reason each time", p.CashTolerance)
	seen := map[string]bool{}
	for i, r := range p.CashRounding {
		c.that(key("payment.cash_rounding", i, "currency"), isoCurrency.MatchString(r.Currency), "%q is no currency: use three capital letters, e.g. VND", r.Currency)
		c.that(key("payment.cash_rounding", i, "currency"), !seen[r.Currency], "%q is there twice", r.Currency)
		c.between(key("payment.cash_rounding", i, "unit"), r.Unit, 1, 10_000)
		seen[r.Currency] = true
	}
}

func (p *HQPayment) check(c *checker) {
	p.Transfer.check(c, "payment.transfer")
	_, err := time.LoadLocation(p.Timezone)
	c.that("payment.timezone", err == nil && p.Timezone != "", "%q is no time zone: use e.g. Asia/Ho_Chi_Minh", p.Timezone)
	c.that("payment.vietqr.username", (p.VietQR.Username == "") == (p.VietQR.PasswordFile == ""), "username and password_file go together")
	for name, header := range map[string]string{"token_header": p.Casso.TokenHeader, "signature_header": p.Casso.SignatureHeader} {
		c.that("payment.casso."+name, headerName.MatchString(header), "%q is no name of a header: use e.g. Secure-Token", header)
	}
	c.that("payment.casso.signature_hash", p.Casso.SignatureHash == "sha256" || p.Casso.SignatureHash == "sha512", "%q: use sha256 or sha512", p.Casso.SignatureHash)
	for i, a := range p.Apps {
		c.text(key("payment.apps", i, "name"), a.Name)
		c.that(key("payment.apps", i, "url"), appLink.MatchString(a.URL) && !hasAny(a.URL, " \t\"'<>"), "%q is no link to an app: use https://… or the app's own scheme", a.URL)
	}
}

var headerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)

var appLink = regexp.MustCompile(`^[a-z][a-z0-9+.-]{1,30}://.{1,300}$`)

// Secret reads a file that holds a secret of 16 bytes or more alone; nothing
// where there is no file.
func (p *HQPayment) Secret(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := readSmall(file)
	if err != nil {
		return "", fmt.Errorf("payment: secret: %w", err)
	}
	b = bytes.TrimRight(b, "\r\n")
	if len(b) < 16 {
		return "", fmt.Errorf("payment: the secret in %s has %d bytes: use 16 or more", file, len(b))
	}
	return string(b), nil
}
