package main

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

func tokenCommand() *cobra.Command {
	role := "reader"
	cmd := &cobra.Command{
		Use:   "token NAME",
		Short: "Make a token for headquarters' API",
		Long: `Make a token for headquarters' API. It is printed once; headquarters keeps its
SHA-256 alone, in api_tokens of hq.yaml.`,
		Example: "  hq token warehouse --role reader",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(1)(cmd, args); err != nil {
				return process.UsageError{Err: fmt.Errorf("%w: see %s --help", err, cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if role != "reader" && role != "operator" {
				return process.UsageError{Err: fmt.Errorf("%q is no role: use reader or operator", role)}
			}
			token := "mchq_" + rand.Text()
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "token: %s\n\nin hq.yaml:\n\napi_tokens:\n  - name: %s\n    role: %s\n    sha256: %x\n",
				token, args[0], role, sha256.Sum256([]byte(token)))
			return err
		},
	}
	cmd.Flags().StringVar(&role, "role", role, "reader looks at everything, operator may ask shops too")
	return cmd
}
