package main

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cmd/process"
)

var tokenName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func tokenCommand() *cobra.Command {
	role := string(account.Viewer)
	cmd := &cobra.Command{
		Use:   "token NAME",
		Short: "Make a token for headquarters' API",
		Long: `Make a token for headquarters' API. It is printed once; headquarters keeps its
SHA-256 alone, in api_tokens of hq.yaml. A key made on the page of accounts can be
for some shops only, ends by itself, and needs no change of settings.`,
		Example: "  hq token warehouse --role viewer",
		Args:    process.Args("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := account.ParseRole(role); err != nil {
				return process.UsageError{Err: err}
			}
			if !tokenName.MatchString(args[0]) {
				return process.UsageError{Err: fmt.Errorf("%q is no name: want 1 to 64 of a-z, A-Z, 0-9, dot, - and _", args[0])}
			}
			token := "mchq_" + rand.Text()
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "token: %s\n\nin hq.yaml:\n\napi_tokens:\n  - name: %s\n    role: %s\n    sha256: %x\n",
				token, args[0], role, sha256.Sum256([]byte(token)))
			return err
		},
	}
	cmd.Flags().StringVar(&role, "role", role, "viewer, merchandiser, operator, manager or admin; hq.yaml says what each may do")
	return cmd
}
