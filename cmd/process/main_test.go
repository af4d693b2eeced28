package process_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

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
			root := process.Root("test", "", "1", work)
			root.SetArgs(tc.args)
			root.SetOut(&bytes.Buffer{})
			require.Equal(t, tc.want, process.Main(root))
		})
	}
}
