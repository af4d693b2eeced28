package firmwarecfg

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every test that the table of threats names is there.
func TestThreatsAreTested(t *testing.T) {
	table, err := os.ReadFile("threats.md")
	require.NoError(t, err)
	have := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	require.NoError(t, filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == "node_modules" || e.Name() == "build" || e.Name() == ".git"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		b, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(b, -1) {
			have[string(m[1])] = true
		}
		return err
	}))
	rows := regexp.MustCompile(`(?m)^\| .* \|$`).FindAllString(string(table), -1)
	require.Greater(t, len(rows), 20)
	for _, row := range rows[1:] { // the first is its head
		cells := strings.Split(row, "|")
		require.Len(t, cells, 6, row)
		named := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[4], -1)
		require.NotEmpty(t, named, row)
		for _, m := range named {
			if strings.HasPrefix(m[1], "Test") {
				require.True(t, have[m[1]], "%s is gone: %s", m[1], row)
			} else {
				require.FileExists(t, filepath.Join("..", m[1]))
			}
		}
	}
}
