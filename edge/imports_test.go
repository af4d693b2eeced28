package edge_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The ground floor stands on nothing but the standard library.
func TestImportsOnlyTheStandardLibrary(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Equal(t, []string{"github.com/mirrorcart/mirrorcart/edge"}, strings.Fields(string(out)))
}
