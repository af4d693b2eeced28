package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/cmd/process"
)

// The variables of these commands; MIRRORCART_HQ_… are settings of hq.yaml.
const (
	hqVariable    = "MIRRORCART_API"   // where the API of headquarters is
	tokenVariable = "MIRRORCART_TOKEN" //nolint:gosec // a variable's name
)

// clientFlags say which headquarters a command uses.
type clientFlags struct{ url, tokenFile string }

func (f *clientFlags) add(cmd *cobra.Command) {
	url := os.Getenv(hqVariable)
	if url == "" {
		url = "http://127.0.0.1:8091"
	}
	cmd.Flags().StringVar(&f.url, "hq", url, "headquarters' API, its office_addr; or the variable "+hqVariable)
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "file with the API token; without it the variable "+tokenVariable)
}

func (f *clientFlags) client() (*headquarters.Client, error) {
	token := os.Getenv(tokenVariable)
	if f.tokenFile != "" {
		b, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return nil, process.UsageError{Err: fmt.Errorf("token: %w", err)}
		}
		token = string(b)
	}
	if token = strings.TrimSpace(token); token == "" {
		return nil, process.UsageError{Err: errors.New("no API token: give --token-file or set " + tokenVariable + "; hq token makes one")}
	}
	return &headquarters.Client{URL: f.url, Token: token, HTTP: http.DefaultClient}, nil
}
