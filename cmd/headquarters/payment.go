package headquarters

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/bank"
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
	o := bank.Options{HQ: s.DB, Prefix: cfg.Transfer.Prefix, Zone: zone, VietQRUser: cfg.VietQR.Username, Now: time.Now, Log: log}
	for _, secret := range []struct {
		into *string
		file string
	}{{&o.VietQRPassword, cfg.VietQR.PasswordFile}, {&o.SePayKey, cfg.SePay.KeyFile}, {&o.CassoKey, cfg.Casso.KeyFile}} {
		if *secret.into, err = cfg.Secret(secret.file); err != nil {
			return nil, err
		}
	}
	return bank.New(o)
}

// account is where phones pay to; nil where they cannot.
func (s *Server) account() (*payment.Account, error) {
	t := &s.cfg.Payment.Transfer
	if t.Account == "" {
		return nil, nil //nolint:nilnil // it is not offered
	}
	a := &payment.Account{Scheme: payment.Scheme(t.Scheme), Bank: t.Bank, Number: t.Account}
	if err := a.Check(); err != nil {
		return nil, fmt.Errorf("payment.transfer: %w", err)
	}
	return a, nil
}
