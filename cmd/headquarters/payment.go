package headquarters

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/bank"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/cart"
	"github.com/mirrorcart/mirrorcart/edge/payment"
)

// newFeeds opens the feeds by which banks tell of money, as far as they have a
// secret.
func (s *Server) newFeeds(log *slog.Logger) (*bank.Feeds, error) {
	cfg := &s.cfg.Payment
	zone, err := time.LoadLocation(cfg.Timezone)
	if err != nil {
		return nil, fmt.Errorf("payment.timezone: %w", err)
	}
	o := bank.Options{
		HQ: s.DB, Prefix: cfg.Transfer.Prefix, Zone: zone, VietQRUser: cfg.VietQR.Username, Now: time.Now, Log: log,
		Casso: bank.Casso{TokenHeader: cfg.Casso.TokenHeader, SignatureHeader: cfg.Casso.SignatureHeader, SignatureHash: cfg.Casso.SignatureHash},
	}
	for _, secret := range []struct {
		into *string
		file string
	}{{&o.VietQRPassword, cfg.VietQR.PasswordFile}, {&o.SePayKey, cfg.SePay.KeyFile}, {&o.Casso.Key, cfg.Casso.KeyFile}} {
		if *secret.into, err = cfg.Secret(secret.file); err != nil {
			return nil, err
		}
	}
	return bank.New(o)
}

// transfers is how phones pay by bank transfer; nil where there is no account.
func (s *Server) transfers() (*cart.Transfers, error) {
	t := &s.cfg.Payment.Transfer
	if t.Account == "" {
		return nil, nil //nolint:nilnil // it is not offered
	}
	a := payment.Account{Scheme: payment.Scheme(t.Scheme), Bank: t.Bank, Number: t.Account}
	if err := a.Check(); err != nil {
		return nil, fmt.Errorf("payment.transfer: %w", err)
	}
	by := &cart.Transfers{
		HQ: s.DB, Prefix: t.Prefix, Life: t.Life, Bank: t.BankName, BIN: t.Bank, Account: t.Account, Name: t.Name,
		Text: a.Code, Picture: payment.Picture,
	}
	for _, app := range s.cfg.Payment.Apps {
		by.Apps = append(by.Apps, cart.BankApp{Name: app.Name, URL: app.URL})
	}
	return by, nil
}
