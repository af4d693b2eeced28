package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Both programs carry the work of others; NOTICE names each module that is linked,
// and none that is not.
func TestNoticeNamesWhatIsLinked(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "NOTICE"))
	require.NoError(t, err)
	_, list, found := strings.Cut(string(text), "Go packages linked into the programs")
	require.True(t, found)
	named := map[string]bool{}
	for _, path := range regexp.MustCompile(`\b[a-z]+(\.[a-z]+)+/[\w./-]*\w`).FindAllString(list, -1) {
		named[path] = true
	}
	linked := map[string]bool{}
	out := output(t, "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./cmd/edge", "./cmd/hq")
	for path := range strings.FieldsSeq(out) {
		linked[path] = true
	}
	require.NotEmpty(t, linked)
	require.Equal(t, linked, named)
}
