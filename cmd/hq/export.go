package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

func exportCommand() *cobra.Command {
	var f clientFlags
	var bom bool
	lists := []string{"events", "sales", "z-reports", "stock"}
	query := map[string]*string{}
	cmd := &cobra.Command{
		Use:   "export events|sales|z-reports|stock",
		Short: "Write what headquarters holds as lines of JSON or as a table",
		Long: `Write what headquarters holds to standard output, as lines of JSON or as a table,
through the headquarters that runs and with a reader's token. At the end the
cursor to go on from next time is told on standard error.`,
		Example: `  hq export sales --from 2026-11-01T00:00:00+07:00 > november.ndjson
  hq export sales --format csv --bom --shop hanoi-1 > hanoi.csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(lists, args[0]) {
				return process.UsageError{Err: fmt.Errorf("want one of %s: see %s --help", strings.Join(lists, ", "), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.client()
			if err != nil {
				return err
			}
			values := url.Values{}
			for name, v := range query {
				if *v != "" {
					values.Set(name, *v)
				}
			}
			if bom {
				values.Set("bom", "true")
			}
			next, err := client.Export(cmd.Context(), args[0], values, cmd.OutOrStdout())
			if err == nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "go on with --after", next)
			}
			return err
		},
	}
	f.add(cmd)
	for name, usage := range map[string]string{
		"format": "ndjson (the default) or csv", "shop": "of this shop alone", "node": "of this gateway alone", "type": "of these types alone, with commas between",
		"from": "not before this time", "to": "before this time", "after": "go on from the cursor of an earlier export",
	} {
		query[name] = cmd.Flags().String(name, "", usage)
	}
	cmd.Flags().BoolVar(&bom, "bom", false, "begin a table with a byte order mark, as Excel wants it")
	return cmd
}
