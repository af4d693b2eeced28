package main_test

import (
	"encoding/json"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	module = "github.com/mirrorcart/mirrorcart"
	root   = "../.."
)

// pkg is what go list tells of a package.
type pkg struct {
	ImportPath string
	Doc        string
	Standard   bool
	GoFiles    []string
	CgoFiles   []string
	Imports    []string
}

// dir is the package's folder in the repository.
func (p pkg) dir() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	out := output(t, "go", append([]string{"list", "-json=ImportPath,Doc,Standard,GoFiles,CgoFiles,Imports"}, args...)...)
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
		var p pkg
		require.NoError(t, d.Decode(&p))
		all = append(all, p)
	}
	return all
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s %s: %s", name, strings.Join(args, " "), stderr.String())
	return string(out)
}

func TestGroundFloorsNeedTheStandardLibraryOnly(t *testing.T) {
	for _, floor := range []string{"edge", "ar"} {
		for _, p := range list(t, "-deps", "./"+floor) {
			require.True(t, p.Standard || p.dir() == floor, "%s links %s", floor, p.ImportPath)
		}
	}
}

func TestHQLinksNoOpenCV(t *testing.T) {
	linked := list(t, "-deps", "./cmd/hq")
	for _, p := range linked {
		require.NotRegexp(t, `^gocv\.io/|/onnxruntime_go\b`, p.ImportPath)
		require.NotRegexp(t, `^ar\b`, p.dir())
	}
	require.True(t, slices.ContainsFunc(linked, func(p pkg) bool { return p.dir() == "cloudsync/hq" }))
}

// TestImportsPointDown holds every package to what the map of packages lets it
// import of ours: folders as regular expressions, the first that fits counts.
func TestImportsPointDown(t *testing.T) {
	rules := []struct{ importer, allowed string }{
		{`edge|ar|firmware-cfg(/bundle)?|kiosk/ui`, `none`},
		{`edge/(sqlite|edgetest)`, `edge|edge/person`},
		{`edge/\w+`, `edge`},
		{`edge/ticket/tickettest`, `edge/ticket`},
		{`ar/\w+`, `ar`},
		{`kiosk`, `edge|edge/api|ar`},
		{`kiosk/enrol`, `edge`},
		{`kiosk/setup`, `edge|edge/api`},
		{`cloudsync`, `edge`},
		{`cloudsync/(mqtt|https|broker|mosquitto|identity|twin)`, `edge|cloudsync`},
		{`cloudsync/hq`, `edge|edge/person|cloudsync|cloudsync/hq/(authority|database|account|audit|rollout|talk)`},
		{`cloudsync/hq/database`, `edge`},
		{`cloudsync/hq/(account|audit|talk)`, `edge|edge/person|cloudsync/hq/database`},
		{`cloudsync/hq/rollout`, `edge|cloudsync|cloudsync/hq/database`},
		{`cloudsync/hq/database/databasetest`, `cloudsync/hq/pgtemp`},
		{`cloudsync/hq/\w+`, `edge|edge/\w+|cloudsync|cloudsync/hq|cloudsync/hq/(account|audit|rollout|talk)`},
		{`cmd/hq`, `edge|edge/\w+|cloudsync|cloudsync/.+|firmware-cfg(/bundle)?|cmd/\w+`},
		{`cmd/.+`, `.+`},
	}
	for _, p := range list(t, "./...") {
		i := slices.IndexFunc(rules, func(r struct{ importer, allowed string }) bool { return whole(r.importer, p.dir()) })
		require.GreaterOrEqual(t, i, 0, "the map of packages has no place for %s", p.dir())
		for _, imported := range p.Imports {
			if rest, ours := strings.CutPrefix(imported, module+"/"); ours {
				require.True(t, whole(rules[i].allowed, rest), "%s imports %s", p.dir(), rest)
			}
		}
	}
}

func TestLibrariesStayInTheirPackage(t *testing.T) {
	rules := map[string]string{
		"gocv.io/x/gocv":                      `ar/(camera|face|look)`,
		"github.com/yalue/onnxruntime_go":     `ar/(camera|face|look)`,
		"github.com/mattn/go-sqlite3":         `edge/sqlite|cloudsync/hq/database`,
		"github.com/jackc/pgx":                `cloudsync/hq/(pgtemp|database(/databasetest)?)`,
		"github.com/eclipse/paho.mqtt.golang": `cloudsync/mqtt`,
		"github.com/mochi-mqtt":               `cloudsync/broker`,
		"github.com/go-text/typesetting":      `edge/ticket`,
		"github.com/prometheus":               `cmd/.+`,
		"github.com/gin-gonic/gin":            `edge/api|kiosk(/setup)?|cloudsync/hq/\w+|cmd/.+`,
	}
	for _, p := range list(t, "./...") {
		for _, imported := range p.Imports {
			for library, allowed := range rules {
				if imported == library || strings.HasPrefix(imported, library+"/") {
					require.True(t, whole(allowed, p.dir()), "%s imports %s, which only %s may", p.dir(), library, allowed)
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range list(t, "./...") {
		if len(p.GoFiles)+len(p.CgoFiles) > 0 {
			require.NotEmpty(t, p.Doc, "%s has no package comment", p.dir())
		}
	}
}

func TestTopLevelIsTheMap(t *testing.T) {
	_, err := exec.LookPath("git")
	require.NoError(t, err, "this test asks git which files are the project's: install the package git")
	allowed := []string{
		"cmd", "edge", "ar", "kiosk", "cloudsync", "firmware-cfg",
		"go.mod", "go.sum", "Dockerfile", "Makefile", "README.md", "LICENSE", "NOTICE", "CHANGELOG.md",
	}
	for file := range strings.SplitSeq(strings.TrimSpace(output(t, "git", "ls-files")), "\n") {
		first, _, _ := strings.Cut(path.Clean(file), "/")
		require.True(t, strings.HasPrefix(first, ".") || slices.Contains(allowed, first), "%s does not belong at the top", first)
	}
}

func whole(pattern, s string) bool {
	return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(s)
}
