package firmwarecfg

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPaymentSettingsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"payment: {transfer: {scheme: bitcoin}}":                                         "payment.transfer.scheme",
		"payment: {transfer: {prefix: mc}}":                                              "payment.transfer.prefix",
		"payment: {transfer: {life: 25h}}":                                               "payment.transfer.life",
		"payment: {transfer: {account: \"1 2\", name: X, bank_name: X}}":                 "payment.transfer.account",
		"payment: {transfer: {account: \"12\", bank: \"97\", name: X, bank_name: X}}":    "payment.transfer.bank",
		"payment: {transfer: {account: \"12\", bank: \"970436\"}}":                       "payment.transfer.name",
		"payment: {cash_tolerance: -1}":                                                  "payment.cash_tolerance",
		"payment: {cash_rounding: [{currency: dong, unit: 1000}]}":                       "payment.cash_rounding[0].currency",
		"payment: {cash_rounding: [{currency: VND, unit: 0}]}":                           "payment.cash_rounding[0].unit",
		"payment: {cash_rounding: [{currency: VND, unit: 5}, {currency: VND, unit: 5}]}": "there twice",
	} {
		file := filepath.Join(t.TempDir(), "edge.yaml")
		require.NoError(t, os.WriteFile(file, []byte("node: a\nshop: {id: b, name: c}\ntill: T1\n"+text+"\n"), 0o600))
		_, err := LoadEdge(file, nil)
		require.ErrorContains(t, err, want, text)
	}
	for text, want := range map[string]string{
		"payment: {timezone: Moon}":                               "payment.timezone",
		"payment: {vietqr: {username: x}}":                        "go together",
		"payment: {casso: {token_header: \"a b\"}}":               "payment.casso.token_header",
		"payment: {casso: {signature_header: \"\"}}":              "payment.casso.signature_header",
		"payment: {casso: {signature_hash: md5}}":                 "payment.casso.signature_hash",
		"payment: {apps: [{name: X, url: \"javascript:alert\"}]}": "payment.apps[0].url",
	} {
		file := filepath.Join(t.TempDir(), "hq.yaml")
		require.NoError(t, os.WriteFile(file, []byte("public_url: https://x\nmqtt: {url: \"mqtts://x:1\"}\n"+text+"\n"), 0o600))
		_, err := LoadHQ(file, nil)
		require.ErrorContains(t, err, want, text)
	}
}

func TestSecretsOfFeeds(t *testing.T) {
	var p HQPayment
	none, err := p.Secret("")
	require.NoError(t, err)
	require.Empty(t, none)
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("0123456789abcdef\n"), 0o600))
	got, err := p.Secret(file)
	require.NoError(t, err)
	require.Equal(t, "0123456789abcdef", got)
	require.NoError(t, os.WriteFile(file, []byte("short\n"), 0o600))
	_, err = p.Secret(file)
	require.ErrorContains(t, err, "16 or more")
	_, err = p.Secret(filepath.Join(t.TempDir(), "none"))
	require.Error(t, err)
}
