// Package databasetest gives tests databases of their own, and runs a package's
// tests on both kinds: in a file each, and on a PostgreSQL server.
package databasetest

import (
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/pgtemp"
)

// address names a variable with the address of a server on which tests then
// make their databases, instead of in files.
const address = "MIRRORCART_TEST_POSTGRES"

// Server is the address of the server on which the tests make their databases,
// "" where they make them in files.
func Server() string { return os.Getenv(address) }

// OnPostgres reports whether that server is where they make them.
func OnPostgres() bool { return Server() != "" }

// Place is where a test's own database lies.
func Place(t testing.TB) string {
	t.Helper()
	if !OnPostgres() {
		return filepath.Join(t.TempDir(), "hq.db")
	}
	return PlaceOn(t, Server())
}

// PlaceOn makes a database of the test's own on a server.
func PlaceOn(t testing.TB, server string) string {
	t.Helper()
	name := "t" + strings.ReplaceAll(uuid.NewString(), "-", "")
	db, err := pgx.Connect(t.Context(), server)
	require.NoError(t, err)
	defer db.Close(t.Context())
	_, err = db.Exec(t.Context(), "create schema "+name) // much quicker than a database
	require.NoError(t, err)
	u, err := url.Parse(server)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// StartPostgres starts a server for one test, which is skipped where there is no
// PostgreSQL.
func StartPostgres(t testing.TB) *pgtemp.Server {
	t.Helper()
	server, err := pgtemp.Start(t.Context())
	if errors.Is(err, pgtemp.ErrMissing) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	return server
}

// RunOnPostgres runs every other test of the package once more, with their
// databases on a PostgreSQL server, and with further flags.
func RunOnPostgres(t *testing.T, flags ...string) {
	t.Helper()
	if OnPostgres() {
		t.Skip("this is that run")
	}
	server := StartPostgres(t)
	args := append([]string{"-test.run", "^Test", "-test.count", "1"}, flags...)
	if testing.Verbose() {
		args = append(args, "-test.v")
	}
	again := exec.CommandContext(t.Context(), os.Args[0], args...) //nolint:gosec // the test itself
	again.Env = append(os.Environ(), address+"="+server.URL("postgres"))
	out, err := again.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
}
