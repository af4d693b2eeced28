package process_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

func TestErrorsForPeople(t *testing.T) {
	for told, want := range map[string]string{
		"hq.ReleaseVersion: hq.releaseVersion: catalogue 99 is not known here":                "catalogue 99 is not known here",
		"a.csv: edge.CatalogueRules.Read: it has faults: line 2, column price: \"x\"":         "a.csv: it has faults: line 2, column price: \"x\"",
		"mqtt.Dial: no connection to broker.example.com: dial tcp 127.0.0.1:1: refused":       "no connection to broker.example.com: dial tcp 127.0.0.1:1: refused",
		"account.change: lan is the last administrator":                                       "lan is the last administrator",
		"/etc/mirrorcart/hq.yaml:3: mqtt.url: \"x\" is no address":                            "/etc/mirrorcart/hq.yaml:3: mqtt.url: \"x\" is no address",
		"open shop.CSV: no such file or directory\nedge.Errorf: and more; sqlite.DB.Open: so": "open shop.CSV: no such file or directory\nand more; so",
	} {
		require.Equal(t, want, process.Plain(errors.New(told)))
	}
}

func TestExitStatus(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want int
	}{
		"done":            {[]string{"work"}, 0},
		"failed":          {[]string{"work", "--fail"}, 1},
		"help":            {[]string{"--help"}, 0},
		"version":         {[]string{"version"}, 0},
		"unknown flag":    {[]string{"work", "--nope"}, 2},
		"unknown command": {[]string{"play"}, 2},
		"stray argument":  {[]string{"work", "hard"}, 2},
		"no number":       {[]string{"work", "--times", "x"}, 2},
		"argument":        {[]string{"open", "a"}, 0},
		"no argument":     {[]string{"open"}, 2},
		"two arguments":   {[]string{"open", "a", "b"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var fail bool
			work := &cobra.Command{Use: "work", RunE: func(*cobra.Command, []string) error {
				if fail {
					return errors.New("failed")
				}
				return nil
			}}
			work.Flags().BoolVar(&fail, "fail", false, "")
			work.Flags().Int("times", 1, "")
			open := &cobra.Command{Use: "open FILE", Args: process.Args("FILE"), RunE: func(*cobra.Command, []string) error { return nil }}
			root := process.Root("test", "", "1", work, open)
			root.SetArgs(tc.args)
			root.SetOut(&bytes.Buffer{})
			require.Equal(t, tc.want, process.Main(root))
		})
	}
}
