package main

import (
	"fmt"
	"math"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/payment"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// transfersOf is how shoppers pay by bank transfer; nil where there is no
// account.
func transfersOf(cfg *firmwarecfg.Edge) (*api.Transfers, error) {
	t := cfg.Payment.Transfer
	if t.Account == "" {
		return nil, nil
	}
	account := payment.Account{Scheme: payment.Scheme(t.Scheme), Bank: t.Bank, Number: t.Account}
	if err := account.Check(); err != nil {
		return nil, fmt.Errorf("payment.transfer: %w", err)
	}
	return &api.Transfers{
		Prefix: t.Prefix, Life: t.Life, Bank: t.BankName, Account: t.Account, Name: t.Name,
		Text: account.Code, Picture: payment.Picture,
	}, nil
}

// roundingOf is how cash is rounded.
func roundingOf(cfg *firmwarecfg.Edge) edge.CashRounding {
	rule := edge.CashRounding{}
	for _, r := range cfg.Payment.CashRounding {
		rule[r.Currency] = int64(r.Unit)
	}
	return rule
}

// discountsOf is how much of a price staff may take off.
func discountsOf(cfg *firmwarecfg.Edge) api.DiscountLimits {
	rate := func(percent float64) edge.BasisPoints { return edge.BasisPoints(math.Round(percent * 100)) }
	d := cfg.Payment.Discount
	return api.DiscountLimits{Clerk: rate(d.Clerk), Manager: rate(d.Manager)}
}

// demoAccount is the demo's account: no bank has it, so nobody sends it money.
func demoAccount(t firmwarecfg.Transfer) firmwarecfg.Transfer {
	t.Bank, t.BankName, t.Account, t.Name = "970436", "Vietcombank", "0000000000", "NANG MAI DEMO"
	return t
}
