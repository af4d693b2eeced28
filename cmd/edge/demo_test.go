package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
)

// modelsFolder is where make setup puts the face models.
func modelsFolder(t testing.TB) string {
	dir, err := filepath.Abs("../../build/models")
	require.NoError(t, err)
	require.DirExists(t, dir, "the face models are missing: run `make setup`")
	return dir
}

// edgeCommand runs the program with args until it ends.
func edgeCommand(ctx context.Context, out io.Writer, args ...string) error {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(io.Discard)
	return root.ExecuteContext(ctx)
}

func TestDemoDoesTheMainJob(t *testing.T) {
	var out bytes.Buffer
	err := edgeCommand(t.Context(), &out, "demo", "--once", "--json", "--models", modelsFolder(t), "--dir", t.TempDir())
	require.NoError(t, err, out.String())
	var r onceReport
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	require.True(t, r.OK)
	require.Equal(t, onceFrames, r.Frames)
	require.NotZero(t, r.Faces)
	require.True(t, r.Cart.QRReadBack && r.Cart.OpenedAtHQ)
	require.True(t, r.Sale.RecordedOffline && r.Sale.ConfirmedByHQ)
	require.Equal(t, 1, strings.Count(out.String(), "\n"), "one line of JSON on standard output")
}

// A demo that was stopped and started again in the same folder is the same
// shop: its sales are there, its receipts go on, and HQ has each sale once.
func TestDemoGoesOnWhereItStopped(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	for _, receipt := range []string{"T1-1-000001", "T1-1-000002"} {
		require.Equal(t, receipt, sellOnce(t, dir))
	}
}

func TestDemoStopsCleanly(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	rd, wr := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- edgeCommand(ctx, wr, "demo", "--json", "--models", modelsFolder(t),
			"--addr", "127.0.0.1:0", "--hq-addr", "127.0.0.1:0", "--dir", t.TempDir())
		wr.Close()
	}()
	var at map[string]string
	require.NoError(t, json.NewDecoder(rd).Decode(&at))
	for _, page := range []string{"demo", "kiosk", "staff", "hq"} {
		resp, err := http.Get(at[page])
		require.NoError(t, err, page)
		resp.Body.Close()
		require.Equal(t, http.StatusOK, resp.StatusCode, "%s at %s", page, at[page])
	}
	stop()
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(2 * time.Minute):
		require.FailNow(t, "the shop does not stop")
	}
}

func TestDemoSaysWhatIsWrong(t *testing.T) {
	models := modelsFolder(t)
	broken := filepath.Join(t.TempDir(), "broken.mp4")
	require.NoError(t, os.WriteFile(broken, []byte("this is no video"), 0o600))
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { busy.Close() })

	for name, tc := range map[string]struct {
		args []string
		want []string // in the message
	}{
		"camera file missing": {[]string{"--camera", "/nowhere/clip.mp4"}, []string{"/nowhere/clip.mp4"}},
		"camera file broken":  {[]string{"--camera", broken}, []string{broken}},
		"no models":           {[]string{"--models", t.TempDir(), "--camera", "fake"}, []string{"make setup"}},
		"port taken":          {[]string{"--addr", busy.Addr().String()}, []string{busy.Addr().String(), "choose another address"}},
		"HQ's port taken":     {[]string{"--hq-addr", busy.Addr().String()}, []string{busy.Addr().String(), "choose another address"}},
		"broker's port taken": {[]string{"--mqtt-addr", busy.Addr().String()}, []string{busy.Addr().String()}},
		"no shop files":       {[]string{"--shop", t.TempDir()}, []string{"shop.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"demo", "--once", "--json", "--models", models, "--dir", t.TempDir()}, tc.args...)
			var out bytes.Buffer
			err := edgeCommand(t.Context(), &out, args...)
			require.Error(t, err)
			var r onceReport
			require.NoError(t, json.Unmarshal(out.Bytes(), &r), "the verdict is printed all the same")
			require.False(t, r.OK)
			require.NotEmpty(t, r.Error)
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), "\n", "one clear error")
		})
	}
}

func TestDatabaseOfANewerVersion(t *testing.T) {
	for _, file := range []string{"edge.db", "hq.db"} {
		t.Run(file, func(t *testing.T) {
			dir := t.TempDir()
			startAndStop(t, dir)
			path := filepath.Join(dir, file)
			db, err := sql.Open("sqlite3", path)
			require.NoError(t, err)
			defer db.Close()
			_, err = db.Exec("pragma user_version = 999")
			require.NoError(t, err)
			before := rows(t, db)

			err = edgeCommand(t.Context(), io.Discard, "demo", "--once", "--models", modelsFolder(t), "--dir", dir)
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, "999")
			require.Equal(t, before, rows(t, db), "nothing in it is touched")
		})
	}
}

// startAndStop runs a demo just long enough to be there.
func startAndStop(t *testing.T, dir string) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	rd, wr := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- edgeCommand(ctx, wr, "demo", "--json", "--models", modelsFolder(t),
			"--addr", "127.0.0.1:0", "--hq-addr", "127.0.0.1:0", "--dir", dir)
		wr.Close()
	}()
	require.NoError(t, json.NewDecoder(rd).Decode(&map[string]string{}))
	stop()
	require.NoError(t, <-done)
}

// rows counts the rows of every table.
func rows(t *testing.T, db *sql.DB) map[string]int {
	n := map[string]int{}
	names, err := db.Query("select name from sqlite_schema where type = 'table'")
	require.NoError(t, err)
	defer names.Close()
	for names.Next() {
		var name string
		require.NoError(t, names.Scan(&name))
		n[name] = 0
	}
	require.NoError(t, names.Err())
	for name := range n {
		var count int
		require.NoError(t, db.QueryRow(`select count(*) from "`+name+`"`).Scan(&count))
		n[name] = count
	}
	return n
}

func TestRunRefusesAnUnknownKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "edge.yaml")
	require.NoError(t, os.WriteFile(file, []byte("node: a\nmirorr: {}\n"), 0o600))
	err := edgeCommand(t.Context(), io.Discard, "run", "--config", file)
	require.ErrorAs(t, err, new(process.UsageError), "exit status 2")
	require.ErrorContains(t, err, file)
	require.ErrorContains(t, err, "mirorr")
	require.ErrorContains(t, err, "mirror", "the nearest known key")
}
