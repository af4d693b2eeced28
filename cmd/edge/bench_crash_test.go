package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

func TestBenchCrashRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--kills 0":                  "--kills is 0",
		"--every 1ms":                "--every is 1ms",
		"--rate -1":                  "--rate is -1",
		"--broker kafka":             "kafka",
		"--hq oracle":                "oracle",
		"--edges 0":                  "0",
		"--collectors 0":             "0",
		"--hq sqlite --collectors 2": "--collectors is 2",
		"--seed many":                "--seed",
		"stray":                      "unknown command",
	} {
		t.Run(args, func(t *testing.T) {
			cmd := newRoot()
			cmd.SetOut(&bytes.Buffer{})
			cmd.SetErr(&bytes.Buffer{})
			cmd.SetArgs(append([]string{"bench", "crash"}, strings.Fields(args)...))
			err := cmd.ExecuteContext(t.Context())
			require.ErrorContains(t, err, want)
			_, usage := errors.AsType[process.UsageError](err)
			require.True(t, usage)
		})
	}
}
