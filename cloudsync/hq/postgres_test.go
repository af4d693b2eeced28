package hq

import (
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/pgtemp"
)

// postgresURL names a variable with the address of a server on which the tests
// then make their databases, one each, instead of in files.
const postgresURL = "MIRRORCART_TEST_POSTGRES"

// place is where a test's database lies.
func place(t testing.TB) string {
	t.Helper()
	server := os.Getenv(postgresURL)
	if server == "" {
		return filepath.Join(t.TempDir(), "hq.db")
	}
	return createDatabase(t, server)
}

func onPostgres(h *HQ) bool {
	_, is := h.dialect.(postgres)
	return is
}

func createDatabase(t testing.TB, server string) string {
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

// startPostgres starts a server for one test.
func startPostgres(t testing.TB) *pgtemp.Server {
	t.Helper()
	server, err := pgtemp.Start(t.Context())
	if errors.Is(err, pgtemp.ErrMissing) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	return server
}

// TestContractOnPostgres runs every other test of this package once more, with
// their databases on a PostgreSQL server.
func TestContractOnPostgres(t *testing.T) {
	if os.Getenv(postgresURL) != "" {
		t.Skip("this is that run")
	}
	server := startPostgres(t)
	args := []string{"-test.run", "^Test", "-test.count", "1", "-rapid.checks", "20"}
	if testing.Verbose() {
		args = append(args, "-test.v")
	}
	again := exec.CommandContext(t.Context(), os.Args[0], args...)
	again.Env = append(os.Environ(), postgresURL+"="+server.URL("postgres"))
	out, err := again.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
}

// What a collector asks the server for its owner of the database may ask.
func TestOwnerOfTheDatabaseNeedsNoMoreRights(t *testing.T) {
	if os.Getenv(postgresURL) == "" {
		t.Skip("a part of TestContractOnPostgres")
	}
	db, err := pgx.Connect(t.Context(), os.Getenv(postgresURL))
	require.NoError(t, err)
	defer db.Close(t.Context())
	_, err = db.Exec(t.Context(), "create role ordinary login")
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), "create database ordinary owner ordinary")
	require.NoError(t, err)
	u, err := url.Parse(os.Getenv(postgresURL))
	require.NoError(t, err)
	u.User, u.Path = url.User("ordinary"), "/ordinary"
	h := open(t, u.String(), time.Now, newKey(t))
	require.NotEmpty(t, *h.ledger.Load())
}
