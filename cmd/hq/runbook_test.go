package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever is on call finds the commands that the runbook and README name.
func TestCommandsOfTheRunbookAreThere(t *testing.T) {
	for _, file := range []string{"../../firmware-cfg/runbook.md", "../../firmware-cfg/scale.md", "../../README.md"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		named := regexp.MustCompile("(?m)(?:`|^|; )hq ([a-z]+(?: [a-z]+)?)").FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, named, file)
		for _, m := range named {
			command, rest, err := newRoot().Find(strings.Fields(m[1]))
			require.NoError(t, err, "%s: hq %s", file, m[1])
			require.False(t, len(rest) > 0 && command.HasSubCommands(), "%s: hq %s", file, m[1])
		}
	}
}
