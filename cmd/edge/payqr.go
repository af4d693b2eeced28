package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/payment"
)

// payQRCommand prints a payment code.
func payQRCommand() *cobra.Command {
	var a payment.Account
	var scheme, purpose, file string
	var amount int64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "payqr",
		Short: "Print the code that a bank app scans to pay by transfer",
		Long: `Print the text of the code that a bank app scans to pay by transfer, alone on the last
line, and draw it. It needs no line, and asks no bank whether the account is there.`,
		Example: "  edge payqr --bank 970436 --account 0011004321234 --amount 398000 --purpose MC7K3J9XQ2T8W --png pay.png",
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.Scheme = payment.Scheme(scheme)
			if err := a.Check(); err != nil {
				return process.UsageError{Err: err}
			}
			text, err := a.Code(edge.Money{Amount: amount, Currency: a.Currency()}, purpose)
			if err != nil {
				return process.UsageError{Err: err}
			}
			if file != "" {
				png, err := payment.Picture(text, 720)
				if err != nil {
					return err
				}
				if err := os.WriteFile(file, png, 0o644); err != nil {
					return err
				}
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"text": text, "length": len(text)})
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&scheme, "scheme", string(payment.VietQR), "vietqr, vietqr_card, vietqr_push, promptpay_phone, promptpay_id or promptpay_ewallet")
	f.StringVar(&a.Bank, "bank", "", "BIN of the bank, 6 digits, for VietQR")
	f.StringVar(&a.Number, "account", "", "number of the account")
	f.Int64Var(&amount, "amount", 0, "amount in minor units, such as 398000 for 398.000 ₫; 0 leaves it to who pays")
	f.StringVar(&purpose, "purpose", "", "what comes back with the money: at most 15 capital letters and digits")
	f.StringVar(&file, "png", "", "file to draw the code into")
	f.BoolVar(&asJSON, "json", false, "print one line of JSON")
	return cmd
}
